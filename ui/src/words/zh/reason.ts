// What the engine says of an upstream as the rest of a sentence: "is slow". Pure.

const REASONS: Record<string, string> = {
  'is slow': '响应缓慢',
  'does not answer': '没有应答',
  'breaks off': '传输中断',
  'is asked too often': '请求过于频繁',
  'answers with something else': '应答的不是模块',
  'has no room left for more': '空间不足',
}

export const reason = (said: string) =>
  REASONS[said] ?? said.replace(/^fails with status (\d+)$/, '返回状态 $1')
