// The Chinese catalogue; a key that is missing does not compile.
import type { Words } from './en'
import { activity } from './zh/activity'
import { cache } from './zh/cache'
import { doctor } from './zh/doctor'
import { nodes } from './zh/nodes'
import { overview } from './zh/overview'
import { privateModules } from './zh/private'
import { settings } from './zh/settings'
import { shell } from './zh/shell'
import { stock } from './zh/stock'
import { upstreams } from './zh/upstreams'
import { welcome } from './zh/welcome'

export const zh: Words = {
  language: '中文',
  shell,
  overview,
  activity,
  upstreams,
  nodes,
  privateModules,
  cache,
  stock,
  doctor,
  settings,
  welcome,
}
