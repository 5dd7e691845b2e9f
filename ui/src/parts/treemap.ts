// Where the tiles of a treemap stand: groups first, tiles in them, the small ones of a group as one. Pure.
import { hierarchy, treemap, treemapSquarify, type HierarchyRectangularNode } from 'd3-hierarchy'

export interface Tile {
  /** What it stands for; `null` for the rest of a group. */
  id: string | null
  group: string
  name: string
  value: number
  /** 1 (lately) to 4 (long ago). */
  age: 1 | 2 | 3 | 4
  isPinned?: boolean
  /** How many, where it is the rest of a group. */
  rest?: number
}

export interface Placed {
  x: number
  y: number
  width: number
  height: number
}
export interface Layout {
  groups: (Placed & { name: string })[]
  tiles: (Placed & { tile: Tile })[]
}

/** How high the name of a group is. */
const HEAD = 18
const SINGLY = 300
/** What would be smaller than so many square pixels is no tile of its own. */
const LEAST = 120

interface Node {
  group?: string
  tile?: Tile
  children?: Node[]
}

/** The largest `singly` tiles of `least` or more as they are; the others of each group as one. */
export function gather(tiles: readonly Tile[], singly = SINGLY, least = 0): Tile[] {
  const sorted = tiles.filter((tile) => tile.value > 0).sort((a, b) => b.value - a.value)
  const shown = sorted.slice(0, singly).filter((tile) => tile.value >= least)
  const rests = new Map<string, Tile>()
  for (const tile of sorted.slice(shown.length)) {
    const rest = rests.get(tile.group) ?? { ...tile, id: null, name: '', value: 0, age: 4, rest: 0 }
    rest.isPinned = false
    rest.value += tile.value
    rest.rest = (rest.rest ?? 0) + 1
    rest.age = Math.min(rest.age, tile.age) as Tile['age']
    rests.set(tile.group, rest)
  }
  return [...shown, ...rests.values()]
}

/** Lays the tiles out in this room. */
export function layout(tiles: readonly Tile[], width: number, height: number): Layout {
  const groups = new Map<string, Tile[]>()
  const sum = tiles.reduce((all, tile) => all + tile.value, 0)
  const least = (sum * LEAST) / Math.max(1, width * height)
  for (const tile of gather(tiles, SINGLY, least))
    groups.set(tile.group, [...(groups.get(tile.group) ?? []), tile])
  if (groups.size === 0 || width <= 0 || height <= 0) return { groups: [], tiles: [] }
  const root = hierarchy<Node>({
    children: [...groups].map(([group, of]) => ({ group, children: of.map((tile) => ({ tile })) })),
  })
    .sum((node) => node.tile?.value ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
  const placed = treemap<Node>()
    .tile(treemapSquarify.ratio(1.2))
    .size([width, height])
    .round(true)
    .paddingTop((node) => (node.depth === 1 ? HEAD : 0))
    .paddingInner((node) => (node.depth === 0 ? 6 : 2))(root)
  const box = (node: HierarchyRectangularNode<Node>): Placed => ({
    x: node.x0,
    y: node.y0,
    width: node.x1 - node.x0,
    height: node.y1 - node.y0,
  })
  return {
    groups: (placed.children ?? []).map((node) => ({ ...box(node), name: node.data.group ?? '' })),
    tiles: placed
      .leaves()
      .flatMap((node) => (node.data.tile ? [{ ...box(node), tile: node.data.tile }] : []))
      .filter(({ width: wide, height: high }) => wide > 0 && high > 0),
  }
}
