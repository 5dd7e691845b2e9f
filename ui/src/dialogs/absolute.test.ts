// Which paths say where they are by themselves.
import { expect, it } from 'vitest'
import { isAbsolute } from './absolute'

it('takes a path from the root on, of any system', () => {
  for (const path of ['/srv/go', ' /srv/go', 'C:\\go', 'c:/go', '\\\\host\\share'])
    expect(isAbsolute(path)).toBe(true)
  for (const path of ['', 'go', './go', '~/go', 'C:go', 'https://corp.example'])
    expect(isAbsolute(path)).toBe(false)
})
