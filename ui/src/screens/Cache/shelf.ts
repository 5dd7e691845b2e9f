// What is kept, ordered for the eye: found, sorted, grouped, by age. Pure.
import type { CachedModule } from '../../host'
import { split } from '../../parts/shorten'
import type { Tile } from '../../parts/treemap'

export type Column = 'module' | 'versions' | 'needed' | 'used' | 'size'
export interface Sorting {
  by: Column
  isUp: boolean
}
export interface Finding {
  text: string
  side: 'private' | 'public' | null
  isPinned: boolean
  isOld: boolean
}

const DAY = 86_400_000
const WEEK = 7 * DAY
/** After so many days something is old. */
export const OLD_DAYS = 90

/** When it was last asked for; when it was kept, where it was not since. */
export const usedAt = (one: { last_used: string | null; kept_at: string }): number =>
  new Date(one.last_used ?? one.kept_at).getTime()

/** 1: this week, 2: this month, 3: of late, 4: not for 90 days. */
export function ageOf(one: { last_used: string | null; kept_at: string }, now: number): Tile['age'] {
  const days = (now - usedAt(one)) / DAY
  return days < 7 ? 1 : days < 30 ? 2 : days < OLD_DAYS ? 3 : 4
}

/** The group a module stands in: its host, and what counts as one. */
export function groupOf(module: string): string {
  const [host = '', second = ''] = module.split('/')
  return host === 'golang.org' && second === 'x' ? 'golang.org/x' : host
}

export const tilesOf = (modules: readonly CachedModule[], now: number): Tile[] =>
  modules.map((one) => ({
    id: one.module,
    group: groupOf(one.module),
    name: split(one.module).name,
    value: one.bytes,
    age: ageOf(one, now),
    isPinned: one.pinned,
  }))

/** Those that are looked for. */
export function find(modules: readonly CachedModule[], wanted: Finding, now: number): CachedModule[] {
  const text = wanted.text.trim().toLowerCase()
  return modules.filter(
    (one) =>
      (!text || one.module.toLowerCase().includes(text)) &&
      (wanted.side === null || one.private === (wanted.side === 'private')) &&
      (!wanted.isPinned || one.pinned) &&
      (!wanted.isOld || ageOf(one, now) === 4),
  )
}

const KEYS: Record<Column, (one: CachedModule) => number | string> = {
  module: (one) => one.module,
  versions: (one) => one.versions,
  needed: (one) => one.stocked_by.length,
  used: usedAt,
  size: (one) => one.bytes,
}

/** In the order of a column; what is the same there by path. */
export function sort(modules: readonly CachedModule[], { by, isUp }: Sorting): CachedModule[] {
  const key = KEYS[by]
  const path = (a: CachedModule, b: CachedModule) => (a.module < b.module ? -1 : a.module > b.module ? 1 : 0)
  return [...modules].sort((a, b) => {
    const [x, y] = [key(a), key(b)]
    const order = x < y ? -1 : x > y ? 1 : 0
    return (isUp ? order : -order) || path(a, b)
  })
}

/** What a click on a column leads to: the other way round where it is sorted by it, else as is most useful. */
export const sortedBy = (before: Sorting, by: Column): Sorting =>
  before.by === by ? { by, isUp: !before.isUp } : { by, isUp: by === 'module' }

export interface WeekOfUse {
  /** Weeks before now; the last one is "and longer". */
  ago: number
  bytes: number
  age: Tile['age']
}

/** Bytes by the week in which they were last used, the oldest first; what is older stands in the first. */
export function weeks(modules: readonly CachedModule[], now: number, count = 26): WeekOfUse[] {
  const all = Array.from({ length: count }, (_, at): WeekOfUse => {
    const ago = count - 1 - at
    return { ago, bytes: 0, age: ago < 1 ? 1 : ago < 4 ? 2 : ago < 13 ? 3 : 4 }
  })
  for (const one of modules) {
    const ago = Math.min(count - 1, Math.max(0, Math.floor((now - usedAt(one)) / WEEK)))
    const week = all[count - 1 - ago]
    if (week) week.bytes += one.bytes
  }
  return all
}

const GB = 1e9
const STEPS = [2, 3, 5, 8, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000]

/** The quotas to choose among: what the disk has room for; the one in force is among them. */
export function quotas(used: number, free: number, inForce: number | null): number[] {
  const most = used + free
  const steps = STEPS.map((step) => step * GB).filter((step) => step <= Math.max(most, 2 * GB))
  return [...new Set(inForce === null ? steps : [...steps, inForce])].sort((a, b) => a - b)
}
