// What the window shows at all times: the answer of `state`, kept fresh; and whether the engine answers at all.
import { call, Failure, onBreak, type CallName, type Calls, type StateReport } from '../host'
import { tell } from '../parts/toasts.svelte'
import { w } from '../words'
import { ALL, followChanges, tellChanged, topic } from './changes'

const RETRY_AFTER = 2_000

class State {
  /** The last answer; none before the first. */
  now = $state.raw<StateReport | null>(null)
  /** Whether the engine has stopped answering. */
  isGone = $state(false)
  /** Whether this tab may not ask, or no longer. */
  isLocked = $state(false)
  /** What else went wrong with the last asking. */
  failure = $state.raw<Failure | null>(null)

  readonly isOffline: boolean = $derived(this.now?.mood === 'offline')
  readonly isPaused: boolean = $derived(this.now?.mood === 'paused')
  /** Why what needs the network can't be done now; for `why` of buttons. */
  readonly needsNetwork: string | undefined = $derived(this.isOffline ? w.shell.bars.needsNetwork : undefined)

  #turn = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  /** Begins to keep it fresh; gives back how to stop. */
  begin(): () => void {
    const unhear = topic(
      ['state', 'profiles', 'settings', 'stock', 'cache', 'jobs', 'notices', 'go-env'],
      () => {
        void this.ask()
      },
    )
    const unfollow = followChanges((failure) => {
      if (failure) this.failure = failure
    })
    const unbreak = onBreak(() => void this.ask())
    void this.ask()
    return () => {
      unhear()
      unbreak()
      unfollow()
      clearTimeout(this.#retry)
    }
  }

  async ask(): Promise<void> {
    clearTimeout(this.#retry)
    // Of several under way the answer of the newest counts.
    const turn = ++this.#turn
    try {
      const now = await call('state', {})
      if (turn !== this.#turn) return
      this.take(now)
      this.failure = null
      if (this.isGone) {
        this.isGone = false
        tellChanged(ALL)
      }
    } catch (error) {
      if (turn !== this.#turn) return
      this.failure = asFailure(error)
      this.isGone = this.failure.code === 'gone'
      this.isLocked = this.failure.code === 'locked'
      if (!this.isLocked) this.#retry = setTimeout(() => void this.ask(), RETRY_AFTER)
    }
  }

  /** Takes an answer that a call has brought. */
  take(now: StateReport) {
    this.now = now
  }
}

export const state = new State()

/** Any error as one of the engine's shape. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure('internal', error instanceof Error ? error.message : String(error))
}

/** Asks for something to be done; where it is not done, a toast says why, and `undefined` comes back. */
export async function attempt<N extends CallName>(
  name: N,
  request: Calls[N]['request'],
): Promise<Calls[N]['answer'] | undefined> {
  try {
    return await call(name, request)
  } catch (error) {
    tell({ text: w.shell.profile.notDone(asFailure(error).message), tone: 'bad' })
    return undefined
  }
}
