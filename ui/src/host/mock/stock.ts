// The mock's projects, what was missed, and stocking.
import type { KnownProject, Lack, StockReport } from '..'
import { Failure } from '../types'
import { ago, changed, scene, wait, type Mocks } from './kit'
import { now } from './state'

const MINUTE = 60_000
if (scene === 'stocking')
  now.jobs = [{ id: 7, name: 'stock', progress: { done: 0, total: 0, bytes: 0 }, end: null }]
const lack = (what: string, reason: string, purpose: Lack['purpose'] = 'work'): Lack => ({
  purpose,
  what,
  reason,
})
const project = (
  name: string,
  ready: number,
  total: number,
  fields: Partial<KnownProject> = {},
): KnownProject => ({
  subject: { project: `/home/dev/src/${name}` },
  name,
  ready,
  total,
  upgrades: { ready: 12, total: 12 },
  bytes: ready * 700_000,
  watched: false,
  under_way: false,
  at: ago(4 * MINUTE),
  lacks: [],
  ...fields,
})
const long =
  'a-monorepo-of-a-platform/with/a-very-long-path/to/the-service-that-does-the-billing-of-subscriptions'
let projects: KnownProject[] =
  scene === 'empty'
    ? []
    : [
        ...(scene === 'stocking' ? [project('search-api', 0, 0, { under_way: true, at: null })] : []),
        project('payments-api', 214, 214, { watched: true }),
        project('ledger-web', 386, 386, { watched: true }),
        project('infra-cli', 97, 97, { at: ago(26 * 60 * MINUTE) }),
        project('edge-gw', 171, 173, {
          lacks: [
            lack('git.corp.example/labs/ratelimit@v0.3.1', 'was not found at goproxy.corp.example'),
            lack('git.corp.example/labs/tokens@v1.0.0', 'was not found at goproxy.corp.example'),
          ],
        }),
        ...(scene === 'many'
          ? [
              project(long, 1204, 1377, {
                lacks: [
                  lack(
                    `example.com/${long}@v0.0.0-20240102030405-0123456789ab`,
                    'the proxy said 500 Internal Server Error, and 2 others were not asked as this path is private',
                  ),
                ],
              }),
            ]
          : []),
      ]
let missed =
  scene === 'empty'
    ? []
    : [
        {
          path: 'github.com/redis/go-redis/v9/@v/v9.7.0.info',
          first_at: ago(20 * 60 * MINUTE),
          last_at: ago(16 * 60 * MINUTE),
          times: 4,
        },
        {
          path: 'github.com/charmbracelet/bubbletea/@latest',
          first_at: ago(19 * 60 * MINUTE),
          last_at: ago(19 * 60 * MINUTE),
          times: 1,
        },
        {
          path: 'example.com/x/tools/gopls/@v/v0.17.1.zip',
          first_at: ago(18 * 60 * MINUTE),
          last_at: ago(17 * 60 * MINUTE),
          times: 2,
        },
      ]

const report = (subject: string): StockReport => ({
  subject,
  at: ago(0),
  work: { ready: 186, total: 186 },
  upgrades: { ready: 9, total: 9 },
  bytes: 131_000_000,
  fetched: 131_000_000,
  lacks: [],
})

export const stock: Mocks = {
  calls: {
    projects: () => structuredClone(projects),
    'project-facts': ({ folder }) => {
      if (!/\/src\//.test(folder))
        throw new Failure('not-found', `there is no go.mod or go.work in ${folder}`, [
          'name the folder of a project',
        ])
      return {
        subject: { project: folder },
        name: folder.split('/').at(-1) ?? '',
        modules: 3,
        needs: 186,
        is_known: false,
        watched: false,
      }
    },
    'stock-watch': ({ subjects, watched }) => {
      const known = new Set(subjects.map((subject) => JSON.stringify(subject)))
      projects = projects.map((one) => (known.has(JSON.stringify(one.subject)) ? { ...one, watched } : one))
      return []
    },
    'stock-forget': ({ subjects }) => {
      const known = new Set(subjects.map((subject) => JSON.stringify(subject)))
      projects = projects.filter((one) => !known.has(JSON.stringify(one.subject)))
      changed('stock')
      return subjects
    },
    'stock-starter': () => ({
      modules: Array.from(
        { length: scene === 'empty' ? 0 : 42 },
        (_, at) => `example.com/group${at % 7}/module-${at}@v1.${at}.0`,
      ),
      older: ['example.com/group1/module-1@v1.0.0'],
    }),
    missed: () => missed,
    'missed-forget': ({ paths }) => {
      missed = missed.filter(({ path }) => !paths.includes(path))
      changed('stock')
      return paths.length
    },
  },
  jobs: {
    stock: async ({ subjects }, tell, isCancelled) => {
      const names = (subjects ?? []).map((subject) =>
        'project' in subject ? subject.project : subject.module,
      )
      await wait(600)
      for (let done = 0; done <= 186; done += 2) {
        await wait(100)
        if (isCancelled()) throw new Failure('cancelled', 'stocking was cancelled')
        tell({
          done: scene === 'stocking' ? 142 : done,
          total: 186,
          bytes: (scene === 'stocking' ? 142 : done) * 620_000,
        })
      }
      return names.map(report)
    },
    'stock-missed': async () => {
      await wait(800)
      missed = []
      changed('stock')
      return { brought: [report('a'), report('b'), report('c')], nothing: [], missing: [] }
    },
    ready: async ({ subjects }) => {
      await wait(500)
      return subjects.map((subject) => report('project' in subject ? subject.project : subject.module))
    },
    import: async (_request, tell) => {
      for (let done = 0; done <= 900; done += 30) {
        await wait(40)
        tell({ done, total: 900, bytes: done * 300_000 })
      }
      return {
        folder: '/home/dev/go/pkg/mod/cache/download',
        files: 812,
        bytes: 243_000_000,
        already: 60,
        left_out: [
          {
            what: 'example.com/old@v1.0.0 (zip)',
            reason: 'its hash is not the one that sums.example.com knows',
          },
        ],
        left_out_in_all: 28,
        no_room: 0,
        warnings: [],
      }
    },
  },
}
