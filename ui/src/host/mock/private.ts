// The mock's go env and explanations.
import type { EnvReport, EnvSetting, Explained } from '..'
import { Failure } from '../types'
import { ago, changed, scene, type Mocks } from './kit'

const proxy = 'http://127.0.0.1:4677/…|https://goproxy.corp.example'
const patterns = 'git.corp.example/*,github.com/acme/*,*.internal.example'
const setting = (key: string, wants: EnvSetting['wants'], fields: Partial<EnvSetting> = {}): EnvSetting => ({
  key,
  wants,
  file: typeof wants === 'object' && wants ? wants.value : null,
  shell: null,
  shell_from: [],
  wins: 'larder',
  ...fields,
})
let isOn = scene !== 'no-go' && scene !== 'paused'
let isApplied = false

const report = (): EnvReport => ({
  file: '/home/dev/.config/go/env',
  link_to: null,
  on: isOn,
  stays: true,
  hold: 'autostart',
  profile: 'company',
  settings: [
    setting('GOPROXY', { value: proxy }, isOn ? {} : { file: null, wins: 'default' }),
    setting(
      'GOPRIVATE',
      { value: patterns },
      { shell: 'git.corp.example', shell_from: ['~/.zshrc:41'], wins: 'shell' },
    ),
    setting(
      'GONOPROXY',
      { value: 'none' },
      scene === 'changed' ? { file: 'corp.example', wins: 'file' } : {},
    ),
    setting('GONOSUMDB', 'no-line'),
    setting('GOSUMDB', 'no-line'),
    setting('GOAUTH', { value: '/usr/bin/larder goauth' }, isApplied ? {} : { file: null, wins: 'default' }),
  ],
  no_safety_net: null,
  go: scene === 'no-go' ? null : { path: '/usr/local/go/bin/go', version: 'go1.23.4' },
  other_go: scene === 'many' ? [{ path: '/home/dev/sdk/go1.22.10/bin/go', version: 'go1.22.10' }] : [],
  restore_script: null,
  notes: [],
  problems:
    scene === 'no-go'
      ? [
          {
            code: 'go',
            message: 'there is no go command: not in PATH, nor in /usr/local/go/bin or ~/go/bin',
            hints: ['install it: https://go.dev/doc/install'],
          },
        ]
      : [],
})

const isPrivate = (module: string) => /^(git\.corp\.example|github\.com\/acme)\//.test(module)
function explain(text: string): Explained {
  const [module = '', version = null] = text.split('@')
  if (!/^[a-z0-9.-]+\.[a-z]+(\/\S+)?$/i.test(module)) {
    throw new Failure('bad-input', `malformed module path "${module}": missing dot in first path element`, [
      'write it as github.com/acme/tool or github.com/acme/tool@v1.2.3',
    ])
  }
  const own = isPrivate(module)
  return {
    module,
    version,
    profile: 'company',
    automatic: null,
    serving: true,
    private: own
      ? {
          pattern: module.startsWith('github') ? 'github.com/acme/*' : 'git.corp.example/*',
          profile: 'company',
        }
      : null,
    rule: null,
    upstreams: own ? ['goproxy.corp.example'] : ['goproxy.corp.example', 'mirror.example.com'],
    upstreams_because: own
      ? 'it is private, and these are the private upstreams of profile company'
      : 'no rule is for it: these are the upstreams of profile company',
    pools: [],
    database: 'sums.example.com',
    covered: !own,
    database_because: '',
    sumdb: !own,
    sumdb_because: '',
    trees: [],
    info_trees: [],
    kept: own
      ? [
          {
            version: version ?? 'v2.3.0',
            kind: 'zip',
            tree: 'company',
            bytes: 84_000,
            h1: null,
            standing: { is: 'pinned', since: ago(45 * 86_400_000), after_loss: false },
            origin: 'goproxy.corp.example',
            kept_at: ago(86_400_000),
          },
        ]
      : [],
    elsewhere: [],
    notes: [],
  }
}

export const privateModules: Mocks = {
  calls: {
    // Welcome plays its own go env in its own scenes.
    'env-show': () => {
      if (scene === 'goenv-off')
        throw new Failure('bad-input', 'GOENV is off, so go reads no env file and Larder can write none', [
          'unset GOENV',
        ])
      return report()
    },
    'env-on': () => {
      isOn = isApplied = true
      changed('go-env', 'state')
      return { ...report(), changed: true, taken_over: null }
    },
    'env-off': () => {
      isOn = false
      changed('go-env', 'state')
      return {
        files: [{ file: '/home/dev/.config/go/env', how: 'whole', restored: [], kept_by_others: [] }],
        elsewhere: [],
        notes: [],
      }
    },
    explain: ({ module }) => explain(module),
    goproxy: () => ({ url: 'http://127.0.0.1:4677/aBcDeFgHiJkLmNoPqRsTuVwX' }),
    'cache-list': ({ pattern }) =>
      Array.from({ length: pattern?.startsWith('git.') ? 41 : 18 }, (_, at) => ({
        module: `${pattern}/${at}`,
        version: 'v1.0.0',
        tree: 'company',
        files: [],
        bytes: 1000,
        origin: 'goproxy.corp.example',
        kept_at: ago(1000),
        last_used: null,
      })),
  },
}
