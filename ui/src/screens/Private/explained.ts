// What the engine explains of a path, in the words of the window; its own words where there are no others.
import type { Explained } from '../../host'
import { f, w } from '../../words'

export function verdictOf(found: Explained): string {
  const { verdict, then } = w.privateModules
  const isNowhere = found.upstreams.length === 0
  if (found.private) return isNowhere ? verdict.privateNowhere : verdict.private(f.list(found.upstreams))
  return isNowhere ? verdict.publicNowhere : verdict.public(then(found.upstreams))
}

export function fitsSaid(found: Explained): string {
  const words = w.privateModules
  if (found.rule) return words.fitsRule(found.rule.pattern, found.rule.number)
  if (!found.private) return words.fitsNone
  const { pattern, profile } = found.private
  return profile === found.profile ? pattern : words.fitsIn(pattern, profile)
}

export function cacheSaid(found: Explained): string {
  const words = w.privateModules
  const size = f.size(found.kept.reduce((sum, file) => sum + file.bytes, 0))
  if (found.version !== null) {
    return found.kept.length > 0 ? words.cacheVersion(found.version, size) : words.cacheNot(found.version)
  }
  const versions = new Set(found.kept.map((file) => file.version)).size
  return versions > 0 ? words.cacheVersions(versions, size) : words.cacheNothing
}

export function upstreamSaid(found: Explained): string {
  const words = w.privateModules
  if (found.upstreams.length === 0) return found.private ? words.upstreamNone : found.upstreams_because
  return found.private ? words.upstreamOnly(f.list(found.upstreams)) : found.upstreams_because
}

export function databaseSaid(found: Explained): string {
  const words = w.privateModules
  if (found.covered && found.database) return words.databaseVouches(found.database)
  const pinned = found.kept.map((file) => file.standing).find((standing) => standing?.is === 'pinned')
  if (pinned?.is === 'pinned') return words.databasePinned(f.date(pinned.since))
  if (found.private) return words.databasePrivate
  return found.database === null ? words.databaseOff : found.database_because
}
