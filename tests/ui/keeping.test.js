// Journeys about what is kept: how much, what stays, what is taken in and given out, what was missing.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { button, dialog, field, journey, open, tab, toast, world } from './journey.js'

const COLOR = 'example.com/color@v1.17.0'
const ROUTER = 'example.com/router@v1.8.1'
/** What comes along in the background may still be on its way. */
async function emptied() {
  for (let tries = 0; tries < 20; tries += 1) {
    await world.larder('cache', 'clear', '--yes')
    if ((await size()).versions === 0) return
    await new Promise((done) => setTimeout(done, 250))
  }
  assert.fail('the cache does not become empty')
}
const size = async () => JSON.parse(await world.larder('cache', 'size', '--json'))

journey('see what another quota would cost, and set it', async () => {
  await world.work()
  await world.larder('pin', 'example.com/router')
  await open()
  await tab.go('#/cache')
  await button(/quota/i).click()
  const at = dialog().getByRole('textbox', { name: 'At most' })
  const most = dialog().getByRole('button', { name: /Set quota/ })
  await at.fill('100 kB')
  await dialog().locator('[aria-invalid="true"]').waitFor()
  assert(await most.isDisabled(), 'what is pinned alone is more')
  await tab.check('journey-quota-refused')
  await at.fill('many')
  await dialog().locator('[aria-invalid="true"]').waitFor()
  // What has just come is spared.
  await at.fill('3 MB')
  await dialog()
    .getByText(/even without what may go now/)
    .waitFor()
  await at.fill('50 MB')
  await dialog().getByText('Nothing has to leave').waitFor()
  await tab.check('journey-quota')
  await most.click()
  await toast('The quota is set')
  assert.match(await world.larder('cache', 'quota'), /47\.7 MiB|50 MB/)
  await button('Quota 50 MB').click()
  await dialog().getByRole('slider', { name: 'Quota' }).press('End')
  assert.equal(await at.inputValue(), 'unlimited')
  await dialog().getByText('Nothing has to leave').waitFor()
  await button('Set quota').click()
  await toast('The quota is set')
  await button('No quota').waitFor()
})

journey('take in what go has on this computer, from Cache', async () => {
  const shop = await world.project('shop', COLOR, ROUTER)
  const env = { ...world.env, GOPROXY: world.goproxy, GOFLAGS: '-mod=mod' }
  await promisify(execFile)('go', ['mod', 'download'], { cwd: shop, env })
  await emptied()
  await open()
  await tab.go('#/cache')
  await button('Import…').first().click()
  await field('Folder').fill('not/absolute')
  assert(await dialog().getByRole('button', { name: 'Import', exact: true }).isDisabled())
  await field('Folder').fill('')
  await tab.check('journey-import')
  await dialog().getByRole('button', { name: 'Import', exact: true }).click()
  await dialog()
    .getByText(/\d+ files taken in/)
    .waitFor()
  await tab.check('journey-imported')
  await dialog().getByRole('button', { name: 'Close' }).last().click()
  await tab.page.getByRole('row').filter({ hasText: 'example.com/color' }).first().waitFor()
  assert.equal((await size()).versions, 2)
})

journey('say where there is nothing to import, and stay', async () => {
  await open()
  await tab.go('#/stock')
  await button('Import…').first().click()
  await dialog().getByRole('radio', { name: 'A bundle' }).check()
  await field('File, as an absolute path').fill(path.join(world.folder, 'nowhere.tar'))
  await dialog().getByRole('button', { name: 'Import', exact: true }).click()
  await dialog().getByRole('alert').waitFor()
  await tab.check('journey-import-nowhere')
  await tab.page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
})

