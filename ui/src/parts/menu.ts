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
