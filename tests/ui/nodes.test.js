// Journeys about an upstream that is several nodes: one dies and comes back, one is taken out, and it is one again.
import assert from 'node:assert/strict'
import { button, dialog, field, journey, open, tab, toast, world } from './journey.js'

const row = (node) => tab.page.getByRole('row').filter({ hasText: node })
const shows = (node, state) => row(node).getByText(state, { exact: true }).waitFor()

/** Requests for many modules, so that each node is asked for some; the statuses. */
async function ask(name) {
  const asked = Array.from({ length: 12 }, (_, at) => world.get(`corp.example/${name}${at}/@v/list`))
  return Promise.all([...asked, world.get('corp.example/payments/@v/list')])
}
const failed = (statuses) => statuses.filter((status) => status >= 500)

journey('see a node die and come back, and take one out', async () => {
  const { nodes } = await world.tell('pool 2')
  await open()
  await tab.go('#/upstreams?profile=company')
  for (const node of nodes) await shows(node, 'Healthy')
  assert.deepEqual(failed(await ask('first')), [])
  await tab.check('journey-nodes')

  await world.tell('down n1')
  assert.deepEqual(failed(await ask('second')), [], 'the other node answers')
  await shows(nodes[0], 'Ejected')
  await tab.page.getByText(/1 of 2 answers/).waitFor()
  await tab.check('journey-node-died')
  await world.tell('up n1')
  await shows(nodes[0], 'Healthy')

  await button(`Take out ${nodes[1]}`).click()
  await toast(`${nodes[1]} is taken out`)
  await shows(nodes[1], 'Taken out')
  assert.match(await world.larder('node', 'list'), /ejected/)
  assert.deepEqual(failed(await ask('third')), [])
  await tab.check('journey-node-out')
  await button('Undo').click()
  await shows(nodes[1], 'Healthy')
  // The command line is followed at once.
  await world.larder('node', 'eject', nodes[0])
  await shows(nodes[0], 'Taken out')
  await button(`Take in ${nodes[0]}`).click()
  await shows(nodes[0], 'Healthy')
})

journey('make an upstream several nodes, and one again', async () => {
  await open()
  // The browser itself writes each refusal on the console.
  tab.expect(/400 \(Bad Request\)/)
  await tab.go('#/upstreams?profile=company')
  const chain = tab.page.getByRole('list', { name: 'Chain' })
  await chain
    .getByRole('button', { name: /^More for/ })
    .first()
    .click()
  await tab.page.getByRole('menuitem', { name: 'Nodes…' }).click()
  await field('Addresses of the nodes, one in a line').fill('nonsense')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await dialog().getByRole('alert').waitFor()
  await tab.check('journey-pool-mistake')
  await field('Addresses of the nodes, one in a line').fill(`${world.company}\n${world.public}`)
  await dialog().getByRole('button', { name: 'Save' }).click()
  await toast('is 2 nodes')
  await tab.page.getByRole('table', { name: /^Nodes of/ }).waitFor()
  await tab.page.getByText(/all 2 answer/).waitFor()
  await button(/^Edit the nodes of/).click()
  await dialog().getByRole('button', { name: 'One node again' }).click()
  await toast('is one node again')
  await tab.page.getByRole('table', { name: /^Nodes of/ }).waitFor({ state: 'detached' })
})
