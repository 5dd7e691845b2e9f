// What stands under and beside the bars of the day.
import { expect, it } from 'vitest'
import type { FetchBar } from '../../host'
import { formats } from '../../words/format'
import { barsOf } from './bars'

const HALF_HOUR = 30 * 60_000
const last = new Date(2026, 4, 12, 13, 30).getTime()
const day: FetchBar[] = Array.from({ length: 48 }, (_, at) => ({
  at: new Date(last - (47 - at) * HALF_HOUR).toISOString(),
  cache: at,
  upstream: 1,
  revalidated: 0,
  stale: 0,
  failed: 2,
  offline: at === 46,
}))

it('marks every fourth full hour and now', () => {
  const marks = barsOf(day, 'now', formats('en')).flatMap((bar) => bar.mark ?? [])
  expect(marks).toEqual(['16:00', '20:00', '00:00', '04:00', '08:00', '12:00', 'now'])
})

it('names the half hour, keeps the order of sources, and tells where it was offline', () => {
  const bars = barsOf(day, 'now', formats('en'))
  expect(bars[47]?.label).toBe('13:30–14:00')
  expect(bars[46]).toMatchObject({ values: [46, 1, 0, 0, 2], band: true })
  expect(bars.filter((bar) => bar.band)).toHaveLength(1)
})

it('leaves out a mark that would touch now', () => {
  const early = day.slice(0, 46)
  expect(barsOf(early, 'now', formats('en')).at(-2)?.mark).toBeUndefined()
})
