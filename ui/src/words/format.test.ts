// What numbers, sizes and times read like, in both languages.
import { describe, expect, it } from 'vitest'
import { formats } from './format'

const en = formats('en')
const zh = formats('zh')

describe('sizes', () => {
  it('are powers of ten with one decimal below a hundred', () => {
    expect(en.size(6_200_000_000)).toBe('6.2 GB')
    expect(en.size(14_200)).toBe('14.2 kB')
    expect(en.size(412_400)).toBe('412 kB')
    expect(en.size(999_600)).toBe('1.0 MB')
    expect(en.size(66_000)).toBe('66.0 kB')
  })
  it('count bytes only below a tenth of a kilobyte', () => {
    expect(en.size(0)).toBe('0 B')
    expect(en.size(99)).toBe('99 B')
    expect(en.size(120)).toBe('0.1 kB')
  })
  it('can leave a zero out', () => {
    expect(en.roundSize(10_000_000_000)).toBe('10 GB')
    expect(en.roundSize(6_200_000_000)).toBe('6.2 GB')
  })
})

describe('durations', () => {
  it('take the unit that reads best', () => {
    expect(en.duration(0.82)).toBe('0.8 ms')
    expect(en.duration(38.2)).toBe('38 ms')
    expect(en.duration(999.7)).toBe('1.0 s')
    expect(en.duration(12_000)).toBe('12 s')
    expect(en.duration(59_800)).toBe('1 min')
    expect(en.duration(4 * 60_000)).toBe('4 min')
    expect(en.duration(3 * 86_400_000)).toBe('3 days')
    expect(zh.duration(4 * 60_000)).toBe('4 分钟')
    expect(zh.duration(38)).toBe('38 ms')
  })
})

describe('times', () => {
  const now = new Date(2026, 4, 12, 14, 22, 7, 318).getTime()
  it('tell how long ago', () => {
    expect(en.ago(now - 4 * 60_000, now)).toBe('4 min ago')
    expect(en.ago(now - 3_000, now)).toBe('just now')
    expect(zh.ago(now - 4 * 60_000, now)).toBe('4 分钟前')
    expect(en.ago(new Date(2026, 0, 3), now)).toBe('3 Jan')
  })
  it('are of 24 hours in every region', () => {
    expect(formats('en', 'en-US').time(now)).toBe('14:22')
    expect(en.clock(now)).toBe('14:22:07.318')
    expect(formats('en', 'en-US').time(new Date(2026, 4, 12, 0, 5))).toBe('00:05')
  })
  it('name the year of other years only', () => {
    expect(en.date(now, now)).toBe('12 May')
    expect(en.date(new Date(2025, 4, 12), now)).toBe('12 May 2025')
    expect(en.moment(now - 60_000, now)).toBe('14:21')
    expect(en.moment(new Date(2026, 4, 11, 9, 0), now)).toBe('11 May, 09:00')
  })
})

it('picks plural forms by the count', () => {
  const forms = { one: '1 module', other: 'modules' }
  expect(en.plural(1, forms)).toBe('1 module')
  expect(en.plural(0, forms)).toBe('modules')
  expect(zh.plural(1, { other: '个模块' })).toBe('个模块')
})

it('groups digits and tells shares', () => {
  expect(en.number(2959)).toBe('2,959')
  expect(en.percent(0.12)).toBe('12%')
  expect(en.percent(0.004)).toBe('0.4%')
})
