// Long work that a dialog begins: how far it is, what came of it, what went wrong.
import type { Failure, Job, Progress } from '../host'
import { asFailure } from '../shell/state.svelte'

const NOTHING: Progress = { done: 0, total: 0, bytes: 0 }

export class Work<Answer> {
  /** How far it is; `null` where nothing is under way. */
  progress = $state.raw<Progress | null>(null)
  /** What came of it. */
  report = $state.raw<Answer | null>(null)
  failure = $state.raw<Failure | null>(null)

  #job: Job<Answer> | null = null

  /** Begins it, where it is not under way; being cancelled is no failure. */
  async begin(start: () => Job<Answer>): Promise<void> {
    if (this.progress) return
    this.progress = NOTHING
    this.report = this.failure = null
    try {
      const job = (this.#job = start())
      job.progress((told) => (this.progress = told))
      this.report = await job.done
    } catch (error) {
      const failure = asFailure(error)
      if (failure.code !== 'cancelled') this.failure = failure
    } finally {
      this.#job = this.progress = null
    }
  }

  cancel() {
    this.#job?.cancel()
  }
}
