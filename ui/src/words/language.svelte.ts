// Which language is in use: the one chosen in Settings, else the system's.
import type { Language } from './format'

const KEPT = 'larder.language'

/** The first language of the system's that the window speaks. */
export function languageOf(tags: readonly string[]): Language {
  for (const tag of tags) {
    const language = tag.toLowerCase().split('-')[0]
    if (language === 'zh') return 'zh'
    if (language === 'en') return 'en'
  }
  return 'en'
}

/** The region's manner of writing numbers and dates, where the system has one for this language. */
export function regionOf(language: Language, tags: readonly string[]): string | undefined {
  return tags.find((tag) => tag.toLowerCase().startsWith(`${language}-`))
}

const system = () => (typeof navigator === 'undefined' ? ['en'] : navigator.languages)
const kept = () => (typeof localStorage === 'undefined' ? null : localStorage.getItem(KEPT))

/** What the system speaks, as far as the window does. */
export const systemLanguage = (): Language => languageOf(system())

class Chosen {
  /** What was chosen; `auto` follows the system. */
  choice = $state<Language | 'auto'>('auto')
  readonly language: Language = $derived(this.choice === 'auto' ? languageOf(system()) : this.choice)
  readonly region: string | undefined = $derived(regionOf(this.language, system()))

  constructor() {
    const before = kept()
    if (before === 'en' || before === 'zh') this.choice = before
  }

  choose(choice: Language | 'auto') {
    this.choice = choice
    // The next window begins in it, before the engine has been asked.
    localStorage.setItem(KEPT, choice)
  }
}

/** The language in use. */
export const chosen = new Chosen()
