// The mock of the screen Cache: some six hundred modules, and what can be done with them.
import type { CachedModule, CachedVersion } from '..'
import { ago, changed, scene, wait, type Mocks } from './kit'

const DAY = 86_400_000
const MB = 1e6
// Path, versions, MB, days since the last use, what needs it.
const SOME: [string, number, number, number, string[]][] = [
  ['k8s.io/kubernetes', 3, 402, 12, ['infra-cli']],
  ['modernc.org/sqlite', 9, 388, 0, ['ledger-web', 'infra-cli']],
  ['github.com/klauspost/compress', 7, 312, 0, ['payments-api', 'ledger-web', 'edge-gw']],
  ['google.golang.org/api', 4, 301, 3, ['payments-api']],
  ['modernc.org/libc', 11, 276, 0, ['ledger-web']],
  ['github.com/aws/aws-sdk-go-v2/service/ec2', 6, 266, 0, []],
  ['github.com/Azure/azure-sdk-for-go', 2, 241, 2, []],
  ['golang.org/x/tools', 14, 238, 0, ['payments-api', 'ledger-web', 'infra-cli']],
  ['golang.org/toolchain', 4, 530, 0, []],
  ['google.golang.org/genproto', 22, 192, 9, []],
  ['github.com/docker/docker', 3, 183, 11, ['infra-cli']],
  ['golang.org/x/text', 12, 176, 10, []],
  ['k8s.io/api', 5, 148, 14, []],
  ['git.corp.example/platform/proto', 31, 142, 40, ['payments-api']],
  ['k8s.io/client-go', 5, 137, 1, []],
  ['golang.org/x/sys', 19, 121, 0, []],
  ['golang.org/x/net', 16, 104, 60, []],
  ['google.golang.org/grpc', 9, 88, 45, []],
  ['github.com/google/pprof', 8, 40, 120, []],
  ['github.com/cilium/ebpf', 4, 76, 1, []],
  [
    'git.corp.example/platform/payments/settlement/reconciliation/exporters/internal/warehouse-loader/v12',
    2,
    61,
    20,
    ['payments-api'],
  ],
]
const NAMES = [
  'errors',
  'otel',
  'chi',
  'zap',
  'testify',
  'cobra',
  'yaml',
  'uuid',
  'retry',
  'semver',
  'lru',
  'mux',
]
const pinned = new Set(['golang.org/x/tools', 'git.corp.example/platform/proto'])
const removed = new Map<number, string[]>()
let undos = 0
let quota: number | null = 10e9

const isEmpty = scene === 'empty'
const all: CachedModule[] = [
  ...SOME,
  ...Array.from({ length: isEmpty ? 0 : 590 }, (_, at): (typeof SOME)[number] => {
    const host =
      ['github.com', 'github.com', 'gopkg.in', 'go.opentelemetry.io', 'git.corp.example'][at % 5] ?? ''
    const name = NAMES[at % NAMES.length] ?? ''
    return [`${host}/team-${at % 41}/${name}-${at}`, 1 + (at % 5), 60 / (at + 2), (at * 7) % 190, []]
  }),
].map(([module, versions, mb, days, needed]) => ({
  module,
  versions,
  bytes: Math.round(mb * MB),
  last_used: days > 180 ? null : ago(days * DAY + 3_600_000),
  kept_at: ago((days + 30) * DAY),
  pinned: pinned.has(module),
  stocked_by: needed,
  private: module.startsWith('git.corp.example'),
  trees: [module.startsWith('git.corp.example') ? 'company' : 'public'],
}))
const isGone = (module: string) => [...removed.values()].some((modules) => modules.includes(module))
const kept = () => (isEmpty ? [] : all.filter((one) => !isGone(one.module)))

