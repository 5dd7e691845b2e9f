// Times to choose among: a few round ones, and the one that is set, whatever it is. Pure.
import type { Words } from '../../words'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A number of seconds in the largest unit that it is whole in. */
export function timeOf(seconds: number, words: Words['settings']): string {
  if (seconds >= DAY && seconds % DAY === 0) return words.days(seconds / DAY)
  if (seconds >= HOUR && seconds % HOUR === 0) return words.hours(seconds / HOUR)
  if (seconds >= MINUTE && seconds % MINUTE === 0) return words.minutes(seconds / MINUTE)
  return words.seconds(seconds)
}

/** The round ones and the one that is set, in order, each once. */
export function among(round: readonly number[], set: number | null): number[] {
  const all = new Set(set === null ? round : [...round, set])
  return [...all].sort((one, other) => one - other)
}

export const FRESH_FOR = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, DAY] as const
export const AT_ONCE = [1, 2, 4, 8, 16] as const
