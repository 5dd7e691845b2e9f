// What a person does in the window, from end to end; each journey in a world of its own.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { Tab, launch } from './browser.js'
import { World } from './world.js'

let [browser, world, tab] = []
before(async () => {
  browser = await launch()
})
after(() => browser?.close())

/** A journey in a new world; nothing may have gone wrong in the page at its end. Where it fails, a picture says where. */
function journey(name, go) {
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

const button = (name, options) => tab.page.getByRole('button', { name, ...options })
const link = (name) => tab.page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name })
const toast = (text) => tab.page.getByText(text).first().waitFor()
const goenv = () => readFile(world.env.GOENV, 'utf8')

journey('welcome: point go here, see a first request, give back', async () => {
  const before = await goenv()
  tab = await Tab.open(browser, world, { first: true })
  await tab.page.getByRole('heading', { level: 1, name: 'Keep your Go modules at hand' }).waitFor()
  await tab.settled()
  await tab.check('journey-welcome')
  await button('Point go at Larder').click()
  await tab.page.getByText('Done. Try it:').waitFor()
  assert.match(await goenv(), new RegExp(`GOPROXY=${world.goproxy}`))
  await tab.check('journey-welcome-done')
  await world.fetch('example.com/color@v1.17.0')
  await tab.page.getByRole('heading', { level: 1, name: /Overview|Serving/ }).waitFor()
  await tab.settled()
  await tab.check('journey-welcome-overview')
  await link('Private modules').click()
  await tab.settled()
  await button('Give back').first().click()
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Give back' }).click()
  await toast('go env is as it was before')
  assert.equal(await goenv(), before)
})

journey('look around first changes nothing', async () => {
  const before = await goenv()
  tab = await Tab.open(browser, world, { first: true })
  await button('Look around first').click()
  await link('Overview').waitFor()
  await tab.settled()
  assert.equal(await goenv(), before)
  await tab.page.reload()
  await link('Overview').waitFor()
})

journey('switch the profile with the card, and see a switch that was made elsewhere', async () => {
  tab = await Tab.open(browser, world)
  await tab.settled()
  const card = button(/company/).first()
  await card.click()
  await tab.page.getByRole('menuitemradio', { name: /public/ }).click()
  await toast('Now using public')
  assert.match(await world.larder('status', '--json'), /"name": "public"/)
  await world.larder('use', 'company')
  await button(/company/)
    .first()
    .waitFor()
})

journey('filter the activity, open the story of a request, and keep both over a reload', async () => {
  await world.work()
  tab = await Tab.open(browser, world)
  await tab.go('#/activity')
  const rows = tab.page.getByRole('row')
  await rows.nth(5).waitFor()
  await tab.page.getByRole('textbox', { name: /Filter/ }).fill('cloud/sdk')
  await tab.page.waitForURL(/cloud/)
  await tab.settled()
  const zip = rows.filter({ hasText: 'storage' }).filter({ hasText: 'zip' }).first()
  await zip.click()
  const story = tab.page
    .getByRole('region', { name: /storage/ })
    .or(tab.page.getByText('Asked', { exact: true }).last())
  await story.waitFor()
  for (const step of ['Rule', 'Upstream', 'Verified', 'Answered']) {
    await tab.page.getByText(step, { exact: true }).last().waitFor()
  }
  await tab.check('journey-story')
  await tab.page.reload()
  await tab.page.getByText('Verified', { exact: true }).last().waitFor()
  assert.equal(await tab.page.getByRole('textbox', { name: /Filter/ }).inputValue(), 'cloud/sdk')
})

journey('the log shows what happens as it happens', async () => {
  tab = await Tab.open(browser, world)
  await tab.go('#/activity')
  await tab.page.getByText('Nothing asked for yet').waitFor()
  await world.fetch('example.com/router@v1.8.1')
  await tab.page.getByRole('row').filter({ hasText: 'example.com/router' }).first().waitFor()
  await button('Pause').click()
  await world.fetch('example.com/color@v1.18.0')
  await button(/\d+ new/).waitFor()
  await button(/\d+ new/).click()
  await tab.page.getByRole('row').filter({ hasText: 'example.com/color' }).first().waitFor()
})

