// The mock of the screen Activity: a day's log, what comes meanwhile, and the stories. `case=busy` plays 500 a second.
import type { ActivityItem, Step, Story } from '..'
import { sourceOf, wanted } from '../../screens/Activity/filter'
import { scene, type Mocks } from './kit'

type Made = [string, string | null, string, string, string | null, number, number, string?, string?]
// Module, version, what was asked, source, upstream, bytes, micro-seconds, outcome, detail.
const SOME: Made[] = [
  ['github.com/jackc/pgx/v5', 'v5.7.1', 'zip', 'upstream', 'public', 1_300_000, 214_000],
  ['github.com/jackc/puddle/v2', 'v2.2.2', 'zip', 'cache', null, 14_200, 820],
  ['golang.org/x/crypto', 'v0.31.0', 'zip', 'cache', null, 1_800_000, 4_100],
  ['github.com/aws/aws-sdk-go-v2/feature/s3/manager', 'v1.17.43', 'mod', 'cache', null, 1_200, 410],
  ['git.corp.example/platform/billing/v2', 'v2.14.0', 'zip', 'upstream', 'company', 412_000, 91_000],
  ['golang.org/x/tools', null, 'latest', 'revalidated', 'public', 210, 118_000],
  ['github.com/grpc-ecosystem/grpc-gateway/v2', 'v2.24.0', 'info', 'cache', null, 130, 310],
  [
    'google.golang.org/genproto/googleapis/rpc',
    'v0.0.0-20250106144421-5f5ef82da422',
    'mod',
    'cache',
    null,
    920,
    420,
  ],
  [
    'git.corp.example/labs/ratelimit',
    'v0.3.1',
    'info',
    'upstream',
    'company',
    0,
    39_000,
    'refused',
    'company answered 401 unauthorized',
  ],
  ['github.com/redis/go-redis/v9', null, 'list', 'stale', null, 610, 1_100],
  [
    'go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp',
    'v0.58.0',
    'zip',
    'cache',
    null,
    66_000,
    1_000,
  ],
  ['github.com/klauspost/compress', 'v1.17.11', 'zip', 'cache', null, 49_700_000, 38_000],
  ['modernc.org/sqlite', 'v1.34.4', 'mod', 'cache', null, 1_600, 340],
  [
    'git.corp.example/platform/payments/settlement/reconciliation/exporters/internal/warehouse-loader/v12',
    'v12.0.0-20250106144421-5f5ef82da422+incompatible',
    'zip',
    'none',
    null,
    0,
    2_300,
    'missing',
  ],
  ['example.com/nowhere', 'v1.0.0', 'info', 'none', 'public', 0, 130_000, 'not-found'],
]
const BEGUN = Date.now()
const isEmpty = scene === 'empty'
const HELD = 2_959

/** The entry of this number; the log of a mock is made as it is asked for. */
function made(seq: number): ActivityItem {
  const newest = HELD - seq
  const some = SOME[((newest % SOME.length) + SOME.length) % SOME.length] ?? SOME[0]
  const [module, version, kind, source, upstream, bytes, micros, outcome = 'delivered', detail = null] =
    some as Made
  const asked = kind === 'latest' ? '@latest' : kind === 'list' ? '@v/list' : `@v/${version}.${kind}`
  return {
    seq,
    at: new Date(BEGUN - newest * 137).toISOString(),
    module,
    version,
    kind,
    source,
    upstream,
    bytes,
    millis: Math.round(micros / 1000),
    micros,
    outcome,
    times: newest % 17 === 2 ? 12 : 1,
    background: newest % 23 === 5,
    detail,
    path: `${module}/${asked}`,
  }
}

function story(item: ActivityItem): Story {
  const steps: Step[] = []
  let at = 0
  const step = (kind: Step['kind'], took: number, said: string, name: string = kind, mend?: string) => {
    steps.push({
      kind,
      name,
      said,
      start_micros: at,
      took_micros: took,
      ok: mend === undefined,
      mend: mend ?? null,
      entry: null,
    })
    at += took
  }
  step('asked', 0, `GET …/${item.path}`)
  if (item.source === 'cache') {
    step('cache', Math.round(item.micros * 0.4), 'kept; hash agrees with what was verified when it came')
  } else {
    step('rule', 100, 'everything else → company, then public if not found')
    step('cache', 300, 'not kept yet; this request leads, 2 others wait for it')
  }
  if (item.upstream === 'public') step('upstream', 38_000, '404 not found, so the next may answer', 'company')
  if (item.outcome === 'refused') {
    const mend = 'Sign in again: the kept password may be old. larder login company'
    step('upstream', 38_000, '401 unauthorized; go was told 401 and asked nobody else', 'company', mend)
  } else if (item.upstream) {
    const took = Math.max(1000, item.micros - at - 13_000)
    step('upstream', took, '200 · 1.3 MB · HTTP/2, connection reused', item.upstream)
    step('verified', 8_000, 'h1:mdsnB4…DvYE= agrees with the public checksum database')
    step('kept', 4_000, '1.3 MB, with .info and .mod of the same version')
  }
  step(
    'answered',
    Math.min(1_000, item.micros),
    item.outcome === 'refused' ? '401' : '200 · last bytes let go after verification',
  )
  return { item, steps, at_once: 'kept', text: steps.map((one) => `${one.name}: ${one.said}`).join('\n') }
}

let newest = isEmpty ? 0 : HELD
/** What comes: how many, and how often. */
const [MANY, EVERY] = scene === 'busy' ? [10, 20] : [1, 1_500]

export const activity: Mocks = {
  calls: {
    'activity-page': ({ before, limit, text, sources, outcomes }) => {
      const fits = wanted({ text: text ?? '', sources: [], outcome: null })
      const isWanted = (item: ActivityItem) =>
        fits(item) &&
        (sources.length === 0 || sources.includes(sourceOf(item))) &&
        (outcomes.length === 0 || outcomes.includes(item.outcome))
      const items: ActivityItem[] = []
      let matching = 0
      for (let seq = newest; seq > 0; seq -= 1) {
        const item = made(seq)
        if (!isWanted(item)) continue
        matching += 1
        if (items.length < limit && seq < (before ?? Infinity)) items.push(item)
      }
      return { items, total_24h: newest, matching_24h: matching }
    },
    'activity-story': ({ seq }) => story(made(seq)),
  },
  feeds: {
    activity: (give) => {
      // Photographs want a log that stands still.
      if (scene !== 'busy' && scene !== 'lively') return () => undefined
      const timer = setInterval(() => {
        const from = newest + 1
        newest += MANY
        give(Array.from({ length: MANY }, (_, at) => made(from + at)))
      }, EVERY)
      return () => clearInterval(timer)
    },
  },
}
