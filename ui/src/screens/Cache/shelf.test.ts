// What is kept, ordered for the eye.
import { expect, it } from 'vitest'
import type { CachedModule } from '../../host'
import { ageOf, find, groupOf, quotas, sort, sortedBy, tilesOf, weeks, type Finding } from './shelf'

const NOW = new Date('2026-05-12T12:00:00Z').getTime()
const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString()
const kept = (
  module: string,
  bytes: number,
  used: number | null,
  more: Partial<CachedModule> = {},
): CachedModule => ({
  module,
  versions: 1,
  bytes,
  last_used: used === null ? null : daysAgo(used),
  kept_at: daysAgo(200),
  pinned: false,
  stocked_by: [],
  private: false,
  trees: ['public'],
  ...more,
})
const SHELF = [
  kept('example.com/a', 10, 0, { pinned: true }),
  kept('git.corp.example/b/v2', 30, 100, { private: true, stocked_by: ['x'] }),
  kept('example.com/c', 30, null),
]

it('tells the age, by when it was kept where it was not used since', () => {
  expect(SHELF.map((one) => ageOf(one, NOW))).toEqual([1, 4, 4])
  expect([1, 8, 31, 91].map((days) => ageOf(kept('m', 1, days), NOW))).toEqual([1, 2, 3, 4])
})

it('groups by host', () => {
  expect(groupOf('golang.org/x/tools')).toBe('golang.org/x')
  expect(groupOf('golang.org/toolchain')).toBe('golang.org')
  expect(tilesOf(SHELF, NOW)[1]).toMatchObject({ group: 'git.corp.example', name: 'b/v2', value: 30, age: 4 })
})

it('finds by text, side, pin and age', () => {
  const any = { text: '', side: null, isPinned: false, isOld: false } as Finding
  const names = (wanted: Partial<Finding>) => find(SHELF, { ...any, ...wanted }, NOW).map((one) => one.module)
  expect(names({ text: 'CORP' })).toEqual(['git.corp.example/b/v2'])
  expect(names({ side: 'public', isOld: true })).toEqual(['example.com/c'])
  expect(names({ isPinned: true })).toEqual(['example.com/a'])
})

it('sorts by a column, the same by path', () => {
  const order = (by: 'module' | 'size' | 'used' | 'needed', isUp: boolean) =>
    sort(SHELF, { by, isUp }).map((one) => one.module.slice(-3))
  expect(order('size', false)).toEqual(['m/c', '/v2', 'm/a'])
  expect(order('module', true)).toEqual(['m/a', 'm/c', '/v2'])
  expect(order('used', true)).toEqual(['m/c', '/v2', 'm/a'])
  expect(sortedBy({ by: 'size', isUp: false }, 'size')).toEqual({ by: 'size', isUp: true })
  expect(sortedBy({ by: 'size', isUp: false }, 'module')).toEqual({ by: 'module', isUp: true })
})

it('sums bytes by week of last use', () => {
  const bars = weeks(SHELF, NOW, 10)
  expect(bars).toHaveLength(10)
  expect(bars.at(-1)).toEqual({ ago: 0, bytes: 10, age: 1 })
  expect(bars[0]).toEqual({ ago: 9, bytes: 60, age: 3 })
})

it('offers quotas that the disk has room for', () => {
  expect(quotas(6e9, 10e9, 7e9)).toEqual([2e9, 3e9, 5e9, 7e9, 8e9, 10e9, 15e9])
  expect(quotas(0, 0, null)).toEqual([2e9])
})
