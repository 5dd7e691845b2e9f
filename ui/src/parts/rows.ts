// Which rows of a long list are in sight: rows of one height, and one opened row that has more under it. Pure.

export interface Rows {
  count: number
  /** The height of a row. */
  row: number
  /** The opened row, or -1. */
  opened: number
  /** How much more the opened row takes. */
  more: number
}

export const heightOf = ({ count, row, opened, more }: Rows): number =>
  count * row + (opened >= 0 && opened < count ? more : 0)

/** Where a row begins. */
export const topOf = (at: number, { row, opened, more }: Rows): number =>
  at * row + (opened >= 0 && at > opened ? more : 0)

/** Where a row begins, from the lowest row on: it stays where it is when rows come at the top. */
export const belowLowest = (at: number, rows: Rows): number => topOf(at, rows) - (rows.count - 1) * rows.row

/** Places in the document for rows that have lasting numbers: each has its own, and one that goes leaves it to one that comes. */
export class Places {
  #most = 0

  /** The place of a row, of so many that are shown at once and follow each other. */
  of(number: number, shown: number): number {
    this.#most = Math.max(this.#most, shown)
    return ((number % this.#most) + this.#most) % this.#most
  }
}

/** The row at this height. */
export function rowAt(y: number, rows: Rows): number {
  const { count, row, opened, more } = rows
  let at = Math.floor(y / row)
  if (opened >= 0 && at > opened) at = Math.max(opened, Math.floor((y - more) / row))
  return Math.min(count - 1, Math.max(0, at))
}

/** The rows from `top` over `height`, and some on both sides: the first, and one after the last. */
export function inSight(top: number, height: number, rows: Rows, around = 4): { from: number; to: number } {
  if (rows.count === 0 || height <= 0) return { from: 0, to: 0 }
  const from = Math.max(0, rowAt(Math.max(0, top), rows) - around)
  const to = Math.min(rows.count, rowAt(Math.max(0, top + height), rows) + 1 + around)
  return { from, to }
}

/** Where to scroll to, so that the row is in sight below what sticks to the top; as it is where it is already. */
export function reveal(at: number, top: number, height: number, rows: Rows, whole = false): number {
  const from = topOf(at, rows)
  const to = from + rows.row + (whole && at === rows.opened ? rows.more : 0)
  if (from < top) return from
  if (to > top + height) return Math.max(0, Math.min(from, to - height))
  return top
}

/** Which row a key leads to; `undefined` where it leads to none. */
export function moved(key: string, active: number, count: number, page: number): number | undefined {
  const last = count - 1
  if (count === 0) return undefined
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, active + 1)
    case 'ArrowUp':
      return Math.max(0, active - 1)
    case 'Home':
      return 0
    case 'End':
      return last
    case 'PageDown':
      return Math.min(last, Math.max(0, active) + page)
    case 'PageUp':
      return Math.max(0, active - page)
    default:
      return undefined
  }
}
