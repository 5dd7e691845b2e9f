// How long a toast stays.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { tell, toasts } from './toasts.svelte'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  toasts.close()
  vi.useRealTimers()
})

it('goes after five seconds, after ten with an action', () => {
  tell('Pinned')
  vi.advanceTimersByTime(4_999)
  expect(toasts.now?.text).toBe('Pinned')
  vi.advanceTimersByTime(1)
  expect(toasts.now).toBeNull()
  tell({ text: 'Removed', action: { label: 'Undo', act: () => undefined } })
  vi.advanceTimersByTime(9_999)
  expect(toasts.now?.text).toBe('Removed')
  vi.advanceTimersByTime(1)
  expect(toasts.now).toBeNull()
})

it('stays while it is held, and gives way to the next', () => {
  tell('one')
  toasts.hold(true)
  vi.advanceTimersByTime(60_000)
  expect(toasts.now?.text).toBe('one')
  tell('two')
  expect(toasts.now?.text).toBe('two')
  vi.advanceTimersByTime(5_000)
  expect(toasts.now).toBeNull()
})
