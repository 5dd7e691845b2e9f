// A host that answers without an engine; development only, never in the built window.
import { Failure, type Host, type Job } from '..'
import { changes, scene, wait, type Mocks } from './kit'
import { activity } from './activity'
import { cache } from './cache'
import { doctor } from './doctor'
import { nodes } from './nodes'
import { overview } from './overview'
import { privateModules } from './private'
import { settings } from './settings'
import { state } from './state'
import { stock } from './stock'
import { upstreams } from './upstreams'
import { welcome } from './welcome'

const all: Mocks[] = [
  changes,
  state,
  activity,
  cache,
  overview,
  ...(scene === 'first-run' || scene === 'override' ? [welcome, privateModules] : [privateModules, welcome]),
  settings,
  upstreams,
  nodes,
  doctor,
  stock,
]

type Any = (...given: unknown[]) => unknown
function find(kind: keyof Mocks, name: string): Any | undefined {
  for (const mocks of all) {
    const found = (mocks[kind] as Record<string, Any | undefined> | undefined)?.[name]
    if (found) return found
  }
  return undefined
}
const missing = (name: string) => new Failure('protocol', `The mock knows no ${name}.`)

export const mock: Host = {
  async call(name, request) {
    await wait(scene === 'slow' ? 4000 : 20)
    if (scene === 'gone') throw new Failure('gone', 'Larder does not answer.')
    if (scene === 'error' && name !== 'state' && name !== 'preferences') {
      throw new Failure('disk', 'The index of the cache can’t be read: disk I/O error.', [
        'Look for what is wrong: larder doctor',
      ])
    }
    const answer = find('calls', name)
    if (!answer) throw missing(name)
    return (await answer(request)) as never
  },
  start(name, request) {
    const tellers = new Set<(...said: never[]) => void>()
    let cancelled = false
    const work = find('jobs', name)
    const tell = (...said: never[]) => tellers.forEach((told) => told(...said))
    const job: Job<never> = {
      id: Math.floor(Math.random() * 1e6),
      progress: (told) => {
        tellers.add(told)
        return () => tellers.delete(told)
      },
      done: (async () => {
        await wait(20)
        if (!work) throw missing(name)
        return (await work(request, tell, () => cancelled)) as never
      })(),
      cancel: () => (cancelled = true),
    }
    return job
  },
  join(name) {
    return mock.start(name, {} as never)
  },
  follow(name, after, onItems, onEnd) {
    const feed = find('feeds', name)
    if (feed) return feed(onItems, after) as () => void
    onEnd(missing(name))
    return () => undefined
  },
  desktop:
    scene === 'no-tray'
      ? {
          tray: false,
          chooseFolder: async () => '/home/dev/src/search-api',
          reveal: async () => undefined,
          restart: async () => undefined,
          close: async () => undefined,
        }
      : null,
}
