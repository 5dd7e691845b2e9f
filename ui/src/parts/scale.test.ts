// Axes and stacked bars.
import { expect, it } from 'vitest'
import { apart, stack, ticks } from './scale'

it('takes few round values, and always zero', () => {
  expect(ticks(210)).toEqual([0, 80, 160, 240])
  expect(ticks(0)).toEqual([0, 1])
  expect(ticks(2)).toEqual([0, 1, 2])
  expect(ticks(3)).toEqual([0, 1, 2, 3])
  expect(ticks(12)).toEqual([0, 4, 8, 12])
  expect(ticks(100)).toEqual([0, 40, 80, 120])
  expect(ticks(6_200_000_000)).toEqual([0, 3e9, 6e9, 9e9])
})

it('always reaches the highest bar', () => {
  for (let most = 1; most < 3000; most += 7) {
    const axis = ticks(most)
    expect(axis.at(-1)).toBeGreaterThanOrEqual(most)
    expect(axis.length).toBeLessThanOrEqual(4)
  }
})

it('keeps a pixel between the pieces and shows what is not zero', () => {
  const pieces = stack([100, 0, 50, 1], 200, 100)
  expect(pieces).toEqual([
    { series: 0, from: 0, to: 49 },
    { series: 2, from: 50, to: 74 },
    { series: 3, from: 75, to: 76 },
  ])
  expect(stack([0, 0], 10, 100)).toEqual([])
})

it('leaves out words that have no room, never the last', () => {
  expect([...apart([0, 8, 16, 24, 31], 8)]).toEqual([31, 16, 8, 0])
  expect([...apart([0, 8, 16, 24], 12)]).toEqual([24, 8])
  expect([...apart([0, 8, 16], 1)]).toEqual([16, 8, 0])
})
