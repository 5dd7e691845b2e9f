// What the groups of Settings are handed.
import type { Preferences, PreferencesChange } from '../../host'

export interface Props {
  now: Preferences
  /** Whether it was done. */
  change: (wanted: PreferencesChange) => Promise<boolean>
}
