// Names shortened so that what tells them apart stays. Pure.

/** A folder with `~` for the home folder; a long one begins where its last names fit. */
export function shortFolder(folder: string, most = 40): string {
  const said = folder.replace(/^(\/home\/[^/]+|\/Users\/[^/]+|\/root|[A-Z]:\\Users\\[^\\]+)(?=[/\\]|$)/, '~')
  if (said.length <= most) return said
  const cut = said.indexOf('/', said.length - most + 1)
  return cut < 0 ? said : `…${said.slice(cut)}`
}

/** The name of a profile: an ellipsis after 18 characters. */
export function shortName(name: string, most = 18): string {
  const letters = [...name]
  return letters.length > most ? `${letters.slice(0, most).join('')}…` : name
}

/** Host and port of an address, else the address. */
export function hostOf(address: string): string {
  return /^[a-z]+:\/\//.test(address) && URL.canParse(address) ? new URL(address).host || address : address
}
