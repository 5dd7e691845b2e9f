// What needs a hand, told in Chinese.
import { expect, it } from 'vitest'
import { told } from './attention'

it('takes names and figures from the sentence of the engine', () => {
  expect(told('missed', '3 modules were asked for and missing.')).toBe('有 3 个模块请求过但缺少。')
  expect(told('disk', 'The disk is nearly full: 1.1 GB left.')).toBe('磁盘快满了：还剩 1.1 GB。')
  expect(told('sign-in-refused', 'corp.example refused the sign-in.')).toBe('corp.example 拒绝了登录。')
  expect(told('upstream', 'corp.example is slow.')).toBe('corp.example 响应缓慢。')
  expect(told('upstream', 'corp.example fails with status 503.')).toBe('corp.example 返回状态 503。')
  expect(told('shell-override', 'Your shell overrides GOPROXY.')).toBe('你的 shell 覆盖了 GOPROXY。')
})

it('says it as the engine does where it does not know the kind or the sentence', () => {
  expect(told('another', 'Something else.')).toBe('Something else.')
  expect(told('disk', 'The disk is nearly full.')).toBe('The disk is nearly full.')
})
