// Tests of upstreams under way and done, by address: they work on what is typed, saved or not.
import { SvelteMap } from 'svelte/reactivity'
import { start, type Failure, type Job, type UpstreamTest } from '../../host'
import { asFailure } from '../../shell/state.svelte'

/** Until then nobody needs to cancel. */
const LONG = 1000

export interface Testing {
  isUnderWay: boolean
  isLong: boolean
  result: UpstreamTest | null
  failure: Failure | null
}

export class Tests {
  readonly #all = new SvelteMap<string, Testing>()
  readonly #jobs = new SvelteMap<string, Job<UpstreamTest>>()

  of(address: string): Testing | undefined {
    return this.#all.get(address)
  }

  async run(profile: string | null, address: string): Promise<void> {
    if (this.#all.get(address)?.isUnderWay) return
    const begun: Testing = { isUnderWay: true, isLong: false, result: null, failure: null }
    this.#all.set(address, begun)
    const long = setTimeout(() => this.#all.set(address, { ...begun, isLong: true }), LONG)
    const ended = { isUnderWay: false, isLong: false, result: null, failure: null }
    try {
      const job = start('upstream-test', { profile, address })
      this.#jobs.set(address, job)
      this.#all.set(address, { ...ended, result: await job.done })
    } catch (error) {
      this.#all.set(address, { ...ended, failure: asFailure(error) })
    } finally {
      clearTimeout(long)
      this.#jobs.delete(address)
    }
  }

  cancel(address: string) {
    this.#jobs.get(address)?.cancel()
  }

  /** Those that nobody waits for any more. */
  end() {
    for (const job of this.#jobs.values()) job.cancel()
  }
}
