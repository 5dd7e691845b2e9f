// Tiles of a treemap.
import { expect, it } from 'vitest'
import { gather, layout, type Tile } from './treemap'

const tile = (group: string, name: string, value: number, age: Tile['age'] = 1): Tile => ({
  id: `${group}/${name}`,
  group,
  name,
  value,
  age,
})

it('gathers what is small by group, and counts it', () => {
  const tiles = [
    tile('a', '1', 9),
    tile('a', '2', 3, 4),
    tile('a', '3', 2, 2),
    tile('b', '4', 1),
    tile('b', '5', 0),
  ]
  const shown = gather(tiles, 1)
  expect(shown.map((one) => [one.group, one.id, one.value, one.rest, one.age])).toEqual([
    ['a', 'a/1', 9, undefined, 1],
    ['a', null, 5, 2, 2],
    ['b', null, 1, 1, 1],
  ])
})

it('gathers what would be too small to see', () => {
  const many = Array.from({ length: 200 }, (_, at) => tile('a', String(at), at === 0 ? 1000 : 1))
  const { tiles: placed } = layout(many, 200, 200)
  expect(placed.map((one) => [one.tile.name, one.tile.rest])).toEqual([
    ['0', undefined],
    ['', 199],
  ])
})

it('gives each group and tile room by its value, within its bounds', () => {
  const tiles = [tile('a', '1', 60), tile('a', '2', 20), tile('b', '3', 20)]
  const { groups, tiles: placed } = layout(tiles, 400, 200)
  expect(groups.map((group) => group.name)).toEqual(['a', 'b'])
  const a = groups[0]
  for (const one of placed.filter((each) => each.tile.group === 'a')) {
    expect(one.x).toBeGreaterThanOrEqual(a?.x ?? Infinity)
    expect(one.x + one.width).toBeLessThanOrEqual((a?.x ?? 0) + (a?.width ?? 0))
  }
  const area = (name: string) => {
    const found = placed.find((each) => each.tile.name === name)
    return (found?.width ?? 0) * (found?.height ?? 0)
  }
  expect(area('1') / area('2')).toBeGreaterThan(2)
  expect(area('1') / area('2')).toBeLessThan(4.5)
})

it('lays out nothing where there is nothing, or no room', () => {
  expect(layout([], 400, 200)).toEqual({ groups: [], tiles: [] })
  expect(layout([tile('a', '1', 1)], 0, 200)).toEqual({ groups: [], tiles: [] })
})
