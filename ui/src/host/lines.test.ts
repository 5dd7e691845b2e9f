import { expect, test } from 'vitest'
import { lines } from './lines'

function body(...pieces: string[]): ReadableStream<Uint8Array> {
  const bytes = pieces.map((piece) => new TextEncoder().encode(piece))
  return new ReadableStream({
    pull(controller) {
      const next = bytes.shift()
      if (next) controller.enqueue(next)
      else controller.close()
    },
  })
}

async function all(...pieces: string[]): Promise<unknown[][]> {
  const batches = []
  for await (const batch of lines(body(...pieces))) batches.push(batch)
  return batches
}

test('a line is an item, wherever it is cut', async () => {
  expect(await all('{"seq":1}\n{"seq":2}\n{"s', 'eq":3}\n')).toEqual([[{ seq: 1 }, { seq: 2 }], [{ seq: 3 }]])
})

test('a letter that is cut in two is whole again', async () => {
  const text = new TextEncoder().encode('"é"\n')
  const pieces = [text.slice(0, 2), text.slice(2)]
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = pieces.shift()
      if (next) controller.enqueue(next)
      else controller.close()
    },
  })
  const batches = []
  for await (const batch of lines(stream)) batches.push(...batch)
  expect(batches).toEqual(['é'])
})

test('a sign of life is no item, and half a line at the end is none', async () => {
  expect(await all('\n', '{"seq":1}\n{"se')).toEqual([[], [{ seq: 1 }]])
})
