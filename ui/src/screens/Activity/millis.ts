// How long a step took, for its column. Pure.

/** Milliseconds of a step: "0", "0.3", "8", "162". */
export function millis(micros: number): string {
  const value = micros / 1000
  if (value < 0.05) return '0'
  return value < 9.95 ? value.toFixed(1).replace('.0', '') : Math.round(value).toString()
}
