// How times of steps are written.
import { expect, it } from 'vitest'
import { millis } from './millis'

it('writes times shortly', () => {
  expect([0, 40, 100, 340, 9_940, 9_960, 38_200, 162_400].map(millis)).toEqual([
    '0',
    '0',
    '0.1',
    '0.3',
    '9.9',
    '10',
    '38',
    '162',
  ])
})
