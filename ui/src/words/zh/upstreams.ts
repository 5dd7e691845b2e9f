// Words of the screen Upstreams.
import type { Words } from '../en'

export const upstreams: Words['upstreams'] = {
  title: '上游',
}
