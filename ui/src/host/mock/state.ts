// The mock's state: what tray and window show at all times.
import type { StateReport } from '..'
import { changed, scene, type Mocks } from './kit'

const noon = () => {
  const at = new Date()
  at.setHours(12, 31, 0, 0)
  return at.toISOString()
}

const many = scene === 'many'
export const now: StateReport = {
  mood:
    scene === 'offline'
      ? 'offline'
      : scene === 'paused'
        ? 'paused'
        : scene === 'degraded'
          ? 'degraded'
          : 'serving',
  points_here: scene !== 'no-go' && scene !== 'paused' && scene !== 'first-run',
  profile: many ? 'payments-platform-europe' : 'company',
  automatic: null,
  profiles: [
    { name: 'company', upstreams: ['goproxy.corp.example', 'public'], private: true, in_use: !many },
    { name: 'public', upstreams: ['Go default'], private: false, in_use: false },
    ...(many
      ? [
          {
            name: 'payments-platform-europe',
            upstreams: ['eu.goproxy.corp.example'],
            private: true,
            in_use: true,
          },
          { name: 'home-lab', upstreams: ['nas.example.test'], private: false, in_use: false },
          { name: 'mirror', upstreams: ['mirror.example.com'], private: false, in_use: false },
        ]
      : []),
  ],
  offline: {
    mode: 'auto',
    since: scene === 'offline' ? noon() : null,
    why: scene === 'offline' ? 'no route to any upstream' : null,
    by_hand: false,
  },
  degraded: scene === 'degraded' ? { upstream: 'company', reason: 'is slow' } : null,
  paused_since: scene === 'paused' ? noon() : null,
  missed: scene === 'offline' ? 3 : 0,
  kept_bytes: scene === 'empty' ? 0 : 6_200_000_000,
  kept_versions: scene === 'empty' ? 0 : 1842,
  to_mend: scene === 'empty' ? 0 : 1,
  status: 'Serving · company · 6.2 GB kept',
  welcomed: scene !== 'first-run',
  version: '0.1.0',
  port: 4677,
  jobs: [],
}

export const state: Mocks = {
  calls: {
    state: () => structuredClone(now),
    pause: () => {
      now.mood = 'paused'
      now.paused_since = new Date().toISOString()
      now.points_here = false
      changed('state', 'go-env')
      return { files: [], ...structuredClone(now) }
    },
    resume: () => {
      now.mood = now.offline.since ? 'offline' : 'serving'
      now.paused_since = null
      now.points_here = true
      changed('state', 'go-env')
      return { files: [], ...structuredClone(now) }
    },
    'welcome-done': () => {
      now.welcomed = true
      changed('state')
      return structuredClone(now)
    },
    offline: ({ mode }) => {
      if (mode) {
        now.offline.mode = mode
        now.offline.by_hand = mode === 'on'
        now.offline.since = mode === 'on' ? new Date().toISOString() : null
        now.mood = mode === 'on' ? 'offline' : 'serving'
        changed('state')
      }
      return { mode: now.offline.mode, serving: true, offline: null, missed: now.missed }
    },
    use: ({ choice }) => {
      if ('named' in choice) now.profile = choice.named
      for (const profile of now.profiles) profile.in_use = profile.name === now.profile
      changed('state', 'profiles')
      return { serving: true, choice, profile: null, notes: [] }
    },
  },
}
