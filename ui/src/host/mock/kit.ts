// What the mocks of all screens are made with; development only.
import type { CallName, Calls, FeedName, Feeds, JobName, Jobs, Progress } from '..'

type CallMocks = {
  [N in CallName]?: (request: Calls[N]['request']) => Calls[N]['answer'] | Promise<Calls[N]['answer']>
}
type JobMocks = {
  [N in JobName]?: (
    request: Jobs[N]['request'],
    tell: (progress: Progress, partial?: Jobs[N]['answer']) => void,
    isCancelled: () => boolean,
  ) => Promise<Jobs[N]['answer']>
}
/** Gives items until the returned function is called. */
type FeedMocks = { [F in FeedName]?: (give: (items: Feeds[F][]) => void, after: number | null) => () => void }

/** One screen's part of the mock. */
export interface Mocks {
  calls?: CallMocks
  jobs?: JobMocks
  feeds?: FeedMocks
}

/** `?case=offline` of the page's own address: which situation is played. */
export const scene = new URLSearchParams(location.search).get('case') ?? 'serving'

export const wait = (millis: number) => new Promise<void>((done) => setTimeout(done, millis))

/** So long before now, as the engine writes times. */
export const ago = (millis: number) => new Date(Date.now() - millis).toISOString()

const followers = new Set<(items: Feeds['changes'][]) => void>()
let seq = 0

/** Tells that something changed. */
export function changed(...topics: Feeds['changes']['topics']) {
  seq += 1
  for (const give of followers) give([{ seq, topics }])
}

export const changes: Mocks = {
  feeds: {
    changes: (give) => {
      followers.add(give)
      return () => followers.delete(give)
    },
  },
}
