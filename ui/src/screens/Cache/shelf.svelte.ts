// What is kept, as the screen holds it: what was done shows at once, and is taken back where it could not be done.
import type { CachedModule, CacheItem } from '../../host'
import { tell } from '../../parts/toasts.svelte'
import { ask } from '../../shell/ask.svelte'
import { pin } from '../../shell/pin'
import { attempt } from '../../shell/state.svelte'
import { f, w } from '../../words'

export class Shelf {
  readonly asked = ask('cache-modules', () => ({ text: null }), ['cache', 'stock', 'profiles'])
  readonly overview = ask('overview', () => ({}), ['cache', 'stock', 'settings'])
  /** Pinned or not, before the engine has said so. */
  #pins = $state.raw<Record<string, boolean>>({})
  /** Removed, before the engine has said so. */
  #removed = $state.raw<string[]>([])

  readonly modules: CachedModule[] = $derived(
    (this.asked.value?.modules ?? [])
      .filter((one) => !this.#removed.includes(one.module))
      .map((one) => ({ ...one, pinned: this.#pins[one.module] ?? one.pinned })),
  )
  readonly bytes: number = $derived(this.modules.reduce((all, one) => all + one.bytes, 0))
  readonly versions: number = $derived(this.modules.reduce((all, one) => all + one.versions, 0))

  /** Pins a module, or a version of it; or no longer. */
  async pin(what: string, pinned: boolean): Promise<void> {
    this.#pins = { ...this.#pins, [what]: pinned }
    await pin(what, pinned, () => this.pin(what, !pinned))
    await this.asked.again()
    const now = this.asked.value?.modules.find((one) => one.module === what)
    if (!pinned && now?.pinned) tell({ text: w.cache.otherPattern, tone: 'bad' })
    this.#pins = Object.fromEntries(Object.entries(this.#pins).filter(([name]) => name !== what))
  }

  /** Removes; the toast puts it back. Whole modules go from the list at once. */
  async remove(items: CacheItem[]): Promise<void> {
    const whole = items.filter((item) => item.version === null).map((item) => item.module)
    this.#removed = [...this.#removed, ...whole]
    const done = await attempt('cache-remove', { items })
    if (done) {
      const { undo, versions, bytes } = done
      const text = w.cache.removed(versions, f.size(bytes))
      const back = undo === null ? null : { label: w.shell.act.undo, act: () => void this.#back(undo) }
      tell(back ? { text, action: back } : text)
    }
    await this.again()
    this.#removed = this.#removed.filter((module) => !whole.includes(module))
  }

  async again(): Promise<void> {
    await Promise.all([this.asked.again(), this.overview.again()])
  }

  async #back(undo: number) {
    const done = await attempt('cache-undo', { undo })
    if (done) tell(w.cache.restored(done.versions))
    await this.again()
  }
}
