// The mock's pools: `case=nodes-out` has one of which no node is well, `case=no-pool` none.
import type { NodeShown, PoolSaid } from '..'
import { Failure } from '../types'
import { ago, changed, scene, type Mocks } from './kit'

const MINUTE = 60_000
const times = (around: number, count = 40) =>
  Array.from(
    { length: count },
    (_, at) => around * (1 + 0.4 * Math.sin(at * 1.7) + (at % 11 === 7 ? 1.4 : 0)),
  )
const node = (name: string, share: number, fields: Partial<NodeShown> = {}): NodeShown => ({
  name,
  state: 'healthy',
  by_hand: false,
  departed: false,
  share,
  in_flight: 0,
  asked: 1204,
  failed: 0,
  state_changes: 0,
  p50_ms: 38,
  p95_ms: 74,
  latencies_ms: times(38),
  weight: 1,
  priority: 0,
  changed_at: null,
  why: null,
  ...fields,
})
const some = [
  node('n1.corp.example:8443', 0.34),
  node('n2.corp.example:8443', 0.31, {
    state: 'slow',
    asked: 987,
    failed: 2,
    p50_ms: 1240,
    p95_ms: 2900,
    latencies_ms: times(900),
    changed_at: ago(4 * MINUTE),
    why: 'no head of an answer within 1 s, twice',
  }),
  node('n3.corp.example:8443', 0.35, {
    state: 'ejected',
    asked: 612,
    failed: 5,
    p50_ms: 41,
    changed_at: ago(MINUTE),
    why: 'it refuses connections',
  }),
]
const out = [
  node('proxy-eu-west-1-a-long-name-of-a-node-behind-a-balancer.internal.corp.example:8443', 0.5, {
    state: 'probation',
    changed_at: ago(20_000),
    why: 'its pause after five failures is over',
    failed: 40,
    weight: 10,
  }),
  node('10.0.4.8:443', 0.3, {
    state: 'ejected',
    changed_at: ago(MINUTE),
    why: 'it does not answer',
    failed: 9,
  }),
  node('10.0.4.9:443', 0.2, {
    state: 'ejected',
    by_hand: true,
    changed_at: ago(9 * MINUTE),
    why: 'taken out by hand',
  }),
  node('10.0.4.6:443', 0, {
    departed: true,
    state: 'ejected',
    asked: 0,
    p50_ms: null,
    p95_ms: null,
    latencies_ms: [],
    changed_at: ago(30 * MINUTE),
    why: 'the DNS does not name it any more',
  }),
]

const upstream = 'https://goproxy.corp.example'
const isOut = scene === 'nodes-out'
let pool: PoolSaid | null =
  scene === 'no-pool'
    ? null
    : {
        upstream,
        name: 'goproxy.corp.example',
        nodes: isOut ? [] : some.map(({ name }) => `https://${name}/goproxy`),
        addresses: false,
        srv: isOut ? '_goproxy._tcp.corp.example' : null,
        dns: isOut ? '127.0.0.1:8600' : null,
        slow_after_ms: 1000,
        hedge: false,
        named: true,
        shown: {
          upstream: 'goproxy.corp.example',
          id: 'company',
          from: isOut ? 'srv' : 'nodes',
          srv: isOut ? '_goproxy._tcp.corp.example' : null,
          in_use: true,
          said: '',
          resolved_at: isOut ? ago(12 * MINUTE) : null,
          dns_trouble: isOut ? '127.0.0.1:8600 does not answer' : null,
          retry_budget_left: 32,
          nodes: isOut ? out : some,
        },
      }

function set(name: string, isIn: boolean): NodeShown {
  const shown = pool?.shown
  const found = shown?.nodes.find((one) => one.name === name)
  if (!pool || !shown || !found) throw new Failure('not-found', `there is no node "${name}"`)
  const state: NodeShown['state'] = isIn ? 'healthy' : 'ejected'
  const why = isIn ? 'taken in by hand' : 'taken out by hand'
  const done = { ...found, state, by_hand: !isIn, changed_at: ago(0), why }
  const nodes = shown.nodes.map((one) => (one === found ? done : one))
  pool = { ...pool, shown: { ...shown, nodes } }
  changed('nodes')
  return done
}

export const nodes: Mocks = {
  calls: {
    'pool-list': () => (pool ? [pool] : []),
    'node-eject': ({ node: name }) => set(name, false),
    'node-restore': ({ node: name }) => set(name, true),
    'pool-set': ({ nodes: listed, addresses, srv, dns, hedge }) => {
      const [shown, is_new] = [pool?.shown ?? null, pool === null]
      const name = 'goproxy.corp.example'
      pool = {
        upstream,
        name,
        nodes: listed,
        addresses,
        srv,
        dns,
        hedge,
        slow_after_ms: 1000,
        named: true,
        shown,
      }
      changed('nodes', 'settings')
      return { pool, is_new, changed: true, notes: [] }
    },
    'pool-remove': () => {
      pool = null
      changed('nodes', 'settings')
      return { name: 'goproxy.corp.example' }
    },
  },
}
