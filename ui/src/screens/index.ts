// The screens by their address; each is fetched when it is first shown. Add yours: one line.
import type { Component } from 'svelte'

type Load = () => Promise<{ default: Component }>

const isBuilt = import.meta.env.MODE === 'production'

export const screens: Record<string, Load> = {
  overview: () => import('./Overview/Overview.svelte'),
  cache: () => import('./Cache/Cache.svelte'),
  activity: () => import('./Activity/Activity.svelte'),
  private: () => import('./Private/Private.svelte'),
  upstreams: () => import('./Upstreams/Upstreams.svelte'),
  doctor: () => import('./Doctor/Doctor.svelte'),
  stock: () => import('./Stock/Stock.svelte'),
  settings: () => import('./Settings/Settings.svelte'),
  ...(isBuilt ? {} : { gallery: () => import('./Gallery/Gallery.svelte') }),
}
