// Where the window is. The address is the truth: reload, Back and a notification all land exactly there.
import { format, parse, type Address } from './route'

const KEPT = 'larder.route'
/** May the screen be left? Asked where something is not saved. */
type Guard = () => boolean | Promise<boolean>

class Route {
  #now = $state.raw<Address>({ screen: 'overview', query: {} })
  #guard: Guard | null = null
  #hash = ''

  get screen(): string {
    return this.#now.screen
  }
  get query(): Record<string, string> {
    return this.#now.query
  }

  /** Begins to follow the address; the last one, where the window opens without any. */
  begin(): () => void {
    if (!location.hash) history.replaceState(null, '', localStorage.getItem(KEPT) ?? '#/overview')
    this.#take()
    const moved = () => void this.#moved()
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }

  /** Goes to a screen. */
  go(screen: string, query: Record<string, string | number | null | undefined> = {}) {
    location.hash = format(screen, query)
  }

  /** Goes to an address that the engine named: `activity?source=failed`, with or without `#/`. */
  open(address: string) {
    const { screen, query } = parse(address)
    this.go(screen, query)
  }

  /** Changes the query of this screen, without a step for Back. */
  filter(query: Record<string, string | number | null | undefined>) {
    history.replaceState(null, '', format(this.screen, { ...this.query, ...query }))
    this.#take()
  }

  /** Asks before the screen is left; gives back how to stop asking. */
  guard(guard: Guard): () => void {
    this.#guard = guard
    return () => {
      if (this.#guard === guard) this.#guard = null
    }
  }

  async #moved() {
    const wanted = location.hash
    if (wanted === this.#hash) return
    if (this.#guard && parse(wanted).screen !== this.screen) {
      history.replaceState(null, '', this.#hash)
      if (!(await this.#guard())) return
      this.#guard = null
      location.hash = wanted
      return
    }
    this.#take()
  }

  #take() {
    this.#hash = location.hash
    this.#now = parse(location.hash)
    localStorage.setItem(KEPT, location.hash)
  }
}

export const route = new Route()
