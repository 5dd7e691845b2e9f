// Words about the nodes of an upstream.
import { number, plural } from './form'

const several = (n: number) => plural(n, { one: '1 node', other: `${number(n)} nodes` })

export const nodes = {
  title: 'Nodes',
  of: (upstream: string) => `of ${upstream}`,
  count: (answer: number, all: number) =>
    answer === all
      ? plural(all, { one: 'its one node answers', other: `all ${number(all)} answer` })
      : `${number(answer)} of ${number(all)} ${plural(answer, { one: 'answers', other: 'answer' })}`,
  none: 'Its nodes are not known yet.',
  from: {
    nodes: 'listed in the settings',
    addresses: 'all addresses of its name',
    srv: (name: string) => `by SRV records of ${name}`,
  },
  resolved: (when: string) => `the DNS said so ${when}`,
  stranded: 'No node is well. They are asked all the same, those first that may be well again.',
  dns: (why: string) => `The DNS gives nothing: ${why}. What it said last is used.`,
  column: {
    node: 'Node',
    state: 'State',
    share: 'Share',
    latest: 'Latest times',
    latency: 'First byte',
    acts: 'Take out, take in',
  },
  does: {
    healthy: 'Healthy',
    slow: 'Slow',
    ejected: 'Ejected',
    probation: 'On probation',
    out: 'Taken out',
  },
  departed: 'gone from the DNS',
  asked: (n: number) => plural(n, { one: 'asked once', other: `asked ${number(n)} times` }),
  notAsked: 'not asked yet',
  failed: (failed: number, asked: number) => `${number(failed)} of ${number(asked)} failed`,
  priority: (n: number) => `priority ${number(n)}`,
  weight: (n: number) => `weight ${number(n)}`,
  shareSaid: (share: string) => `${share} of all modules while all are well`,
  latency: (half: string, most: string) => `first byte: half within ${half}, 19 of 20 within ${most}`,
  latencyNone: 'no time measured yet',
  eject: 'Take out',
  ejectIt: (node: string) => `Take out ${node}`,
  restore: 'Take in',
  restoreIt: (node: string) => `Take in ${node}`,
  ejected: (node: string) => `${node} is taken out`,
  restored: (node: string) => `${node} is taken in again`,
  menu: 'Nodes…',
  edit: 'Edit…',
  editIt: (upstream: string) => `Edit the nodes of ${upstream}`,
  dialog: {
    title: (upstream: string) => `Nodes of ${upstream}`,
    note: 'Larder asks the node that a module belongs to, and another at once where that one fails.',
    from: 'Its nodes are',
    nodes: 'Listed',
    addresses: 'All its addresses',
    srv: 'SRV records',
    addressesSaid:
      'Each address that the DNS has for its name is a node. Host and certificate stay those of the upstream.',
    list: 'Addresses of the nodes, one in a line',
    listHint: 'Each by its own URL. They are shown the sign-in of the upstream.',
    srvName: 'Name of the records',
    srvHint: 'Such as _goproxy._tcp.corp.example',
    dns: 'DNS server',
    dnsHint: 'Address and port, such as 127.0.0.1:8600. Empty: that of this computer.',
    slowAfter: 'Ask another node too after',
    slowAfterHint: 'From 100ms to 10s. Empty: 1s.',
    hedge: 'Ask small things of a second node when the first takes longer than usual',
    save: 'Save',
    saved: (upstream: string, n: number) =>
      n > 0 ? `${upstream} is ${several(n)}` : `${upstream} is several nodes`,
    remove: 'One node again',
    removed: (upstream: string) => `${upstream} is one node again`,
  },
}
