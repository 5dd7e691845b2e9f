// The part of the log that the window holds: the newest 5,000, and older ones that were paged in. What comes while the
// view stays still waits. Pure; nothing here draws.
import type { ActivityItem } from '../../host'

const KEPT = 5_000
/** So much more before the oldest go, so that they go rarely. */
const SLACK = 500

export class Log {
  /** Oldest first. */
  #rows: ActivityItem[] = []
  #waiting: ActivityItem[] = []
  /** Whether something lies between the rows and what waits: then only beginning anew shows the newest. */
  hasGap = false
  /** How much waits, also what is no longer held. */
  waits = 0

  /** The lasting number of the oldest that is held: the one after it has the next. */
  lowest = 0

  get count(): number {
    return this.#rows.length
  }
  /** The lowest number that is held. */
  get first(): number | null {
    return this.#rows[0]?.seq ?? null
  }
  /** The newest is 0. */
  at(index: number): ActivityItem | undefined {
    return this.#rows[this.#rows.length - 1 - index]
  }
  /** Where the entry of this number is; -1 where it is not held. */
  indexOf(seq: number): number {
    let from = 0
    let to = this.#rows.length
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#rows[middle]?.seq ?? 0) < seq) from = middle + 1
      else to = middle
    }
    return this.#rows[from]?.seq === seq ? this.#rows.length - 1 - from : -1
  }

  /** Begins anew with a page, newest first; `isPast` where newer ones are not in it. */
  begin(page: readonly ActivityItem[], isPast = false) {
    this.#rows = [...page].reverse()
    this.lowest = 0
    this.#waiting = []
    this.waits = 0
    this.hasGap = isPast
  }

  /** Takes new entries, oldest first; says whether older ones were let go. */
  add(items: readonly ActivityItem[], isStill: boolean): boolean {
    if (isStill || this.hasGap) {
      this.waits += items.length
      this.#waiting.push(...items)
      if (this.#waiting.length > KEPT + SLACK) {
        this.#waiting = this.#waiting.slice(-KEPT)
        this.hasGap = true
      }
      return false
    }
    this.#rows.push(...items)
    return this.#trim()
  }

  /** Shows what has waited, where nothing lies in between; says whether older ones were let go. */
  release(): boolean {
    if (this.hasGap) return false
    this.#rows.push(...this.#waiting)
    this.#waiting = []
    this.waits = 0
    return this.#trim()
  }

  /** Takes an older page, newest first. */
  older(page: readonly ActivityItem[]) {
    const first = this.first ?? Infinity
    const older = page.filter((item) => item.seq < first).reverse()
    this.#rows = [...older, ...this.#rows]
    this.lowest -= older.length
  }

  #trim(): boolean {
    if (this.#rows.length <= KEPT + SLACK) return false
    this.lowest += this.#rows.length - KEPT
    this.#rows = this.#rows.slice(-KEPT)
    return true
  }
}
