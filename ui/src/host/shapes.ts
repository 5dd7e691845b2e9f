// Requests and answers, written by hand until they are generated from Rust (src/gen); then this file goes.
export type Mood = 'serving' | 'degraded' | 'offline' | 'paused'
export interface JobState {
  id: number
  name: string
  progress: JobProgress
  end: { Ok: unknown } | { Err: { code: string; message: string; hints: string[] } } | null
}
export interface JobProgress {
  done: number
  total: number
  bytes: number
}
export interface StateReport {
  mood: Mood
  points_here: boolean
  profile: string
  automatic: string | null
  profiles: { name: string; upstreams: string[]; private: boolean; in_use: boolean }[]
  offline: { mode: OfflineMode; since: string | null; why: string | null; by_hand: boolean }
  degraded: { upstream: string; reason: string } | null
  paused_since: string | null
  missed: number
  kept_bytes: number
  kept_versions: number
  to_mend: number
  status: string
  welcomed: boolean
  version: string
  port: number | null
  jobs: JobState[]
}
export type OfflineMode = 'auto' | 'on' | 'off'
export interface OfflineReport {
  mode: OfflineMode
  serving: boolean
  offline: unknown
  missed: number
}
export type Topic =
  | 'state'
  | 'settings'
  | 'profiles'
  | 'go-env'
  | 'cache'
  | 'stock'
  | 'notices'
  | 'credentials'
  | 'jobs'
  | 'activity'
export interface Changes {
  seq: number
  topics: Topic[]
}
export type Mend =
  | { do: 'point-go' }
  | { do: 'sign-in'; origin: string }
  | { do: 'open'; route: string }
  | { do: 'resume' }
  | { do: 'dismiss'; id: number }
  | { do: 'command'; text: string }
export interface Bar {
  at: string
  cache: number
  upstream: number
  revalidated: number
  stale: number
  failed: number
  offline: boolean
}
export interface Fetches {
  bars: Bar[]
  totals: { cache: number; upstream: number; revalidated: number; stale: number; failed: number }
  not_downloaded: number
}
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
export type EnvWish = { value: string } | 'no-line' | 'nothing'
export type EnvWinner =
  'larder' | 'file' | 'shell' | 'default' | { 'other-file': string } | { installation: string }
export interface EnvSetting {
  key: string
  wants: EnvWish | null
  file: string | null
  shell: string | null
  shell_from: string[]
  wins: EnvWinner
}
export interface GoCommand {
  path: string
  version: string
}
export type PortHold = 'nobody' | 'autostart' | 'socket'
export interface EnvReport {
  file: string
  link_to: string | null
  on: boolean
  stays: boolean
  hold: PortHold
  profile: string
  settings: EnvSetting[]
  no_safety_net: string | null
  go: GoCommand | null
  other_go: GoCommand[]
  restore_script: string | null
  notes: string[]
  problems: { code: string; message: string; hints: string[] }[]
}
export interface EnvOnReport extends EnvReport {
  changed: boolean
  taken_over: { profile: string; new: boolean } | null
}
export interface EnvOffReport {
  files: { file: string; how: string; restored: string[]; kept_by_others: [string, string | null][] }[]
  elsewhere: string[]
  notes: string[]
}
export type Choice = { named: string } | { 'first-that-answers': string[] }

type Nothing = Record<string, never>

/** What can be asked: request and answer by name. Screens add theirs. */
export interface Calls {
  state: { request: Nothing; answer: StateReport }
  pause: { request: Nothing; answer: StateReport }
  resume: { request: Nothing; answer: StateReport }
  'welcome-done': { request: Nothing; answer: StateReport }
  overview: { request: Nothing; answer: Overview }
  fetches: { request: { hours: number }; answer: Fetches }
  preferences: { request: Nothing; answer: Preferences }
  'set-preferences': { request: { change: PreferencesChange }; answer: Preferences }
  offline: { request: { mode: OfflineMode | null }; answer: OfflineReport }
  use: { request: { choice: Choice }; answer: unknown }
  'token-rotate': { request: Nothing; answer: { serving: boolean } }
  'notices-dismiss': { request: { id: number }; answer: unknown }
  'env-show': { request: { caller: null }; answer: EnvReport }
  'env-on': { request: { caller: null; larder: string | null; hold: PortHold }; answer: EnvOnReport }
  'env-off': { request: { caller: null }; answer: EnvOffReport }
}
export interface Jobs {
  ready: { request: { folder: string }; answer: unknown }
}
export interface Feeds {
  changes: Changes
}
