// What stands in a menu.
import type { Icon } from './icons'

export type MenuItem =
  | {
      kind: 'item'
      label: string
      icon?: Icon | undefined
      /** Quieter, at the right: keys, a count. */
      hint?: string | undefined
      /** Set for an item that is on or off. */
      checked?: boolean
      /** Whether exactly one of its neighbours is checked. */
      radio?: boolean
      danger?: boolean
      /** Why it can't be used now. */
      why?: string | undefined
      act: () => void
    }
  | { kind: 'separator' }
  /** A line that only says something. */
  | { kind: 'label'; text: string }

/** Which one a key chooses of these names, where `at` is chosen now; none where the key chooses nothing. */
export function chosenBy(key: string, at: number, names: readonly string[]): number | null {
  const last = names.length - 1
  if (last < 0) return null
  if (key === 'ArrowDown') return at >= last ? 0 : at + 1
  if (key === 'ArrowUp') return at <= 0 ? last : at - 1
  if (key === 'Home') return 0
  if (key === 'End') return last
  if ([...key].length !== 1 || key === ' ') return null
  const letter = key.toLocaleLowerCase()
  for (let step = 1; step <= names.length; step += 1) {
    const next = (Math.max(at, -1) + step) % names.length
    if (names[next]?.toLocaleLowerCase().startsWith(letter)) return next
  }
  return null
}
