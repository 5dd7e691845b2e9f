// What can be asked, out of the types made from Rust (src/gen), and the window's own names for some of them.
import type * as gen from '../gen/types'

export type * from '../gen/types'

/** The window's names for parts of the overview. */
export type UpstreamNode = gen.OverviewUpstream
export type AttentionRow = gen.Attention
export type ProjectReady = gen.OverviewProject
export type RoomOfCache = gen.OverviewRoom

/** What can be asked: request and answer by name. */
export type Calls = gen.Calls
export type Jobs = gen.Jobs
export type Feeds = gen.Feeds
