// Re-hashing all that is kept: how far it is, and what came of it.
import { onDestroy } from 'svelte'
import { start, type Failure, type Job, type Progress, type Verified } from '../../host'
import { asFailure } from '../../shell/state.svelte'

export class Verifying {
  progress = $state.raw<Progress | null>(null)
  found = $state.raw<Verified | null>(null)
  failure = $state.raw<Failure | null>(null)
  isUnderWay = $state(false)
  #job: Job<Verified> | null = null

  constructor() {
    onDestroy(() => this.#job?.cancel())
  }

  /** Begins; with `repair`, what is damaged is removed. */
  async begin(repair: boolean): Promise<Verified | null> {
    this.failure = null
    this.found = null
    this.progress = null
    this.isUnderWay = true
    const job = start('cache-verify', { repair })
    this.#job = job
    const unhear = job.progress((progress) => (this.progress = progress))
    try {
      this.found = await job.done
    } catch (error) {
      const failure = asFailure(error)
      if (failure.code !== 'cancelled') this.failure = failure
    } finally {
      unhear()
      this.#job = null
      this.isUnderWay = false
    }
    return this.found
  }

  cancel() {
    this.#job?.cancel()
  }

  /** Puts what came of it away. */
  close() {
    this.found = null
    this.failure = null
  }
}
