// What the engine does not generate types for yet (src/gen), written by hand; each goes when its own is there.
import type * as gen from '../gen/types'
import type { Fetches, StateReport } from '../gen/types'

export type * from '../gen/types'

export type Mend =
  | { do: 'point-go' }
  | { do: 'sign-in'; origin: string }
  | { do: 'open'; route: string }
  | { do: 'resume' }
  | { do: 'dismiss'; id: number }
  | { do: 'command'; text: string }
export interface UpstreamNode {
  name: string
  address: string
  mark: 'ok' | 'look' | 'gone' | 'unknown'
  latency_ms: number | null
  share: number | null
  after: 'first' | 'not-found' | 'failure'
  reason: string | null
}
export interface AttentionRow {
  kind: string
  what: string
  where: string | null
  mend: Mend
}
export interface RoomReport {
  used: number
  quota: number | null
  pinned: number
  stocked: number
  may_leave: number
  free: number
}
export interface ProjectReady {
  folder: string
  ready: number
  total: number
  watched: boolean
  at: string | null
}
export interface Overview {
  state: StateReport
  go: { version: string | null; points_here: boolean; why_not: string | null; per_minute: number }
  from_cache: number | null
  upstreams: UpstreamNode[]
  attention: AttentionRow[]
  fetches: Fetches
  room: RoomReport
  projects: ProjectReady[]
}
export interface Preferences {
  language: 'auto' | 'en' | 'zh'
  appearance: 'auto' | 'light' | 'dark'
  tray_icon: 'auto' | 'light' | 'dark'
  start_at_login: boolean
  port: number | null
  fresh_for_secs: number
  offline_answers_secs: number | null
  direct_at_once: number
  private_names: boolean
  tell: { switched: boolean; offline: boolean; sign_in: boolean; hash: boolean; disk: boolean }
  settings_file: string
  data_folder: string
  cache_folder: string
  log_folder: string
  version: string
}
export type PreferencesChange = Partial<Omit<Preferences, 'tell'>> & { tell?: Partial<Preferences['tell']> }
type Nothing = Record<string, never>

/** What can be asked: request and answer by name. */
export interface Calls extends gen.Calls {
  overview: { request: Nothing; answer: Overview }
  preferences: { request: Nothing; answer: Preferences }
  'set-preferences': { request: { change: PreferencesChange }; answer: Preferences }
}
export type Jobs = gen.Jobs
export type Feeds = gen.Feeds
