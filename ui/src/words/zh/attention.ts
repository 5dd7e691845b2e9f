// What needs a hand, by the kind that the engine gives it; names and figures are those of its own sentence. Pure.
import { reason } from './reason'

type Told = (said: string) => string | undefined

/** With what the sentence holds at the place of the first group. */
const holding =
  (pattern: RegExp, told: (found: string) => string): Told =>
  (said) => {
    const found = pattern.exec(said)?.[1]
    return found === undefined ? undefined : told(found)
  }

const TOLD: Record<string, Told> = {
  missed: holding(/^(\d+) /, (n) => `有 ${n} 个模块请求过但缺少。`),
  hash: () => '有一个哈希与校验和数据库不符。',
  changed: () => '有一个哈希与首次所见的不同。',
  fork: () => '校验和数据库有两份不同的历史。',
  'heads-lost': () => '某个校验和数据库的签名头丢失了。',
  'first-sight-lost': holding(/since ([\d-]+)/, (date) => `首次所见的哈希自 ${date} 起丢失。`),
  damaged: holding(/^(\d+) /, (n) => `${n} 个已存文件损坏，请求时会重新获取。`),
  disk: holding(/: (.+) left/, (left) => `磁盘快满了：还剩 ${left}。`),
  quota: () => '缓存超出配额，其中没有可清理的内容。',
  'sign-in-needed': holding(/^(.+) asks you/, (name) => `${name} 要求你登录。`),
  'sign-in-refused': holding(/^(.+) refused/, (name) => `${name} 拒绝了登录。`),
  upstream: (said) => {
    const [, name, why] = /^(\S+) (.+)\.$/.exec(said) ?? []
    return name && why ? `${name} ${reason(why)}。` : undefined
  },
  'credentials-locked': () => '加密的登录信息文件已锁定。',
  paused: () => 'Larder 已暂停：go env 已恢复原样。',
  'go-elsewhere': () => 'go 没有指向这里。',
  'shell-override': holding(/overrides (\S+)\.$/, (key) => `你的 shell 覆盖了 ${key}。`),
}

/** In Chinese, where this kind is known; else what the engine says. */
export const told = (kind: string, said: string): string => TOLD[kind]?.(said) ?? said
