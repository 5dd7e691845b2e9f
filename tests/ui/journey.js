// A journey: what a person does in the window, from end to end, in a world of its own.
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { Tab, launch } from './browser.js'
import { World } from './world.js'

let browser
/** The world of the journey under way, and the tab that is open in it. */
export let world, tab

before(async () => {
  browser = await launch()
})
after(() => browser?.close())

/** A journey in a new world; nothing may have gone wrong in the page at its end. Where it fails, a picture says where. */
export function journey(name, go) {
  test(name, async () => {
    world = await World.begin()
    try {
      await go()
      tab.fine('at the end')
    } catch (error) {
      await tab?.shot(`failed-${name.replace(/\W+/g, '-')}`)
      error.message += `\n${tab?.troubles.join('\n') ?? ''}`
      throw error
    } finally {
      await tab?.close()
      await world.end()
      tab = undefined
    }
  })
}

/** Opens the window, in a tab of its own. */
export async function open(options) {
  tab = await Tab.open(browser, world, options)
}

export const button = (name, options) => tab.page.getByRole('button', { name, ...options })
export const field = (name) => tab.page.getByRole('textbox', { name })
export const dialog = () => tab.page.getByRole('dialog')
export const link = (name) =>
  tab.page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name })
export const toast = (text) => tab.page.getByText(text).first().waitFor()
export const goenv = () => readFile(world.env.GOENV, 'utf8')
