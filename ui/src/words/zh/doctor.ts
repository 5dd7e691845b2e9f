// Words of the screen Doctor.
import type { Words } from '../en'

export const doctor: Words['doctor'] = {
  title: '诊断',
}