journey('give a project out as a bundle, and take it in again', async () => {
  const shop = await world.project('shop', COLOR, ROUTER)
  await world.larder('stock', shop)
  const file = path.join(world.folder, 'shop.tar')
  await open()
  await tab.go('#/stock')
  await button('Make a bundle…').click()
  const make = dialog().getByRole('button', { name: 'Make the bundle' })
  assert(await make.isDisabled(), 'nothing is chosen')
  await dialog().getByRole('checkbox', { name: shop }).check()
  await field('File to write, as an absolute path').fill(file)
  await tab.check('journey-bundle')
  await make.click()
  await dialog()
    .getByText(/\d+ versions? written/)
    .waitFor()
  await tab.check('journey-bundle-written')
  assert((await stat(file)).size > 100_000)
  await dialog().getByRole('button', { name: 'Close' }).last().click()

  const before = await size()
  await world.larder('cache', 'clear', '--yes')
  await button('Import…').click()
  await dialog().getByRole('radio', { name: 'A bundle' }).check()
  await field('File, as an absolute path').fill(file)
  await dialog().getByRole('button', { name: 'Import', exact: true }).click()
  await dialog()
    .getByText(/\d+ files taken in/)
    .waitFor()
  await dialog().getByRole('button', { name: 'Close' }).last().click()
  await tab.page.getByText('Your project is ready for offline').waitFor()
  assert((await size()).versions >= 2 && before.versions >= 2)
})

journey('stock what was asked for and missing while offline', async () => {
  await world.fetch(COLOR)
  await world.larder('offline', 'on')
  await world.get('example.com/router/@v/v1.8.1.zip')
  await world.get('example.com/yaml/v3/@v/v3.0.1.info')
  await open()
  await tab.go('#/stock')
  await tab.page.getByRole('heading', { name: 'Asked for and missing' }).waitFor()
  assert(await button('Stock these 2').isDisabled(), 'it needs the network')
  await tab.check('journey-missed-offline')
  await world.larder('offline', 'off')
  await tab.page.getByText(/Offline since/).waitFor({ state: 'detached' })
  await button('Stock these 2').click()
  await toast('2 modules came')
  await tab.page.getByRole('heading', { name: 'Asked for and missing' }).waitFor({ state: 'detached' })
  assert.equal(await world.get('example.com/router/@v/v1.8.1.zip'), 200)
  await tab.check('journey-missed-stocked')
})

journey('forget what was missing', async () => {
  await world.larder('offline', 'on')
  await world.get('example.com/router/@v/v1.8.1.zip')
  await open()
  await tab.go('#/stock')
  await button('Forget').click()
  await toast('1 request is forgotten')
  await tab.page.getByRole('heading', { name: 'Asked for and missing' }).waitFor({ state: 'detached' })
})

journey('pin a version from the story of its request, and take that back', async () => {
  await world.fetch(COLOR)
  await open()
  await tab.go('#/activity')
  await tab.page.getByRole('row').filter({ hasText: 'zip' }).first().click()
  await button('Pin version').click()
  await toast(`${COLOR} is pinned`)
  assert.match(await world.larder('pin'), /example\.com\/color@v1\.17\.0/)
  await button('Undo').click()
  await toast(`${COLOR} is no longer pinned`)
  assert.doesNotMatch(await world.larder('pin'), /example\.com\/color/)
  // Esc closes the story from within, and the list has the focus again.
  await button('Pin version').focus()
  await tab.page.keyboard.press('Escape')
  await button('Pin version').waitFor({ state: 'detached' })
  assert.equal(await tab.page.evaluate(() => document.activeElement?.getAttribute('role')), 'treegrid')
})

journey('pin one version of a module in Cache, and remove another', async () => {
  await world.fetch('example.com/color@v1.16.0', COLOR)
  await open()
  await tab.go('#/cache?module=example.com/color')
  await button(`Pin ${COLOR}`).click()
  await button(`Unpin ${COLOR}`).waitFor()
  await button('Remove example.com/color@v1.16.0').click()
  await toast('1 version removed')
  await button('Remove example.com/color@v1.16.0').waitFor({ state: 'detached' })
  await tab.check('journey-versions')
  // Esc closes the topmost thing: what the button says, then the row.
  await button(`Unpin ${COLOR}`).focus()
  await tab.page.keyboard.press('Escape')
  await tab.page.keyboard.press('Escape')
  await button(`Unpin ${COLOR}`).waitFor({ state: 'detached' })
  assert.match(await world.larder('pin'), /example\.com\/color@v1\.17\.0/)
})
