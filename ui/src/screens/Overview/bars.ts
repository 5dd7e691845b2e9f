// The bars of the day's chart: what stands under and beside each. Pure.
import type { FetchBar } from '../../host'
import type { Bar } from '../../parts/chart'
import { SOURCES } from '../../parts/sources'
import type { Formats } from '../../words/format'

const HALF_HOUR = 30 * 60_000
/** Hours between marks on the axis. */
const MARKS = 4
/** So many bars before the last have no mark: "now" stands there. */
const CLEAR = 3

/** A bar for each half hour, with the time under every fourth full hour and `now` under the last. */
export function barsOf(bars: readonly FetchBar[], now: string, f: Pick<Formats, 'time'>): Bar[] {
  return bars.map((bar, at) => {
    const from = new Date(bar.at)
    const isLast = at === bars.length - 1
    const isMark =
      from.getMinutes() === 0 && from.getHours() % MARKS === 0 && at > 0 && at < bars.length - CLEAR
    return {
      label: `${f.time(from)}–${f.time(from.getTime() + HALF_HOUR)}`,
      mark: isLast ? now : isMark ? f.time(from) : undefined,
      values: SOURCES.map((source) => bar[source]),
      band: bar.offline,
    }
  })
}
