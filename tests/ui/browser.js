// The browser, and what every page in it is held to: no error on the console, nothing that its policy forbids, nothing
// from elsewhere, no finding of axe, no word that is missing.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { target } from './world.js'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const shots = path.join(target, 'ui-shots')
const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
export const SIZES = { large: { width: 1080, height: 720 }, small: { width: 800, height: 560 } }
/** How long anything may take to be there on a busy machine. */
export const PATIENCE = 20_000

export async function launch() {
  const executablePath = process.env.LARDER_TEST_CHROMIUM ?? CANDIDATES.find((file) => existsSync(file))
  assert(executablePath, 'Chromium is missing: run scripts/setup test')
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
  ]
  return chromium.launch({ executablePath, args: [...args, '--disable-sync', '--no-first-run'] })
}

/** A tab that has got into the window of this world as a person does: with the local page. */
export class Tab {
  static async open(
    browser,
    world,
    { locale = 'en-GB', colorScheme = 'light', size = 'large', first = false } = {},
  ) {
    const tab = new Tab()
    tab.context = await browser.newContext({
      locale,
      colorScheme,
      viewport: SIZES[size],
      deviceScaleFactor: 2,
      reducedMotion: 'reduce',
    })
    tab.troubles = []
    tab.page = await tab.context.newPage()
    tab.page.setDefaultTimeout(PATIENCE)
    tab.#watch()
    const page = await world.page()
    await tab.page.goto(`file://${page}`)
    await tab.page.waitForURL('**/-/window/**')
    tab.origin = new URL(tab.page.url()).origin
    if (!first) {
      await tab.ask('welcome-done')
      // Welcome stays until it is left; a window that begins anew does not show it again.
      await tab.page.reload()
      await tab.page.getByRole('navigation').first().waitFor()
    }
    return tab
  }

  #watch() {
    const { page, troubles } = this
    page.on('pageerror', (error) => troubles.push(`an error nobody caught: ${error.stack}`))
    page.on('console', (message) => {
      const text = message.text()
      const isTrouble = ['error', 'warning'].includes(message.type()) && !this.expected?.test(text)
      if (isTrouble) troubles.push(`on the console: ${text} (${message.location().url})`)
    })
    page.on('request', (request) => {
      const url = new URL(request.url())
      const isOwn = ['file:', 'data:', 'blob:'].includes(url.protocol) || url.hostname === '127.0.0.1'
      if (!isOwn) troubles.push(`from elsewhere: ${request.url()}`)
      if (/larder-key|[?&](key|token|code)=/.test(request.url()))
        troubles.push(`a key in a URL: ${request.url()}`)
    })
  }

  /** A call of the engine, as the window makes it; its answer. */
  async ask(name, request = {}) {
    return this.page.evaluate(
      async ([name, request]) => {
        const headers = { Authorization: `Bearer ${sessionStorage.getItem('larder-key')}` }
        const answer = await fetch(`/-/call/${name}`, {
          method: 'POST',
          headers,
          body: JSON.stringify(request),
        })
        return answer.json()
      },
      [name, request],
    )
  }

  /** Lets what matches this be on the console from now on; nothing where it is left out. */
  expect(pattern) {
    this.expected = pattern
  }

  async go(address) {
    await this.page.evaluate((hash) => (location.hash = hash), address)
    await this.settled()
  }

  /** Waits until the screen is there, and nothing on it is on its way. */
  async settled() {
    await this.page.locator('h1').first().waitFor()
    await this.page.waitForFunction(() => !document.querySelector('.skeleton, [aria-busy="true"]'))
    await this.page.evaluate(() => document.fonts.ready)
  }

  async shot(name) {
    await mkdir(shots, { recursive: true })
    await this.page.screenshot({ path: path.join(shots, `${name}.png`) })
  }

  /** Holds what is shown to all that a page is held to, and photographs it. */
  async check(name) {
    await this.shot(name)
    const words = await this.page.evaluate(() => document.body.innerText)
    const missing = words.match(
      /.*(\bundefined\b|\bNaN\b|\[object |\{[a-z]+\}|\b(shell|overview|activity)\.[a-z]+\b).*/i,
    )
    assert(!missing, `${name}: a word is missing: ${missing?.[0]}`)
    const { scroll, client } = await this.page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
    }))
    assert(scroll <= client, `${name}: it is ${scroll - client} px wider than the window`)
    // By the debugger, as the page's own policy lets no foreign script in.
    await this.page.evaluate(await axeSource())
    const { violations } = await this.page.evaluate(() =>
      globalThis.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        resultTypes: ['violations'],
      }),
    )
    assert.deepEqual(violations.map(told), [], `${name}: axe`)
    this.fine(name)
  }

  /** Fails where something went wrong in the page since it was asked last. */
  fine(name) {
    assert.deepEqual(this.troubles.splice(0), [], name)
  }

  async close() {
    await this.context.close()
  }
}

let source
async function axeSource() {
  const { readFile } = await import('node:fs/promises')
  source ??= await readFile(axe, 'utf8')
  return source
}

function told({ id, help, nodes }) {
  const where = nodes.map(
    (node) => `${node.target.join(' ')}: ${node.any.map((any) => any.message).join('; ')}`,
  )
  return `${id}: ${help}\n    ${where.slice(0, 4).join('\n    ')}`
}
