// The mock of the screen Welcome.
import type { Mocks } from './kit'

export const welcome: Mocks = {}
