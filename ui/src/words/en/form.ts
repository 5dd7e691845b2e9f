// The formats that the texts of this language are made with.
import { formats } from '../format'

export const { number, plural, list } = formats('en')
