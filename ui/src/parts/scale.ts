// Round numbers for the axis of a chart. Pure.
const ROUND = [1, 2, 3, 4, 5, 6, 8, 10]

/** Zero and two or three round values, the last at or above `most`. */
export function ticks(most: number): number[] {
  if (most <= 0) return [0, 1]
  if (most <= 3) return Array.from({ length: Math.ceil(most) + 1 }, (_, at) => at)
  const rough = most / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * (ROUND.find((round) => round * power >= rough * 0.999_999) ?? 10)
  const count = Math.ceil((most / step) * 0.999_999)
  return Array.from({ length: count + 1 }, (_, at) => at * step)
}

/** A piece of a stacked bar: from the zero line up. */
export interface Piece {
  series: number
  from: number
  to: number
}

/** The pieces of one bar in pixels of `height`, a pixel apart; what is not zero is at least a pixel high. */
export function stack(values: readonly number[], top: number, height: number): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  values.forEach((value, series) => {
    if (value <= 0) return
    const full = (value / top) * height
    const to = Math.min(height, from + Math.max(1, full - 1))
    if (to > from) pieces.push({ series, from, to })
    from = to + 1
  })
  return pieces
}

/** Of places in ascending order those that are so far apart, the last one among them. */
export function apart(places: readonly number[], room: number): Set<number> {
  const kept = new Set<number>()
  let next = Infinity
  for (const place of [...places].reverse()) {
    if (next - place < room) continue
    kept.add(place)
    next = place
  }
  return kept
}
