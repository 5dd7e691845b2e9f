// The tests of what Stock works out by itself.
import { describe, expect, it } from 'vitest'
import { gathered, split, wantedBy } from './missed'
import { further, still } from './pace'

describe('what was missed', () => {
  it('is a module and a version', () => {
    expect(wantedBy('/example.com/!m/@v/v1.2.3.zip')).toEqual({ module: 'example.com/M', version: 'v1.2.3' })
    expect(wantedBy('example.com/m/@latest')).toEqual({ module: 'example.com/m', version: 'latest' })
    expect(wantedBy('example.com/m/@v/list')).toEqual({ module: 'example.com/m', version: 'latest' })
    expect(wantedBy('example.com/m/@v/main.info')).toEqual({ module: 'example.com/m', version: 'main' })
    expect(wantedBy('sumdb/sums.example.com/latest').version).toBe('')
  })
  it('comes together by what was wanted, the last first', () => {
    const item = (path: string, times: number, first_at: string, last_at: string) => ({
      path,
      times,
      first_at,
      last_at,
    })
    const found = gathered([
      item('example.com/a/@v/v1.0.0.info', 1, '2026-01-01T10:00:00Z', '2026-01-01T10:00:00Z'),
      item('example.com/a/@v/v1.0.0.zip', 4, '2026-01-01T09:00:00Z', '2026-01-01T11:00:00Z'),
      item('example.com/b/@latest', 1, '2026-01-01T12:00:00Z', '2026-01-01T12:00:00Z'),
    ])
    expect(found.map(({ module, times }) => [module, times])).toEqual([
      ['example.com/b', 1],
      ['example.com/a', 4],
    ])
    expect(found[1]).toMatchObject({ firstAt: '2026-01-01T09:00:00Z', lastAt: '2026-01-01T11:00:00Z' })
    expect(found[1]?.paths).toHaveLength(2)
  })
  it('shows the last element with its major version', () => {
    expect(split('github.com/redis/go-redis/v9')).toEqual({
      before: 'github.com/redis/',
      last: 'go-redis/v9',
    })
    expect(split('golang.example/x/tools')).toEqual({ before: 'golang.example/x/', last: 'tools' })
    expect(split('single')).toEqual({ before: '', last: 'single' })
  })
})

describe('the pace', () => {
  it('is said after three seconds', () => {
    let pace = further(still, { done: 0, total: 100, bytes: 0 }, 0)
    pace = further(pace, { done: 10, total: 100, bytes: 1000 }, 2000)
    expect([pace.rate, pace.left]).toEqual([null, null])
    pace = further(pace, { done: 20, total: 100, bytes: 8000 }, 4000)
    expect(pace.rate).toBe(2000)
    expect(pace.left).toBe(16_000)
  })
  it('forgets what was long ago, and says nothing where nothing came', () => {
    let pace = further(still, { done: 0, total: 10, bytes: 0 }, 0)
    pace = further(pace, { done: 5, total: 10, bytes: 0 }, 20_000)
    expect(pace.seen).toHaveLength(1)
    pace = further(pace, { done: 5, total: 10, bytes: 0 }, 25_000)
    expect(pace.left).toBeNull()
  })
})
