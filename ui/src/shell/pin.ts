// What is to stay: pinned, or no longer; the toast that says so takes it back.
import { call } from '../host'
import { tell } from '../parts/toasts.svelte'
import { w } from '../words'
import { asFailure } from './state.svelte'

/** Pins a module, or a version of it; or no longer. `back` is how it is taken back, where more is to follow from that. */
export async function pin(
  what: string,
  pinned: boolean,
  back: () => unknown = () => pin(what, !pinned),
): Promise<void> {
  try {
    await call(pinned ? 'pin' : 'unpin', { patterns: [what] })
    const text = pinned ? w.shell.pin.pinned(what) : w.shell.pin.unpinned(what)
    tell({ text, action: { label: w.shell.act.undo, act: () => void back() } })
  } catch (error) {
    tell({ text: w.shell.profile.notDone(asFailure(error).message), tone: 'bad' })
  }
}
