// Stocking under way, whichever screen is shown; and what waits for the network.
import {
  join,
  start,
  type Job,
  type JobState,
  type Progress,
  type StockReport,
  type Subject,
} from '../../host'
import { tell } from '../../parts/toasts.svelte'
import { asFailure, state as engine } from '../../shell/state.svelte'
import { w } from '../../words'
import { further, still, type Pace } from './pace'

const KEPT = 'larder.stock-queue'

export const nameOf = (subject: Subject) => ('project' in subject ? subject.project : subject.module)
/** The last element of a path: what a project is called. */
export const shortName = (path: string) => path.split('/').findLast((element) => element !== '') ?? path

function keptQueue(): Subject[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '[]') as Subject[]
  } catch {
    return []
  }
}

class Stocking {
  progress = $state.raw<Progress | null>(null)
  pace = $state.raw<Pace>(still)
  /** What waits for the network. */
  queue = $state.raw<Subject[]>(keptQueue())
  #job: Job<StockReport[]> | null = null

  /** Stocks these; where Larder is offline, when it is back. */
  async stock(subjects: Subject[]): Promise<void> {
    if (subjects.length === 0) return
    if (engine.isOffline) {
      const known = new Set(this.queue.map(nameOf))
      this.#keep([...this.queue, ...subjects.filter((subject) => !known.has(nameOf(subject)))])
      for (const subject of subjects) tell(w.stock.queued(shortName(nameOf(subject))))
      return
    }
    await this.#follow(start('stock', { subjects }), true)
  }

  /** Goes on with one that is under way, begun elsewhere or before a reload. */
  attach(jobs: readonly JobState[]) {
    const running = jobs.find((job) => job.name === 'stock' && !job.end)
    if (running && !this.#job) void this.#follow(join('stock', running.id), false)
  }

  /** Begins what waited. */
  release() {
    if (engine.isOffline || this.queue.length === 0) return
    const waited = this.queue
    this.#keep([])
    void this.stock(waited)
  }

  unqueue(subject: Subject) {
    this.#keep(this.queue.filter((other) => nameOf(other) !== nameOf(subject)))
  }

  cancel() {
    this.#job?.cancel()
  }

  async #follow(job: Job<StockReport[]>, isOurs: boolean): Promise<void> {
    this.#job = job
    this.pace = still
    this.progress = { done: 0, total: 0, bytes: 0 }
    job.progress((told) => {
      if (job !== this.#job) return
      this.progress = told
      this.pace = further(this.pace, told, Date.now())
    })
    void engine.ask()
    try {
      const reports = await job.done
      if (isOurs) for (const report of reports) this.#tell(report)
    } catch (error) {
      const failure = asFailure(error)
      const isCancelled = failure.code === 'cancelled'
      if (isOurs || isCancelled)
        tell(isCancelled ? w.stock.cancelled : { text: failure.message, tone: 'bad' })
    } finally {
      if (job === this.#job) this.#job = this.progress = null
      void engine.ask()
    }
  }

  #tell({ subject, work, lacks }: StockReport) {
    const name = shortName(subject)
    const missing = lacks.filter((lack) => lack.purpose === 'work').length
    tell(work.ready === work.total ? w.stock.stocked(name) : w.stock.stockedBut(name, missing))
  }

  #keep(queue: Subject[]) {
    this.queue = queue
    localStorage.setItem(KEPT, JSON.stringify(queue))
  }
}

export const stocking = new Stocking()
