// The mock of the screen Settings.
import type { Mocks } from './kit'

export const settings: Mocks = {}
