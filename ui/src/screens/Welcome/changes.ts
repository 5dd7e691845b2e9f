// What pointing go at Larder changes, of what `env-show` says. Pure.
import type { EnvReport, EnvSetting } from '../../host'

export interface Change {
  key: string
  /** What the file says now; none where it has no line. */
  was: string | null
  /** What it will say; none where the line goes. */
  will: string | null
  isSame: boolean
}

function changeOf({ key, wants, file }: EnvSetting): Change {
  if (wants === null || wants === 'nothing') return { key, was: file, will: file, isSame: true }
  const will = wants === 'no-line' ? null : wants.value
  return { key, was: file, will, isSame: will === file }
}

/** Line by line; what neither is set nor will be is left out. */
export function changesOf(report: EnvReport): Change[] {
  return report.settings.map(changeOf).filter((change) => change.was !== null || change.will !== null)
}

/** Settings that the shell says something over, so that go env has no say. */
export const overriddenOf = (report: EnvReport): EnvSetting[] =>
  report.settings.filter((setting) => setting.wins === 'shell' && setting.wants !== 'nothing')
