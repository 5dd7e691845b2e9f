// How a row of the go env table reads. Pure: from what the engine says to what is shown.
import type { EnvReport, EnvSetting } from '../../host'

/** Who has the say, as a badge tells it. */
export type Winner = 'env' | 'shell' | 'after' | 'changed' | 'default' | 'file' | 'installation'

/** What Larder wants where it wants a value; `null` for no line. */
export const wanted = ({ wants }: EnvSetting): string | null =>
  typeof wants === 'object' && wants !== null ? wants.value : null

/** Whether the file says what Larder wants. */
export function isSame(setting: EnvSetting): boolean {
  if (setting.wants === null || setting.wants === 'nothing') return true
  return setting.file === wanted(setting)
}

export function winner(setting: EnvSetting, isOn: boolean): Winner {
  const { wins } = setting
  if (typeof wins === 'object') return 'other-file' in wins ? 'file' : 'installation'
  if (wins === 'shell') return 'shell'
  if (!isSame(setting)) return isOn && setting.file !== null ? 'changed' : 'after'
  return setting.file === null ? 'default' : 'env'
}

/** How many settings Apply would write. */
export const changeCount = (report: EnvReport): number =>
  report.settings.filter((setting) => !isSame(setting)).length

/** Patterns that Larder wants and the shell leaves out. */
export function leftOut(setting: EnvSetting): number {
  if (!/^GO(PRIVATE|NOPROXY|NOSUMDB)$/.test(setting.key) || setting.shell === null) return 0
  const said = setting.shell.split(',')
  // A pattern is for all below it, too.
  const isSaid = (pattern: string) =>
    said.some((known) => pattern === known || pattern.startsWith(`${known}/`))
  return (wanted(setting) ?? '').split(',').filter((pattern) => pattern !== '' && !isSaid(pattern)).length
}

/** `~/.zshrc:41` as its file and its line. */
export function place(from: string): { file: string; line: string } {
  const colon = from.lastIndexOf(':')
  return { file: from.slice(0, colon), line: from.slice(colon + 1) }
}

/** What is hidden in a value shows as dots: the path of Larder's own address holds its token. */
export const hidden = (value: string) =>
  value.replace(/(:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+\/)[^,|]*/g, '$1••••')

/** The value whole: Larder's address with its token in the place of what is hidden. */
export const whole = (value: string, address: string) =>
  value.replace(/http:\/\/127\.0\.0\.1:\d+\/[^,|]*/, address)
