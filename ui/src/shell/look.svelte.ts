// How the window looks and speaks: what Settings says, else the system. Set on the root, before the engine is asked too.
import { call, type Preferences } from '../host'
import { chosen } from '../words'
import { topic } from './changes'

const KEPT = 'larder.appearance'
type Appearance = Preferences['appearance']

class Look {
  appearance = $state<Appearance>('auto')

  /** Begins to follow the settings; gives back how to stop. */
  begin(): () => void {
    const before = localStorage.getItem(KEPT)
    if (before === 'light' || before === 'dark') this.appearance = before
    const ask = async () => {
      try {
        this.take(await call('preferences', {}))
      } catch {
        // What is kept here holds until the engine answers.
      }
    }
    void ask()
    return topic('settings', () => void ask())
  }

  take(preferences: Pick<Preferences, 'appearance' | 'language'>) {
    this.appearance = preferences.appearance
    localStorage.setItem(KEPT, preferences.appearance)
    chosen.choose(preferences.language)
  }

  /** Sets it on the root; called in an effect. */
  apply() {
    const root = document.documentElement
    if (this.appearance === 'auto') delete root.dataset.theme
    else root.dataset.theme = this.appearance
    root.lang = chosen.language === 'zh' ? 'zh-CN' : 'en'
  }
}

export const look = new Look()
