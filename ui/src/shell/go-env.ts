// Pointing go at Larder and giving go env back, as Welcome and the Overview both do it.
import type { EnvOnReport } from '../host'
import { tell } from '../parts/toasts.svelte'
import { w } from '../words'
import { attempt, state } from './state.svelte'

/** Gives go env back; says so. */
export async function giveBack(): Promise<boolean> {
  const report = await attempt('env-off', {})
  await state.ask()
  if (!report) return false
  tell([w.overview.givenBack, ...report.notes].join('. '))
  return true
}

/** Points go at Larder; the toast offers the way back. */
export async function pointGo(): Promise<EnvOnReport | undefined> {
  const before = await attempt('env-show', {})
  if (!before) return undefined
  const report = await attempt('env-on', { larder: null, hold: before.hold })
  await state.ask()
  if (report) {
    tell({ text: w.overview.pointed, action: { label: w.shell.act.giveBack, act: () => void giveBack() } })
  }
  return report
}
