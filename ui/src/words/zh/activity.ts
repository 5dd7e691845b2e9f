// Words of the screen Activity.
import type { Words } from '../en'

export const activity: Words['activity'] = {
  title: '动态',
}
