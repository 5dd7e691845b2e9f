// How the upstreams of a path are named on this screen. Pure.
import type { ChainEntry } from '../../host'
import { called } from '../Upstreams/draft'

/** The chain in one line; nothing where it leads nowhere. */
export const shownChain = (chain: ChainEntry[]) => chain.map(called).join(', ')
