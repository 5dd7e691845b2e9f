// The mock's profiles, tests and sign-ins.
import type { ChainEntry, Complaint, ProfileDraft, UpstreamTest } from '..'
import { Failure } from '../types'
import { changed, scene, wait, type Mocks } from './kit'
import { now } from './state'

const entry = (address: string, next: ChainEntry['next'] = null): ChainEntry => ({
  address,
  name: null,
  next,
})
const base = {
  default_chain: false,
  checksum_database: null,
  private: [],
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
} satisfies Omit<ProfileDraft, 'name' | 'chain'>

const second = scene === 'wrong' ? 'htps://goproxy-eu.corp.example' : 'https://goproxy-eu.corp.example'
const company: ProfileDraft = {
  ...base,
  name: 'company',
  chain: [
    entry('https://goproxy.corp.example', 'not-found'),
    entry('https://goproxy-eu.corp.example', 'failure'),
    entry('https://mirror.example.com'),
  ],
  private: ['git.corp.example/*', 'github.com/acme/*'],
  private_chain: [entry('https://goproxy.corp.example')],
  rules: [{ patterns: ['example.com/labs/*'], to: 'public', chain: [], private: false }],
  safety_net_why_not: 'go would ask the public upstreams for private modules while Larder does not run.',
}
const drafts: ProfileDraft[] = [
  company,
  {
    ...base,
    name: 'public',
    default_chain: true,
    chain: [entry('https://mirror.example.com', 'not-found'), entry('direct')],
  },
]
let kept =
  scene === 'signed-out'
    ? []
    : [
        {
          origin: 'https://goproxy.corp.example',
          kind: 'basic' as const,
          user: 'dev',
          kept_in: 'keyring' as const,
        },
      ]

function complaints(draft: ProfileDraft, isNew: boolean): Complaint[] {
  const found: Complaint[] = []
  const chain = (entries: ChainEntry[], field: string) =>
    entries.forEach(({ address }, at) => {
      const scheme = /^([a-z]+):/i.exec(address)?.[1]
      if (address === 'direct' || address === 'off') return
      if (address === '')
        found.push({ field: `${field}.${at}.address`, message: 'An address is missing.', mend: null })
      else if (!scheme || !['https', 'http', 'file'].includes(scheme))
        found.push({
          field: `${field}.${at}.address`,
          message: `“${scheme ?? address}” is not a scheme Larder can use: https, http or file.`,
          mend: { label: 'Use https', value: `https://${address.replace(/^[a-z]*:?\/\//i, '')}` },
        })
    })
  chain(draft.chain, 'chain')
  chain(draft.private_chain, 'private_chain')
  draft.rules.forEach((rule, at) => {
    chain(rule.chain, `rules.${at}.chain`)
    if (rule.patterns.length === 0)
      found.push({ field: `rules.${at}.patterns`, message: 'It is for no path.', mend: null })
  })
  draft.private.forEach((pattern, at) => {
    if (!/^https?:\/\//.test(pattern) && !pattern.endsWith('/')) return
    const value = pattern.replace(/^https?:\/\//, '').replace(/\/+$/, '')
    found.push({
      field: `private.${at}`,
      message: 'A pattern has no scheme and no slash at the end.',
      mend: { label: `Use ${value}`, value },
    })
  })
  if (isNew && drafts.some((other) => other.name === draft.name))
    found.push({ field: 'name', message: 'There is a profile of this name.', mend: null })
  return found
}

const answers: Record<string, Partial<UpstreamTest>> = {
  'https://goproxy.corp.example': {
    authorised: true,
    millis: 38,
    addresses: ['10.0.4.7', '10.0.4.8', '10.0.4.9'],
  },
  'https://mirror.example.com': { authorised: null, millis: 112, addresses: ['192.0.2.7'] },
}

export const upstreams: Mocks = {
  calls: {
    'profile-draft': ({ name }) => {
      if (name === null) return { ...base, name: '', chain: [entry('')] }
      const found = drafts.find((draft) => draft.name === name)
      if (!found)
        throw new Failure('not-found', `there is no profile "${name}"`, ['there is: company, public'])
      return structuredClone(found)
    },
    'profile-check': ({ draft, is_new, was }) => ({
      complaints: complaints(draft, is_new || (was ?? draft.name) !== draft.name),
      safety_net_stands: draft.safety_net_stands,
      safety_net_why_not: draft.safety_net_why_not,
      goproxy: draft.chain
        .map(({ address, next }) => address + (next === 'failure' ? '|' : next ? ',' : ''))
        .join(''),
    }),
    'profile-save': ({ draft, was }) => {
      const at = drafts.findIndex((other) => other.name === was)
      drafts.splice(at < 0 ? drafts.length : at, at < 0 ? 0 : 1, draft)
      const shown = {
        name: draft.name,
        upstreams: draft.chain.map(({ address }) => address),
        private: draft.private.length > 0,
        in_use: false,
      }
      const known = now.profiles.find((profile) => profile.name === was)
      if (known) Object.assign(known, { ...shown, in_use: known.in_use })
      else now.profiles.push(shown)
      changed('profiles', 'state')
      const profile = {
        ...draft,
        in_force: known?.in_use ?? false,
        upstreams: null,
        private_upstreams: null,
        canary: null,
        mirror: null,
        rules: [],
      }
      return { profile, is_new: was === null, changed: true, notes: [] }
    },
    'profile-remove': ({ name }) => {
      now.profiles = now.profiles.filter((profile) => profile.name !== name)
      changed('profiles', 'state')
      return { name, stays: false }
    },
    'credentials-list': () => ({
      kept,
      helpers: [],
      netrc: [],
      netrc_is_read: false,
      encrypted_file: 'absent',
      troubles: [],
    }),
    'login-target': ({ upstream }) => {
      if (!upstream.startsWith('https://'))
        throw new Failure(
          'bad-input',
          `over plain http a password would travel in the open, so nothing is kept for ${upstream}`,
          ['use https'],
        )
      return { origin: new URL(upstream).origin, in_file: false, file: 'absent' }
    },
    login: async ({ origin, user, in_file }) => {
      await wait(400)
      if (scene === 'no-keyring' && !in_file)
        throw new Failure('disk', 'no keyring answers on this computer', ['keep it in the encrypted file'])
      const listed = {
        origin,
        kind: user === null ? ('bearer' as const) : ('basic' as const),
        user,
        kept_in: 'keyring' as const,
      }
      kept = [...kept.filter((other) => other.origin !== origin), listed as (typeof kept)[number]]
      changed('credentials')
      return listed
    },
    logout: ({ upstream }) => {
      kept = kept.filter((other) => other.origin !== upstream)
      changed('credentials')
      return { origin: upstream, removed: ['keyring'], still: null }
    },
  },
  jobs: {
    'upstream-test': async ({ address }, _tell, isCancelled) => {
      for (let waited = 0; waited < (scene === 'slow-test' ? 8000 : 250); waited += 50) {
        await wait(50)
        if (isCancelled()) throw new Failure('cancelled', 'it was cancelled')
      }
      const found = answers[address]
      const isKept = kept.some((other) => other.origin === address)
      return {
        stage: found && (found.authorised === null || isKept) ? 'ok' : found ? 'sign-in' : 'name',
        reachable: found !== undefined,
        authorised: null,
        millis: null,
        protocol: found ? 'HTTP/2' : null,
        addresses: [],
        said: found ? 'it answers 401 Unauthorized' : `${address} is no name that the resolver knows`,
        hint: null,
        ...found,
      }
    },
  },
}

if (scene === 'wrong') company.chain[1] = entry(second, 'failure')
