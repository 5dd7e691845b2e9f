// The host of the desktop program: its own process holds the engine, or a client of the one that runs.
import { Channel, invoke } from '@tauri-apps/api/core'
import type { JobState, Progress } from './shapes'
import { Failure, partly, type Host, type Job, type Partly } from './types'

interface Said {
  code: string
  message: string
  hints?: string[]
}
type Told<Item> = { items: Item[] } | { end: Said | null }

const asFailure = (said: Said) => new Failure(said.code, said.message, said.hints)

/** Asks the program; a failure comes as an object, and trouble with the asking itself as a text. */
async function ask<Answer>(command: string, given: Record<string, unknown> = {}): Promise<Answer> {
  return invoke<Answer>(command, given).catch((error: unknown) => {
    const said = error as Partial<Said> | null
    throw typeof said?.code === 'string' ? asFailure(said as Said) : new Failure('internal', String(error))
  })
}

function job<Answer>(starting: Promise<number>): Job<Answer> {
  const tellers = new Set<(progress: Progress, partial: Partly<Answer>) => void>()
  const watch = (id: number) =>
    new Promise<Answer>((resolve, reject) => {
      const channel = new Channel<JobState>()
      let ended = false
      channel.onmessage = (state) => {
        const { progress, end } = state
        tellers.forEach((told) => told(progress, partly<Answer>(state)))
        if (!end) return
        ended = true
        if ('Ok' in end) resolve(end.Ok as Answer)
        else reject(asFailure(end.Err))
      }
      // `watch` answers when the states have ended. The last of them may come a moment later.
      ask('watch', { id, channel }).then(() => {
        setTimeout(() => ended || reject(new Failure('gone', 'Larder ended before this did.')), 2_000)
      }, reject)
    })
  const started: Job<Answer> = {
    id: 0,
    progress: (told) => {
      tellers.add(told)
      return () => tellers.delete(told)
    },
    done: starting.then((id) => {
      started.id = id
      return watch(id)
    }),
    // What can't be cancelled has ended, and says so itself.
    cancel: () => void starting.then((id) => ask('cancel', { id })).catch(() => undefined),
  }
  return started
}

/** How long to wait before a feed that broke off is followed again. */
const AGAIN = 500
const hearers = new Set<() => void>()

function follow<Item extends { seq: number }>(
  feed: string,
  after: number | null,
  onItems: (items: Item[]) => void,
  onEnd: (failure?: Failure) => void,
): () => void {
  let [at, stopped] = [after, false]
  let id: number | undefined
  const begin = () => {
    if (stopped) return
    const channel = new Channel<Told<Item>>()
    channel.onmessage = (told) => {
      if (stopped) return
      if ('items' in told) {
        at = told.items.at(-1)?.seq ?? at
        onItems(told.items)
      } else if (told.end && !MENDS.has(told.end.code)) {
        onEnd(asFailure(told.end))
      } else {
        again()
      }
    }
    ask<number>('follow', { feed, after: at, channel }).then(
      (number) => {
        id = number
        if (stopped) void ask('unfollow', { id })
      },
      (failure: Failure) => (MENDS.has(failure.code) ? again() : onEnd(failure)),
    )
  }
  const again = () => {
    hearers.forEach((hears) => hears())
    setTimeout(begin, AGAIN)
  }
  begin()
  return () => {
    stopped = true
    if (id !== undefined) void ask('unfollow', { id }).catch(() => undefined)
  }
}

/** With these the engine is away, and may be there again. */
const MENDS = new Set(['gone', 'not-running', 'already-running'])

/** The engine through the desktop program. */
export async function tauri(): Promise<Host> {
  const { tray } = await ask<{ tray: boolean }>('desktop')
  return {
    call: (name, request) => ask('call', { name, request }),
    start: (name, request) => job(ask<number>('start', { name, request })),
    join: (_name, id) => job(Promise.resolve(id)),
    follow: (name, after, onItems, onEnd) => follow(name, after, onItems, onEnd),
    onBreak: (hears) => {
      hearers.add(hears)
      return () => hearers.delete(hears)
    },
    desktop: {
      tray,
      chooseFolder: () => ask<string | null>('choose_folder', { title: null, start: null }),
      reveal: (path) => ask('open_path', { path }),
      restart: () => ask('restart'),
      close: () => ask('close_window'),
    },
  }
}
