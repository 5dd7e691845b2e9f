// The mock of the screen Overview.
import type { AttentionRow, Fetches, Overview, UpstreamNode } from '..'
import { ago, scene, type Mocks } from './kit'
import { now } from './state'

const HALF_HOUR = 30 * 60_000
const HOUR = 2 * HALF_HOUR
// Fetches of each half hour of a day: from cache, upstream, revalidated, stale, failed.
const DAY = [
  [142, 18, 11, 0, 0],
  [132, 9, 9, 0, 0],
  [108, 19, 7, 0, 0],
  [84, 6, 4, 0, 0],
  [115, 10, 9, 0, 0],
  [149, 27, 14, 0, 0],
  [106, 8, 9, 0, 0],
  [78, 12, 6, 0, 0],
  [77, 7, 7, 0, 0],
  [34, 3, 2, 0, 0],
  [19, 2, 0, 3, 0],
  [23, 2, 3, 0, 0],
  [50, 5, 3, 0, 0],
  [42, 4, 3, 0, 0],
  [18, 0, 0, 0, 2],
  [13, 1, 1, 0, 0],
  [8, 0, 1, 0, 0],
  [4, 1, 0, 0, 0],
  [4, 0, 1, 0, 0],
  [3, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [2, 0, 0, 0, 0],
  [5, 1, 1, 0, 0],
  [14, 3, 1, 0, 1],
  [36, 3, 4, 0, 0],
  [64, 5, 4, 0, 0],
  [115, 13, 7, 0, 0],
  [145, 16, 10, 0, 0],
  [77, 11, 7, 6, 2],
  [60, 9, 3, 0, 0],
  [104, 18, 10, 0, 3],
  [96, 17, 5, 5, 0],
  [90, 17, 8, 0, 0],
  [89, 13, 6, 0, 0],
  [30, 2, 3, 2, 0],
  [58, 9, 3, 0, 2],
  [64, 54, 7, 0, 1],
  [170, 23, 17, 0, 0],
] as const

function fetches(): Fetches {
  const last = Math.floor(Date.now() / HALF_HOUR) * HALF_HOUR
  const bars = DAY.map(([cache, upstream, revalidated, stale, failed], at) => {
    const offline = scene === 'offline' && at >= DAY.length - 4
    const one = { at: new Date(last - (DAY.length - 1 - at) * HALF_HOUR).toISOString(), offline }
    if (scene === 'empty') return { ...one, cache: 0, upstream: 0, revalidated: 0, stale: 0, failed: 0 }
    if (offline)
      return { ...one, cache, upstream: 0, revalidated: 0, stale: upstream + revalidated, failed: 0 }
    return { ...one, cache, upstream, revalidated, stale, failed }
  })
  const sum = (source: 'cache' | 'upstream' | 'revalidated' | 'stale' | 'failed') =>
    bars.reduce((all, bar) => all + bar[source], 0)
  return {
    bars,
    totals: {
      cache: sum('cache'),
      upstream: sum('upstream'),
      revalidated: sum('revalidated'),
      stale: sum('stale'),
      failed: sum('failed'),
    },
    not_downloaded: scene === 'empty' ? 0 : 1_900_000_000,
  }
}

const company: UpstreamNode = {
  name: 'company',
  address: 'https://goproxy.corp.example',
  mark: scene === 'degraded' ? 'look' : scene === 'offline' ? 'gone' : 'ok',
  latency_ms: scene === 'degraded' ? 2400 : 38,
  share: scene === 'empty' ? null : 0.12,
  after: 'first',
  reason: scene === 'degraded' ? 'is slow' : scene === 'offline' ? 'no route' : null,
}
const general: UpstreamNode = {
  name: 'public',
  address: 'Go default',
  mark: scene === 'offline' ? 'gone' : 'ok',
  latency_ms: 112,
  share: scene === 'empty' ? null : 0.03,
  after: 'not-found',
  reason: scene === 'offline' ? 'no DNS' : null,
}
const more = ['mirror', 'nas'].map((name): UpstreamNode => ({
  ...general,
  name,
  address: `https://${name}.example.com`,
  after: 'failure',
  share: 0.01,
}))

const attention: AttentionRow[] = [
  {
    kind: 'shell-override',
    what: 'Your shell overrides GOPRIVATE.',
    where: '~/.zshrc:41 wins over go env.',
    mend: { do: 'open', route: 'private' },
  },
  {
    kind: 'sign-in-ends',
    what: 'Sign-in for company ends in 2 days.',
    where: 'dev · goproxy.corp.example',
    mend: { do: 'sign-in', origin: 'https://goproxy.corp.example' },
  },
]
const missed: AttentionRow = {
  kind: 'missed',
  what: '3 modules were asked for and missing.',
  where: 'Newest: github.com/redis/go-redis/v9@v9.7.0',
  mend: { do: 'open', route: 'stock?show=missed' },
}
const others: AttentionRow[] = ['a', 'b', 'c'].map((one) => ({
  kind: 'notice',
  what: `A hash does not agree: example.com/${one}@v1.2.3.`,
  where: 'It was not kept.',
  mend: { do: 'dismiss', id: 1 },
}))

const project = (name: string, ready: number, total: number, at: number) => ({
  folder: `/home/dev/src/${name}`,
  ready,
  total,
  watched: ready === total,
  at: ago(at),
})

export const overview: Mocks = {
  calls: {
    fetches,
    overview: (): Overview => ({
      state: structuredClone(now),
      go: {
        version: 'go1.23.4',
        points_here: now.points_here,
        why_not: now.points_here ? null : 'GOPROXY is https://goproxy.corp.example,direct',
        per_minute: scene === 'empty' ? 0 : scene === 'offline' ? 2 : 7,
      },
      from_cache: scene === 'empty' ? null : 0.81,
      upstreams: scene === 'many' ? [company, general, ...more] : [company, general],
      attention:
        scene === 'empty'
          ? []
          : scene === 'offline'
            ? [missed]
            : scene === 'many'
              ? [...attention, ...others]
              : attention,
      fetches: fetches(),
      room: {
        used: scene === 'empty' ? 0 : 6_200_000_000,
        quota: 10_000_000_000,
        pinned: scene === 'empty' ? 0 : 2_400_000_000,
        stocked: 0,
        may_leave: scene === 'empty' ? 0 : 3_800_000_000,
        free: 84_000_000_000,
      },
      projects:
        scene === 'empty'
          ? []
          : [
              project('payments-api', 214, 214, HOUR),
              project('ledger-web', 386, 386, 2 * HOUR),
              project('infra-cli', 97, 97, 5 * HOUR),
              project('search-api', 142, 186, 26 * HOUR),
              project('edge-gw', 171, 173, 90 * HOUR),
            ],
    }),
  },
}
