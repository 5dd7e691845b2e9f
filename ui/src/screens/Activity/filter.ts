// What of the log is wanted, as the address says it, and whether an entry is; the same as the engine's own choice. Pure.
import type { ActivityItem } from '../../host'
import { SOURCES, type Source } from '../../parts/sources'

export const OUTCOMES = [
  'delivered',
  'not-found',
  'missing',
  'refused',
  'failed',
  'unverified',
  'left',
  'evicted',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface Filter {
  text: string
  sources: Source[]
  outcome: Outcome | null
}

const FAILED = new Set(['failed', 'refused', 'unverified', 'missing'])

/** Under which source an entry counts; `failed` for what could not be had. */
export function sourceOf(item: Pick<ActivityItem, 'outcome' | 'source' | 'upstream'>): Source {
  if (FAILED.has(item.outcome)) return 'failed'
  const named = SOURCES.find((source) => source === item.source)
  return named ?? (item.upstream ? 'upstream' : 'cache')
}

export const isAny = (filter: Filter): boolean =>
  !filter.text.trim() && filter.sources.length === 0 && filter.outcome === null

/** What an address asks for: `source=failed,stale&outcome=missing&q=billing`. */
export function read(query: Readonly<Record<string, string>>): Filter {
  const named = (query.source ?? '').split(',')
  return {
    text: query.q ?? '',
    sources: SOURCES.filter((source) => named.includes(source)),
    outcome: OUTCOMES.find((outcome) => outcome === query.outcome) ?? null,
  }
}

/** The same for an address. */
export const written = ({ text, sources, outcome }: Filter) => ({
  q: text,
  source: sources.join(','),
  outcome,
})

/** Tells which entries are wanted. */
export function wanted(filter: Filter): (item: ActivityItem) => boolean {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  const sources = new Set<Source>(filter.sources)
  return (item) => {
    if (filter.outcome !== null && item.outcome !== filter.outcome) return false
    if (sources.size > 0 && !sources.has(sourceOf(item))) return false
    if (words.length === 0) return true
    const said = [item.module, item.version, item.upstream, item.path, item.detail]
      .filter((part) => part !== null)
      .join('\n')
      .toLowerCase()
    return words.every((word) => said.includes(word))
  }
}
