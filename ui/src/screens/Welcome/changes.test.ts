// What is said of a change of go env.
import { expect, it } from 'vitest'
import type { EnvReport, EnvSetting } from '../../host'
import { changesOf, overriddenOf } from './changes'

const setting = (said: Partial<EnvSetting>): EnvSetting => ({
  key: 'GOPROXY',
  wants: null,
  file: null,
  shell: null,
  shell_from: [],
  wins: 'default',
  ...said,
})
const report = (...settings: EnvSetting[]) => ({ settings }) as unknown as EnvReport

it('tells what changes, goes and stays', () => {
  const changes = changesOf(
    report(
      setting({ wants: { value: 'http://127.0.0.1:4677/x' }, file: 'direct' }),
      setting({ key: 'GOPRIVATE', wants: 'nothing', file: 'git.corp.example' }),
      setting({ key: 'GONOPROXY', wants: { value: 'none' } }),
      setting({ key: 'GONOSUMDB', wants: 'no-line', file: '*' }),
      setting({ key: 'GOFLAGS', wants: 'no-line' }),
      setting({ key: 'GOSUMDB', wants: { value: 'off' }, file: 'off' }),
    ),
  )
  expect(changes).toEqual([
    { key: 'GOPROXY', was: 'direct', will: 'http://127.0.0.1:4677/x', isSame: false },
    { key: 'GOPRIVATE', was: 'git.corp.example', will: 'git.corp.example', isSame: true },
    { key: 'GONOPROXY', was: null, will: 'none', isSame: false },
    { key: 'GONOSUMDB', was: '*', will: null, isSame: false },
    { key: 'GOSUMDB', was: 'off', will: 'off', isSame: true },
  ])
})

it('finds what the shell wins over, where Larder wants something of it', () => {
  const all = report(
    setting({ wins: 'shell', shell: 'direct', wants: { value: 'x' } }),
    setting({ key: 'GOFLAGS', wins: 'shell', shell: '-v', wants: 'nothing' }),
    setting({ key: 'GOSUMDB', wins: 'larder', wants: { value: 'x' } }),
  )
  expect(overriddenOf(all).map((one) => one.key)).toEqual(['GOPROXY'])
})
