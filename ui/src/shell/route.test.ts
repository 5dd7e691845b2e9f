// Addresses there and back.
import { expect, it } from 'vitest'
import { format, parse } from './route'

it('reads screen and query', () => {
  expect(parse('#/activity?source=failed&open=12')).toEqual({
    screen: 'activity',
    query: { source: 'failed', open: '12' },
  })
  expect(parse('')).toEqual({ screen: 'overview', query: {} })
  expect(parse('#/cache/')).toEqual({ screen: 'cache', query: {} })
  expect(parse('cache?module=a%2Fb')).toEqual({ screen: 'cache', query: { module: 'a/b' } })
})

it('leaves out what is empty', () => {
  expect(format('activity', { source: '', open: null, text: 'a b' })).toBe('#/activity?text=a+b')
  expect(format('cache')).toBe('#/cache')
  expect(parse(format('cache', { module: 'x/y&z=1' })).query).toEqual({ module: 'x/y&z=1' })
})
