// Words of the screen Settings.
import type { Words } from '../en'

export const settings: Words['settings'] = {
  title: '设置',
}
