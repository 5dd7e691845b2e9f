// How what the doctor found is laid out. Pure.
import type { Check, DoctorLine } from '../../host'

export type Group = 'larder' | 'go' | 'upstreams'

/** Which checks stand together, in this order. */
export const GROUPS: Record<Group, readonly Check[]> = {
  larder: ['instance', 'port', 'disk', 'keyring', 'settings', 'notices', 'first-sight', 'grants'],
  go: ['go', 'desktop-go', 'go-env'],
  upstreams: ['upstream', 'credentials', 'checksum-database', 'clock'],
}

/** Lines of each group, in the order in which its checks stand. */
export function grouped(lines: readonly DoctorLine[]): { group: Group; lines: DoctorLine[] }[] {
  const groups = Object.keys(GROUPS) as Group[]
  return groups
    .map((group) => ({
      group,
      lines: GROUPS[group].flatMap((check) => lines.filter((line) => line.check === check)),
    }))
    .filter((found) => found.lines.length > 0)
}

/** What needs a hand, worst first. */
export const toMend = (lines: readonly DoctorLine[]): DoctorLine[] => [
  ...lines.filter((line) => line.health === 'broken'),
  ...lines.filter((line) => line.health === 'warning'),
]

/** Where in the window something is mended. */
export const PLACES: Partial<Record<Check, 'private' | 'upstreams' | 'cache' | 'overview' | 'settings'>> = {
  'go-env': 'private',
  upstream: 'upstreams',
  credentials: 'upstreams',
  'checksum-database': 'upstreams',
  disk: 'cache',
  notices: 'overview',
  port: 'settings',
}

/** A mend is a command to type, or a sentence where none does it. */
export const isCommand = (mend: string) =>
  /^(larder|go|sudo|unset|export|chmod|mv|ls|df|sh|systemctl|edit|curl|\/\S+) ?/.test(mend) &&
  !/, (then|once)/.test(mend)

/** Whether pointing go at Larder is what mends it. */
export const pointsGo = ({ mend }: DoctorLine) => mend?.includes('larder env on') ?? false
