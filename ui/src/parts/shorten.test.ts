// What is left of long module paths.
import { expect, it } from 'vitest'
import { shorten, shortVersion, split, whole } from './shorten'

it('keeps host and name, and leaves the middle out', () => {
  const path = 'git.corp.example/platform/payments/billing/v2'
  expect(shorten(path, 'v2.14.0', 80)).toEqual({
    head: 'git.corp.example/platform/payments/',
    name: 'billing/v2',
    version: 'v2.14.0',
    isCut: false,
  })
  const cut = shorten(path, 'v2.14.0', 41)
  expect(cut.head).toBe('git.corp.example/plat…/')
  expect(`${cut.head}${cut.name} ${cut.version}`).toHaveLength(41)
})

it('never cuts the name or the version', () => {
  const cut = shorten('git.corp.example/a/extraordinarily-long-name', 'v1.0.0', 10)
  expect(cut.head).toBe('…/')
  expect(cut.name).toBe('extraordinarily-long-name')
  expect(cut.version).toBe('v1.0.0')
})

it('takes the major version to the name, but not where there is nothing else', () => {
  expect(split('example.com/a/b/v3')).toEqual({ head: 'example.com/a/', name: 'b/v3' })
  expect(split('example.com/v3')).toEqual({ head: 'example.com/', name: 'v3' })
  expect(split('toolchain')).toEqual({ head: '', name: 'toolchain' })
})

it('shortens pseudo-versions in all their forms, and no others', () => {
  expect(shortVersion('v0.0.0-20250106144421-5f5ef82da422')).toBe('v0.0.0-…f82da422')
  expect(shortVersion('v1.2.4-0.20250106144421-5f5ef82da422')).toBe('v1.2.4-…f82da422')
  expect(shortVersion('v1.2.3-pre.0.20250106144421-5f5ef82da422')).toBe('v1.2.3-…f82da422')
  expect(shortVersion('v2.0.0-20250106144421-5f5ef82da422+incompatible')).toBe(
    'v2.0.0-…f82da422+incompatible',
  )
  expect(shortVersion('v1.2.3-rc.1')).toBe('v1.2.3-rc.1')
})

it('copies the whole', () => {
  expect(whole('example.com/a', 'v1.2.3')).toBe('example.com/a@v1.2.3')
  expect(whole('example.com/a', null)).toBe('example.com/a')
})
