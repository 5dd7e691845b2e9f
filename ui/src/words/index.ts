// The words of the language in use. `w.overview.title` and `f.size(…)` follow a change of language.
import { en, type Words } from './en'
import { formats, type Formats, type Language } from './format'
import { chosen } from './language.svelte'
import { zh } from './zh'

const catalogues: Record<Language, Words> = { en, zh }
const inUse = new Map<string, Formats>()

function inForce(): Formats {
  const { language, region } = chosen
  const key = region ?? language
  const known = inUse.get(key) ?? formats(language, region)
  inUse.set(key, known)
  return known
}

/** An object whose every field is read anew from `of()`, so that what shows it follows. */
function following<T extends object>(fields: T, of: () => T): T {
  const names = Object.keys(fields) as (keyof T & string)[]
  const properties = names.map((name) => [name, { get: () => of()[name], enumerable: true }] as const)
  return Object.defineProperties({} as T, Object.fromEntries(properties))
}

/** The words. */
export const w: Words = following(en, () => catalogues[chosen.language])
/** The formats. */
export const f: Formats = following(formats('en'), inForce)

export { chosen }
export type { Language, Words }
