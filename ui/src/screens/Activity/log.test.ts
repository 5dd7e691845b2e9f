// The window's part of the log, and what of it is wanted.
import { describe, expect, it } from 'vitest'
import type { ActivityItem } from '../../host'
import { isAny, read, sourceOf, wanted, written } from './filter'
import { Log } from './log'

const item = (seq: number, more: Partial<ActivityItem> = {}): ActivityItem => ({
  seq,
  at: '2026-05-12T14:22:07.318Z',
  module: 'git.corp.example/labs/ratelimit',
  version: 'v0.3.1',
  kind: 'zip',
  source: 'cache',
  upstream: null,
  bytes: 1200,
  millis: 1,
  micros: 800,
  outcome: 'delivered',
  times: 1,
  background: false,
  detail: null,
  path: 'git.corp.example/labs/ratelimit/@v/v0.3.1.zip',
  ...more,
})
const items = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => item(from + at))
const shown = (log: Log) => Array.from({ length: log.count }, (_, at) => log.at(at)?.seq)

describe('the log', () => {
  it('has the newest on top', () => {
    const log = new Log()
    log.begin([item(3), item(2)])
    log.add([item(4), item(5)], false)
    expect(shown(log)).toEqual([5, 4, 3, 2])
    expect(log.indexOf(4)).toBe(1)
    expect(log.indexOf(9)).toBe(-1)
    expect(log.indexOf(1)).toBe(-1)
  })

  it('stays still while it is read, and counts what is new', () => {
    const log = new Log()
    log.begin([item(1)])
    log.add([item(2), item(3)], true)
    expect(shown(log)).toEqual([1])
    expect(log.waits).toBe(2)
    expect(log.release()).toBe(false)
    expect(shown(log)).toEqual([3, 2, 1])
    expect(log.waits).toBe(0)
  })

  it('holds five thousand, and says when it let older ones go', () => {
    const log = new Log()
    log.begin([])
    expect(log.add(items(0, 5_500), false)).toBe(false)
    expect(log.add(items(5_500, 5_501), false)).toBe(true)
    expect(log.count).toBe(5_000)
    expect(log.first).toBe(501)
  })

  it('gives each entry a number that lasts', () => {
    const log = new Log()
    log.begin(items(100, 110).reverse())
    const numberOf = (seq: number) => log.lowest + log.count - 1 - log.indexOf(seq)
    const before = numberOf(109)
    log.older(items(90, 100).reverse())
    expect(numberOf(109)).toBe(before)
    log.add(items(110, 5_700), false)
    expect(log.first).toBe(700)
    expect(numberOf(5_000)).toBe(before + 5_000 - 109)
  })

  it('does not fill up while it is still, and knows that something lies in between then', () => {
    const log = new Log()
    log.begin([item(0)])
    log.add(items(1, 5_001), true)
    expect(log.hasGap).toBe(false)
    log.add(items(5_001, 20_001), true)
    expect(log.waits).toBe(20_000)
    expect(log.hasGap).toBe(true)
    log.release()
    expect(shown(log)).toEqual([0])
  })

  it('puts nothing new on top of a page of the past', () => {
    const log = new Log()
    log.begin([item(10), item(9)], true)
    log.add([item(50)], false)
    expect(shown(log)).toEqual([10, 9])
    log.begin([item(50)])
    log.add([item(51)], false)
    expect(shown(log)).toEqual([51, 50])
  })

  it('takes older pages once', () => {
    const log = new Log()
    log.begin([item(9), item(8)])
    log.older([item(8), item(7), item(6)])
    expect(shown(log)).toEqual([9, 8, 7, 6])
  })
})

describe('the filter', () => {
  it('is what the address says', () => {
    const filter = read({ source: 'failed,stale,nonsense', outcome: 'missing', q: 'billing' })
    expect(filter).toEqual({ text: 'billing', sources: ['stale', 'failed'], outcome: 'missing' })
    expect(read(Object.fromEntries(Object.entries(written(filter)).map(([k, v]) => [k, v ?? ''])))).toEqual(
      filter,
    )
    expect(isAny(read({ outcome: 'nonsense' }))).toBe(true)
  })

  it('counts what could not be had as failed, and an answer for who gave it', () => {
    expect(sourceOf(item(1, { source: 'upstream', outcome: 'refused' }))).toBe('failed')
    expect(sourceOf(item(1, { source: 'none', outcome: 'not-found', upstream: 'company' }))).toBe('upstream')
    expect(sourceOf(item(1, { source: 'none', outcome: 'not-found' }))).toBe('cache')
    expect(sourceOf(item(1, { source: 'stale' }))).toBe('stale')
  })

  it('finds all words, anywhere', () => {
    const is = (text: string) => wanted({ text, sources: [], outcome: null })
    const failed = item(1, { detail: 'TLS: unknown certificate', upstream: 'company' })
    expect(is('RateLimit v0.3')(failed)).toBe(true)
    expect(is('company certificate')(failed)).toBe(true)
    expect(is('ratelimit v9')(failed)).toBe(false)
    expect(wanted({ text: '', sources: ['stale'], outcome: null })(failed)).toBe(false)
    expect(wanted({ text: '', sources: [], outcome: 'delivered' })(failed)).toBe(true)
  })
})
