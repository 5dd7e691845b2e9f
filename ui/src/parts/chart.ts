// What a bar chart is made of.
export interface Series {
  name: string
  /** A colour of the tokens, as `--source-cache`. */
  colour: string
}

export interface Bar {
  /** Which interval it is, in words. */
  label: string
  /** Under it on the axis, where something stands there. */
  mark?: string | undefined
  /** A value for each series. */
  values: readonly number[]
  /** Whether the grey band is behind it. */
  band?: boolean
}
