// Something that a screen shows: asked, kept fresh, with what was known last shown at once.
import { onDestroy } from 'svelte'
import { call, type CallName, type Calls, type Failure, type Topic } from '../host'
import { topic } from './changes'
import { isOld, last, remember, type Known } from './known'
import { asFailure } from './state.svelte'

/** Under this nothing is shown in its place. */
const QUIET = 100
/** Topics come in bunches; one asking answers several. */
const GATHER = 150

export class Asked<N extends CallName> {
  /** The last answer to this request. */
  value = $state.raw<Calls[N]['answer'] | null>(null)
  failure = $state.raw<Failure | null>(null)
  /** Whether grey bars are due: nothing is known and it takes longer than a blink. */
  isWaiting = $state(false)
  /** When the value was asked for, where that is long ago; for "as of". */
  oldSince = $state<number | null>(null)

  readonly #name: N
  readonly #request: () => Calls[N]['request'] | null
  #turn = 0
  #gathering: ReturnType<typeof setTimeout> | undefined

  constructor(name: N, request: () => Calls[N]['request'] | null) {
    this.#name = name
    this.#request = request
  }

  /** Asks anew; the answer of the newest asking counts. */
  again = async (): Promise<void> => {
    const request = this.#request()
    const turn = ++this.#turn
    if (request === null) return
    const key = `${this.#name} ${JSON.stringify(request)}`
    this.#showKnown(last(key))
    const blink = setTimeout(() => (this.isWaiting = this.value === null), QUIET)
    try {
      const answer = await call(this.#name, request)
      remember(key, answer)
      if (turn !== this.#turn) return
      this.value = answer
      this.failure = null
      this.oldSince = null
    } catch (error) {
      if (turn === this.#turn) this.failure = asFailure(error)
    } finally {
      clearTimeout(blink)
      if (turn === this.#turn) this.isWaiting = false
    }
  }

  /** Soon, once for several reasons. */
  soon = (): void => {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      void this.again()
    }, GATHER)
  }

  end(): void {
    this.#turn += 1
    clearTimeout(this.#gathering)
  }

  #showKnown(before: Known | undefined) {
    this.value = (before?.answer as Calls[N]['answer'] | undefined) ?? null
    this.oldSince = before && isOld(before) ? before.at : null
  }
}

/**
 * Asks, and asks anew when the request or one of the topics changes; to be called while a component begins.
 * A request of `null` is not sent.
 */
export function ask<N extends CallName>(
  name: N,
  request: () => Calls[N]['request'] | null,
  topics: readonly Topic[] = [],
): Asked<N> {
  const asked = new Asked(name, request)
  $effect(() => {
    // Read here, so that the effect follows what the request is made of.
    request()
    void asked.again()
  })
  const unhear = topic(topics, asked.soon)
  onDestroy(() => {
    unhear()
    asked.end()
  })
  return asked
}
