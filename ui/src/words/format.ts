// Numbers, sizes, times and plurals as a language writes them. Pure: the language and the time are given.
export type Language = 'en' | 'zh'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A value and its unit, apart, for columns where the unit is quieter. */
export interface Measured {
  value: string
  unit: string
}

/** The forms of a text by count; a language without plurals has `other` alone. */
export interface Forms {
  one?: string
  other: string
}

export interface Formats {
  language: Language
  number(value: number): string
  /** 0.12 as "12%". */
  percent(share: number): string
  /** 6_200_000_000 as "6.2 GB"; powers of ten. */
  size(bytes: number): string
  /** The same, without a fraction that is zero: "10 GB". */
  roundSize(bytes: number): string
  sizeParts(bytes: number): Measured
  /** Milliseconds as "0.8 ms", "38 ms", "1.2 s", "4 min". */
  duration(millis: number): string
  durationParts(millis: number): Measured
  /** "4 min ago". */
  ago(at: string | number | Date, now?: number): string
  /** "12:31". */
  time(at: string | number | Date): string
  /** "14:22:07.318". */
  clock(at: string | number | Date): string
  /** "12 May" of this year, "12 May 2025" of others. */
  date(at: string | number | Date, now?: number): string
  /** The time today, else date and time. */
  moment(at: string | number | Date, now?: number): string
  /** Picks the form for a count. */
  plural(count: number, forms: Forms): string
  /** "a, b and c". */
  list(items: string[]): string
}

const numbers = new Map<string, Intl.NumberFormat>()

/** A number with so many digits after the point. Formats are kept: to make one takes longer than to use it. */
function fixed(value: number, digits: number, locale: string): string {
  const key = `${locale} ${digits}`
  const known = numbers.get(key)
  if (known) return known.format(value)
  const made = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  numbers.set(key, made)
  return made.format(value)
}

function sizeParts(bytes: number, locale: string): Measured {
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  // Files of a few hundred bytes stand in one column with those of a few kilobytes.
  if (unit === 0 && value >= 100) {
    value /= 1000
    unit = 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  const text = fixed(value, digits, locale)
  return { value: text, unit: UNITS[unit] ?? 'B' }
}

function durationParts(millis: number, locale: string, language: Language): Measured {
  const zh = language === 'zh'
  const said = (value: number, digits: number, unit: string): Measured => ({
    value: fixed(value, digits, locale),
    unit,
  })
  const value = Math.max(0, millis)
  if (value < 9.95) return said(value, 1, 'ms')
  if (value < SECOND - 0.5) return said(value, 0, 'ms')
  if (value < 9.95 * SECOND) return said(value / SECOND, 1, zh ? '秒' : 's')
  if (value < MINUTE - SECOND / 2) return said(value / SECOND, 0, zh ? '秒' : 's')
  if (value < HOUR - MINUTE / 2) return said(value / MINUTE, 0, zh ? '分钟' : 'min')
  if (value < 2 * DAY) return said(value / HOUR, 0, zh ? '小时' : 'h')
  return said(value / DAY, 0, zh ? '天' : 'days')
}

const join = ({ value, unit }: Measured) => `${value} ${unit}`

/** The formats of a language, in the manner of a region where one is known ("en-GB"). */
export function formats(language: Language, region?: string): Formats {
  const locale = region ?? (language === 'zh' ? 'zh-CN' : 'en-GB')
  const rules = new Intl.PluralRules(language)
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' })
  const clock = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { hourCycle: 'h23', ...options })
  const time = clock({ hour: '2-digit', minute: '2-digit' })
  const exact = clock({ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 })
  const dayOfYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' })
  const date = (at: string | number | Date, now = Date.now()) => {
    const when = new Date(at)
    const sameYear = when.getFullYear() === new Date(now).getFullYear()
    return (sameYear ? dayOfYear : day).format(when)
  }
  return {
    language,
    number: (value) => value.toLocaleString(locale),
    percent: (share) =>
      share.toLocaleString(locale, {
        style: 'percent',
        maximumFractionDigits: share > 0 && share < 0.01 ? 1 : 0,
      }),
    size: (bytes) => join(sizeParts(bytes, locale)),
    roundSize: (bytes) => {
      const { value, unit } = sizeParts(bytes, locale)
      return join({ value: value.replace(/[.,]0$/, ''), unit })
    },
    sizeParts: (bytes) => sizeParts(bytes, locale),
    duration: (millis) => join(durationParts(millis, locale, language)),
    durationParts: (millis) => durationParts(millis, locale, language),
    ago: (at, now = Date.now()) => {
      const passed = now - new Date(at).getTime()
      if (passed < 10 * SECOND) return language === 'zh' ? '刚刚' : 'just now'
      if (passed >= 30 * DAY) return date(at, now)
      const { value, unit } = durationParts(Math.floor(passed / SECOND) * SECOND, locale, language)
      return language === 'zh' ? `${value} ${unit}前` : `${value} ${unit} ago`
    },
    time: (at) => time.format(new Date(at)),
    clock: (at) => exact.format(new Date(at)),
    date,
    moment: (at, now = Date.now()) => {
      const when = new Date(at)
      const today = when.toDateString() === new Date(now).toDateString()
      return today ? time.format(when) : `${date(when, now)}, ${time.format(when)}`
    },
    plural: (count, forms) => (rules.select(count) === 'one' ? (forms.one ?? forms.other) : forms.other),
    list: (items) => lists.format(items),
  }
}
