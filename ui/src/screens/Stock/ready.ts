// Whether a project can be worked on without a network. Pure.
import type { KnownProject } from '../../host'

export const isReady = ({ at, ready, total }: Pick<KnownProject, 'at' | 'ready' | 'total'>) =>
  at !== null && ready === total
