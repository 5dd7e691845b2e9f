// Module paths and versions shortened by characters, since the face is mono. Pure.

/** A path cut for the eye: what leads to the name, the name (last element with its `/vN`), the version. */
export interface Shortened {
  head: string
  name: string
  version: string
  /** Whether something was left out. */
  isCut: boolean
}

const MAJOR = /^v\d+$/
const PSEUDO = /^(v\d+\.\d+\.\d+)-(?:[0-9A-Za-z.-]+\.)?\d{14}-[0-9a-f]{12}(\+incompatible)?$/

/** `v0.0.0-20250106144421-5f5ef82da422` as `v0.0.0-…ef82da422`: what tells it from others is its end. */
export function shortVersion(version: string): string {
  const found = PSEUDO.exec(version)
  if (!found) return version
  const bare = version.replace('+incompatible', '')
  return `${found[1]}-…${bare.slice(-8)}${found[2] ?? ''}`
}

/** The path in two: what leads to the name, and the name with its major version. */
export function split(module: string): { head: string; name: string } {
  const parts = module.split('/')
  const last = parts.at(-1) ?? ''
  const own = parts.length > 2 && MAJOR.test(last) ? 2 : 1
  const name = parts.slice(-own).join('/')
  return { head: module.slice(0, module.length - name.length), name }
}

/** Shortens to so many characters; name and version stay whole, so it may come out longer. */
export function shorten(module: string, version: string | null, chars: number): Shortened {
  const short = version === null ? '' : shortVersion(version)
  const { head, name } = split(module)
  const room = chars - name.length - (short ? short.length + 1 : 0)
  if (head.length <= room) return { head, name, version: short, isCut: short !== (version ?? '') }
  const left = head.slice(0, Math.max(0, room - 2))
  return { head: `${left}…/`, name, version: short, isCut: true }
}

/** The whole, as it is copied: `example.com/a@v1.2.3`. */
export const whole = (module: string, version: string | null): string =>
  version ? `${module}@${version}` : module
