// Where floating things stand.
import { expect, it } from 'vitest'
import { place } from './place'

const room = { width: 800, height: 600 }
const size = { left: 0, top: 0, width: 100, height: 40 }
const anchor = (left: number, top: number) => ({ left, top, width: 60, height: 20 })

it('stands on the side wished for', () => {
  const wish = { side: 'bottom', align: 'start', gap: 4 } as const
  expect(place(anchor(200, 100), size, room, wish)).toEqual({ left: 200, top: 124 })
  expect(place(anchor(200, 100), size, room, { ...wish, side: 'top', align: 'center' })).toEqual({
    left: 180,
    top: 56,
  })
  expect(place(anchor(200, 100), size, room, { ...wish, align: 'end' })).toEqual({ left: 160, top: 124 })
  expect(place(anchor(200, 100), size, room, { ...wish, side: 'right' })).toEqual({ left: 264, top: 100 })
})

it('turns to the other side where there is no room, and stays in the window', () => {
  const wish = { side: 'bottom', align: 'start', gap: 4 } as const
  expect(place(anchor(200, 570), size, room, wish)).toEqual({ left: 200, top: 526 })
  expect(place(anchor(760, 100), size, room, wish)).toEqual({ left: 692, top: 124 })
  expect(place(anchor(0, 2), size, room, { ...wish, side: 'top', align: 'center' })).toEqual({
    left: 8,
    top: 26,
  })
})
