// Shortened names.
import { expect, it } from 'vitest'
import { hostOf, shortFolder, shortName } from './short'

it('puts ~ for the home folder', () => {
  expect(shortFolder('/home/dev/src/api')).toBe('~/src/api')
  expect(shortFolder('/Users/dev')).toBe('~')
  expect(shortFolder('/srv/home/dev')).toBe('/srv/home/dev')
  expect(shortFolder('/homes')).toBe('/homes')
  expect(shortFolder('/srv/a-rather-long-folder/work/shop', 20)).toBe('…/work/shop')
  expect(shortFolder('/one-name-that-is-all', 10)).toBe('/one-name-that-is-all')
})

it('cuts long names of profiles', () => {
  expect(shortName('payments-platform-europe')).toBe('payments-platform-…')
  expect(shortName('company')).toBe('company')
})

it('names the host of an address', () => {
  expect(hostOf('https://goproxy.corp.example/x')).toBe('goproxy.corp.example')
  expect(hostOf('direct')).toBe('direct')
  expect(hostOf('file:///mnt/modules')).toBe('file:///mnt/modules')
})
