// The host of this window, chosen once when it begins.
import type { Host } from './types'

export type * from './shapes'
export { Failure } from './types'
export type { CallName, Desktop, FeedName, Host, Job, JobName } from './types'

let host: Host | undefined

/** Chooses the host; to be awaited before anything is shown. */
export async function open(): Promise<void> {
  if (import.meta.env.MODE === 'mock') host = (await import('./mock')).mock
  else if ('__TAURI_INTERNALS__' in window) host = await (await import('./tauri')).tauri()
  else host = (await import('./http')).http
}

function chosen(): Host {
  if (!host) throw new Error('no host has been opened')
  return host
}

export const call: Host['call'] = (name, request) => chosen().call(name, request)
export const start: Host['start'] = (name, request) => chosen().start(name, request)
export const join: Host['join'] = (name, id) => chosen().join(name, id)
export const follow: Host['follow'] = (name, after, onItems, onEnd) =>
  chosen().follow(name, after, onItems, onEnd)
/** Calls `hears` when a feed broke off, as it does when the engine goes away; gives back how to stop. */
export const onBreak = (hears: () => void) => chosen().onBreak?.(hears) ?? (() => undefined)
/** What only the desktop program can do; `null` in a browser. */
export const desktop = () => chosen().desktop
