// The world of one test: fakes of upstreams, a home of its own and the real `larder serve`, held by the program
// `window-world` (crates/test-support). It ends with this process, whatever happens to it.
import { execFile, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import readline from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target')
const program = (name) => path.join(target, 'debug', name)
const larder = process.env.LARDER_BIN ?? program('larder')

export class World {
  /** Starts a world with nothing kept and nothing asked yet. */
  static async begin() {
    const child = spawn(program('window-world'), [larder], { stdio: ['pipe', 'pipe', 'inherit'] })
    const world = new World()
    world.child = child
    world.lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    Object.assign(world, await world.#line())
    return world
  }

  async #line() {
    const { value, done } = await this.lines.next()
    if (done) throw new Error('the world has ended; what it said stands above')
    return JSON.parse(value)
  }

  /** A command of the world, such as `down company`; what came of it. */
  async tell(command) {
    this.child.stdin.write(`${command}\n`)
    const said = await this.#line()
    if (said.failed) throw new Error(`${command}: ${said.failed}`)
    return said
  }

  /** Runs `larder` in this world; its standard output. */
  larder(...args) {
    return new Promise((resolve, reject) => {
      execFile(larder, args, { env: this.env, timeout: 60_000 }, (error, stdout, stderr) =>
        error ? reject(new Error(`larder ${args.join(' ')}: ${stderr || error.message}`)) : resolve(stdout),
      )
    })
  }

  /** Asks Larder for a path as `go` does; the status. */
  async get(asked) {
    const answer = await fetch(`${this.goproxy}/${asked}`)
    await answer.arrayBuffer().catch(() => undefined)
    return answer.status
  }

  /** Fetches whole versions: `path@version`. */
  async fetch(...modules) {
    for (const module of modules) {
      const [name, version] = module.split('@')
      for (const kind of ['info', 'mod', 'zip']) await this.get(`${name}/@v/${version}.${kind}`)
    }
  }

  /** A morning's work: from upstreams, from the cache, not found, private. */
  async work() {
    await this.get('example.com/color/@v/list')
    await this.fetch('example.com/color@v1.17.0', 'example.com/router@v1.8.1', 'corp.example/payments@v1.1.0')
    await this.fetch('example.com/cloud/sdk@v0.115.1', 'example.com/cloud/sdk/storage@v1.43.0')
    await this.fetch('example.com/yaml/v3@v3.0.1', 'example.com/color@v1.17.0', 'example.com/router@v1.8.1')
    await this.fetch(
      'example.com/a/module/with/a/rather/long/path/that/has/to/be/shortened/in/its/middle@v0.0.0-20240102030405-0123456789ab',
    )
    await this.get('example.com/nowhere/@v/v1.0.0.info')
    await this.get('example.com/color/@v/list')
  }

  /** A project that requires these: `path@version`; its folder. */
  async project(name, ...requires) {
    const folder = path.join(this.folder, 'work', name)
    await mkdir(folder, { recursive: true })
    const lines = requires.map((module) => `require ${module.replace('@', ' ')}\n`).join('')
    await writeFile(path.join(folder, 'go.mod'), `module example.test/${name}\n\ngo 1.24\n\n${lines}`)
    await writeFile(path.join(folder, 'main.go'), 'package main\n\nfunc main() {}\n')
    return folder
  }

  /** The page by which a browser gets into the window. */
  async page() {
    return (await this.larder('open', '--no-browser')).trim()
  }

  async end() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.stdin.end()
    await ended
  }
}
