// Words of the screen Welcome.
import { number, plural } from './form'

const SMALL = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine']
const values = (n: number) => plural(n, { one: 'One value', other: `${SMALL[n] ?? number(n)} values` })

export const welcome = {
  title: 'Keep your Go modules at hand',
  lead: 'Larder sits between go and your module proxies, on this computer only.',
  keep: 'Fetched once, kept',
  keepNote: 'The next build takes it from disk, checked.',
  click: 'Company or public in one click',
  clickNote: 'From the tray. Private names stay private.',
  plane: 'Works without a network',
  planeNote: 'Stock a project before the flight.',
  noAccount: 'No account. Nothing is reported to anyone.',
  changes: 'What will change',
  changesNote: (n: number, go: string) => `${values(n)} in go env, for ${go}. Nothing else on this computer.`,
  changesNoGo: (n: number) => `${values(n)} in go env. Nothing else on this computer.`,
  nothing: 'go env says already what Larder wants. It asks here.',
  notSet: 'not set',
  removed: 'no line',
  was: 'now',
  will: 'after',
  stays: 'stays',
  noGo: 'No go command was found.',
  noGoNote: 'The values are written all the same; go finds them when it is there.',
  shell: (key: string) => `Your shell sets ${key}, and wins over go env.`,
  shellFrom: (lines: string) => `It comes from ${lines}. Take that line out first.`,
  shellNote: 'Take that line out first.',
  otherGo: (n: number) =>
    plural(n, { one: 'Another go is installed.', other: `${number(n)} others are installed.` }),
  import: 'Take in what go has downloaded already',
  importNote: 'Each module is checked. Where the disk cannot share the files, they are copied.',
  importing: 'Taking in what go has downloaded',
  imported: 'What go had downloaded is kept now',
  point: 'Point go at Larder',
  look: 'Look around first',
  startAtLogin: 'Start at login',
  undo: '“Give back” returns go env to exactly this, at any time.',
  while: 'go env is given back whenever Larder quits.',
  done: 'Done. Try it:',
  doneNote: 'The first request will show the Overview.',
  waiting: 'Waiting for go',
  overview: 'Go to Overview',
  takenOver: (profile: string) => `What go was told before is now the profile “${profile}”.`,
}
