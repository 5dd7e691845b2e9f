// Through what a long list is seen: what scrolls it, how far it is scrolled, how much of it is in sight.

/** How large letters are, in pixels: 16, and more where a person wants them so. */
export const rem = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize)

export class Port {
  /** How far the top of what is in sight is below the first row. */
  top = $state(0)
  /** How much is in sight. */
  seen = $state(0)
  /** The height of a row: 32 px, and more where the text is larger. */
  unit = $state(32)

  #port: HTMLElement | undefined
  #body: HTMLElement | undefined
  #sticky = 0

  /** Begins to look; where the list scrolls with what it stands in, at what that is. Gives back how to end. */
  begin(list: HTMLElement, body: HTMLElement, isInner: boolean): () => void {
    this.unit = Math.max(32, 2 * rem())
    let port: HTMLElement | null = list
    if (isInner) {
      do port = port.parentElement
      while (port && !/auto|scroll/.test(getComputedStyle(port).overflowY))
    }
    const found = port ?? list
    this.#port = found
    this.#body = body
    const look = () => this.look()
    const sizes = new ResizeObserver(look)
    sizes.observe(found)
    sizes.observe(body)
    found.addEventListener('scroll', look, { passive: true })
    return () => {
      sizes.disconnect()
      found.removeEventListener('scroll', look)
    }
  }

  /** So much at the top is covered by what sticks there. */
  sticks(height: number) {
    this.#sticky = height
    this.look()
  }

  look() {
    if (!this.#port || !this.#body) return
    this.top = this.#port.getBoundingClientRect().top + this.#sticky - this.#body.getBoundingClientRect().top
    this.seen = this.#port.clientHeight - this.#sticky
  }

  /** Scrolls, so that this is the top of what is in sight. */
  scroll(top: number) {
    if (this.#port && top !== this.top) this.#port.scrollTop += top - this.top
  }
}
