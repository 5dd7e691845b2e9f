// Words of the screen Private.
import type { Words } from '../en'

export const privateModules: Words['privateModules'] = {
  title: '私有模块',
}
