// Requests and answers of the screens with forms that the engine does not generate types for yet; each goes when its own is there.
import type { Count, Diagnosis, Lack, Subject } from '../gen/types'

export interface ChainEntry {
  address: string
  name: string | null
  next: Next | null
}
export type Next = 'not-found' | 'failure'
export interface RuleDraft {
  patterns: string[]
  to: string | null
  chain: ChainEntry[]
  private: boolean
}
export interface ProfileDraft {
  name: string
  chain: ChainEntry[]
  default_chain: boolean
  checksum_database: string | null
  private: string[]
  private_chain: ChainEntry[]
  private_redirects: string[]
  not_private: string[]
  no_checksum_database: string[]
  safety_net: boolean
  safety_net_stands: boolean
  safety_net_why_not: string | null
  http_proxy: string | null
  extra_ca: string | null
  client_certificate: string | null
  rules: RuleDraft[]
}
export interface Complaint {
  field: string
  message: string
  mend: { label: string; value: string } | null
}
export interface ProfileChecked {
  complaints: Complaint[]
  goproxy: string
}
export interface UpstreamTest {
  stage: 'name' | 'route' | 'tls' | 'refused' | 'sign-in' | 'no-proxy' | 'ok'
  reachable: boolean
  authorised: boolean | null
  millis: number | null
  protocol: string | null
  addresses: string[]
  said: string
  hint: string | null
}
export interface KnownProject {
  subject: Subject
  name: string
  ready: number
  total: number
  upgrades: Count
  bytes: number
  watched: boolean
  under_way: boolean
  at: string | null
  lacks: Lack[]
}
export interface ProjectFound {
  subject: Subject
  name: string
  modules: number
  needs: number
  is_known: boolean
  watched: boolean
}
type Nothing = Record<string, never>

export interface FormCalls {
  'profile-draft': { request: { name: string }; answer: ProfileDraft }
  'profile-check': { request: { draft: ProfileDraft; is_new: boolean }; answer: ProfileChecked }
  'profile-save': { request: { draft: ProfileDraft; was: string | null }; answer: unknown }
  projects: { request: Nothing; answer: KnownProject[] }
  'project-facts': { request: { folder: string }; answer: ProjectFound }
  'missed-forget': { request: { paths: string[] }; answer: number }
}
export interface FormJobs {
  'upstream-test': { request: { profile: string | null; address: string }; answer: UpstreamTest }
  doctor: { request: Nothing; answer: Diagnosis }
}
