// Words of the screen Overview.
import type { Words } from '../en'

export const overview: Words['overview'] = {
  title: '概览',
}
