// What is shown of the nodes of an upstream.
import { expect, it } from 'vitest'
import type { ChainEntry, NodeShown, PoolSaid, ProfileDraft } from '../../host'
import { count, doesOf, millisSaid, placesOf, poolsOf } from './nodes'

const node = (fields: Partial<NodeShown> = {}): NodeShown => ({
  name: 'n1.corp.example:443',
  state: 'healthy',
  by_hand: false,
  departed: false,
  share: 0.5,
  in_flight: 0,
  asked: 10,
  failed: 0,
  state_changes: 0,
  p50_ms: 12,
  p95_ms: 40,
  latencies_ms: [12, 13],
  weight: 1,
  priority: 0,
  changed_at: null,
  why: null,
  ...fields,
})
const entry = (address: string): ChainEntry => ({ address, name: null, next: null })
const pool = (upstream: string) => ({ upstream }) as PoolSaid

it('tells what a person took out from what failed', () => {
  expect(doesOf(node({ state: 'ejected' }))).toBe('ejected')
  expect(doesOf(node({ state: 'ejected', by_hand: true }))).toBe('out')
  expect(doesOf(node({ by_hand: true }))).toBe('healthy')
})

it('finds the pools of a profile in its order, each once', () => {
  const draft = {
    chain: [entry('https://b.example'), entry('https://a.example/goproxy'), entry('direct')],
    private_chain: [entry('https://B.example/')],
    rules: [{ patterns: [], to: null, chain: [entry('https://c.example')], private: false }],
  } as unknown as ProfileDraft
  const pools = [
    'https://a.example/goproxy/',
    'https://b.example/',
    'https://c.example',
    'https://d.example',
  ].map(pool)
  expect(poolsOf(draft, pools).map((one) => one.upstream)).toEqual([
    'https://b.example/',
    'https://a.example/goproxy/',
    'https://c.example',
  ])
})

it('counts those that the DNS names, and all where it names none', () => {
  const [well, slow] = [node(), node({ state: 'slow' })]
  const gone = node({ departed: true })
  expect(count([well, slow, node({ state: 'ejected' }), gone])).toEqual({ all: 3, answer: 2 })
  expect(count([gone, node({ departed: true, state: 'probation' })])).toEqual({ all: 2, answer: 1 })
})

it('tells weights and priorities only where they differ', () => {
  expect(placesOf([node(), node()])).toEqual({ priority: false, weight: false })
  expect(placesOf([node(), node({ priority: 10 })])).toEqual({ priority: true, weight: false })
  expect(placesOf([node(), node({ weight: 5 })])).toEqual({ priority: false, weight: true })
})

it('writes a time as it is typed, and the usual one not at all', () => {
  expect([1000, 2000, 250, 1500].map(millisSaid)).toEqual(['', '2s', '250ms', '1500ms'])
})
