// What was answered last, by what was asked: shown at once when a screen comes back.
export interface Known {
  answer: unknown
  at: number
}

/** What is older is marked. */
const OLD = 10_000
const KEPT = 64
const known = new Map<string, Known>()

export const last = (key: string): Known | undefined => known.get(key)
export const isOld = (before: Known, now = Date.now()): boolean => now - before.at > OLD

/** Keeps it, and lets the oldest go. */
export function remember(key: string, answer: unknown, now = Date.now()): void {
  known.delete(key)
  known.set(key, { answer, at: now })
  const oldest = known.keys().next()
  if (known.size > KEPT && !oldest.done) known.delete(oldest.value)
}
