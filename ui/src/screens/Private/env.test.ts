// The tests of how a row of the go env table reads.
import { describe, expect, it } from 'vitest'
import type { EnvSetting } from '../../host'
import { hidden, isSame, leftOut, place, whole, winner } from './env'

const setting = (fields: Partial<EnvSetting>): EnvSetting => ({
  key: 'GOPRIVATE',
  wants: { value: 'a.example/*,b.example' },
  file: 'a.example/*,b.example',
  shell: null,
  shell_from: [],
  wins: 'larder',
  ...fields,
})

describe('a row of go env', () => {
  it('is the same where the file says what is wanted, or nothing is', () => {
    expect(isSame(setting({}))).toBe(true)
    expect(isSame(setting({ file: null }))).toBe(false)
    expect(isSame(setting({ wants: 'no-line', file: null }))).toBe(true)
    expect(isSame(setting({ wants: 'no-line', file: 'x' }))).toBe(false)
    expect(isSame(setting({ wants: 'nothing', file: 'x' }))).toBe(true)
  })
  it('says who wins', () => {
    expect(winner(setting({}), true)).toBe('env')
    expect(winner(setting({ wins: 'shell', shell: 'x' }), true)).toBe('shell')
    expect(winner(setting({ wins: 'default', file: null }), false)).toBe('after')
    expect(winner(setting({ wins: 'file', file: 'theirs' }), true)).toBe('changed')
    expect(winner(setting({ wins: 'default', wants: 'no-line', file: null }), true)).toBe('default')
    expect(winner(setting({ wins: { 'other-file': '/etc/goenv' } }), true)).toBe('file')
    expect(winner(setting({ wins: { installation: '/usr/lib/go/go.env' } }), true)).toBe('installation')
  })
  it('counts what a shell leaves out', () => {
    expect(leftOut(setting({ shell: 'b.example' }))).toBe(1)
    expect(leftOut(setting({ shell: 'a.example/*,b.example,c.example' }))).toBe(0)
    expect(leftOut(setting({ shell: 'a.example' }))).toBe(1)
    expect(leftOut(setting({ key: 'GOPROXY', shell: 'direct' }))).toBe(0)
    expect(leftOut(setting({}))).toBe(0)
  })
  it('finds the place in a start file', () => {
    expect(place('/home/ann/.zshrc:41')).toEqual({ file: '/home/ann/.zshrc', line: '41' })
  })
  it('hides the token, and copies it whole', () => {
    expect(hidden('http://127.0.0.1:4677/…|https://a.example')).toBe(
      'http://127.0.0.1:4677/••••|https://a.example',
    )
    expect(whole('http://127.0.0.1:4677/…|https://a.example', 'http://127.0.0.1:4677/t0ken')).toBe(
      'http://127.0.0.1:4677/t0ken|https://a.example',
    )
  })
})
