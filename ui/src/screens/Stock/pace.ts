// How fast work goes, and how long it will yet take: from what was seen lately. Pure.
import type { Progress } from '../../host'

/** Nothing is said of the time left before there is so much to go by. */
const ENOUGH = 3_000
/** Older than this is another time. */
const LATELY = 10_000

interface Seen {
  at: number
  done: number
  bytes: number
}

export interface Pace {
  seen: readonly Seen[]
  /** Bytes in a second. */
  rate: number | null
  /** Milliseconds to the end. */
  left: number | null
}

export const still: Pace = { seen: [], rate: null, left: null }

/** The pace after one more look at how far it is. */
export function further(pace: Pace, { done, total, bytes }: Progress, at: number): Pace {
  const seen = [...pace.seen.filter((one) => at - one.at < LATELY), { at, done, bytes }]
  const first = seen[0]
  const passed = first ? at - first.at : 0
  if (!first || passed < ENOUGH) return { seen, rate: null, left: null }
  const came = done - first.done
  return {
    seen,
    rate: Math.max(0, bytes - first.bytes) / (passed / 1000),
    left: came > 0 && total > done ? ((total - done) / came) * passed : null,
  }
}
