// Words of the screen Welcome.
import type { Words } from '../en'

export const welcome: Words['welcome'] = {
  title: '欢迎',
}
