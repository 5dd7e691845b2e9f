// Addresses: `#/activity?source=failed&open=1234`. Pure.
export interface Address {
  screen: string
  query: Record<string, string>
}

/** What an address says; the first screen where it says nothing. */
export function parse(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2)
  const fields = Object.fromEntries(new URLSearchParams(query))
  return { screen: path.replace(/\/+$/, '') || 'overview', query: fields }
}

/** The address of a screen; fields that are empty are left out. */
export function format(
  screen: string,
  query: Record<string, string | number | null | undefined> = {},
): string {
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') fields.set(name, String(value))
  }
  const said = fields.toString()
  return said ? `#/${screen}?${said}` : `#/${screen}`
}
