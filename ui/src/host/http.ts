// The host of a browser: the engine over its control API, with the key that `larder open` let this tab have.
import { lines } from './lines'
import { Failure, partly, type FeedName, type Host, type Job, type Partly } from './types'
import type { JobState, Progress } from './shapes'

/** Where host pages keep the key: readable by this address alone, gone with the tab. Never a cookie, which other ports share. */
const KEY = 'larder-key'
/** No call takes longer; what does is a job. */
const PATIENCE = 60_000
/** How often a job is looked at. A stream for each would use up a browser's few connections. */
const PACE = 200
/** The engine shows a sign of life every 10 s; without one for so long, the connection is dead. */
const SILENCE = 30_000
/** A tab that is not seen for so long follows nothing until it is seen again. */
const UNSEEN = 20_000
/** How long to wait before the engine is asked again: at first, and at most. */
const [FIRST, MOST] = [250, 5_000]

const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))
const hearers = new Set<() => void>()

const gone = () => new Failure('gone', 'Larder does not answer.', ['Start it: larder serve'])
const locked = () =>
  new Failure('locked', 'This tab may not ask Larder.', ['Open the window anew: larder open'])

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const key = sessionStorage.getItem(KEY)
  if (key === null) throw locked()
  const answer = await fetch(`/-/${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'X-Larder-By': 'window' },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? AbortSignal.timeout(PATIENCE),
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
  }).catch(() => {
    throw gone()
  })
  if (answer.ok) return answer
  if (answer.headers.get('Content-Type') !== 'application/json') throw locked()
  throw asFailure(await answer.json().catch(() => null))
}

/** A failure as the engine writes it. */
function asFailure(said: { code: string; message: string; hints?: string[] } | null): Failure {
  return said ? new Failure(said.code, said.message, said.hints) : gone()
}

async function read<Answer>(answer: Response): Promise<Answer> {
  return (await answer.json().catch(() => {
    throw gone()
  })) as Answer
}

/** Watches a job until it ends. An engine that is away for a moment is asked again; one that began anew does not know it. */
async function end<Answer>(
  id: number,
  told: (progress: Progress, partial: Partly<Answer>) => void,
): Promise<Answer> {
  for (let pause = FIRST; ;) {
    try {
      const state = await read<JobState>(await ask('GET', `jobs/${id}`))
      pause = FIRST
      told(state.progress, partly<Answer>(state))
      if (state.end && 'Ok' in state.end) return state.end.Ok as Answer
      if (state.end) throw asFailure(state.end.Err)
      await wait(PACE)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'gone' || pause > MOST) throw error
      await wait(pause)
      pause *= 2
    }
  }
}

function job<Answer>(starting: Promise<number>): Job<Answer> {
  const tellers = new Set<(progress: Progress, partial: Partly<Answer>) => void>()
  const started: Job<Answer> = {
    id: 0,
    progress: (told) => {
      tellers.add(told)
      return () => tellers.delete(told)
    },
    done: starting.then((id) => {
      started.id = id
      return end<Answer>(id, (progress, partial) => tellers.forEach((told) => told(progress, partial)))
    }),
    // What can't be cancelled has ended, and says so itself.
    cancel: () => void starting.then((id) => ask('DELETE', `jobs/${id}`)).catch(() => undefined),
  }
  return started
}

/** Waits until this tab is seen. */
async function seen(): Promise<void> {
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }))
  }
}

/** Leaves when nothing came for too long, or the tab has not been seen for too long. */
class Leave {
  readonly controller = new AbortController()
  readonly #hidden = () => {
    clearTimeout(this.#unseen)
    if (document.hidden) this.#unseen = setTimeout(() => this.controller.abort(), UNSEEN)
  }
  #silent: ReturnType<typeof setTimeout> | undefined
  #unseen: ReturnType<typeof setTimeout> | undefined

  constructor() {
    document.addEventListener('visibilitychange', this.#hidden)
    this.heard()
  }

  heard() {
    clearTimeout(this.#silent)
    this.#silent = setTimeout(() => this.controller.abort(), SILENCE)
  }

  done() {
    clearTimeout(this.#silent)
    clearTimeout(this.#unseen)
    document.removeEventListener('visibilitychange', this.#hidden)
    this.controller.abort()
  }
}

function follow<Item extends { seq: number }>(
  name: FeedName,
  after: number | null,
  onItems: (items: Item[]) => void,
  onEnd: (failure?: Failure) => void,
): () => void {
  let [at, stopped, pause] = [after, false, FIRST]
  let leave: Leave | undefined
  const run = async () => {
    while (!stopped) {
      await seen()
      leave = new Leave()
      try {
        const since = at === null ? '' : `?after=${at}`
        const answer = await ask('GET', `feed/${name}/follow${since}`, undefined, leave.controller.signal)
        for await (const items of lines<Item>(answer.body ?? new ReadableStream())) {
          if (stopped) return
          leave.heard()
          pause = FIRST
          at = items.at(-1)?.seq ?? at
          if (items.length > 0) onItems(items)
        }
      } catch (error) {
        if (error instanceof Failure && error.code !== 'gone') return onEnd(error)
      } finally {
        leave.done()
      }
      if (stopped || document.hidden) continue
      hearers.forEach((hears) => hears())
      await wait(pause)
      pause = Math.min(pause * 2, MOST)
    }
  }
  void run()
  return () => {
    stopped = true
    leave?.done()
  }
}

/** The engine over HTTP. */
export const http: Host = {
  call: async (name, request) => read(await ask('POST', `call/${name}`, request)),
  start: (name, request) => job(ask('POST', `job/${name}`, request).then((answer) => read<number>(answer))),
  join: (_name, id) => job(Promise.resolve(id)),
  follow: (name, after, onItems, onEnd) => follow(name, after, onItems, onEnd),
  onBreak: (hears) => {
    hearers.add(hears)
    return () => hearers.delete(hears)
  },
  desktop: null,
}
