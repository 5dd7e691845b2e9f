// The one sentence of the Overview: which, for which state. Pure.
import type { StateReport } from '../../host'
import type { Formats } from '../../words/format'
import type { Words } from '../../words'

export interface Saying {
  hero: string
  lead: string
  badge?: string
  /** The one thing to do first. */
  act: 'point-go' | 'resume' | null
}

export function saying(
  state: StateReport,
  pointsHere: boolean,
  words: Words['overview'],
  formats: Formats,
): Saying {
  const { offline, degraded } = state
  if (state.mood === 'paused') return { hero: words.paused, lead: words.pausedLead, act: 'resume' }
  if (!pointsHere && !state.points_here)
    return { hero: words.notHere, lead: words.notHereLead, act: 'point-go' }
  if (state.mood === 'offline') {
    return {
      hero: offline.since ? words.offlineSince(formats.moment(offline.since)) : words.offline,
      lead: offline.by_hand ? words.offlineByHand : words.offlineLead,
      badge: offline.by_hand ? words.byHand : words.byItself,
      act: null,
    }
  }
  if (state.mood === 'degraded' && degraded) {
    return { hero: words.degraded(degraded.upstream, degraded.reason), lead: words.degradedLead, act: null }
  }
  return {
    hero: words.serving,
    lead: state.automatic ? words.automatic(state.automatic) : words.lead,
    act: null,
  }
}
