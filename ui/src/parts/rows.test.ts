// Which rows of a long list are in sight.
import { expect, it } from 'vitest'
import { belowLowest, heightOf, inSight, moved, Places, reveal, rowAt, topOf, type Rows } from './rows'

const plain: Rows = { count: 5000, row: 32, opened: -1, more: 0 }
const opened: Rows = { ...plain, opened: 2, more: 200 }

it('knows the height of all', () => {
  expect(heightOf(plain)).toBe(160_000)
  expect(heightOf(opened)).toBe(160_200)
  expect(heightOf({ ...opened, opened: 9999 })).toBe(160_000)
})

it('finds the row at a height, also under the opened one', () => {
  expect(topOf(3, opened)).toBe(3 * 32 + 200)
  for (const at of [0, 1, 2, 3, 400, 4999]) {
    expect(rowAt(topOf(at, opened), opened)).toBe(at)
    expect(rowAt(topOf(at, opened) + 31, opened)).toBe(at)
  }
  expect(rowAt(150, opened)).toBe(2)
  expect(rowAt(1e9, opened)).toBe(4999)
})

it('has few rows in the document however long the list is', () => {
  const { from, to } = inSight(80_000, 640, plain)
  expect(from).toBe(2496)
  expect(to).toBe(2525)
  expect(inSight(0, 640, { ...plain, count: 0 })).toEqual({ from: 0, to: 0 })
  expect(inSight(0, 640, { ...plain, count: 3 })).toEqual({ from: 0, to: 3 })
})

it('scrolls no farther than needed', () => {
  expect(reveal(5, 0, 640, plain)).toBe(0)
  expect(reveal(30, 0, 640, plain)).toBe(31 * 32 - 640)
  expect(reveal(1, 320, 640, plain)).toBe(32)
  expect(reveal(2, 0, 250, opened, true)).toBe(2 * 32 + 32 + 200 - 250)
  expect(reveal(2, 0, 100, opened, true)).toBe(64)
})

it('follows the keys', () => {
  expect(moved('ArrowDown', -1, 10, 5)).toBe(0)
  expect(moved('ArrowDown', 9, 10, 5)).toBe(9)
  expect(moved('PageDown', 3, 10, 5)).toBe(8)
  expect(moved('PageUp', 3, 10, 5)).toBe(0)
  expect(moved('Home', 3, 10, 5)).toBe(0)
  expect(moved('End', 3, 10, 5)).toBe(9)
  expect(moved('x', 3, 10, 5)).toBeUndefined()
  expect(moved('End', -1, 0, 5)).toBeUndefined()
})

it('leaves a row where it is when others come at the top', () => {
  expect(belowLowest(7, plain)).toBe(belowLowest(9, { ...plain, count: plain.count + 2 }))
  expect(belowLowest(3, opened)).toBe(belowLowest(4, { ...opened, count: opened.count + 1, opened: 3 }))
})

it('gives the place of a row that went to the one that came', () => {
  const places = new Places()
  const before = [5, 4, 3].map((number) => places.of(number, 3))
  expect(new Set(before).size).toBe(3)
  expect([6, 5, 4].map((number) => places.of(number, 3))).toEqual([before[2], before[0], before[1]])
  expect(new Set([1, 0, -1].map((number) => places.of(number, 3))).size).toBe(3)
})
