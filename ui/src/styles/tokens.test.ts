// The colours: named in one place, and to be read by everybody (UI guide, WCAG 2.2: 4.5 for text, 3 for what is drawn).
import { expect, test } from 'vitest'

const sources = import.meta.glob<string>(
  ['/src/**/*.{svelte,css,ts}', '!/src/gen/**', '!/src/**/*.test.ts'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
)
const tokens = sources['/src/styles/tokens.css'] ?? ''

/** The token of this name in the light or the dark look. */
function colour(name: string, look: 'light' | 'dark'): string {
  const value = new RegExp(`--${name}:\\s*light-dark\\(\\s*(#[0-9a-f]{6}),\\s*(#[0-9a-f]{6})\\s*\\)`).exec(
    tokens,
  )
  const found = value?.[look === 'light' ? 1 : 2]
  if (!found) throw new Error(`there is no colour ${name}`)
  return found
}

/** Relative luminance, as WCAG has it. */
function luminance(hex: string): number {
  const part = (at: number) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const pairs: [front: string, back: string, least: number][] = [
  ...['bg', 'side', 'surface', 'inset'].flatMap((back): [string, string, number][] => [
    ['text', back, 4.5],
    ['text-2', back, 4.5],
    ['text-3', back, 4.5],
  ]),
  ['on-accent', 'accent', 4.5],
  ...['accent', 'warn', 'bad', 'info'].flatMap((role): [string, string, number][] => [
    [role, 'surface', 4.5],
    [role, `${role}-soft`, 4.5],
  ]),
  ...['cache', 'upstream', 'revalidated', 'stale', 'failed'].map((source): [string, string, number] => [
    `source-${source}`,
    'surface',
    2.95,
  ]),
  ...[1, 2, 3, 4].map((age): [string, string, number] => [`on-age-${age}`, `age-${age}`, 4.5]),
]

test.each(['light', 'dark'] as const)('what is said is readable on what it stands on, %s', (look) => {
  const faint = pairs
    .map(([front, back, least]) => ({
      front,
      back,
      least,
      is: contrast(colour(front, look), colour(back, look)),
    }))
    .filter(({ is, least }) => is < least)
  expect(faint).toEqual([])
})

test('no other file names a colour', () => {
  const named = Object.entries(sources).filter(
    ([path, text]) =>
      path !== '/src/styles/tokens.css' &&
      /[:\s'"(]#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b(?!\/)/i.test(text),
  )
  expect(Object.keys(sources).length).toBeGreaterThan(50)
  expect(named.map(([path]) => path)).toEqual([])
})
