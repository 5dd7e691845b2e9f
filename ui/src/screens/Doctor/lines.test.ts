// The tests of how what the doctor found is laid out.
import { describe, expect, it } from 'vitest'
import type { DoctorLine } from '../../host'
import { GROUPS, grouped, isCommand, pointsGo, toMend } from './lines'

const line = (check: DoctorLine['check'], health: DoctorLine['health'], mend: string[] = []): DoctorLine => ({
  check,
  health,
  found: '',
  mend,
})

describe('what the doctor found', () => {
  const lines = [
    line('instance', 'ok'),
    line('go', 'warning'),
    line('disk', 'broken'),
    line('upstream', 'ok'),
  ]
  it('stands in groups, none of them empty', () => {
    const found = grouped(lines)
    expect(found.map(({ group }) => group)).toEqual(['larder', 'go', 'upstreams'])
    expect(found[0]?.lines.map(({ check }) => check)).toEqual(['instance', 'disk'])
    expect(grouped([])).toEqual([])
  })
  it('has each check in one group', () => {
    const all = Object.values(GROUPS).flat()
    expect(new Set(all).size).toBe(all.length)
  })
  it('needs the broken mended first', () => {
    expect(toMend(lines).map(({ check }) => check)).toEqual(['disk', 'go'])
  })
  it('tells commands from sentences', () => {
    expect(isCommand('larder env on')).toBe(true)
    expect(isCommand('unset GOPROXY')).toBe(true)
    expect(isCommand('/usr/bin/go version')).toBe(true)
    expect(isCommand('remove those that you do not use')).toBe(false)
    expect(isCommand('larder stop, then larder serve')).toBe(false)
  })
  it('knows when pointing go at Larder mends it', () => {
    expect(pointsGo(line('go-env', 'warning', ['unset GOPROXY', 'larder env on']))).toBe(true)
    expect(pointsGo(line('go', 'warning'))).toBe(false)
  })
})
