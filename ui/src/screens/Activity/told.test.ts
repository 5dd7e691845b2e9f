// The text of a story.
import { expect, it } from 'vitest'
import type { Story } from '../../host'
import { millis, told } from './told'

it('writes times shortly', () => {
  expect([0, 40, 100, 340, 9_940, 9_960, 38_200, 162_400].map(millis)).toEqual([
    '0',
    '0',
    '0.1',
    '0.3',
    '9.9',
    '10',
    '38',
    '162',
  ])
})

it('tells each step on a line, marks what failed, and says what helps', () => {
  const story: Story = {
    item: {
      seq: 4,
      at: '2026-05-12T14:22:06.803Z',
      module: 'git.corp.example/labs/ratelimit',
      version: 'v0.3.1',
      kind: 'info',
      source: 'upstream',
      upstream: 'company',
      bytes: 0,
      millis: 39,
      micros: 39_000,
      outcome: 'refused',
      times: 1,
      background: false,
      detail: '401 unauthorized',
      path: 'git.corp.example/labs/ratelimit/@v/v0.3.1.info',
    },
    steps: [
      {
        kind: 'asked',
        name: 'asked',
        said: 'GET …',
        start_micros: 0,
        took_micros: 0,
        ok: true,
        mend: null,
        entry: null,
      },
      {
        kind: 'upstream',
        name: 'company',
        said: '401 unauthorized',
        start_micros: 300,
        took_micros: 38_000,
        ok: false,
        mend: 'larder login company',
        entry: null,
      },
    ],
    at_once: 'told',
    text: '',
  }
  expect(told(story).split('\n')).toEqual([
    '2026-05-12T14:22:06.803Z · git.corp.example/labs/ratelimit@v0.3.1 · info · upstream (company) · refused · 0 bytes · 39 ms',
    '401 unauthorized',
    '  asked          0 ms  GET …',
    '! company       38 ms  401 unauthorized',
    '                       larder login company',
  ])
})
