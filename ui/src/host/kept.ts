// Of Activity and Cache: what the engine does not generate types for yet; each goes when its own is there.

export interface CachedModule {
  module: string
  versions: number
  bytes: number
  last_used: string | null
  kept_at: string
  pinned: boolean
  stocked_by: string[]
  private: boolean
  trees: string[]
}
export interface KeptModules {
  modules: CachedModule[]
  oldest: string | null
}
export interface CachedVersion {
  version: string
  bytes: number
  last_used: string | null
  kept_at: string
  origin: string
  tree: string
  pinned: boolean
  needed_by: string[]
}
export interface CacheItem {
  module: string
  version: string | null
}
export interface CacheRemoved {
  undo: number | null
  versions: number
  bytes: number
}
export interface QuotaForeseen {
  ok: boolean
  why_not: string | null
  versions: number
  bytes: number
}

export interface KeptCalls {
  'cache-modules': { request: { text: string | null }; answer: KeptModules }
  'cache-versions': { request: { module: string }; answer: CachedVersion[] }
  'cache-remove': { request: { items: CacheItem[] }; answer: CacheRemoved }
  'cache-undo': { request: { undo: number }; answer: { versions: number } }
  'quota-preview': { request: { quota: string }; answer: QuotaForeseen }
}
