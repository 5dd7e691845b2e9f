// A body of JSON lines, read as it comes; a blank line is a sign of life.

/** The items of each piece that came; empty where it was a sign of life. */
export async function* lines<Item>(body: ReadableStream<Uint8Array>): AsyncGenerator<Item[]> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      yield parts.filter((line) => line !== '').map((line) => JSON.parse(line) as Item)
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