const versions = (module: string): CachedVersion[] => {
  const of = all.find((one) => one.module === module)
  if (!of || isGone(module)) return []
  return Array.from({ length: of.versions }, (_, at) => ({
    version: at === 3 ? 'v0.0.0-20250106144421-5f5ef82da422' : `v1.${of.versions - at}.0`,
    bytes: Math.round(of.bytes / of.versions),
    last_used: at === 0 ? of.last_used : null,
    kept_at: of.kept_at,
    origin: of.trees[0] ?? 'public',
    tree: of.trees[0] ?? 'public',
    pinned: of.pinned,
    needed_by: at === 0 ? of.stocked_by : [],
  }))
}

const room = () => ({
  evicted_versions: 0,
  evicted_bytes: 0,
  quota,
  reserve: 2e9,
  used: kept().reduce((sum, one) => sum + one.bytes, 0),
  free: 38e9,
  must_stay: 3.9e9,
  warnings: [],
})
const bytesOf = (text: string) => (text === 'unlimited' ? null : parseFloat(text) * 1e9)

export const cache: Mocks = {
  calls: {
    'cache-modules': () => ({ modules: kept(), oldest: ago(190 * DAY) }),
    'cache-versions': ({ module }) => versions(module),
    'cache-remove': ({ items }) => {
      const modules = items.filter((item) => item.version === null).map((item) => item.module)
      const of = all.filter((one) => modules.includes(one.module))
      undos += 1
      removed.set(undos, modules)
      changed('cache')
      return {
        undo: undos,
        versions: of.reduce((sum, one) => sum + one.versions, 0),
        bytes: of.reduce((sum, one) => sum + one.bytes, 0),
      }
    },
    'cache-undo': ({ undo }) => {
      const count = removed.get(undo)?.length ?? 0
      removed.delete(undo)
      changed('cache')
      return { versions: count }
    },
    'quota-preview': ({ quota: text }) => {
      const wanted = bytesOf(text)
      const used = room().used
      if (Number.isNaN(wanted)) {
        return {
          ok: false,
          why_not: `“${text}” is no size: write 10 GB, or unlimited`,
          versions: 0,
          bytes: 0,
        }
      }
      if (wanted !== null && wanted < 3.9e9) {
        return { ok: false, why_not: '3.9 GB are pinned or stocked and stay', versions: 0, bytes: 0 }
      }
      const over = wanted === null ? 0 : Math.max(0, used - wanted)
      return { ok: true, why_not: null, versions: Math.ceil(over / 12e6), bytes: over }
    },
    'cache-quota': ({ quota: text }) => {
      if (text !== null) quota = bytesOf(text)
      changed('cache', 'settings')
      return room()
    },
    pin: ({ patterns }) => {
      for (const one of all) if (patterns.includes(one.module)) one.pinned = true
      return { pins: [], warnings: [] }
    },
    unpin: ({ patterns }) => {
      for (const one of all) if (patterns.includes(one.module)) one.pinned = false
      return { patterns: patterns.length }
    },
  },
  jobs: {
    'cache-verify': async ({ repair }, tell, isCancelled) => {
      for (let done = 0; done <= 7_400 && !isCancelled(); done += 370) {
        tell({ done, total: 7_400, bytes: done * 838_000 })
        await wait(120)
      }
      const path = 'public/github.com/google/pprof/@v/v0.0.0-20240827171923-fa2c70bbbfe5.zip'
      return {
        files: 7_400,
        bytes: 6_200_000_000,
        damaged: [{ path, reason: 'its hash is h1:3m…, it was h1:9z… when it was kept' }],
        repaired: repair,
      }
    },
    import: async ({ folder }, tell, isCancelled) => {
      for (let done = 0; done <= 900 && !isCancelled(); done += 90) {
        tell({ done, total: 900, bytes: done * 400_000 })
        await wait(120)
      }
      return {
        folder: folder ?? '/home/dev/go/pkg/mod',
        files: 812,
        bytes: 340_000_000,
        already: 88,
        left_out: [
          {
            what: 'git.corp.example/labs/ratelimit@v0.3.1',
            reason: 'private, and its upstream does not vouch for it',
          },
        ],
        left_out_in_all: 1,
        no_room: 0,
        warnings: [],
      }
    },
  },
}
