// Names shortened so that what tells them apart stays. Pure.

/** A folder with `~` for the home folder. */
export function shortFolder(folder: string): string {
  return folder.replace(/^(\/home\/[^/]+|\/Users\/[^/]+|\/root|[A-Z]:\\Users\\[^\\]+)(?=[/\\]|$)/, '~')
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