journey('mend a mistake in a chain, save it, and leave nothing unsaved by accident', async () => {
  tab = await Tab.open(browser, world)
  await tab.go('#/upstreams?profile=company')
  const first = tab.page.getByRole('textbox', { name: 'Address of upstream 1' })
  const was = await first.inputValue()
  await first.fill('htps://proxy.corp.example')
  await tab.page.locator('[aria-invalid="true"]').first().waitFor()
  await button(/^1 thing to mend/).waitFor()
  await tab.check('journey-chain-mistake')
  await link('Overview').click()
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Stay' }).click()
  await first.fill(`${was}/goproxy`)
  await button(/thing to mend/).waitFor({ state: 'detached' })
  await button('Save').click()
  await toast('company is saved')
  assert.match(await world.larder('profile', 'show', 'company'), /\/goproxy/)
  await first.fill(was)
  await button('Save').click()
  await tab.page.getByText(/not saved/).waitFor({ state: 'detached' })
})

journey('stock a project, and see what it is missing', async () => {
  const shop = await world.project('shop', 'example.com/color@v1.17.0', 'example.com/router@v1.8.1')
  const broken = await world.project('broken', 'example.com/nowhere@v1.0.0')
  tab = await Tab.open(browser, world)
  for (const folder of [shop, broken]) {
    await tab.go('#/stock')
    await button('Stock a folder…').first().click()
    const dialog = tab.page.getByRole('dialog')
    await dialog.getByRole('textbox').first().fill(folder)
    await dialog.getByText(/one module/).waitFor()
    await dialog.getByRole('button', { name: 'Stock', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await tab.settled()
  }
  await tab.page.getByText('1 of 2 projects are ready for offline').waitFor()
  await tab.page
    .getByText(/1 missing/)
    .first()
    .waitFor()
  await tab.check('journey-stock')
})

journey('the doctor looks at all there is, and says what to do', async () => {
  tab = await Tab.open(browser, world)
  await tab.go('#/doctor')
  await tab.page.getByText(/\d+ of \d+ in order/).waitFor()
  await tab.page.getByText('Checksum database').first().waitFor()
  await tab.check('journey-doctor')
  await button('Point go at Larder').first().click()
  await toast('go asks Larder now')
  assert.match(await goenv(), /GOPROXY=/)
})

journey('pause gives go env back, resume takes it again', async () => {
  await world.larder('env', 'on')
  assert.match(await goenv(), /GOPROXY=/)
  tab = await Tab.open(browser, world)
  await tab.settled()
  await button(/company/)
    .first()
    .click()
  await tab.page.getByRole('menuitem', { name: 'Pause' }).click()
  await tab.page.getByText('Paused. go env is as it was before.').waitFor()
  assert.doesNotMatch(await goenv(), /GOPROXY=/)
  await tab.check('journey-paused')
  await button('Resume').first().click()
  await tab.page.getByText('Paused. go env is as it was before.').waitFor({ state: 'detached' })
  assert.match(await goenv(), /GOPROXY=/)
})

journey('offline is noticed, said, and over again', async () => {
  await world.work()
  tab = await Tab.open(browser, world)
  await tab.settled()
  await button(/company/)
    .first()
    .click()
  await tab.page.getByRole('menuitemcheckbox', { name: 'Offline' }).click()
  await button(/Offline/)
    .first()
    .waitFor()
  for (const screen of ['overview', 'activity', 'upstreams', 'stock']) {
    await tab.go(`#/${screen}`)
    await tab.check(`offline-${screen}`)
  }
  await world.larder('offline', 'off')
  await button(/Serving/)
    .first()
    .waitFor()
})

journey('pin a module, remove one and take it back', async () => {
  await world.work()
  tab = await Tab.open(browser, world)
  await tab.go('#/cache')
  await button('Pin example.com/color').click()
  await button('Unpin example.com/color').waitFor()
  assert.match(await world.larder('pin'), /example\.com\/color/)
  const kept = async () => JSON.parse(await world.larder('cache', 'size', '--json')).versions
  const before = await kept()
  await button('Remove example.com/router').click()
  await toast('1 version removed')
  assert.equal(await kept(), before - 1)
  await tab.check('journey-cache-removed')
  await button('Undo').click()
  await toast('1 version back in their place')
  assert.equal(await kept(), before)
  await button('Unpin example.com/color').click()
  await button('Pin example.com/color').waitFor()
})
