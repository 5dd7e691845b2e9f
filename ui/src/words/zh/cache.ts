// Words of the screen Cache.
import type { Words } from '../en'

export const cache: Words['cache'] = {
  title: '缓存',
}
