// What the path diagram shows, for a state of things. Pure.
import type { Overview, StateReport, UpstreamNode } from '../../host'
import type { Words } from '../../words'
import type { Formats } from '../../words/format'
import { hostOf, shortName } from '../../words/short'

export interface Node {
  key: string
  sign: 'go' | 'larder' | 'company' | 'public' | 'other' | 'more'
  name: string
  /** After the name, quieter: the latency. */
  beside: string | null
  fact: string
  mark: 'ok' | 'look' | 'gone' | null
  /** Not in use now. */
  isFaint: boolean
  /** Where a click leads. */
  href: string
  /** All of it in words. */
  label: string
  /** What is said on the way to it. */
  way: string | null
  isCut: boolean
  isWhereCut: boolean
}

const MOST = 3

function signOf({ name, address }: UpstreamNode, state: StateReport): Node['sign'] {
  const inUse = state.profiles.find((profile) => profile.in_use)
  if (address === 'direct' || name === 'direct') return 'other'
  if (name === 'public' || !address.includes('://')) return 'public'
  return inUse?.private ? 'company' : 'other'
}

/** The nodes, left to right. More than three upstreams: the third is "+2". */
export function nodesOf(
  now: Overview,
  state: StateReport,
  words: Words['overview']['path'],
  f: Formats,
): Node[] {
  const isOffline = state.mood === 'offline'
  const pointsHere = now.go.points_here
  const goName = now.go.version ? words.go(now.go.version.replace(/^go/, '')) : words.noGo
  const goFact = !now.go.version ? words.goMissing : pointsHere ? words.pointsHere : words.pointsElsewhere
  const go: Node = {
    key: ' go',
    sign: 'go',
    name: goName,
    beside: null,
    fact: goFact,
    mark: pointsHere ? 'ok' : 'look',
    isFaint: false,
    href: '#/private',
    label: [goName, goFact, now.go.why_not].filter(Boolean).join(', '),
    way: null,
    isCut: false,
    isWhereCut: false,
  }
  const fromCache =
    now.from_cache === null
      ? words.nothingYet
      : isOffline || now.from_cache === 1
        ? words.allFromCache
        : words.fromCache(f.percent(now.from_cache))
  const perMinute = words.perMinute(Math.round(now.go.per_minute))
  const larder: Node = {
    key: ' larder',
    sign: 'larder',
    name: 'Larder',
    beside: null,
    fact: fromCache,
    mark: null,
    isFaint: false,
    href: '#/cache',
    label: `Larder, ${fromCache}, ${perMinute}`,
    way: pointsHere ? perMinute : null,
    isCut: !pointsHere,
    isWhereCut: !pointsHere,
  }
  const upstreams = now.upstreams.map((upstream, at) => nodeOf(upstream, at, isOffline, state, words, f))
  if (upstreams.length <= MOST) return [go, larder, ...upstreams]
  const hidden = upstreams.slice(MOST - 1)
  const more: Node = {
    key: ' more',
    sign: 'more',
    name: words.more(hidden.length),
    beside: null,
    fact: hidden.map((node) => node.name).join(', '),
    mark: null,
    isFaint: isOffline,
    href: '#/upstreams',
    label: `${words.moreNames(hidden.length)}: ${hidden.map((node) => node.label).join('; ')}`,
    way: null,
    isCut: isOffline,
    isWhereCut: false,
  }
  return [go, larder, ...upstreams.slice(0, MOST - 1), more]
}

function nodeOf(
  upstream: UpstreamNode,
  at: number,
  isOffline: boolean,
  state: StateReport,
  words: Words['overview']['path'],
  f: Formats,
): Node {
  const { name, mark, latency_ms, share, after, reason } = upstream
  const host = hostOf(upstream.address)
  const isWell = mark === 'ok' || mark === 'unknown'
  const fact = isWell && !isOffline ? host : (reason ?? (isOffline ? words.cut : words.mark[mark]))
  const beside = latency_ms !== null && !isOffline ? f.duration(Math.round(latency_ms)) : null
  const said = share === null ? null : f.percent(share)
  const way =
    said === null
      ? null
      : after === 'not-found'
        ? words.ifNotFound(said)
        : after === 'failure'
          ? words.ifFailed(said)
          : said
  const label = [name, isOffline ? words.cut : words.mark[mark], reason, beside, said && words.answers(said)]
  return {
    key: `${at} ${name}`,
    sign: signOf(upstream, state),
    name: shortName(name),
    // A name that is the address itself leaves no room beside it.
    beside: fact === name ? null : beside,
    fact: fact === name ? (beside ?? '') : fact,
    mark: isOffline ? 'gone' : mark === 'unknown' ? null : mark,
    isFaint: isOffline || mark === 'gone',
    href: '#/upstreams',
    label: label.filter(Boolean).join(', '),
    way: isOffline ? null : way,
    isCut: isOffline,
    isWhereCut: isOffline && at === 0,
  }
}
