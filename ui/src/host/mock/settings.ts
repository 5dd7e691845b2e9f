// The mock of the screen Settings.
import type { Preferences } from '..'
import { changed, type Mocks } from './kit'

const preferences: Preferences = {
  language: 'auto',
  appearance: 'auto',
  tray_icon: 'auto',
  start_at_login: false,
  port: 4677,
  fresh_for_secs: 300,
  direct_at_once: 8,
  private_names: false,
  at_next_start: [],
  tell: { switched: true, offline: true, sign_in: true, hash: true, disk: false },
  settings_file: '/home/dev/.config/larder/settings.toml',
  data_folder: '/home/dev/.local/share/larder',
  cache_folder: '/home/dev/.cache/larder',
  log_folder: '/home/dev/.local/share/larder/logs',
  version: '0.1.0',
}

export const settings: Mocks = {
  calls: {
    preferences: () => structuredClone(preferences),
    'set-preferences': ({ change }) => {
      Object.assign(preferences, change, { tell: { ...preferences.tell, ...change.tell } })
      changed('settings')
      return structuredClone(preferences)
    },
    'token-rotate': () => ({ serving: true }),
  },
}
