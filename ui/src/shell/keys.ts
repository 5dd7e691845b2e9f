// The keys of the whole window. Screens hear `/` and Esc through `hear`.
import { desktop } from '../host'
import { route } from './route.svelte'

export const SCREENS = ['overview', 'activity', 'upstreams', 'private', 'cache', 'stock'] as const
export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform)
export const MODIFIER = isMac ? '⌘' : 'Ctrl'

interface Shell {
  openProfile(): void
  openKeys(): void
}

const SPEAKS_FOR_ITSELF = /^(checkbox|radio|button|range)$/
function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !SPEAKS_FOR_ITSELF.test(target.type)
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName))
  )
}

/** The regions in order: sidebar, header, body. */
function nextRegion(back: boolean) {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')]
  if (regions.length === 0) return
  const here = regions.findIndex((region) => region.contains(document.activeElement))
  const step = back ? -1 : 1
  for (let tried = 1; tried <= regions.length; tried += 1) {
    const region = regions[(here + step * tried + 2 * regions.length) % regions.length]
    const target = region?.querySelector<HTMLElement>(
      'a[href], button:not([disabled]), input:not([disabled]), [tabindex="0"], h1[tabindex]',
    )
    if (target) return target.focus()
  }
}

/** Focuses the filter of the screen: the field marked `data-filter`. */
function toFilter(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-filter]')
  field?.focus()
  field?.select()
  return field !== null
}

/** Hears the keys of the window; to be set on `window`. */
export function hear(event: KeyboardEvent, shell: Shell): void {
  if (event.defaultPrevented || event.altKey) return
  const isChord = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
  const done = () => event.preventDefault()
  if (isChord) {
    const screen = /^[1-6]$/.test(event.key) ? SCREENS[Number(event.key) - 1] : undefined
    if (screen) return (done(), route.go(screen))
    if (event.key === ',') return (done(), route.go('settings'))
    if (event.key === 'k') return (done(), shell.openProfile())
    if (event.key === 'w' && desktop()) return (done(), void desktop()?.close())
    return
  }
  if (event.metaKey || event.ctrlKey) return
  if (event.key === 'F6') return (done(), nextRegion(event.shiftKey))
  if (event.key === 'Escape') return clearFilter(event)
  if (isTyping(event.target) || document.querySelector('dialog[open]')) return
  if (event.key === '/' && toFilter()) return done()
  if (event.key === '?') return (done(), shell.openKeys())
}

function clearFilter(event: KeyboardEvent) {
  const field = event.target
  if (!(field instanceof HTMLInputElement) || field.dataset.filter === undefined || !field.value) return
  event.preventDefault()
  field.value = ''
  field.dispatchEvent(new Event('input', { bubbles: true }))
}
