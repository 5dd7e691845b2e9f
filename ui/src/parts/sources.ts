// The sources an answer can have, in the order in which they stand everywhere.
export const SOURCES = ['cache', 'upstream', 'revalidated', 'stale', 'failed'] as const
export type Source = (typeof SOURCES)[number]

/** The token of its colour. */
export const colourOf = (source: Source): string => `--source-${source}`
