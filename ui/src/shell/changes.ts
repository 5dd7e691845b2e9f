// The feed of what changed: who shows something asks anew after its topic.
import { follow, type Failure, type Topic } from '../host'

type Hears = () => void
const hearers = new Map<Topic, Set<Hears>>()

/** Calls `hears` after one of the topics changed; gives back how to stop. */
export function topic(topics: Topic | readonly Topic[], hears: Hears): () => void {
  const names = typeof topics === 'string' ? [topics] : topics
  for (const name of names) {
    const all = hearers.get(name) ?? new Set()
    hearers.set(name, all.add(hears))
  }
  return () => names.forEach((name) => hearers.get(name)?.delete(hears))
}

/** Tells all who show one of these, as if the engine had. */
export function tellChanged(topics: readonly Topic[]): void {
  const heard = new Set(topics.flatMap((name) => [...(hearers.get(name) ?? [])]))
  for (const hears of heard) hears()
}

/** All topics: after the engine was away, everything may have changed. */
export const ALL: readonly Topic[] = [
  'state',
  'settings',
  'profiles',
  'go-env',
  'cache',
  'stock',
  'notices',
  'credentials',
  'jobs',
  'activity',
  'nodes',
]

/** Follows the feed, which resumes by itself; gives back how to stop. `onEnd` is for what does not mend. */
export function followChanges(onEnd: (failure?: Failure) => void): () => void {
  return follow('changes', null, (items) => tellChanged(items.flatMap((item) => item.topics)), onEnd)
}
