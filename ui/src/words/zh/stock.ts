// Words of the screen Stock.
import type { Words } from '../en'

export const stock: Words['stock'] = {
  title: '备货',
}
