// Where a floating thing stands beside what it belongs to, within the window. Pure.
export type Side = 'top' | 'right' | 'bottom' | 'left'
export type Align = 'start' | 'center' | 'end'
export interface Box {
  left: number
  top: number
  width: number
  height: number
}
interface Wish {
  side: Side
  align: Align
  /** Between the two. */
  gap: number
}

/** From the edges of the window. */
const EDGE = 8
const opposite: Record<Side, Side> = { top: 'bottom', bottom: 'top', left: 'right', right: 'left' }

function along(from: number, length: number, own: number, align: Align): number {
  if (align === 'start') return from
  return align === 'end' ? from + length - own : from + (length - own) / 2
}

function at(anchor: Box, size: Box, { side, align, gap }: Wish): { left: number; top: number } {
  const { left, top, width, height } = anchor
  if (side === 'top' || side === 'bottom') {
    return {
      left: along(left, width, size.width, align),
      top: side === 'top' ? top - gap - size.height : top + height + gap,
    }
  }
  return {
    left: side === 'left' ? left - gap - size.width : left + width + gap,
    top: along(top, height, size.height, align),
  }
}

const clamp = (value: number, size: number, room: number) =>
  Math.max(EDGE, Math.min(value, room - EDGE - size))

/** On the side wished for, else on the other one where there is more room; never out of the window. */
export function place(anchor: Box, size: Box, room: { width: number; height: number }, wish: Wish) {
  const space: Record<Side, number> = {
    top: anchor.top,
    bottom: room.height - anchor.top - anchor.height,
    left: anchor.left,
    right: room.width - anchor.left - anchor.width,
  }
  const { side } = wish
  const needs = wish.gap + EDGE + (side === 'top' || side === 'bottom' ? size.height : size.width)
  const turned = space[side] < needs && space[opposite[side]] > space[side]
  const { left, top } = at(anchor, size, turned ? { ...wish, side: opposite[side] } : wish)
  return { left: clamp(left, size.width, room.width), top: clamp(top, size.height, room.height) }
}

/** Moves a floating thing of the top layer beside its anchor. */
export function moveBeside(floating: HTMLElement, anchor: Element, wish: Wish): void {
  const room = { width: innerWidth, height: innerHeight }
  const { left, top } = place(anchor.getBoundingClientRect(), floating.getBoundingClientRect(), room, wish)
  floating.style.left = `${left}px`
  floating.style.top = `${top}px`
}
