// Journeys about where modules come from: signing in and out, and profiles that come, are renamed and go.
import assert from 'node:assert/strict'
import { button, dialog, field, journey, open, tab, toast, world } from './journey.js'

journey('sign in to an upstream that wants it, and out again', async () => {
  const secret = Buffer.from('ann:s3cret').toString('base64')
  await world.tell(`wants company Basic ${secret}`)
  await open()
  await tab.go('#/upstreams?profile=company')
  const row = tab.page.getByRole('list', { name: 'Chain' }).getByRole('listitem').first()
  await row.getByRole('button', { name: 'Test' }).click()
  await row.getByText('It asks for a sign-in').waitFor()
  await tab.check('journey-wants-sign-in')
  await row.getByRole('button', { name: 'Sign in', exact: true }).click()
  await field('User').fill('ann')
  await dialog().getByLabel('Password', { exact: true }).fill('wrong')
  await dialog().getByText('a file that a passphrase encrypts').click()
  await dialog().getByLabel('A new passphrase for the encrypted file').fill('correct horse')
  await tab.check('journey-sign-in')
  await dialog().getByRole('button', { name: 'Sign in' }).click()
  await dialog().waitFor({ state: 'detached' })
  await row.getByRole('button', { name: 'Sign in again' }).click()
  await field('User').fill('ann')
  await dialog().getByLabel('Password', { exact: true }).fill('s3cret')
  await dialog().getByText('The encrypted file is open.').waitFor()
  await dialog().getByRole('button', { name: 'Sign in' }).click()
  await row.getByText('Reachable, signed in').waitFor()
  await tab.check('journey-signed-in')
  assert.equal(await world.get('corp.example/payments/@v/v1.1.0.info'), 200)
  await row.getByRole('button', { name: 'Sign out' }).click()
  await toast(/Signed out of/)
  await row.getByText('It asks for a sign-in').waitFor()
})

journey('make a profile from another, rename it, and remove it', async () => {
  await open()
  await tab.go('#/upstreams?profile=public')
  await button('Duplicate').click()
  await field('Name').fill('spare')
  await button('Save').click()
  await toast('spare is there')
  const names = async () =>
    JSON.parse(await world.larder('profile', 'list', '--json')).profiles.map((one) => one.name)
  assert((await names()).includes('spare'))

  await button('More for spare').click()
  await tab.page.getByRole('menuitem', { name: 'Rename…' }).click()
  await field('Name').fill('company')
  await tab.page.locator('[aria-invalid="true"]').first().waitFor()
  await tab.check('journey-rename-taken')
  await field('Name').fill('reserve')
  await button('Save').click()
  await toast('reserve is saved')
  await tab.page.getByRole('heading', { level: 2, name: 'reserve' }).waitFor()
  assert.deepEqual(
    (await names()).filter((name) => ['spare', 'reserve'].includes(name)),
    ['reserve'],
  )

  await button('Use reserve').click()
  await toast('Now using reserve')
  await button('More for reserve').click()
  assert.equal(
    await tab.page.getByRole('menuitem', { name: 'Remove…' }).getAttribute('aria-disabled'),
    'true',
  )
  await tab.page.keyboard.press('Escape')
  await world.larder('use', 'company')
  await button('Use reserve').waitFor()
  await button('More for reserve').click()
  await tab.page.getByRole('menuitem', { name: 'Remove…' }).click()
  await dialog().getByRole('heading', { name: 'Remove reserve?' }).waitFor()
  await tab.check('journey-remove-profile')
  await dialog()
    .getByRole('button', { name: /Remove/ })
    .click()
  await toast('reserve is removed')
  await tab.page.getByRole('link', { name: /reserve/ }).waitFor({ state: 'detached' })
  assert(!(await names()).includes('reserve'))
})
