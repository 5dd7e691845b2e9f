// Measures whether the log keeps up: 500 entries a second for ten seconds, frames over 20 ms counted, and what of each was
// script (from a trace, in ten seconds more).
// node scripts/pace.mjs [--build]   (the mock's `busy` case in Chromium)
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'

const { values: said } = parseArgs({ options: { build: { type: 'boolean' } } })
const SECONDS = 10
const LONG = 20
/** The events of a trace that are scripts. */
const SCRIPTS = new Set([
  'FunctionCall',
  'FireAnimationFrame',
  'TimerFire',
  'RunMicrotasks',
  'EvaluateScript',
])
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

/** Frames over so many seconds, and the tasks that were long. */
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
        ).observe({ type: 'longtask' })
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

/** How long scripts ran (processor time, in ms) in each frame of a trace. */
function scriptsOf(trace) {
  const { traceEvents } = JSON.parse(trace)
  // Only the page draws by itself; at rest nothing does.
  const drawing = traceEvents.find(({ name }) => name === 'FireAnimationFrame')
  if (!drawing) return [0]
  const { pid, tid } = drawing
  const ours = traceEvents
    .filter((event) => event.ph === 'X' && SCRIPTS.has(event.name) && event.pid === pid && event.tid === tid)
    .sort((a, b) => a.ts - b.ts)
  const begins = traceEvents
    .filter((event) => event.name === 'FireAnimationFrame' && event.pid === pid && event.tid === tid)
    .map(({ ts }) => ts)
    .sort((a, b) => a - b)
  const spent = begins.map(() => 0)
  let [at, end] = [0, 0]
  for (const { ts, dur, tdur } of ours) {
    // What runs within another counts with it.
    if (ts < end) continue
    end = ts + dur
    while (at + 1 < begins.length && begins[at + 1] <= ts) at += 1
    spent[at] += (tdur ?? 0) / 1000
  }
  return spent.sort((a, b) => a - b)
}

/** What happens on a page at this address; one line says it. */
async function tell(page, session, scene) {
  const metrics = async () =>
    Object.fromEntries(
      (await session.send('Performance.getMetrics')).metrics.map((one) => [one.name, one.value]),
    )
  const rows = () => page.locator('[role="treegrid"]').getAttribute('aria-rowcount')
  const [first, before] = [await rows(), await metrics()]
  const { frames, tasks } = await measure(page)
  const [last, after] = [await rows(), await metrics()]
  await browser.startTracing(page, { categories: ['devtools.timeline', '-*'] })
  await page.waitForTimeout(1000 * SECONDS)
  const scripts = scriptsOf((await browser.stopTracing()).toString())
  const sorted = [...frames].sort((a, b) => a - b)
  const spent = (name) => ((1000 * (after[name] - before[name])) / frames.length).toFixed(2)
  const over = (times) => `${times.filter((time) => time > LONG).length} over ${LONG} ms`
  console.log(
    [
      `${scene === 'busy' ? '500 a second' : 'at rest'}: ${frames.length} frames in ${SECONDS} s`,
      `median ${sorted[sorted.length >> 1].toFixed(1)} ms, longest ${sorted.at(-1).toFixed(1)} ms, ${over(frames)}`,
      `long tasks ${tasks.length}`,
      `scripts in a frame: median ${scripts[scripts.length >> 1].toFixed(1)} ms, longest ${scripts.at(-1).toFixed(1)} ms, ${over(scripts)}`,
      `processor time a frame ${spent('TaskDuration')} ms: scripts ${spent('ScriptDuration')}, style ${spent('RecalcStyleDuration')}, layout ${spent('LayoutDuration')}`,
      `rows ${first} → ${last}, ${await page.locator('[role="treegrid"] .row').count()} in the document`,
    ].join('; '),
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
    await tell(page, session, scene)
  }
} finally {
  await browser.close()
  await server.close()
}
