// Copies a text, and says so.
import { w } from '../words'
import { tell } from './toasts.svelte'

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    tell(w.shell.act.copied)
  } catch {
    tell({ text: text, tone: 'bad' })
  }
}
