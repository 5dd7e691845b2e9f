// What was done, told in passing: one at a time, five seconds, ten with Undo. A problem that stays is no toast.
export interface Toast {
  text: string
  tone?: 'neutral' | 'bad'
  action?: { label: string; act: () => void }
}

const SHOWN = 5_000
const SHOWN_WITH_ACTION = 10_000

class Toasts {
  now = $state<Toast | null>(null)
  #timer: ReturnType<typeof setTimeout> | undefined
  #held = false

  /** Tells it; what was told before goes. */
  tell(toast: Toast | string) {
    this.now = typeof toast === 'string' ? { text: toast } : toast
    this.#held = false
    this.#begin()
  }

  /** Stays while it is looked at. */
  hold(held: boolean) {
    this.#held = held
    this.#begin()
  }

  close() {
    clearTimeout(this.#timer)
    this.now = null
    this.#held = false
  }

  #begin() {
    clearTimeout(this.#timer)
    if (!this.now || this.#held) return
    this.#timer = setTimeout(() => this.close(), this.now.action ? SHOWN_WITH_ACTION : SHOWN)
  }
}

export const toasts = new Toasts()
/** Tells of something done. */
export const tell = (toast: Toast | string) => toasts.tell(toast)
