// What times are offered, and how they read.
import { expect, it } from 'vitest'
import { en } from '../../words/en'
import { among, FRESH_FOR, timeOf } from './ages'

it('names a time in the largest whole unit', () => {
  const said = (seconds: number) => timeOf(seconds, en.settings)
  expect(said(90)).toBe('90 seconds')
  expect(said(60)).toBe('1 minute')
  expect(said(7200)).toBe('2 hours')
  expect(said(86_400 * 7)).toBe('7 days')
  expect(said(0)).toBe('0 seconds')
})

it('offers what is set by hand too', () => {
  expect(among(FRESH_FOR, 100)).toEqual([60, 100, 300, 900, 3600, 86_400])
  expect(among(FRESH_FOR, 86_400)).toHaveLength(5)
  expect(among(FRESH_FOR, null)).toHaveLength(5)
})
