// What is kept of answers.
import { expect, it } from 'vitest'
import { isOld, last, remember } from './known'

it('keeps the newest answers and knows which are old', () => {
  for (let at = 0; at < 70; at += 1) remember(`cache ${at}`, at, at)
  expect(last('cache 0')).toBeUndefined()
  const newest = last('cache 69')
  expect(newest?.answer).toBe(69)
  expect(newest && isOld(newest, 69 + 10_000)).toBe(false)
  expect(newest && isOld(newest, 70 + 10_000)).toBe(true)
})
