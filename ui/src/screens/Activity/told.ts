// A story as text for a colleague: the same as on the screen, no secret in it. Pure.
import type { Story } from '../../host'

/** Milliseconds of a step: "0", "0.3", "8", "162". */
export function millis(micros: number): string {
  const value = micros / 1000
  if (value < 0.05) return '0'
  return value < 9.95 ? value.toFixed(1).replace('.0', '') : Math.round(value).toString()
}

/** The story, a line a step. English, as what is said of the steps is. */
export function told({ item, steps }: Story): string {
  const wide = Math.max(8, ...steps.map((step) => step.name.length))
  const head = [
    item.at,
    item.module ? [item.module, item.version].filter(Boolean).join('@') : item.path,
    item.kind,
    item.upstream ? `${item.source} (${item.upstream})` : item.source,
    item.outcome,
    `${item.bytes} bytes`,
    `${millis(item.micros)} ms`,
  ]
  const lines = steps.flatMap((step) => {
    const sign = step.ok ? ' ' : '!'
    const line = `${sign} ${step.name.padEnd(wide)}  ${millis(step.took_micros).padStart(6)} ms  ${step.said}`
    return step.mend ? [line, `  ${''.padEnd(wide)}             ${step.mend}`] : [line]
  })
  return [head.join(' · '), ...(item.detail ? [item.detail] : []), ...lines].join('\n')
}
