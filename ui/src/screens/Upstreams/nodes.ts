// What is shown of the nodes of an upstream. Pure.
import type { NodeShown, PoolSaid, ProfileDraft } from '../../host'

/** How a node does; `out` where a person took it out. */
export type Does = NodeShown['state'] | 'out'

export const doesOf = (node: NodeShown): Does =>
  node.by_hand && node.state === 'ejected' ? 'out' : node.state

/** Addresses that mean the same are written in several ways. */
const plain = (address: string) =>
  (URL.canParse(address) ? new URL(address).href : address).replace(/\/+$/, '')

/** The pool of an address. */
export const poolOf = (address: string, pools: readonly PoolSaid[]): PoolSaid | undefined =>
  pools.find((pool) => plain(pool.upstream) === plain(address))

/** The pools of the upstreams that a profile asks, in the order in which it does. */
export function poolsOf(draft: ProfileDraft, pools: readonly PoolSaid[]): PoolSaid[] {
  const chains = [draft.chain, draft.private_chain, ...draft.rules.map((rule) => rule.chain)]
  const found = chains.flat().flatMap((entry) => poolOf(entry.address, pools) ?? [])
  return [...new Set(found)]
}

/** Those that count: what the DNS does not name any more is there for want of something better. */
function counted(nodes: readonly NodeShown[]): readonly NodeShown[] {
  const here = nodes.filter((node) => !node.departed)
  return here.length > 0 ? here : nodes
}

/** How many nodes there are, and how many of them answer. */
export function count(nodes: readonly NodeShown[]): { all: number; answer: number } {
  const all = counted(nodes)
  return {
    all: all.length,
    answer: all.filter(({ state }) => state === 'healthy' || state === 'slow').length,
  }
}

/** What tells the place of a node from that of others of its pool. */
export interface Places {
  priority: boolean
  weight: boolean
}

export const placesOf = (nodes: readonly NodeShown[]): Places => ({
  priority: nodes.some(({ priority }) => priority !== nodes[0]?.priority),
  weight: nodes.some(({ weight }) => weight !== nodes[0]?.weight),
})

/** A time as it is typed; nothing where it is the usual one. */
export const millisSaid = (millis: number): string =>
  millis === 1000 ? '' : millis % 1000 === 0 ? `${millis / 1000}s` : `${millis}ms`
