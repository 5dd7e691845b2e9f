// Which item of a menu a key chooses.
import { expect, it } from 'vitest'
import { chosenBy } from './menu'

const names = ['company', 'public', 'Offline', 'Pause']

it('goes round with the arrows, and to the ends', () => {
  expect(chosenBy('ArrowDown', 3, names)).toBe(0)
  expect(chosenBy('ArrowDown', -1, names)).toBe(0)
  expect(chosenBy('ArrowUp', 0, names)).toBe(3)
  expect(chosenBy('Home', 2, names)).toBe(0)
  expect(chosenBy('End', 0, names)).toBe(3)
})

it('finds the next that begins with a letter', () => {
  expect(chosenBy('p', 0, names)).toBe(1)
  expect(chosenBy('P', 1, names)).toBe(3)
  expect(chosenBy('o', 0, names)).toBe(2)
  expect(chosenBy('x', 0, names)).toBeNull()
  expect(chosenBy('Enter', 0, names)).toBeNull()
  expect(chosenBy('p', 0, [])).toBeNull()
})
