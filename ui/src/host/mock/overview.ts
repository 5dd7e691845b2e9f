// The mock of the screen Overview.
import type { Mocks } from './kit'

export const overview: Mocks = {}
