// The mock of the screen Welcome: go env, pointed and given back.
import type { EnvReport } from '..'
import { changed, scene, wait, type Mocks } from './kit'
import { now } from './state'

const setting = (key: string, file: string | null, value: string | null): EnvReport['settings'][number] => ({
  key,
  wants: value === null ? 'nothing' : { value },
  file: now.points_here && value !== null ? value : file,
  shell: null,
  shell_from: [],
  wins: now.points_here ? 'larder' : 'file',
})

const report = (): EnvReport => ({
  file: '/home/dev/.config/go/env',
  link_to: null,
  on: now.points_here,
  stays: false,
  hold: 'nobody',
  profile: now.profile,
  settings: [
    setting(
      'GOPROXY',
      'https://goproxy.corp.example,direct',
      'http://127.0.0.1:4677/••••|https://goproxy.corp.example,direct',
    ),
    setting('GOPRIVATE', 'git.corp.example', null),
    setting('GONOPROXY', null, 'none'),
    setting('GOAUTH', null, 'larder goauth'),
    ...(scene === 'override'
      ? [
          {
            key: 'GOSUMDB',
            wants: { value: 'sum.example.com' } as const,
            file: null,
            shell: 'off',
            shell_from: ['~/.zshrc:41'],
            wins: 'shell' as const,
          },
        ]
      : []),
  ],
  no_safety_net: null,
  go: scene === 'override' ? null : { path: '/usr/local/go/bin/go', version: 'go1.23.4' },
  other_go: [],
  restore_script: null,
  notes: [],
  problems: [],
})

export const welcome: Mocks = {
  calls: {
    'env-show': report,
    'env-on': async () => {
      await wait(600)
      now.points_here = true
      changed('go-env', 'state')
      if (now.mood !== 'paused') setTimeout(() => changed('activity'), 8000)
      return { ...report(), changed: true, taken_over: { profile: 'company', new: true } }
    },
    'env-off': () => {
      now.points_here = false
      changed('go-env', 'state')
      return { files: [], elsewhere: [], notes: [] }
    },
  },
  jobs: {
    import: async () => {
      await wait(3000)
      throw new Error('The mock takes nothing in.')
    },
  },
}
