// What the parts of the editor share: the draft, the tests, what is kept for upstreams, the dialog to sign in.
import { createContext } from 'svelte'
import type { ListedCredential } from '../../host'
import type { Asked } from '../../shell/ask.svelte'
import type { Edit } from './edit.svelte'
import type { Tests } from './tests.svelte'

export interface Editing {
  edit: Edit
  tests: Tests
  /** The sign-in that is kept for an address. */
  kept(address: string): ListedCredential | undefined
  test(address: string): void
  signIn(address: string): void
  signOut(address: string): void
  /** The upstreams that are several nodes. */
  pools: Asked<'pool-list'>
  /** Opens the dialog about the nodes of an address. */
  editPool(address: string): void
}

export const [editing, setEditing] = createContext<Editing>()

/** The origin of an address; a credential is for all of it. */
export function originOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).origin : null
}
