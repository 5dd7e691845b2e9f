// Photographs the window with the mock's data: routes × looks × languages × sizes, into target/ui-mock/.
// node scripts/shoot.mjs [--build] [--axe] [--only overview,settings] [--case offline] [--look light] [--lang en] [--size 1080x720] [--text 200] [--forced]
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'

const { values: said } = parseArgs({
  options: {
    build: { type: 'boolean' },
    axe: { type: 'boolean' },
    only: { type: 'string' },
    case: { type: 'string' },
    look: { type: 'string' },
    lang: { type: 'string' },
    size: { type: 'string' },
    text: { type: 'string' },
    forced: { type: 'boolean' },
    out: { type: 'string', default: '../target/ui-mock' },
  },
})

const SCENES = [
  ['overview'],
  ['overview', 'offline'],
  ['overview', 'degraded'],
  ['overview', 'paused'],
  ['overview', 'no-go'],
  ['overview', 'empty'],
  ['overview', 'error'],
  ['overview', 'many'],
  ['overview', 'slow'],
  ['overview', 'no-tray'],
  ['activity'],
  ['activity?open=2959'],
  ['upstreams'],
  ['upstreams', 'nodes-out'],
  ['upstreams', 'no-pool'],
  ['private'],
  ['cache'],
  ['stock'],
  ['doctor'],
  ['settings'],
  ['welcome', 'first-run'],
  ['gallery'],
]
const pick = (list, wanted) => (wanted ? list.filter((one) => wanted.split(',').includes(one)) : list)
const looks = pick(['light', 'dark'], said.look)
const languages = pick(['en', 'zh'], said.lang)
const sizes = said.size ? [said.size] : ['1080x720', '800x560']
const scenes = said.case
  ? pick(
      SCENES.map(([route]) => route),
      said.only ?? 'overview',
    )
      .slice(0, 1)
      .map((route) => [route, said.case])
  : SCENES.filter(([route]) => !said.only || said.only.split(',').includes(route.split('?')[0]))

const outDir = 'dist-mock'
if (said.build) await build({ mode: 'mock', logLevel: 'warn', build: { outDir, emptyOutDir: true } })
const server = await preview({
  mode: 'mock',
  build: { outDir },
  preview: { host: '127.0.0.1', port: 0 },
  logLevel: 'silent',
})
const origin = server.resolvedUrls.local[0]
const axe = said.axe
  ? readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  : ''
mkdirSync(said.out, { recursive: true })
// The desktop's own font is Inter here, as in the pictures that set the bar, wherever this runs.
const fonts = join(tmpdir(), `larder-shoot-fonts-${process.pid}.conf`)
const prefer = (family, wanted) =>
  `<match target="pattern"><test name="family"><string>${family}</string></test><edit name="family" mode="prepend" binding="strong"><string>${wanted}</string></edit></match>`
writeFileSync(
  fonts,
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>${['system-ui', 'sans', 'sans-serif'].map((family) => prefer(family, 'Inter')).join('')}${prefer('ui-monospace', 'JetBrains Mono')}</fontconfig>`,
)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  env: { ...process.env, FONTCONFIG_FILE: fonts },
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
})
let findings = 0

async function shoot(look, language, size, [route, scene]) {
  const [width, height] = size.split('x').map(Number)
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: 2,
    colorScheme: look,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    reducedMotion: 'reduce',
    forcedColors: said.forced ? 'active' : 'none',
  })
  const page = await context.newPage()
  const name = [route.replace(/\W+/g, '-'), scene, look, language, size, said.text, said.forced && 'forced']
    .filter(Boolean)
    .join('-')
  const tell = (what) => ((findings += 1), console.log(`${name}: ${what}`))
  page.on('pageerror', (error) => tell(`page error: ${error.message}`))
  page.on('console', (message) => message.type() === 'error' && tell(`console: ${message.text()}`))
  await page.goto(`${origin}?case=${scene ?? 'serving'}#/${route}`)
  if (said.text) await page.addStyleTag({ content: `html { font-size: ${said.text}% }` })
  await page.waitForTimeout(450)
  await page.screenshot({ path: `${said.out}/${name}.png` })
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  if (wider > 0) tell(`it is ${wider} px wider than the window`)
  if (axe) {
    await page.evaluate(axe)
    const found = await page.evaluate(() =>
      window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
    )
    for (const one of found.violations) {
      tell(
        `axe ${one.id}: ${one.help}: ${one.nodes
          .map((node) => node.html.slice(0, 140))
          .slice(0, 3)
          .join(' | ')}`,
      )
    }
  }
  await context.close()
}

try {
  for (const look of looks)
    for (const language of languages)
      for (const size of sizes) for (const scene of scenes) await shoot(look, language, size, scene)
} finally {
  await browser.close()
  await server.close()
  rmSync(fonts, { force: true })
}
console.log(findings === 0 ? 'no findings' : `${findings} findings`)
process.exitCode = findings === 0 ? 0 : 1
