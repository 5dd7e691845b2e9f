// Measures whether the log keeps up: 500 entries a second for ten seconds, frames over 20 ms counted.
// node scripts/pace.mjs [--build]   (the mock's `busy` case in Chromium)
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'

const { values: said } = parseArgs({ options: { build: { type: 'boolean' } } })
const SECONDS = 10
const LONG = 20
const outDir = 'dist-mock'
if (said.build) await build({ mode: 'mock', logLevel: 'warn', build: { outDir, emptyOutDir: true } })
const server = await preview({
  mode: 'mock',
  build: { outDir },
  preview: { host: '127.0.0.1', port: 0 },
  logLevel: 'silent',
})
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
})

/** Frames over so many seconds, and what the the page's own work (processor time) took of each: scripts, style and layout. */
async function measure(page) {
  return page.evaluate(
    (seconds) =>
      new Promise((done) => {
        const frames = []
        const begun = performance.now()
        let before = begun
        const tasks = []
        new PerformanceObserver((list) =>
          list.getEntries().forEach((entry) => tasks.push(entry.duration)),
        ).observe({
          type: 'longtask',
        })
        const frame = (now) => {
          frames.push(now - before)
          before = now
          if (now - begun < 1000 * seconds) requestAnimationFrame(frame)
          else done({ frames: frames.slice(1), tasks })
        }
        requestAnimationFrame(frame)
      }),
    SECONDS,
  )
}

try {
  const page = await (await browser.newContext({ viewport: { width: 1080, height: 720 } })).newPage()
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  for (const scene of ['serving', 'busy']) {
    await page.goto(`${server.resolvedUrls.local[0]}?case=${scene}#/activity`)
    await page.reload()
    await page.waitForSelector('[role="treegrid"] [role="row"]')
    await page.waitForTimeout(500)
    const rows = () => page.locator('[role="treegrid"]').getAttribute('aria-rowcount')
    const metrics = async () =>
      Object.fromEntries(
        (await session.send('Performance.getMetrics')).metrics.map((one) => [one.name, one.value]),
      )
    const [first, before] = [await rows(), await metrics()]
    const { frames, tasks } = await measure(page)
    const [last, after] = [await rows(), await metrics()]
    const sorted = [...frames].sort((a, b) => a - b)
    const spent = (name) => (1000 * (after[name] - before[name])) / frames.length
    console.log(
      [
        `${scene === 'busy' ? '500 a second' : 'at rest'}: ${frames.length} frames in ${SECONDS} s`,
        `median ${sorted[sorted.length >> 1].toFixed(1)} ms`,
        `longest ${sorted.at(-1).toFixed(1)} ms`,
        `${frames.filter((frame) => frame > LONG).length} over ${LONG} ms`,
        `long tasks ${tasks.length}`,
        `the page's own work (processor time) ${spent('TaskDuration').toFixed(2)} ms a frame`,
        `rows ${first} → ${last}, ${await page.locator('[role="treegrid"] .row').count()} in the document`,
      ].join(', '),
    )
  }
} finally {
  await browser.close()
  await server.close()
}
