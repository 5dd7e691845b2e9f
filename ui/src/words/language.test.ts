// Which language the system's list of languages comes to.
import { expect, it } from 'vitest'
import { languageOf, regionOf } from './language.svelte'

it('takes the first that the window speaks', () => {
  expect(languageOf(['de-DE', 'zh-TW', 'en'])).toBe('zh')
  expect(languageOf(['fr'])).toBe('en')
  expect(languageOf([])).toBe('en')
})

it('keeps the manner of the region', () => {
  expect(regionOf('en', ['zh-CN', 'en-US', 'en-GB'])).toBe('en-US')
  expect(regionOf('zh', ['en-US'])).toBeUndefined()
})
