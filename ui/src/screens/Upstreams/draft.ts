// What can be done to a profile that is being edited. Pure: a draft goes in, another one comes out.
import type { ChainEntry, Complaint, ProfileDraft } from '../../host'

/** `direct` and `off` ask no upstream, and nothing comes after them. */
export const closes = (entry: ChainEntry) => entry.address === 'direct' || entry.address === 'off'

/** The same chain, each entry leading on and the last one nowhere; what closes it at its end. */
export function linked(chain: ChainEntry[]): ChainEntry[] {
  const ordered = [...chain.filter((entry) => !closes(entry)), ...chain.filter(closes).slice(0, 1)]
  return ordered.map((entry, at) => ({
    ...entry,
    next: at === ordered.length - 1 ? null : (entry.next ?? 'not-found'),
  }))
}

/** The chain with the entry at `from` standing at `to`. */
export function moved(chain: ChainEntry[], from: number, to: number): ChainEntry[] {
  const entry = chain[from]
  if (!entry || closes(entry)) return chain
  const last = chain.some(closes) ? chain.length - 2 : chain.length - 1
  const rest = chain.filter((_, at) => at !== from)
  rest.splice(Math.max(0, Math.min(to, last)), 0, entry)
  return linked(rest)
}

/** The chain without the entry at `at`. */
export const without = (chain: ChainEntry[], at: number) => linked(chain.filter((_, other) => other !== at))

/** The chain with one more upstream, or `direct`, or `off`. */
export const longer = (chain: ChainEntry[], address = '') =>
  linked([...chain, { address, name: null, next: null }])

/** What an upstream is called: its host. */
export function called(entry: ChainEntry): string {
  const rest = entry.address.replace(/^[a-z+]+:\/\//i, '')
  return rest.split('/')[0] || entry.address
}

/** How many fields differ between two drafts; a list of lines counts once, a chain by its entries. */
export function changes(before: ProfileDraft, after: ProfileDraft): number {
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  let count = 0
  for (const key of Object.keys(after) as (keyof ProfileDraft)[]) {
    if (key === 'safety_net_stands' || key === 'safety_net_why_not') continue
    const [was, is] = [before[key], after[key]]
    if (same(was, is)) continue
    const parts = key === 'chain' || key === 'private_chain' || key === 'rules'
    if (!parts || !Array.isArray(was) || !Array.isArray(is)) count += 1
    else
      count += Array.from({ length: Math.max(was.length, is.length) }).filter(
        (_, at) => !same(was[at], is[at]),
      ).length
  }
  return count
}

/** The draft with what a complaint offers in its place: `chain.0.address`, `private.2`, `rules.1.patterns`. */
export function mended(draft: ProfileDraft, { field, mend }: Complaint): ProfileDraft {
  if (!mend) return draft
  const path = field.split('.')
  const key = path.at(-1) ?? ''
  const copy = structuredClone(draft)
  let place: unknown = copy
  for (const part of path.slice(0, -1)) place = part && isRecord(place) ? place[part] : undefined
  if (!isRecord(place) || !(key in place)) return draft
  place[key] = Array.isArray(place[key]) ? lines(mend.value) : mend.value
  return copy
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Patterns as a person types them: by commas, spaces or lines. */
export const lines = (text: string) => text.split(/[\s,]+/).filter((line) => line !== '')

/** A name that is not taken, after this one: `company-2`. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name
  const stem = name.replace(/-\d+$/, '')
  let number = 2
  while (taken.includes(`${stem}-${number}`)) number += 1
  return `${stem}-${number}`
}
