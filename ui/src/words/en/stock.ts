// Words of the screen Stock.
import { number, plural } from './form'

const modules = (n: number) => plural(n, { one: '1 module', other: `${number(n)} modules` })

export const stock = {
  title: 'Stock',
  starter: 'Starter list…',
  import: 'Import…',
  bundle: 'Make a bundle…',
  folder: 'Stock a folder…',
  whenBack: 'Stock when back',
  ready: (n: number, m: number) => `${number(n)} of ${number(m)} projects are ready for offline`,
  allReady: (m: number) =>
    plural(m, {
      one: 'Your project is ready for offline',
      other: `All ${number(m)} projects are ready for offline`,
    }),
  readyNote: 'They build, test, tidy and upgrade without a network.',
  noneReady: (m: number) =>
    plural(m, {
      one: 'Your project is not ready for offline yet',
      other: `None of ${number(m)} projects is ready for offline yet`,
    }),
  noneNote: 'What is missing stands below, with the reason.',
  stockMissing: 'Stock what is missing',
  empty: 'No project yet. Stock a folder with a go.mod, and it builds without a network.',
  workspace: (n: number) => `go.work, ${modules(n)}`,
  working: 'being stocked',
  waits: 'waits',
  steps: {
    graph: 'Module graph,',
    graphNote: '.mod and .info',
    versions: 'Zips, checksum records and toolchain',
  },
  of: (done: string, total: string) => `${done} of ${total}`,
  rate: (size: string) => `${size}/s`,
  left: (time: string) => `${time} left`,
  cancel: 'Cancel',
  cancelled: 'Stocking is cancelled. What has come stays.',
  keep: 'Keep stocked',
  keepNamed: (name: string) => `Keep ${name} stocked`,
  keptUp: 'Kept up with go.mod',
  checked: (when: string) => `checked ${when}`,
  checkedAlone: (when: string) => `Checked ${when}`,
  upgrades: (ready: number, total: number) => `${number(ready)} of ${number(total)} for upgrades`,
  missing: (n: number, first: string, why: string) => `${number(n)} missing: ${first} ${why}`,
  missingOnly: (n: number) => `${number(n)} missing`,
  upgradesMissing: (n: number) => `Ready to work. ${number(n)} missing for upgrades`,
  show: 'Show',
  hide: 'Hide',
  stock: 'Stock',
  checkAgain: 'Look again',
  forget: 'Forget',
  more: (name: string) => `More for ${name}`,
  forgotten: (name: string) => `${name} is forgotten. Its modules may leave when room is needed.`,
  forWork: 'to build, test and tidy',
  forUpgrade: 'to upgrade',
  moreLacks: (n: number) => `and ${number(n)} more`,
  stocked: (name: string) => `${name} is ready for offline`,
  stockedBut: (name: string, n: number) =>
    `${name} is stocked; ${plural(n, { one: '1 thing is', other: `${number(n)} things are` })} missing`,
  queued: (name: string) => `${name} is stocked when Larder is back online`,
  queue: 'Waiting for the network',
  queueNote: 'stocked when Larder is back online',
  missed: 'Asked for and missing',
  missedWhile: (from: string, to: string) => `while offline, ${from} – ${to}`,
  stockThese: (n: number) => plural(n, { one: 'Stock this one', other: `Stock these ${number(n)}` }),
  asked: (n: number) =>
    plural(n, { one: 'asked once', other: n === 2 ? 'asked twice' : `asked ${number(n)} times` }),
  missedForgotten: (n: number) =>
    plural(n, { one: '1 request is forgotten', other: `${number(n)} requests are forgotten` }),
  brought: (n: number) => `${modules(n)} came`,
  broughtNot: (n: number, why: string) => `${modules(n)} did not come: ${why}`,
  choose: {
    title: 'Stock a folder',
    note: 'A folder with a go.mod or go.work. Larder reads it, and changes nothing in it.',
    label: 'Folder, as an absolute path',
    example: '/home/ann/src/shop',
    browse: 'Choose…',
    found: (name: string, modules: number) =>
      modules > 1 ? `${name}: a workspace of ${number(modules)} modules` : `${name}: one module`,
    needs: (n: number) =>
      `its go.sum names ${plural(n, { one: '1 module version', other: `${number(n)} module versions` })}`,
    known: 'stocked before',
    watch: 'Keep it stocked when its go.mod changes',
    go: 'Stock',
    notAbsolute: 'A path from the root on, as /home/ann/src/shop.',
  },
  list: {
    title: 'Starter list',
    note: 'The newest version of each module that go has on this computer, or that was asked for through Larder.',
    empty: 'There is nothing yet: go has no module on this computer.',
    chosen: (n: number) => `Stock ${modules(n)}`,
    all: 'All',
    filter: 'Filter',
    copy: 'Copy the list',
    picked: (n: number, m: number) => `${number(n)} of ${number(m)} chosen`,
    older: (n: number) =>
      plural(n, { one: '1 older version is left out', other: `${number(n)} older versions are left out` }),
  },
  bring: {
    title: 'Import',
    from: 'Import from',
    modcache: 'go’s module cache',
    bundle: 'A bundle',
    modcacheNote:
      'What go has downloaded on this computer is taken in, each file checked against the checksum database.',
    bundleNote: 'A file that another Larder made. What is in it is checked before it is kept.',
    folder: 'Folder',
    folderHint: 'Empty: GOMODCACHE, as your go has it.',
    file: 'File, as an absolute path',
    how: 'Files are',
    copy: 'Copied',
    link: 'Linked',
    copyHint: 'Copies share their blocks where the file system can (reflink).',
    linkHint:
      'One file for both: what go changes in its cache is then damaged here, and found out when it is read.',
    go: 'Import',
    under: (done: number, total: number) => `${number(done)} of ${number(total)} files`,
    looking: 'looking at what is there',
    done: (files: number, size: string) =>
      `${plural(files, { one: '1 file', other: `${number(files)} files` })} taken in, ${size}`,
    already: (n: number) =>
      plural(n, { one: '1 was there already', other: `${number(n)} were there already` }),
    noRoom: (n: number) => `${plural(n, { one: '1 version', other: `${number(n)} versions` })} had no room`,
    leftOut: (n: number) => `${number(n)} left out`,
  },
  pack: {
    title: 'Make a bundle',
    note: 'One file with all that the chosen projects need, for a computer without a network. go reads it without Larder, too.',
    projects: 'Projects',
    file: 'File to write, as an absolute path',
    private: 'Private modules, too',
    privateHint: 'Who has the file has them.',
    go: 'Make the bundle',
    done: (versions: number, size: string) =>
      `${plural(versions, { one: '1 version', other: `${number(versions)} versions` })} written, ${size}`,
    left: (n: number) =>
      plural(n, {
        one: '1 private version was left out',
        other: `${number(n)} private versions were left out`,
      }),
  },
}
