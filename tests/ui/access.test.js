// Who gets into the window: the local page once, a reload, and nobody else.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Tab, launch } from './browser.js'
import { World } from './world.js'

let [browser, world] = []
before(async () => {
  ;[browser, world] = await Promise.all([launch(), World.begin()])
})
after(async () => {
  await browser?.close()
  await world?.end()
})

test('a reload stays in, a second tab does not get in', async () => {
  const tab = await Tab.open(browser, world)
  await tab.settled()
  assert.equal(tab.page.url().split('#')[0], `${tab.origin}/-/window/`)
  await tab.page.reload()
  await tab.settled()
  tab.fine('after a reload')
  assert.deepEqual(await tab.context.cookies(), [])

  const second = await tab.context.newPage()
  await second.goto(`${tab.origin}/-/window/`)
  await second.getByText('larder open').waitFor()
  await tab.close()
})

test('the page that let one in lets nobody in again', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const file = `file://${await world.page()}`
  await page.goto(file)
  await page.waitForURL('**/-/window/')
  const again = await context.newPage()
  await assert.rejects(again.goto(file), /ERR_FILE_NOT_FOUND/, 'it went with its code')
  await context.close()
})

test('another page neither frames the window nor asks anything', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const { origin } = new URL(world.goproxy)
  await page.route('https://corp.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<iframe src="${origin}/-/window/"></iframe>` }),
  )
  await page.goto('https://corp.example/')
  const asked = (url, init) =>
    page.evaluate(
      ([to, how]) =>
        fetch(to, how).then(
          (answer) => answer.status,
          (error) => String(error),
        ),
      [url, init],
    )
  assert.match(await asked(`${origin}/-/call/status`, { method: 'POST' }), /Failed to fetch/)
  assert.match(await asked(`${origin}/-/window/`), /Failed to fetch/)
  const framed = page.frames().find((frame) => frame !== page.mainFrame())
  const text = await framed.evaluate(() => document.body?.innerText ?? '')
  assert.doesNotMatch(text, /Larder|Serving/)
  await context.close()
})

test('the window says when Larder is gone, and when it is back', async () => {
  const tab = await Tab.open(browser, world)
  await tab.settled()
  // The browser itself writes each connection that is refused on the console.
  tab.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|403/)
  await world.tell('stop')
  await tab.page
    .getByText(/stopped answering/)
    .first()
    .waitFor()
  await tab.shot('gone')
  await world.tell('start')
  // A new instance knows no old keys.
  await tab.page.getByText('larder open').waitFor()
  await tab.shot('locked')
  await tab.close()
})
