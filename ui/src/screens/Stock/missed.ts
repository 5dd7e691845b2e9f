// What was asked for and missing, as a person knows it: modules and versions, not requests. Pure.
import type { MissedItem } from '../../host'

export interface Wanted {
  module: string
  /** A version, `latest`, or a branch; nothing where it was about the checksum database. */
  version: string
  times: number
  firstAt: string
  lastAt: string
  /** The requests that it was. */
  paths: string[]
}

/** `!m` in a request is `M`. */
const unescaped = (text: string) => text.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** What somebody wanted who asked for this path. */
export function wantedBy(path: string): { module: string; version: string } {
  const bare = path.replace(/^\//, '')
  const latest = /^(.+)\/@(?:latest|v\/list)$/.exec(bare)
  if (latest) return { module: unescaped(latest[1] ?? ''), version: 'latest' }
  const file = /^(.+)\/@v\/(.+)\.(?:info|mod|zip)$/.exec(bare)
  if (file) return { module: unescaped(file[1] ?? ''), version: unescaped(file[2] ?? '') }
  return { module: bare, version: '' }
}

/** Requests for the same come together, what was asked for last first. */
export function gathered(items: readonly MissedItem[]): Wanted[] {
  const all = new Map<string, Wanted>()
  for (const { path, times, first_at, last_at } of items) {
    const { module, version } = wantedBy(path)
    const key = `${module}@${version}`
    const known = all.get(key)
    if (!known) {
      all.set(key, { module, version, times, firstAt: first_at, lastAt: last_at, paths: [path] })
      continue
    }
    // One fetch asks for info, mod and zip: it is asked as often as the file that was asked for most.
    known.times = Math.max(known.times, times)
    if (first_at < known.firstAt) known.firstAt = first_at
    if (last_at > known.lastAt) known.lastAt = last_at
    known.paths.push(path)
  }
  return [...all.values()].sort((one, other) => other.lastAt.localeCompare(one.lastAt))
}

/** A path with its last element, and its major version, apart: that is what people look for. */
export function split(module: string): { before: string; last: string } {
  const found = /^(.*\/)([^/]+(?:\/v\d+)?)$/.exec(module)
  const greedy = /^(.*\/)([^/]+\/v\d+)$/.exec(module) ?? found
  return greedy ? { before: greedy[1] ?? '', last: greedy[2] ?? '' } : { before: '', last: module }
}
