// The tests of what can be done to a profile.
import { describe, expect, it } from 'vitest'
import type { ProfileDraft } from '../../host'
import { called, changes, freeName, lines, linked, longer, mended, moved, without } from './draft'

const chain = linked([
  { address: 'https://a.example', name: null, next: 'failure' },
  { address: 'https://b.example', name: 'b', next: null },
  { address: 'direct', name: null, next: null },
])
const addresses = (entries: { address: string }[]) => entries.map((entry) => entry.address)

describe('a chain', () => {
  it('leads on from each entry but the last', () => {
    expect(chain.map((entry) => entry.next)).toEqual(['failure', 'not-found', null])
  })
  it('is reordered, and what closes it stays at the end', () => {
    expect(addresses(moved(chain, 0, 2))).toEqual(['https://b.example', 'https://a.example', 'direct'])
    expect(addresses(moved(chain, 1, 0))).toEqual(['https://b.example', 'https://a.example', 'direct'])
    expect(moved(chain, 2, 0)).toBe(chain)
    expect(moved(chain, 9, 0)).toBe(chain)
  })
  it('grows before what closes it, and is closed once', () => {
    expect(addresses(longer(chain))).toEqual(['https://a.example', 'https://b.example', '', 'direct'])
    expect(addresses(longer(chain, 'off'))).toEqual(['https://a.example', 'https://b.example', 'direct'])
  })
  it('shrinks', () => {
    expect(without(chain, 2).at(-1)?.next).toBeNull()
    expect(addresses(without(chain, 0))).toEqual(['https://b.example', 'direct'])
  })
  it('names each entry', () => {
    expect(chain.map(called)).toEqual(['a.example', 'b.example', 'direct'])
    expect(called({ address: 'file:///srv/goproxy', name: null, next: null })).toBe('file:///srv/goproxy')
  })
})

describe('a draft', () => {
  const draft: ProfileDraft = {
    name: 'company',
    chain,
    default_chain: false,
    checksum_database: null,
    private: ['corp.example'],
    private_chain: [],
    private_redirects: [],
    not_private: [],
    no_checksum_database: [],
    safety_net: true,
    safety_net_stands: false,
    drawn_from: null,
    safety_net_why_not: null,
    http_proxy: null,
    extra_ca: null,
    client_certificate: null,
    rules: [],
  }
  it('counts what differs', () => {
    expect(changes(draft, draft)).toBe(0)
    expect(changes(draft, { ...draft, name: 'work', safety_net_why_not: 'told anew' })).toBe(1)
    expect(changes(draft, { ...draft, chain: moved(chain, 0, 1) })).toBe(2)
    expect(changes(draft, { ...draft, private: ['a.example', 'b.example'] })).toBe(1)
  })
  it('takes what a complaint offers', () => {
    const complaint = (field: string, value: string) => ({ field, message: '', mend: { label: '', value } })
    expect(mended(draft, complaint('chain.1.address', 'https://c.example')).chain[1]?.address).toBe(
      'https://c.example',
    )
    expect(mended(draft, complaint('private.0', 'corp.example/x')).private).toEqual(['corp.example/x'])
    expect(mended(draft, complaint('rules.4.patterns', 'x'))).toBe(draft)
    expect(mended(draft, { field: 'name', message: '', mend: null })).toBe(draft)
    expect(draft.private).toEqual(['corp.example'])
  })
  it('reads patterns as they are typed', () => {
    expect(lines(' a.example/*, b.example\nc.example ')).toEqual(['a.example/*', 'b.example', 'c.example'])
  })
  it('finds a name', () => {
    expect(freeName('company', [])).toBe('company')
    expect(freeName('company', ['company'])).toBe('company-2')
    expect(freeName('company-2', ['company-2', 'company-3'])).toBe('company-4')
  })
})
