// The log as it grows: a page to begin with, then what comes, one batch a frame.
import { call, follow, type ActivityItem, type Failure } from '../../host'
import { asFailure } from '../../shell/state.svelte'
import { isAny, sourceOf, wanted, type Filter } from './filter'
import { Log } from './log'

const PAGE = 200
/** What a frame takes at most; a window that was hidden has missed the rest, and asks for it when it scrolls there. */
const MOST = 5_000

export class Live {
  readonly log = new Log()
  /** Grows with each change of the log; whoever draws it reads it. */
  turn = $state(0)
  isWaiting = $state(false)
  hasBegun = $state(false)
  failure = $state.raw<Failure | null>(null)
  /** How much was asked in the last 24 hours, and how much of that is wanted. */
  total = $state(0)
  matching = $state(0)
  /** What came since it was last told, for those who listen. */
  news = { count: 0, failed: 0 }
  /** Whether the view stays as it is. */
  isStill = false

  #filter: Filter = { text: '', sources: [], outcome: null }
  #last = 0
  #queue: ActivityItem[] = []
  #frame: number | undefined
  #asking = 0
  #hasAll = false
  #isPaging = false
  #unfollow = () => {}

  /** Begins with what is wanted; at the entry `at` where one is to be seen. */
  async begin(filter: Filter, at: number | null): Promise<void> {
    const turn = ++this.#asking
    this.#filter = filter
    const blink = setTimeout(() => (this.isWaiting = !this.hasBegun), 100)
    try {
      let page = await call('activity-page', this.#request(null))
      const newest = isAny(filter) ? page : await call('activity-page', { ...this.#request(null, 1), ...ANY })
      let isPast = false
      if (at !== null && !page.items.some((item) => item.seq === at)) {
        const past = await call('activity-page', this.#request(at + 1))
        isPast = past.items[0]?.seq === at
        if (isPast) page = { ...page, items: past.items }
      }
      if (turn !== this.#asking) return
      this.log.begin(page.items, isPast)
      this.total = page.total_24h
      this.matching = page.matching_24h
      this.#hasAll = page.items.length < PAGE
      this.failure = null
      this.hasBegun = true
      this.#follow(newest.items[0]?.seq ?? 0)
      this.turn += 1
    } catch (error) {
      if (turn === this.#asking) this.failure = asFailure(error)
    } finally {
      clearTimeout(blink)
      if (turn === this.#asking) this.isWaiting = false
    }
  }

  /** Asks for what is older than what is held. */
  async older(): Promise<void> {
    if (this.#hasAll || this.#isPaging || !this.hasBegun) return
    this.#isPaging = true
    const turn = this.#asking
    try {
      const page = await call('activity-page', this.#request(this.log.first))
      if (turn !== this.#asking) return
      this.log.older(page.items)
      this.#hasAll = page.items.length < PAGE
      this.turn += 1
    } catch (error) {
      if (turn === this.#asking) this.failure = asFailure(error)
    } finally {
      this.#isPaging = false
    }
  }

  /** Shows what has waited. */
  release() {
    if (this.log.hasGap) return void this.begin(this.#filter, null)
    if (this.log.waits === 0) return
    if (this.log.release()) this.#hasAll = false
    this.turn += 1
  }

  end() {
    this.#asking += 1
    this.#unfollow()
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
  }

  #request(before: number | null, limit = PAGE) {
    const { text, sources, outcome } = this.#filter
    return { before, limit, text: text.trim() || null, sources, outcomes: outcome ? [outcome] : [] }
  }

  #follow(after: number) {
    this.#unfollow()
    this.#last = after
    this.#queue = []
    this.#unfollow = follow(
      'activity',
      after,
      (items) => this.#take(items),
      () => undefined,
    )
  }

  #take(items: ActivityItem[]) {
    this.#queue.push(...items)
    if (this.#queue.length > 2 * MOST) this.#queue = this.#queue.slice(-MOST)
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined
      this.#draw()
    })
  }

  #draw() {
    const fresh = this.#queue.filter((item) => item.seq > this.#last)
    this.#queue = []
    this.#last = fresh.at(-1)?.seq ?? this.#last
    const fitting = fresh.filter(wanted(this.#filter))
    const times = (items: ActivityItem[]) => items.reduce((all, item) => all + item.times, 0)
    this.total += times(fresh)
    this.matching += times(fitting)
    this.news.count += fitting.length
    this.news.failed += fitting.filter((item) => sourceOf(item) === 'failed').length
    if (fitting.length > 0 && this.log.add(fitting, this.isStill)) this.#hasAll = false
    this.turn += 1
  }
}

const ANY = { text: null, sources: [], outcomes: [] }
