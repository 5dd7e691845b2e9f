// The English catalogue, a block for each screen; its form is what other languages must have.
import { activity } from './en/activity'
import { cache } from './en/cache'
import { doctor } from './en/doctor'
import { nodes } from './en/nodes'
import { overview } from './en/overview'
import { privateModules } from './en/private'
import { settings } from './en/settings'
import { shell } from './en/shell'
import { stock } from './en/stock'
import { upstreams } from './en/upstreams'
import { welcome } from './en/welcome'

export const en = {
  language: 'English',
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

export type Words = typeof en
