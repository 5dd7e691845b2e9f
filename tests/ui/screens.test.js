// Every screen, in both sizes, light and dark, in both languages: nothing that a page is held to is broken.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SIZES, Tab, launch } from './browser.js'
import { World } from './world.js'

const SCREENS = [
  'overview',
  'activity',
  'upstreams',
  'private',
  'cache',
  'stock',
  'doctor',
  'settings',
  'welcome',
]
const LANGUAGES = { en: 'en-GB', zh: 'zh-CN' }

let [browser, world] = []
before(async () => {
  ;[browser, world] = await Promise.all([launch(), World.begin()])
  await world.work()
  await world.larder('pin', 'example.com/color@v1.17.0')
  const folder = await world.project('shop', 'example.com/color@v1.17.0', 'example.com/router@v1.8.1')
  await world.larder('stock', folder).catch(() => undefined)
})
after(async () => {
  await browser?.close()
  await world?.end()
})

describe('read large', () => {
  let tab
  before(async () => {
    tab = await Tab.open(browser, world)
  })
  after(() => tab?.close())

  // The smallest window at twice its size, with the colours of the system; then a large one at four times.
  for (const [width, height] of [
    [400, 280],
    [320, 256],
  ]) {
    test(`${width} × ${height}`, async () => {
      await tab.page.setViewportSize({ width, height })
      await tab.page.emulateMedia({
        forcedColors: width === 400 ? 'active' : 'none',
        reducedMotion: 'reduce',
      })
      for (const screen of SCREENS) {
        await tab.go(`#/${screen}`)
        await tab.check(`${screen}-large-${width}`)
      }
    })
  }
})

for (const [language, locale] of Object.entries(LANGUAGES)) {
  describe(language, () => {
    let tab
    before(async () => {
      tab = await Tab.open(browser, world, { locale })
    })
    after(() => tab?.close())

    for (const screen of SCREENS) {
      test(screen, async () => {
        for (const size of Object.keys(SIZES)) {
          await tab.page.setViewportSize(SIZES[size])
          for (const colorScheme of ['light', 'dark']) {
            await tab.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
            await tab.go(`#/${screen}`)
            await tab.check(`${screen}-${language}-${size}-${colorScheme}`)
          }
        }
        const lang = await tab.page.evaluate(() => document.documentElement.lang)
        assert.equal(lang.split('-')[0], language)
      })
    }
  })
}
