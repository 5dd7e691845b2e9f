// The mock's doctor: lines that come one after the other.
import type { DoctorLine } from '..'
import { Failure } from '../types'
import { scene, wait, type Mocks } from './kit'

const ok = (check: DoctorLine['check'], found: string): DoctorLine => ({ check, health: 'ok', found })
const lines: DoctorLine[] = [
  ok('instance', 'version 0.1.0 runs, process 4711'),
  ok('port', '127.0.0.1:4677 is Larder’s'),
  ok('go', 'go1.23.4, /usr/local/go/bin/go'),
  ok('desktop-go', 'go1.23.4, /usr/local/go/bin/go'),
  {
    check: 'go-env',
    health: 'warning',
    found: 'your shell sets GOPRIVATE (likely from ~/.zshrc:41) over what go env has',
    mend: ['unset GOPRIVATE', 'remove the line from ~/.zshrc, then open a new terminal'],
  },
  ok('upstream', 'goproxy.corp.example: 200 in 38 ms'),
  ok('upstream', 'mirror.example.com: 200 in 112 ms'),
  ok('credentials', 'goproxy.corp.example is shown what the keyring has'),
  ok('checksum-database', 'sums.example.com: a tree of 31482117 records, 96 ms'),
  ok('disk', '38.2 GiB free for the cache in /home/dev/.cache/larder'),
  ok('clock', '0.2 s from the upstreams’ clocks'),
  ok('keyring', 'Secret Service, unlocked'),
  ok('settings', 'settings.toml is well'),
  ok('notices', 'nothing needs attention'),
  ok('first-sight', 'the hashes seen first are all there'),
  ok('grants', 'nothing is let through unverified'),
]
const found = (): DoctorLine[] =>
  scene === 'many'
    ? lines.map((line, at) =>
        at % 4 === 1
          ? {
              ...line,
              health: 'broken',
              mend: ['larder env on', 'sudo chown -R 1000 /home/dev/.cache/larder'],
            }
          : line,
      )
    : scene === 'empty'
      ? lines.filter((line) => line.health === 'ok')
      : lines

export const doctor: Mocks = {
  jobs: {
    doctor: async (_request, tell, isCancelled) => {
      const all = found()
      for (let done = 1; done <= all.length; done += 1) {
        await wait(scene === 'slow' ? 600 : 8)
        if (isCancelled()) throw new Failure('cancelled', 'it was cancelled before all was looked at')
        if (scene === 'error') throw new Failure('internal', 'the checks could not be run')
        tell({ done, total: all.length, bytes: 0 }, { version: '0.1.0', lines: all.slice(0, done) })
      }
      return { version: '0.1.0', lines: all }
    },
  },
}
