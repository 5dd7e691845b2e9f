// What the profile card and the Overview do alike: switch, offline, pause.
import type { StateReport } from '../host'
import { Building, Globe, Waypoints, type Icon } from '../parts/icons'
import { tell } from '../parts/toasts.svelte'
import { w } from '../words'
import { attempt, state } from './state.svelte'

type Profile = StateReport['profiles'][number]

/** The sign of a profile: a company's has private modules. */
export function signOf(profile: Pick<Profile, 'name' | 'private'>): Icon {
  if (profile.private) return Building
  return profile.name === 'public' ? Globe : Waypoints
}

/** Shows the change at once; what the engine says holds in the end. */
async function shown(change: Partial<StateReport>, asked: Promise<unknown>, done: string) {
  const was = state.now
  if (was) state.take({ ...was, ...change })
  const answer = await asked
  if (answer === undefined && was) state.take(was)
  if (answer !== undefined) tell(done)
  await state.ask()
}

export async function useProfile(name: string) {
  const now = state.now
  if (!now || (now.profile === name && !now.automatic)) return
  const profiles = now.profiles.map((profile) => ({ ...profile, in_use: profile.name === name }))
  const asked = attempt('use', { choice: { named: name } })
  await shown({ profile: name, profiles }, asked, w.shell.profile.switched(name))
}

/** Offline by hand, or back to what Larder notices by itself. */
export async function setOffline(on: boolean) {
  const now = state.now
  if (!now) return
  const mode = on ? 'on' : 'auto'
  const offline = { ...now.offline, mode, by_hand: on } as const
  const { wentOffline, backOnline } = w.shell.profile
  await shown({ offline }, attempt('offline', { mode }), on ? wentOffline : backOnline)
}

export async function setPaused(on: boolean) {
  const { paused, resumed } = w.shell.profile
  await shown({}, attempt(on ? 'pause' : 'resume', {}), on ? paused : resumed)
}
