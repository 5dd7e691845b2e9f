// Made from the Rust types by scripts/types; not to be edited.

/** What is asked and answered at once. */
export interface Calls {
  'activity-page': { request: ActivityPage; answer: ActivityEntries }
  'activity-story': { request: ActivityStory; answer: Story }
  'cache-list': { request: CacheList; answer: Array<ListedModule> }
  'cache-modules': { request: CacheModules; answer: KeptModules }
  'cache-quota': { request: CacheQuota; answer: QuotaReport }
  'cache-remove': { request: CacheRemove; answer: CacheRemoved }
  'cache-size': { request: CacheSize; answer: Size }
  'cache-undo': { request: CacheUndo; answer: CacheRestored }
  'cache-versions': { request: CacheVersions; answer: Array<CachedVersion> }
  'credentials-import': { request: CredentialsImport; answer: Imported }
  'credentials-list': { request: CredentialsList; answer: KeptCredentials }
  'credentials-unlock': { request: CredentialsUnlock; answer: Unlocked }
  'doctor': { request: Doctor; answer: Diagnosis }
  'env-off': { request: EnvOff; answer: EnvOffReport }
  'env-on': { request: EnvOn; answer: EnvOnReport }
  'env-show': { request: EnvShow; answer: EnvReport }
  'explain': { request: Explain; answer: Explained }
  'fetches': { request: CountFetches; answer: Fetches }
  'goauth': { request: GoAuth; answer: GoAuthAnswer }
  'goproxy': { request: Goproxy; answer: ProxyAddress }
  'login': { request: Login; answer: ListedCredential }
  'login-target': { request: LoginTarget; answer: Target }
  'logout': { request: Logout; answer: LoggedOut }
  'metrics-set': { request: MetricsSet; answer: MetricsReport }
  'metrics-show': { request: MetricsShow; answer: MetricsReport }
  'mirror-report': { request: MirrorReports; answer: Mirrored }
  'missed': { request: MissedList; answer: Array<MissedItem> }
  'missed-forget': { request: MissedForget; answer: number }
  'node-eject': { request: NodeEject; answer: NodeShown }
  'node-restore': { request: NodeRestore; answer: NodeShown }
  'nodes': { request: Nodes; answer: NodesShown }
  'notices-dismiss': { request: NoticesDismiss; answer: Dismissed }
  'notices-list': { request: NoticesList; answer: Array<Notice> }
  'offline': { request: SetOffline; answer: OfflineReport }
  'overview': { request: OverviewShow; answer: Overview }
  'pause': { request: Pause; answer: Paused }
  'pin': { request: Pin; answer: Pins }
  'pin-list': { request: PinList; answer: Pins }
  'pool-list': { request: PoolList; answer: Array<PoolSaid> }
  'pool-remove': { request: PoolRemove; answer: PoolRemoved }
  'pool-set': { request: PoolSet; answer: PoolPut }
  'port-is-held': { request: PortIsHeld; answer: PortHeld }
  'preferences': { request: PreferencesShow; answer: Preferences }
  'profile-add': { request: ProfileAdd; answer: Put }
  'profile-check': { request: ProfileCheck; answer: ProfileChecked }
  'profile-draft': { request: ProfileDrafted; answer: ProfileDraft }
  'profile-edit': { request: ProfileEdit; answer: Put }
  'profile-export': { request: ProfileExport; answer: Exported }
  'profile-import': { request: ProfileImport; answer: Put }
  'profile-list': { request: ProfileList; answer: Profiles }
  'profile-remove': { request: ProfileRemove; answer: Removed }
  'profile-save': { request: ProfileSave; answer: Put }
  'profile-show': { request: ProfileShow; answer: ProfileView }
  'project-facts': { request: ProjectFacts; answer: ProjectFound }
  'projects': { request: Projects; answer: Array<KnownProject> }
  'quota-preview': { request: QuotaPreview; answer: QuotaForeseen }
  'resume': { request: Resume; answer: Resumed }
  'set-preferences': { request: SetPreferences; answer: Preferences }
  'state': { request: State; answer: StateReport }
  'status': { request: Status; answer: StatusReport }
  'stock-forget': { request: StockForget; answer: Array<Subject> }
  'stock-list': { request: StockList; answer: Array<Remembered> }
  'stock-starter': { request: StockStarter; answer: Starter }
  'stock-watch': { request: StockWatch; answer: Array<Remembered> }
  'stop': { request: Stop; answer: Stopping }
  'token-rotate': { request: RotateToken; answer: Rotated }
  'traces-set': { request: TracesSet; answer: TracesReport }
  'traces-show': { request: TracesShow; answer: TracesReport }
  'trust-acknowledge': { request: TrustAcknowledge; answer: null }
  'trust-allow': { request: TrustAllow; answer: Granted }
  'trust-forget': { request: TrustForget; answer: Forgotten }
  'trust-list': { request: TrustList; answer: Array<ActiveGrant> }
  'trust-revoke': { request: TrustRevoke; answer: Grant }
  'unpin': { request: Unpin; answer: Unpinned }
  'use': { request: UseProfile; answer: InForce }
  'vulndb-show': { request: VulndbShow; answer: VulndbView }
  'welcome-done': { request: WelcomeDone; answer: StateReport }
}

/** What takes its time. */
export interface Jobs {
  'bundle-export': { request: BundleExport; answer: BundleReport }
  'bundle-import': { request: BundleImport; answer: ImportReport }
  'cache-clear': { request: CacheClear; answer: Cleared }
  'cache-verify': { request: CacheVerify; answer: Verified }
  'doctor': { request: Examine; answer: Diagnosis }
  'import': { request: Import; answer: ImportReport }
  'ready': { request: Ready; answer: Array<StockReport> }
  'stock': { request: Stock; answer: Array<StockReport> }
  'stock-missed': { request: StockMissed; answer: MissedReport }
  'upstream-test': { request: TestUpstream; answer: UpstreamTest }
  'verify': { request: Verify; answer: Array<Finding> }
  'vulndb-import': { request: VulndbImport; answer: VulndbImported }
  'vulndb-refresh': { request: VulndbRefresh; answer: VulndbRefreshed }
}

/** What can be followed: its items. */
export interface Feeds {
  'activity': ActivityItem
  'changes': Change
  'notifications': Notification
}

/** A grant in force. */
export type ActiveGrant = {
  /** How long it still holds, in seconds. */
  seconds_left: number,
  /** Which: one pattern, as in GONOSUMDB. */
  pattern: string,
  /** Until when; at this moment it is over. */
  until: string,
  /** Why. */
  because: string,
  /** When it was given. */
  made_at: string,
};

/** The profile in force. */
export type ActiveProfile = {
  /** Its name. */
  name: string,
  /** Why it is this one, where Larder chose it by itself, as the rest of a sentence. */
  automatic: string | null,
  /** Its upstreams in order, as shown (never with user info). */
  upstreams: Array<string>,
  /** Its checksum database, or `off`. */
  checksum_db: string,
  /** The upstream that a share of the modules is asked of first. */
  canary?: BesideShown | null,
  /** The upstream whose answers are compared. */
  mirror?: BesideShown | null,
};

/** A page of the log. */
export type ActivityEntries = {
  /** The newest first. */
  items: Array<ActivityItem>,
  /** How often anything was asked in the last 24 hours. */
  total_24h: number,
  /** How often what was wanted was. */
  matching_24h: number,
};

/** One entry of the activity log, as `larder log` shows it. */
export type ActivityItem = {
  /** Its number; later ones are higher, none is given twice. */
  seq: number,
  /** When it was asked for. */
  at: string,
  /** The module, where it was about one. */
  module: string | null,
  /** The version or query, where it was about one. */
  version: string | null,
  /** `list`, `latest`, `query`, `info`, `mod`, `zip` or `checksum-db`; `version` where all of one went. */
  kind: string,
  /** `cache`, `upstream`, `revalidated`, `stale` or `none`. */
  source: string,
  /** The upstream concerned. */
  upstream: string | null,
  /** Bytes handed over. */
  bytes: number,
  /** From the request to the last byte, in milliseconds. */
  millis: number,
  /** The same in microseconds. */
  micros: number,
  /**
   * `delivered`, `not-found`, `missing` (while offline), `refused`, `failed`, `unverified` or `left`; `evicted` where it
   * went to make room.
   */
  outcome: string,
  /** How often, where the same was asked for several times in a moment. */
  times: number,
  /** Whether Larder fetched it of its own accord. */
  background: boolean,
  /** Why, where there is more to say. */
  detail: string | null,
  /** The path that was asked for. */
  path: string,
};

/** Asks for a page of the log, newest first. */
export type ActivityPage = {
  /** Entries below this number; the newest where there is none. */
  before: number | null,
  /** At most so many. */
  limit: number,
  /** Words that are all in the module, version, upstream, path or detail. */
  text: string | null,
  /** `cache`, `upstream`, `revalidated`, `stale`, `failed`; any where there is none. */
  sources: Array<string>,
  /** What came of it, by its words; any where there is none. */
  outcomes: Array<string>,
};

/** Asks for the story of an entry. */
export type ActivityStory = {
  /** Its number. */
  seq: number,
};

/** What kind of alarm it is. */
export type AlarmKind = "mismatch" | "changed" | "fork" | "heads-lost";

/** When an upstream is asked. */
export type AskedAfter = "first" | "not-found" | "failure";

/** Where the steps of a story are from. */
export type AtOnce = "kept" | "told";

/** Something that needs a hand. */
export type Attention = {
  /** What kind of thing, one word: the window has its own texts for some. */
  kind: string,
  /** What it is, a sentence. */
  what: string,
  /** Where, or more about it. */
  where: string | null,
  /** What mends it. */
  mend: Mend,
};

/** A canary or a mirror that is in force. */
export type BesideShown = {
  /** Its name. */
  name: string,
  /** For which share of the modules, in percent. */
  share: Share,
  /** What is wrong with it, as the rest of a sentence. */
  trouble: string | null,
};

/** A canary or a mirror, as it is shown. */
export type BesideView = {
  /** Its URL. */
  to: string,
  /** For which share of the modules, in percent. */
  share: Share,
};

/** Puts module versions that are kept into a bundle. */
export type BundleExport = {
  /** Projects by the absolute paths of their folders, and patterns as for `cache list`. */
  wants: Array<string>,
  /** Where the bundle is to stand, as an absolute path. */
  file: string,
  /** Whether private modules go into it. */
  private: boolean,
};

/** Takes in what a bundle holds, verified. */
export type BundleImport = {
  /** The bundle, as an absolute path. */
  file: string,
};

/** What went into it. */
export type BundleReport = {
  /** The bundle. */
  file: string,
  /** Module versions in it. */
  versions: number,
  /** Their files. */
  files: number,
  /** The bytes of those. */
  bytes: number,
  /** Records of the checksum database in it. */
  records: number,
  /** Private module versions that were left out, because nobody said that they may leave this computer. */
  private_left_out: number,
  /** What was asked for and is not in it, and why. */
  left_out: Array<LeftOut>,
  /** What a person should know, a sentence each. */
  warnings: Array<string>,
};

/** Removes what is kept. */
export type CacheClear = {
  /** Which modules; all where there is none. */
  pattern: string | null,
};

/** A module, or a version of it. */
export type CacheItem = {
  /** Its path. */
  module: string,
  /** The version; all of them where there is none. */
  version: string | null,
};

/** Lists what is kept. */
export type CacheList = {
  /** Which modules (GOPRIVATE's globs, with an optional `@version`); all where there is none. */
  pattern: string | null,
};

/** Asks what is kept, by module. */
export type CacheModules = {
  /** What the path is to contain, in whatever case; all where there is none. */
  text: string | null,
};

/** Asks how the room stands; sets the limits where they are given. */
export type CacheQuota = {
  /** The most that the cache may take, as a person writes it: `20 GB`, `unlimited`. */
  quota: string | null,
  /** The least that is to stay free on the disk. */
  reserve: string | null,
};

/** Removes modules, or versions of them; what must stay is refused, and then all is. */
export type CacheRemove = {
  /** What. */
  items: Array<CacheItem>,
};

/** What was removed. */
export type CacheRemoved = {
  /** What puts it back for the next moments; nothing where nothing of it was kept. */
  undo: number | null,
  /** How many versions, counted once a tree. */
  versions: number,
  /** The bytes of their files. */
  bytes: number,
};

/** It is back. */
export type CacheRestored = {
  /** How many versions, counted once a tree. */
  versions: number,
};

/** Asks how much is kept. */
export type CacheSize = {
  /** Which modules; all where there is none. */
  pattern: string | null,
};

/** What is kept. */
export type CacheStatus = {
  /** Where. */
  folder: string,
  /** Module versions. */
  versions: number,
  /** Files. */
  files: number,
  /** Bytes of those files. */
  bytes: number,
};

/** Puts back what was removed. */
export type CacheUndo = {
  /** As the removal said it. */
  undo: number,
};

/** Re-hashes all that is kept and names what is damaged. */
export type CacheVerify = {
  /** Remove what is damaged, and rebuild the index. */
  repair: boolean,
};

/** Asks which versions of a module are kept. */
export type CacheVersions = {
  /** Its path. */
  module: string,
};

/** A module of which something is kept. */
export type CachedModule = {
  /** Its path. */
  module: string,
  /** How many of its versions are kept. */
  versions: number,
  /** The bytes of their files. */
  bytes: number,
  /** When one of them was last asked for, where one was since it was kept. */
  last_used: string | null,
  /** When the newest of them was kept. */
  kept_at: string,
  /** Whether a person has pinned all of these versions. */
  pinned: boolean,
  /** What was stocked and needs one of them, by its name. */
  stocked_by: Array<string>,
  /** Whether it is private in the profile in use. */
  private: boolean,
  /** The trees that these versions are in. */
  trees: Array<string>,
};

/** A version that is kept, in one tree. */
export type CachedVersion = {
  /** The version. */
  version: string,
  /** The bytes of its files. */
  bytes: number,
  /** When it was last asked for, where it was since it was kept. */
  last_used: string | null,
  /** When the first of its files was kept. */
  kept_at: string,
  /** The upstream it came from. */
  origin: string,
  /** The tree it is in. */
  tree: string,
  /** Whether a person has pinned it. */
  pinned: boolean,
  /** What was stocked and needs it, by its name. */
  needed_by: Array<string>,
};

/** A secret on its way between a command and the instance, over the control API and nowhere else. Nothing prints it. */
export type Carried = string;

/** What a notification is about: one switch each, but for `back`, which goes with `offline`, and the two of signing in. */
export type Cause = "switched" | "offline" | "back" | "sign-in-needed" | "sign-in-refused" | "hash" | "disk";

/** A row of a chain. */
export type ChainEntry = {
  /** A URL, `direct` or `off`. */
  address: Typed,
  /** What it is known by; none for `direct` and `off`. Told, not asked. */
  name: string | null,
  /** What leads to the next one; none for the last. */
  next: Next | null,
};

/** That something changed. */
export type Change = {
  /** Its number; later ones are higher. */
  seq: number,
  /** What changed since the number that the follower had. */
  topics: Array<Topic>,
};

/** What is looked at, in the order in which it is told. */
export type Check = "instance" | "port" | "go" | "desktop-go" | "go-env" | "upstream" | "credentials" | "checksum-database" | "disk" | "clock" | "keyring" | "settings" | "notices" | "first-sight" | "grants";

/** What `profile` says in the settings. */
export type Choice = { "named": string } | { "first-that-answers": Array<string> };

/** What was removed. */
export type Cleared = {
  /** Module versions. */
  versions: number,
  /** Files. */
  files: number,
  /** Bytes. */
  bytes: number,
};

/** What kind of trouble it is; only where someone branches on it. Exit codes of the CLI follow from it. */
export type Code = "not-running" | "already-running" | "port-taken" | "bad-input" | "bad-settings" | "disk" | "go" | "not-found" | "cancelled" | "protocol" | "internal";

/** What is wrong with a field of a draft. */
export type Complaint = {
  /** Which one: `name`, `chain.0.address`, `private.2`, `rules.0.patterns`. */
  field: string,
  /** What is wrong with it, and what may stand there. */
  message: string,
  /** What may have been meant. */
  mend: ProfileMend | null,
};

/** How many of how many. */
export type Count = {
  /** So many are ready. */
  ready: number,
  /** Of so many. */
  total: number,
};

/** Asks what `go` asked for in the last hours, by half hours and sources. */
export type CountFetches = {
  /** How many hours. */
  hours: number,
};

/** What sort of credential it is. */
export type CredentialKind = "basic" | "bearer";

/** Takes credentials over from where they lie in the open. */
export type CredentialsImport = "netrc" | { "profile": string };

/** Asks what is kept, without the secrets. */
export type CredentialsList = Record<symbol, never>;

/** Opens the encrypted file until Larder ends. */
export type CredentialsUnlock = {
  /** Its passphrase. */
  passphrase: Carried,
};

/** A damaged file. */
export type DamagedFile = {
  /** Where it is, below the cache folder. */
  path: string,
  /** What is wrong with it. */
  reason: string,
};

/** What can be reset. */
export type Defaulted = "upstreams" | "checksum-database" | "private" | "private-upstreams" | "private-redirects" | "not-private" | "no-checksum-database" | "safety-net" | "http-proxy" | "extra-ca" | "client-certificate" | "canary" | "mirror" | "rules";

/** Something that is out of order. */
export type Degraded = {
  /** Its name: an upstream's, or `the disk`. */
  upstream: string,
  /** What is wrong with it, as the rest of a sentence. */
  reason: string,
};

/** What was found. */
export type Diagnosis = {
  /** The version of what looked: the instance, or this program where there is none. */
  version: string,
  /** What was found, in the order of [`Check`](crate::doctor::Check). */
  lines: Array<DoctorLine>,
};

/** What was put away. */
export type Dismissed = {
  /** How many. */
  notices: number,
};

/** Asks what stands in the way. */
export type Doctor = {
  /** The version of the program that asks. */
  version: string,
};

/** One line of what was found. Names no module, and holds no secret. */
export type DoctorLine = {
  /** What was looked at. */
  check: Check,
  /** How it is. */
  health: Health,
  /** What was found, with figures. */
  found: string,
  /** What to do: commands to type, or a sentence where none does it. */
  mend?: Array<string>,
};

/** How the encrypted file stands. */
export type EncryptedFileState = "absent" | "locked" | "open";

/** What became of one go env file. */
export type EnvGivenBack = {
  /** The file. */
  file: string,
  /** How. */
  how: GivenBackHow,
  /** Where not all of it: the keys that have their original value, or none. */
  restored: Array<string>,
  /** The keys that somebody else changed since, and what they say now; they stay. */
  kept_by_others: Array<[string, string | null]>,
};

/** Gives the caller's go env back. */
export type EnvOff = {  };

/** What giving go env back came to. */
export type EnvOffReport = {
  /** The files that were given back, or were not Larder's. */
  files: Array<EnvGivenBack>,
  /** Others that still point at Larder, with the environment of other callers. */
  elsewhere: Array<string>,
  /** What a person should know, a sentence each. */
  notes: Array<string>,
};

/** Points the caller's go at Larder. */
export type EnvOn = {
  /** The program `larder`, to be named in GOAUTH; `None` leaves that alone. */
  larder: string | null,
  /** Who holds Larder's port while it does not run, as the caller found it. */
  hold: PortHold,
};

/** What pointing go at Larder came to. */
export type EnvOnReport = {
  /** Whether the file had to be written. */
  changed: boolean,
  /** What became of what go had been told. */
  taken_over: TakenOver | null,
  /** The go env file, as `go env GOENV` names it. */
  file: string,
  /** What that is a link to, where it is one. */
  link_to: string | null,
  /** Whether Larder has written it, and not given it back yet. */
  on: boolean,
  /** Whether it goes on pointing at Larder when Larder ends; else it is given back then. */
  stays: boolean,
  /** Who holds Larder's port while Larder does not run, as far as this Larder knows. */
  hold: PortHold,
  /** The profile in use. */
  profile: string,
  /** The settings that Larder writes, or others have set. */
  settings: Array<EnvSetting>,
  /** Why the profile's own list does not stand behind Larder; `None` where it does. */
  no_safety_net: string | null,
  /** The go command that the caller's shell runs, where there is one. */
  go: GoCommand | null,
  /** The others of this machine. */
  other_go: Array<GoCommand>,
  /** The script that gives the file back without Larder, while `on`. */
  restore_script: string | null,
  /** What a person should know, a sentence each. */
  notes: Array<string>,
  /** What stands in the way. */
  problems: Array<Failure>,
};

/** How go env stands to Larder, for one caller. */
export type EnvReport = {
  /** The go env file, as `go env GOENV` names it. */
  file: string,
  /** What that is a link to, where it is one. */
  link_to: string | null,
  /** Whether Larder has written it, and not given it back yet. */
  on: boolean,
  /** Whether it goes on pointing at Larder when Larder ends; else it is given back then. */
  stays: boolean,
  /** Who holds Larder's port while Larder does not run, as far as this Larder knows. */
  hold: PortHold,
  /** The profile in use. */
  profile: string,
  /** The settings that Larder writes, or others have set. */
  settings: Array<EnvSetting>,
  /** Why the profile's own list does not stand behind Larder; `None` where it does. */
  no_safety_net: string | null,
  /** The go command that the caller's shell runs, where there is one. */
  go: GoCommand | null,
  /** The others of this machine. */
  other_go: Array<GoCommand>,
  /** The script that gives the file back without Larder, while `on`. */
  restore_script: string | null,
  /** What a person should know, a sentence each. */
  notes: Array<string>,
  /** What stands in the way. */
  problems: Array<Failure>,
};

/** One setting of go. */
export type EnvSetting = {
  /** Its name. */
  key: string,
  /** What Larder wants of it; `None` where it is not known what, as Larder has no address yet. */
  wants: EnvWish | null,
  /** What the file says; `None` where it has no line for it. */
  file: string | null,
  /** What the caller's shell says over it; `None` where it says nothing. */
  shell: string | null,
  /** The lines of start files that this likely comes from, as `file:line`. */
  shell_from: Array<string>,
  /** Who has the say. */
  wins: EnvWinner,
};

/** Asks how go env stands to Larder. */
export type EnvShow = {  };

/** Who has the say over a setting. */
export type EnvWinner = "larder" | "file" | "shell" | { "other-file": string } | { "installation": string } | "default";

/** What Larder wants of a setting. */
export type EnvWish = { "value": string } | "no-line" | "nothing";

/** The same as a job: the lines of each check are in its state as soon as that check has ended. */
export type Examine = {
  /** The version of the program that asks; where it has none of its own, it is the instance's. */
  version?: string | null,
};

/** Asks about a module, or one version of it. */
export type Explain = {
  /** `MODULE`, or `MODULE@VERSION`. */
  module: string,
};

/** Where a module comes from, what vouches for it and where it is kept. */
export type Explained = {
  /** Its path. */
  module: string,
  /** The version, or the query for one. */
  version: string | null,
  /** The profile that decides. */
  profile: string,
  /** Why it is this profile, where Larder chose it by itself. */
  automatic: string | null,
  /** Whether modules are delivered by it now. */
  serving: boolean,
  /** Why it is private, where it is. */
  private: PrivateBy | null,
  /** The rule that sends it where it goes; none for the profile's own lists. */
  rule: RuleBy | null,
  /** The upstreams it may come from, in the order in which they are asked; none: from nowhere. */
  upstreams: Array<string>,
  /** Why these. */
  upstreams_because: string,
  /** How those of them do that are several nodes, a line each. */
  pools: Array<string>,
  /** The canary that is asked before them. */
  canary?: string | null,
  /** The mirror that is asked as well, without being waited for. */
  mirror?: string | null,
  /** The profile's checksum database, if it has one. */
  database: string | null,
  /** Whether that vouches for it. */
  covered: boolean,
  /** Why it does, or not. */
  database_because: string,
  /** Whether Larder answers `go`'s questions to the database about it. */
  sumdb: boolean,
  /** Why it does, or not. */
  sumdb_because: string,
  /** The trees of the cache in which its `.zip` and `.mod` are looked for. */
  trees: Array<string>,
  /** Those in which its `.info` is, for which no database vouches. */
  info_trees: Array<string>,
  /** What is kept of it there. */
  kept: Array<ExplainedFile>,
  /** Trees that have some of it as well, and are not open to it. */
  elsewhere: Array<string>,
  /** What a person should know, a sentence each. */
  notes: Array<string>,
};

/** A kept file. */
export type ExplainedFile = {
  /** The version. */
  version: string,
  /** `info`, `mod` or `zip`. */
  kind: string,
  /** The tree it is in. */
  tree: string,
  /** Its length. */
  bytes: number,
  /** Go's own hash of it, where it was computed; looked for only where one version is asked about. */
  h1: string | null,
  /** How sure it is; looked for only where one version is asked about. */
  standing: Standing | null,
  /** The upstream it came from. */
  origin: string,
  /** When it was kept. */
  kept_at: string,
};

/** A profile as a file for others. */
export type Exported = {
  /** Its name. */
  name: string,
  /** The file. */
  toml: string,
  /** What it does not hold though the profile does, a sentence each. */
  left_out: Array<string>,
};

/** An error for a person: what happened and why, and hints that say what to do. */
export type Failure = {
  /** The kind of trouble. */
  code: Code,
  /** What happened, and why. */
  message: string,
  /** What to do about it, a sentence each. */
  hints: Array<string>,
};

/** Half an hour. */
export type FetchBar = {
  /** Its begin. */
  at: string,
  /** How much came from the cache. */
  cache: number,
  /** How much from upstreams. */
  upstream: number,
  /** How much was kept, and upstreams said that it still holds. */
  revalidated: number,
  /** How much was kept, from upstreams that could not be asked. */
  stale: number,
  /** How much could not be had. */
  failed: number,
  /** Whether Larder was offline, for a minute of it at least or now. */
  offline: boolean,
};

/** How often each source answered. */
export type FetchTotals = {
  /** The cache. */
  cache: number,
  /** Upstreams. */
  upstream: number,
  /** The cache, after upstreams said that it still holds. */
  revalidated: number,
  /** The cache, since upstreams could not be asked. */
  stale: number,
  /** Nobody. */
  failed: number,
};

/** What `go` asked for in the last hours. */
export type Fetches = {
  /** Half an hour each, oldest first; the last one is the one that is now. */
  bars: Array<FetchBar>,
  /** The sums of the bars. */
  totals: FetchTotals,
  /** Bytes that came from the cache, and so were not downloaded again. */
  not_downloaded: number,
};

/** The three files of a module version. */
export type FileKind = "info" | "mod" | "zip";

/** What came of one item. */
export type Finding = {
  /** The module's path. */
  module: string,
  /** The version. */
  version: string,
  /** `zip` or `mod`. */
  kind: string,
  /** What came of it. */
  verdict: Verdict,
  /** Who speaks for the path: `database`; else why it lies outside: `private`, `excepted`, `off` or `allowed`. */
  cover: string,
  /** Who says what. */
  hashes: Array<Said>,
  /** Why, and what to do. It names no module unless it must, so that what has one reason can be told together. */
  reason: string | null,
};

/** They are forgotten. */
export type Forgotten = {
  /** Hashes. */
  hashes: number,
  /** Files that were removed from the cache. */
  files: number,
};

/** How a go env file was given back. */
export type GivenBackHow = "whole" | "removed" | "keys-only" | "leftovers" | "nothing";

/** What `go` wants to know. */
export type GoAuth = {
  /** The URL that was answered 4xx; none at the start. */
  url: Carried | null,
  /** The first line of that answer. */
  status_line: string,
};

/** What is printed for it. */
export type GoAuthAnswer = {
  /** Origins and their headers; empty where there is none. */
  text: Carried,
};

/** A go command. */
export type GoCommand = {
  /** Where it is. */
  path: string,
  /** Its version, or what it did instead of telling it. */
  version: string,
};

/** Asks for the value of GOPROXY. */
export type Goproxy = Record<symbol, never>;

/** Paths that a person lets through unverified. */
export type Grant = {
  /** Which: one pattern, as in GONOSUMDB. */
  pattern: string,
  /** Until when; at this moment it is over. */
  until: string,
  /** Why. */
  because: string,
  /** When it was given. */
  made_at: string,
};

/** They are let through. */
export type Granted = {
  /** The grant, as it holds. */
  grant: Grant,
  /** The one for the same pattern whose place it took. */
  replaced: Grant | null,
};

/** How it is. */
export type Health = "ok" | "warning" | "broken";

/** The helper command of an upstream. */
export type HelperOf = {
  /** Whom it is asked for. */
  origin: string,
  /** The program; its arguments are not shown. */
  program: string,
};

/** Takes in what a GOMODCACHE holds, verified. */
export type Import = {
  /** The folder, as an absolute path; the caller's GOMODCACHE where there is none. */
  folder: string | null,
  /** Whether files are linked rather than copied. */
  hard_links: boolean,
};

/** What came of it. */
export type ImportReport = {
  /** The folder. */
  folder: string,
  /** Files that were taken in. */
  files: number,
  /** Their bytes. */
  bytes: number,
  /** Files that were there already. */
  already: number,
  /** What was left out, the first thousand of it. */
  left_out: Array<LeftOut>,
  /** How much of it there is. */
  left_out_in_all: number,
  /** Versions for which the quota of the cache, or its disk, has no room. */
  no_room: number,
  /** What a person should know, a sentence each. */
  warnings: Array<string>,
};

/** They are taken over. */
export type Imported = {
  /** What is kept now. */
  kept: Array<ListedCredential>,
  /** Whether settings.toml was cleaned. */
  settings_cleaned: boolean,
};

/** What is in force now. */
export type InForce = {
  /** Whether modules are delivered by it now; else from the next start on. */
  serving: boolean,
  /** What was asked for. */
  choice: Choice,
  /** The profile; none where it will be chosen at the next start. */
  profile: ActiveProfile | null,
  /** What a person should know, a sentence each. */
  notes: Array<string>,
};

/** Names a job of this instance. */
export type JobId = number;

/** A job as its clients see it. */
export type JobState = {
  /** Its id. */
  id: JobId,
  /** What it is, as in the table of commands. */
  name: string,
  /** How far it is. */
  progress: Progress,
  /** What it has found so far, in the form of its answer, where it tells that before its end. */
  partial?: unknown,
  /** Its answer or its failure, once it has ended. */
  end: { Ok: unknown } | { Err: Failure } | null,
};

/** What is kept for upstreams, and where. */
export type KeptCredentials = {
  /** In the keyring and the encrypted file. */
  kept: Array<ListedCredential>,
  /** Helper commands, by their programs. */
  helpers: Array<HelperOf>,
  /** What netrc has for hosts over https. */
  netrc: Array<ListedCredential>,
  /** Whether Larder reads netrc for its upstreams. */
  netrc_is_read: boolean,
  /** How the encrypted file stands. */
  encrypted_file: EncryptedFileState,
  /** What could not be asked, a sentence each. */
  troubles: Array<string>,
};

/** Where a credential comes from. */
export type KeptIn = "keyring" | "encrypted-file" | "netrc" | "helper";

/** What is kept, by module. */
export type KeptModules = {
  /** Ordered by path. */
  modules: Array<CachedModule>,
  /** When that was used, or kept, which was used longest ago, among all that is kept. */
  oldest: string | null,
};

/** A kept copy. */
export type KeptVulndb = {
  /** The file it is in: a zip that can be taken in elsewhere. */
  path: string,
  /** Its size. */
  bytes: number,
  /** Where it came from: a folder, a zip, or a URL without its secrets. */
  from: string,
  /** When it was taken in, or last brought up to date. */
  taken_in: string,
  /** As of when it is right, as far as is known. */
  as_of: string,
  /** When the database was changed last, where it says so. */
  modified: string | null,
  /** How many entries it has. */
  entries: number,
  /** How many modules they are about. */
  modules: number,
};

/** Something that was stocked, and how ready it was when it was last looked at. */
export type KnownProject = {
  /** What it is; `stock`, `ready`, `stock-watch` and `stock-forget` take it as it stands. */
  subject: Subject,
  /** What a person calls it: the folder's name, with as many of those above it as tell it from the others. */
  name: string,
  /** How much of what the work needs is ready. */
  ready: number,
  /** How much the work needs. */
  total: number,
  /** The same for upgrades. */
  upgrades: Count,
  /** Bytes of all that is ready. */
  bytes: number,
  /** Whether it is kept stocked when its files change. */
  watched: boolean,
  /** Whether it is being stocked. */
  under_way: boolean,
  /** When it was last looked at; never, where stocking it has not ended yet. */
  at: string | null,
  /** What is not ready, the first of it. */
  lacks: Array<Lack>,
};

/** Something that is not there. */
export type Lack = {
  /** What it is needed for. */
  purpose: Purpose,
  /** A module version, a list, a toolchain. */
  what: string,
  /** Why it is not there; one line or several. */
  reason: string,
};

/** Which language the window speaks. */
export type Language = "auto" | "en" | "zh";

/** Something that was left out, and why. */
export type LeftOut = {
  /** A version's file, or a path below the folder. */
  what: string,
  /** Why. */
  reason: string,
};

/** What may be told of a credential: never its secret. */
export type ListedCredential = {
  /** Whom it is for. */
  origin: string,
  /** A user and password, or a token. */
  kind: CredentialKind,
  /** The user's name, where it is not the secret itself. */
  user: string | null,
  /** Where it comes from. */
  kept_in: KeptIn,
};

/** One file of a version. */
export type ListedFile = {
  /** `info`, `mod` or `zip`. */
  kind: string,
  /** Its size. */
  bytes: number,
};

/** A module version that is kept, in one tree. */
export type ListedModule = {
  /** Its path. */
  module: string,
  /** Its version. */
  version: string,
  /** The tree it stands in. */
  tree: string,
  /** Its files. */
  files: Array<ListedFile>,
  /** Bytes of those files. */
  bytes: number,
  /** The upstream it came from. */
  origin: string,
  /** When the newest of its files was kept. */
  kept_at: string,
  /** When it was last asked for. */
  last_used: string | null,
};

/** It is removed. */
export type LoggedOut = {
  /** Whom it was for. */
  origin: string,
  /** Where it was. */
  removed: Array<KeptIn>,
  /** Where another one for this upstream still comes from. */
  still: KeptIn | null,
};

/** Keeps a credential for an upstream. The next request to it shows it. */
export type Login = {
  /** Whom it is for. */
  origin: string,
  /** The user's name; none for a bearer token. */
  user: string | null,
  /** The password or token. */
  secret: Carried,
  /** Whether it is to be kept in the encrypted file, whatever the settings say. */
  in_file: boolean,
  /** The passphrase of the encrypted file, where that is not open. */
  passphrase: Carried | null,
};

/** Asks which upstream is meant, and where a login for it would be kept, before a person is asked for anything. */
export type LoginTarget = {
  /** The URL of an upstream, or the name of a profile whose lists have one. */
  upstream: string,
};

/** Removes what is kept for an upstream. */
export type Logout = {
  /** The URL of an upstream, or the name of a profile whose lists have one. */
  upstream: string,
};

/** How an upstream is. */
export type Mark = "ok" | "look" | "gone" | "unknown";

/** What mends something. */
export type Mend = { "do": "point-go" } | { "do": "sign-in",
  /** To this origin. */
  origin: string,
} | { "do": "open",
  /** An address of the window: `#/activity?…`. */
  route: string,
} | { "do": "resume" } | { "do": "dismiss",
  /** Its number. */
  id: number,
} | { "do": "command",
  /** In a shell. */
  text: string,
};

/** Where the metrics are served. */
export type MetricsReport = {
  /** Whether they are to be served. */
  on: boolean,
  /** Whether an instance runs that serves them. */
  serving: boolean,
  /** Where they are, each address of them. */
  urls: Array<string>,
  /** The file of their token, where it is needed. */
  token_file: string | null,
  /** Why they are not served at their port. */
  trouble: string | null,
};

/** Says where the metrics are served from now on; with neither, nowhere. */
export type MetricsSet = {
  /** At this port of 127.0.0.1, to every program of this computer. */
  port: number | null,
  /** At Larder's own port, to who has their token. */
  token: boolean,
};

/** Asks where the metrics are served. */
export type MetricsShow = Record<symbol, never>;

/** A request that a mirror answered otherwise. */
export type MirrorDifference = {
  /** When, the last time. */
  at: string,
  /** What was asked: the path of the request. */
  request: string,
  /** The upstream that answered first. */
  upstream: string,
  /** What that said. */
  said: string,
  /** What the mirror said. */
  mirror_said: string,
  /** How often. */
  times: number,
};

/** What a mirror answered so far. */
export type MirrorReport = {
  /** Its name. */
  name: string,
  /** How many answers were the same. */
  same: number,
  /** How many were others. */
  different: number,
  /** How often it gave none. */
  failed: number,
  /** How often it was not asked, for it was behind. */
  left_out: number,
  /** Why it gave none, the last time. */
  last_failure: string | null,
  /** Where its answers were others, the newest last. */
  differences: Array<MirrorDifference>,
};

/** Asks what mirrors answered. */
export type MirrorReports = Record<symbol, never>;

/** What mirrors answered since Larder runs. */
export type Mirrored = {
  /** The mirror of the profile in force. */
  mirror: BesideShown | null,
  /** Those that were asked, by name. */
  reports: Array<MirrorReport>,
};

/** Forgets what was missed and is not wanted any more, by the paths that were asked for. */
export type MissedForget = {
  /** Which. */
  paths: Array<string>,
};

/** What was asked for and missing. */
export type MissedItem = {
  /** The path that was asked for. */
  path: string,
  /** When it was asked for first. */
  first_at: string,
  /** When it was asked for last. */
  last_at: string,
  /** How often. */
  times: number,
};

/** Lists what was asked for and missing while offline. */
export type MissedList = {
  /** At most so many. */
  limit: number,
};

/** What came of what was missed. */
export type MissedReport = {
  /** What is there now, each with all that it needs. */
  brought: Array<StockReport>,
  /** What does not exist: `go` had tried whether it does. */
  nothing: Array<string>,
  /** What is still missing, and why. */
  missing: Array<[string, string]>,
};

/** How Larder is. */
export type Mood = "serving" | "degraded" | "offline" | "paused";

/** What one owner wants to stay. */
export type MustStay = {
  /** Who: `person` (`larder pin`), or `project:` and its folder. */
  owner: string,
  /** The pattern; where there is none, it is about versions by name. */
  pattern: string | null,
  /** How many versions by name. */
  named: number,
  /** How many of what it is about are kept. */
  versions: number,
  /** Their bytes. */
  bytes: number,
};

/** What leads from an upstream to the next. */
export type Next = "not-found" | "failure";

/** How a node does. */
export type NodeDoes = "healthy" | "slow" | "ejected" | "probation";

/** Takes a node out, until it is restored or Larder ends. It is asked where nothing else is left. */
export type NodeEject = {
  /** Its name, as `nodes` has it. */
  node: string,
};

/** Takes a node in again, and forgets what was held against it. */
export type NodeRestore = {
  /** Its name, as `nodes` has it. */
  node: string,
};

/** A node. */
export type NodeShown = {
  /** Host and port. */
  name: string,
  /** How it does. */
  state: NodeDoes,
  /** Whether a person took it out. */
  by_hand: boolean,
  /** Whether the DNS does not name it any more. */
  departed: boolean,
  /** Which part of all modules is its own while all nodes are well, from 0 to 1. */
  share: number,
  /** How many requests it is at. */
  in_flight: number,
  /** How many it was asked. */
  asked: number,
  /** How many of them it failed. */
  failed: number,
  /** How often its state changed. */
  state_changes: number,
  /** What half of its latest answers took at most to their first byte, in milliseconds. */
  p50_ms: number | null,
  /** What nineteen of twenty of them took at most. */
  p95_ms: number | null,
  /** The latest of these times, oldest first. */
  latencies_ms: Array<number>,
  /** Its weight among nodes of the same priority. */
  weight: number,
  /** Nodes with a lower one are asked before it. */
  priority: number,
  /** When its state changed last. */
  changed_at: string | null,
  /** Why it did. */
  why: string | null,
};

/** Asks for all pools and their nodes. */
export type Nodes = Record<symbol, never>;

/** All pools of the settings. */
export type NodesShown = {
  /** Whether Larder runs: else nothing is known of how nodes do. */
  serving: boolean,
  /** Each of them. */
  pools: Array<PoolShown>,
};

/** A notice. */
export type Notice = {
  /** Its number, by which it is put away. */
  id: number,
  /** When it happened last. */
  at: string,
  /** What kind of thing. */
  kind: AlarmKind,
  /** What it is about. */
  subject: string,
  /** What happened, why, and what to do. */
  text: string,
  /** How often. */
  times: number,
};

/** Puts a notice away, or all of them. The cause stays: should it show again, there is a new one. */
export type NoticesDismiss = {
  /** Which one; all where there is none. */
  id: number | null,
};

/** Asks for the notices that nobody has put away. */
export type NoticesList = Record<symbol, never>;

/** A notification. */
export type Notification = {
  /** Its number; later ones are higher, over restarts too. */
  seq: number,
  /** What it is about. */
  cause: Cause,
  /** Its first line, plain text. */
  title: string,
  /** What follows, escaped for daemons that read a subset of HTML. */
  body: string,
  /** Where in the window a click on it leads: `#/activity?…`. */
  route: string,
};

/** That Larder is offline. */
export type Offline = {
  /** Since when. */
  since: string,
  /** Why Larder thinks so, for a person; none where the person said so. */
  why: string | null,
};

/** Who says whether Larder is offline. */
export type OfflineMode = "auto" | "on" | "off";

/** How it is with the network. */
export type OfflineReport = {
  /** Who says whether Larder is offline. */
  mode: OfflineMode,
  /** Whether modules are served; else it is not known how it is. */
  serving: boolean,
  /** Since when it is offline, and why; none where it is not. */
  offline: Offline | null,
  /** How many different things were asked for and missing while offline, and are not stocked yet. */
  missed: number,
};

/** The first screen. */
export type Overview = {
  /** How Larder is. */
  state: StateReport,
  /** How go stands to it. */
  go: OverviewGo,
  /** Which part of the requests of a day the cache answered, from 0 to 1; none without requests. */
  from_cache: number | null,
  /** The upstreams that public modules come from, in order. */
  upstreams: Array<OverviewUpstream>,
  /** What needs a hand, worst first. */
  attention: Array<Attention>,
  /** The requests of a day. */
  fetches: Fetches,
  /** How the room stands. */
  room: OverviewRoom,
  /** What is stocked, that which was looked at last first. */
  projects: Array<OverviewProject>,
};

/** How go stands to Larder. */
export type OverviewGo = {
  /** Its version; none where there is none, or it is not known yet. */
  version: string | null,
  /** Whether it asks here. */
  points_here: boolean,
  /** Why not, the rest of a sentence. */
  why_not: string | null,
  /** How often it asked in the last minute. */
  per_minute: number,
};

/** A project. */
export type OverviewProject = {
  /** Its folder, or its go.mod or go.work file. */
  folder: string,
  /** How much of what it needs is there. */
  ready: number,
  /** Of how much. */
  total: number,
  /** Whether it is kept stocked. */
  watched: boolean,
  /** When it was last gone through. */
  at: string | null,
};

/** How the room stands, in bytes. */
export type OverviewRoom = {
  /** What counts for the quota. */
  used: number,
  /** The most that the cache may take; none without a limit. */
  quota: number | null,
  /** What a person pinned. */
  pinned: number,
  /** What must stay for what is stocked, besides. */
  stocked: number,
  /** What may leave when room is made. */
  may_leave: number,
  /** What is free on the disk; 0 where the system does not say. */
  free: number,
};

/** Asks for it. */
export type OverviewShow = Record<symbol, never>;

/** One upstream. */
export type OverviewUpstream = {
  /** Its name. */
  name: string,
  /** Its URL, without user info; `direct` for version control. */
  address: string,
  /** How it is. */
  mark: Mark,
  /** How long it took to answer last, in milliseconds. */
  latency_ms: number | null,
  /** Which part of the requests of a day it answered, from 0 to 1; none without requests. */
  share: number | null,
  /** When it is asked. */
  after: AskedAfter,
  /** What is wrong with it, as the rest of a sentence. */
  reason: string | null,
};

/** Who has a word on a file. */
export type Party = "go-sum" | "database" | "cache" | "first-sight";

/** Gives go env back until somebody resumes, over restarts too. */
export type Pause = Record<symbol, never>;

/** How Larder is, paused. */
export type Paused = {
  /** The files that were given back just now. */
  files: Array<EnvGivenBack>,
  /** In one word. */
  mood: Mood,
  /** Whether go asks here. */
  points_here: boolean,
  /** The profile in force. */
  profile: string,
  /** Why it is that one, where Larder chose it by itself, as the rest of a sentence. */
  automatic: string | null,
  /** All profiles, `public` first. */
  profiles: Array<StateProfile>,
  /** How it is with the network. */
  offline: StateOffline,
  /** What is out of order. */
  degraded: Degraded | null,
  /** Since when Larder is paused. */
  paused_since: string | null,
  /** How many different things were missed while offline. */
  missed: number,
  /** Bytes that are kept. */
  kept_bytes: number,
  /** Module versions that are kept. */
  kept_versions: number,
  /** How many things need a hand. */
  to_mend: number,
  /** All of it in a line, in English. */
  status: string,
  /** Whether the welcome was answered. */
  welcomed: boolean,
  /** Larder's version. */
  version: string,
  /** The port; none before the first start. */
  port: number | null,
  /** Work under way. */
  jobs: Array<JobState>,
};

/** Lets what these patterns match stay, now and later. */
export type Pin = {
  /** Modules as in GOPRIVATE, with `@` and a version if need be. */
  patterns: Array<string>,
};

/** What is wanted to stay. */
export type PinList = Record<symbol, never>;

/** What must stay, and what a person should know about it. */
export type Pins = {
  /** By owner; patterns one by one. */
  pins: Array<MustStay>,
  /** A sentence each. */
  warnings: Array<string>,
};

/** Where the nodes of a pool are known from. */
export type PoolFrom = "nodes" | "addresses" | "srv";

/** Asks for the pools of the settings. */
export type PoolList = Record<symbol, never>;

/** The pool is as it was asked for. */
export type PoolPut = {
  /** The pool. */
  pool: PoolSaid,
  /** Whether the upstream had none before. */
  is_new: boolean,
  /** Whether anything is different now. */
  changed: boolean,
  /** What a person should know, a sentence each. */
  notes: Array<string>,
};

/** Makes an upstream one node again. */
export type PoolRemove = {
  /** Its URL, or what it is known by. */
  upstream: Typed,
};

/** It is one node again. */
export type PoolRemoved = {
  /** What the upstream is known by. */
  name: string,
};

/** A pool, as the settings say it. */
export type PoolSaid = {
  /** The upstream's URL. */
  upstream: string,
  /** What the upstream is known by. */
  name: string,
  /** The nodes that are listed. */
  nodes: Array<string>,
  /** Whether all addresses of its own name are nodes. */
  addresses: boolean,
  /** The name of the SRV records. */
  srv: string | null,
  /** The DNS server that is asked. */
  dns: string | null,
  /** After how many milliseconds another node is asked too. */
  slow_after_ms: number,
  /** Whether small requests are asked a second time. */
  hedge: boolean,
  /** Whether any profile names the upstream. */
  named: boolean,
  /** How it does now. */
  shown: PoolShown | null,
};

/** Makes an upstream a pool, or its pool another one. What is not said is as usual. */
export type PoolSet = {
  /** The URL by which profiles name the upstream. */
  upstream: Typed,
  /** The nodes, by URLs of their own … */
  nodes: Array<Typed>,
  /** … or all addresses of the upstream's own host name … */
  addresses: boolean,
  /** … or the targets of these SRV records. */
  srv: string | null,
  /** The DNS server to be asked: address and port. */
  dns: string | null,
  /** After which time another node is asked too, such as `500ms`. */
  slow_after: string | null,
  /** Whether small requests are asked a second time. */
  hedge: boolean,
};

/** An upstream that is several nodes. */
export type PoolShown = {
  /** The upstream's name. */
  upstream: string,
  /** Its id. */
  id: string,
  /** Where its nodes are known from. */
  from: PoolFrom,
  /** The name of the SRV records, where they are known from those. */
  srv: string | null,
  /** Whether the profile in force asks it. */
  in_use: boolean,
  /** How it does, in a line. */
  said: string,
  /** When the DNS gave its nodes last; none where it was not asked. */
  resolved_at: string | null,
  /** Why the DNS gives nothing at present. */
  dns_trouble: string | null,
  /** How many second tries there may be at once. */
  retry_budget_left: number,
  /** Its nodes. */
  nodes: Array<NodeShown>,
};

/** An upstream that is several nodes, at a glance. */
export type PoolStatus = {
  /** The upstream's name. */
  upstream: string,
  /** How many nodes it has. */
  nodes: number,
  /** How many of them answer. */
  answering: number,
  /** All of it in a line, with what is wrong. */
  said: string,
};

/** It is taken note of. */
export type PortHeld = Record<symbol, never>;

/**
 * Who holds Larder's port while Larder does not run. Where nobody does, another user of the machine can take it and be
 * believed: go env then points at Larder only for as long as it runs.
 */
export type PortHold = "nobody" | "autostart" | "socket";

/** Says who holds Larder's port from now on while it does not run: go env follows it. */
export type PortIsHeld = {
  /** Who. */
  hold: PortHold,
};

/** How a person wants it, and where it is written. */
export type Preferences = {
  /** Which language the window speaks. */
  language: Language,
  /** How light the window is. */
  appearance: Shade,
  /** Which icon the tray shows on Linux. */
  tray_icon: Shade,
  /** Whether Larder starts at login. */
  start_at_login: boolean,
  /** The port of every run; none before the first start. */
  port: number | null,
  /** How long lists, latest and branches are given without asking, in seconds. */
  fresh_for_secs: number,
  /** How many modules are fetched from version control at once, at most. */
  direct_at_once: number,
  /** Whether notifications name private modules. */
  private_names: boolean,
  /** What is told by notifications. */
  tell: Tell,
  /** Of what is above, the names of what this run does not go by yet: the next one does. */
  at_next_start: Array<string>,
  /** The settings file. */
  settings_file: string,
  /** What can't be rebuilt. */
  data_folder: string,
  /** What can. */
  cache_folder: string,
  /** The log files. */
  log_folder: string,
  /** Larder's version. */
  version: string,
};

/** What is to be changed; what is left out stays as it is. */
export type PreferencesChange = {
  /** Which language the window speaks. */
  language?: Language,
  /** How light the window is. */
  appearance?: Shade,
  /** Which icon the tray shows on Linux. */
  tray_icon?: Shade,
  /** Whether Larder starts at login. */
  start_at_login?: boolean,
  /** The port of every run. */
  port?: number,
  /** How long what changes is given without asking, in seconds. */
  fresh_for_secs?: number,
  /** How many modules are fetched from version control at once. */
  direct_at_once?: number,
  /** Whether notifications name private modules. */
  private_names?: boolean,
  /** What is told by notifications. */
  tell?: TellChange,
};

/** Asks for them. */
export type PreferencesShow = Record<symbol, never>;

/** What makes a path private. */
export type PrivateBy = {
  /** The pattern. */
  pattern: string,
  /** The profile that has it. */
  profile: string,
};

/** Adds a profile. */
export type ProfileAdd = {
  /** Its name. */
  name: string,
  /** What it has. */
  change: ProfileChange,
};

/** What is to be different. First what is reset or taken out is, then what is given is set or added. */
export type ProfileChange = {
  /** The upstreams, in GOPROXY's grammar. */
  upstreams: Typed | null,
  /** The checksum database, in GOSUMDB's grammar. */
  checksum_database: Typed | null,
  /** Patterns of private paths, to be added. */
  private: Array<string>,
  /** Where private paths come from, in GOPROXY's grammar. */
  private_upstreams: Typed | null,
  /** Where the names of private modules may go along with a redirect, to be added: an origin each. */
  private_redirects: Array<Typed>,
  /** Patterns of paths that are not private here though they are elsewhere, to be added. */
  not_private: Array<string>,
  /** Patterns of public paths outside the database, to be added. */
  no_checksum_database: Array<string>,
  /** Whether `go` may be given the profile's own list behind Larder. */
  safety_net: boolean | null,
  /** What requests to its upstreams go through: a URL, or `off`. */
  http_proxy: Typed | null,
  /** The absolute path of a file with authorities that are trusted for its upstreams. */
  extra_ca: string | null,
  /** The absolute path of a file with the certificate that is shown to its upstreams. */
  client_certificate: string | null,
  /** Another upstream that a share of the modules is asked of first. */
  canary: Typed | null,
  /** Which share, in percent. */
  canary_share: string | null,
  /** Another upstream whose answers are compared. */
  mirror: Typed | null,
  /** For which share of the modules, in percent; of all where nothing is said. */
  mirror_share: string | null,
  /** Rules to be added. */
  rules: Array<RuleText>,
  /** Whether these are added before those there are, not behind them. */
  rules_first: boolean,
  /** Patterns that are private no longer. */
  remove_private: Array<string>,
  /** Patterns that are outside the database no longer. */
  remove_no_checksum_database: Array<string>,
  /** Rules to be taken out, by their number, counted from 1. */
  remove_rules: Array<number>,
  /** What is to be as it is in a new profile. */
  defaults: Array<Defaulted>,
};

/** Asks what is wrong with a draft; nothing is changed. */
export type ProfileCheck = {
  /** The draft. */
  draft: ProfileDraft,
  /** Whether it is to be a new profile; else it takes the place of the one of its name … */
  is_new: boolean,
  /** … or of this one, which is then called otherwise. */
  was?: string | null,
};

/** What is wrong with a draft, and what it comes to. */
export type ProfileChecked = {
  /** What is wrong, in the order of the fields. */
  complaints: Array<Complaint>,
  /** Its chain as GOPROXY has it, without passwords; nothing while the chain makes no sense. */
  goproxy: string,
  /** Whether go would be given its list behind Larder if it was in use now. */
  safety_net_stands: boolean,
  /** Why not. */
  safety_net_why_not: string | null,
};

/** A profile as a form edits it. */
export type ProfileDraft = {
  /** Its name. */
  name: string,
  /** The profile that it was drawn from: what is not shown of that (a password, the key of a database) stays as it is there. */
  drawn_from: string | null,
  /** Its upstreams, in the order in which they are asked; none where it has go's own. */
  chain: Array<ChainEntry>,
  /** Whether its upstreams are those that go has by itself. */
  default_chain: boolean,
  /** Its checksum database, or `off`; none: as go has it. */
  checksum_database: Typed | null,
  /** Patterns of private paths. */
  private: Array<string>,
  /** Where private paths come from; none: from nowhere. */
  private_chain: Array<ChainEntry>,
  /** Where the names of private modules may go along with a redirect, besides their upstreams. */
  private_redirects: Array<Typed>,
  /** Patterns of paths that are not private in it though they are in another profile. */
  not_private: Array<string>,
  /** Patterns of public paths outside the database. */
  no_checksum_database: Array<string>,
  /** Whether `go` may be given the profile's own list behind Larder. */
  safety_net: boolean,
  /** Whether it would be given that if this profile was in use now; told, not asked. */
  safety_net_stands: boolean,
  /** Why not; told, not asked. */
  safety_net_why_not: string | null,
  /** What requests to its upstreams go through, or `off`; none: what the environment says. */
  http_proxy: Typed | null,
  /** The absolute path of a file with authorities that are trusted for its upstreams. */
  extra_ca: string | null,
  /** The absolute path of a file with the certificate that is shown to its upstreams. */
  client_certificate: string | null,
  /** Paths that come from elsewhere; the first match counts. */
  rules: Array<RuleDraft>,
};

/** Asks for a profile, to be edited. */
export type ProfileDrafted = {
  /** Its name; where there is none, a new one is begun. */
  name: string | null,
};

/** Changes a profile. */
export type ProfileEdit = {
  /** Its name. */
  name: string,
  /** What is to be different. */
  change: ProfileChange,
};

/** Asks for a profile as a file for others. */
export type ProfileExport = {
  /** Its name. */
  name: string,
};

/** Takes in a profile that was exported. */
export type ProfileImport = {
  /** The name of the file, for complaints. */
  file: string,
  /** What it holds. */
  text: Typed,
  /** What the profile is to be called, if not as in the file. */
  name: string | null,
  /** Whether it may take the place of one that there is. */
  replace: boolean,
};

/** Asks which profiles there are. */
export type ProfileList = Record<symbol, never>;

/** What may be put into a field in the place of what is there. */
export type ProfileMend = {
  /** What is offered, as a question. */
  label: string,
  /** What the field has then; for a list in one field, separated by commas. */
  value: string,
};

/** Removes a profile; `public` is then as go has it, and stays. */
export type ProfileRemove = {
  /** Its name. */
  name: string,
};

/** Saves a draft: all of it, or nothing where something is wrong with it. */
export type ProfileSave = {
  /** The draft. */
  draft: ProfileDraft,
  /** What the profile was called before; none for a new one. */
  was: string | null,
};

/** Asks for one profile. */
export type ProfileShow = {
  /** Its name. */
  name: string,
};

/** A profile, as it is shown. */
export type ProfileView = {
  /** Its name. */
  name: string,
  /** Whether modules are delivered by it now; where Larder does not run, whether they will be. */
  in_force: boolean,
  /** Its upstreams, in GOPROXY's grammar; none: as go has them. */
  upstreams: string | null,
  /** Its checksum database, or `off`; none: as go has it. */
  checksum_database: string | null,
  /** Patterns of private paths. */
  private: Array<string>,
  /** Where private paths come from, in GOPROXY's grammar; none: from nowhere. */
  private_upstreams: string | null,
  /** Where the names of private modules may go along with a redirect, besides their upstreams. */
  private_redirects: Array<string>,
  /** Patterns of paths that are not private in it though they are in another profile. */
  not_private: Array<string>,
  /** Patterns of public paths outside the database. */
  no_checksum_database: Array<string>,
  /** Whether `go` may be given the profile's own list behind Larder. */
  safety_net: boolean,
  /** What requests to its upstreams go through, or `off`; none: what the environment says. */
  http_proxy: string | null,
  /** A file with authorities that are trusted for its upstreams. */
  extra_ca: string | null,
  /** A file with the certificate that is shown to its upstreams. */
  client_certificate: string | null,
  /** Another upstream that a share of the modules is asked of first. */
  canary: BesideView | null,
  /** Another upstream whose answers are compared. */
  mirror: BesideView | null,
  /** Paths that come from elsewhere; the first match counts. */
  rules: Array<RuleView>,
};

/** The profiles there are. */
export type Profiles = {
  /** Which one is to be in force, as the settings say it. */
  choice: Choice,
  /** Each of them, `public` first. */
  profiles: Array<ProfileView>,
  /** What a person should know, a sentence each. */
  notes: Array<string>,
};

/** How far a job is. */
export type Progress = {
  /** Steps done. */
  done: number,
  /** Steps in all, as far as is known. */
  total: number,
  /** Bytes gone through. */
  bytes: number,
};

/** Asks what a folder holds, before it is stocked. */
export type ProjectFacts = {
  /** A folder, or a go.mod or go.work file; absolute. */
  folder: string,
};

/** A project in a folder. */
export type ProjectFound = {
  /** As it is stocked: its folder may stand above the one that was named. */
  subject: Subject,
  /** The name of its folder. */
  name: string,
  /** How many main modules it has: more than one in a workspace. */
  modules: number,
  /** How many modules its go.sum files name, each by its versions. */
  needs: number,
  /** Whether it was stocked before. */
  is_known: boolean,
  /** Whether it is kept stocked when its files change. */
  watched: boolean,
};

/** Asks for all that was stocked, that last looked at first, as it was remembered: nothing is looked at anew. */
export type Projects = Record<symbol, never>;

/** The value of GOPROXY, token included: only ever shown to who asked for it. */
export type ProxyAddress = {
  /** `http://127.0.0.1:PORT/<module token>` */
  url: string,
};

/** What something is needed for. */
export type Purpose = "work" | "upgrade";

/** A profile is there, as it was asked for. */
export type Put = {
  /** The profile. */
  profile: ProfileView,
  /** Whether there was none of its name before. */
  is_new: boolean,
  /** Whether anything is different now. */
  changed: boolean,
  /** What a person should know, a sentence each. */
  notes: Array<string>,
};

/** What would go. */
export type QuotaForeseen = {
  /** Whether the cache would be within it then. */
  ok: boolean,
  /** Why not. */
  why_not: string | null,
  /** How many versions would go, counted once a tree. */
  versions: number,
  /** The bytes of their files. */
  bytes: number,
};

/** Asks what would go if this was the quota; nothing is changed. */
export type QuotaPreview = {
  /** The most that the cache may take, as a person writes it: `20 GB`, `unlimited`. */
  quota: string,
};

/** How the room stands, and what went for it. */
export type QuotaReport = {
  /** Versions that went because of the new limits. */
  evicted_versions: number,
  /** Their bytes. */
  evicted_bytes: number,
  /** The most bytes of the cache; nothing where there is no limit. */
  quota: number | null,
  /** The least bytes that are to stay free on the disk. */
  reserve: number,
  /**
   * What counts for the quota: files of versions with their sidecars, records and tiles of checksum databases, answers
   * of upstreams, clones of repositories, what was set aside as damaged.
   */
  used: number,
  /** What is free on the disk of the cache, where the system says so. */
  free: number | null,
  /** Bytes of versions that must stay, where that was asked for or the cache is over its limits. */
  must_stay: number | null,
  /** What a person should know, a sentence each. */
  warnings: Array<string>,
};

/** Looks whether all that is needed is in the cache, and remembers it of what was stocked. Nobody is asked. */
export type Ready = {
  /** Of what. */
  subjects: Array<Subject>,
};

/** What is known of something that was stocked. */
export type Remembered = {
  /** What it is. */
  subject: Subject,
  /** Whether it is kept stocked when its files change. */
  watched: boolean,
  /** Stocking has begun and not ended: it is taken up at the next start. */
  under_way: boolean,
  /** What came of it the last time. */
  report: StockReport | null,
};

/** It is removed. */
export type Removed = {
  /** Its name. */
  name: string,
  /** Whether it is still there, as go has it: `public`. */
  stays: boolean,
};

/** Points go at Larder again, as it was before the pause. */
export type Resume = {
  /** Who holds Larder's port while it does not run, where the caller found out. */
  hold?: PortHold,
};

/** How Larder is, not paused any more. */
export type Resumed = {
  /** The files that point at Larder again. */
  files: Array<string>,
  /** In one word. */
  mood: Mood,
  /** Whether go asks here. */
  points_here: boolean,
  /** The profile in force. */
  profile: string,
  /** Why it is that one, where Larder chose it by itself, as the rest of a sentence. */
  automatic: string | null,
  /** All profiles, `public` first. */
  profiles: Array<StateProfile>,
  /** How it is with the network. */
  offline: StateOffline,
  /** What is out of order. */
  degraded: Degraded | null,
  /** Since when Larder is paused. */
  paused_since: string | null,
  /** How many different things were missed while offline. */
  missed: number,
  /** Bytes that are kept. */
  kept_bytes: number,
  /** Module versions that are kept. */
  kept_versions: number,
  /** How many things need a hand. */
  to_mend: number,
  /** All of it in a line, in English. */
  status: string,
  /** Whether the welcome was answered. */
  welcomed: boolean,
  /** Larder's version. */
  version: string,
  /** The port; none before the first start. */
  port: number | null,
  /** Work under way. */
  jobs: Array<JobState>,
};

/** How the room stands. */
export type RoomReport = {
  /** The most bytes of the cache; nothing where there is no limit. */
  quota: number | null,
  /** The least bytes that are to stay free on the disk. */
  reserve: number,
  /**
   * What counts for the quota: files of versions with their sidecars, records and tiles of checksum databases, answers
   * of upstreams, clones of repositories, what was set aside as damaged.
   */
  used: number,
  /** What is free on the disk of the cache, where the system says so. */
  free: number | null,
  /** Bytes of versions that must stay, where that was asked for or the cache is over its limits. */
  must_stay: number | null,
  /** What a person should know, a sentence each. */
  warnings: Array<string>,
};

/** Replaces the module token. */
export type RotateToken = Record<symbol, never>;

/** It has been replaced. */
export type Rotated = {
  /** Whether an instance is running that now refuses the old one. */
  serving: boolean,
};

/** The rule that decides. */
export type RuleBy = {
  /** Its number, counted from 1. */
  number: number,
  /** The pattern that matches. */
  pattern: string,
  /** The profile whose upstreams it leads to; none where it has its own. */
  to: string | null,
  /** Whether it is for private paths. */
  private: boolean,
};

/** A rule of a draft. */
export type RuleDraft = {
  /** Which paths. */
  patterns: Array<string>,
  /** The profile whose upstreams they come from … */
  to: string | null,
  /** … or a chain of the rule's own. */
  chain: Array<ChainEntry>,
  /** Whether these paths are private, and the rule is for private paths only. */
  private: boolean,
};

/** A rule, as a person types it. */
export type RuleText = {
  /** `PATTERN[,PATTERN] -> TARGET`; the target is a profile's name or a list in GOPROXY's grammar. */
  text: Typed,
  /** Whether these paths are private. */
  private: boolean,
};

/** A rule, as it is shown. */
export type RuleView = {
  /** Which paths. */
  patterns: Array<string>,
  /** The profile whose upstreams they come from … */
  to: string | null,
  /** … or a list of the rule's own. */
  upstreams: string | null,
  /** Whether these paths are private, and the rule is for private paths only. */
  private: boolean,
};

/** Somebody's word on a file. */
export type Said = {
  /** Who. */
  by: Party,
  /** The go.sum file, the database, the tree of the cache, or the upstream from which it was first seen. */
  name: string,
  /** The hash. */
  h1: string,
  /** Since when it is kept, or was seen. */
  since?: string | null,
};

/** Says who says whether Larder is offline, or only asks. */
export type SetOffline = {
  /** From now on; none to ask how it is. */
  mode: OfflineMode | null,
};

/** Changes some of them. */
export type SetPreferences = {
  /** Which, and to what. */
  change: PreferencesChange,
};

/** How light something is. */
export type Shade = "auto" | "light" | "dark";

/** A share of all modules, in steps of a tenth of a percent; never none. */
export type Share = number;

/** How much is kept. */
export type Size = {
  /** Module versions. */
  versions: number,
  /** Files. */
  files: number,
  /** Bytes of those files. */
  bytes: number,
  /** The same by tree. */
  trees: Array<TreeSize>,
};

/** How sure it is that a file is the right one. */
export type Standing = { "is": "verified",
  /** Its name. */
  by: string,
} | { "is": "pinned",
  /** When. */
  since: string,
  /** Whether that was after earlier hashes were lost, so that it may be no first sight at all. */
  after_loss: boolean,
} | { "is": "uncovered" } | { "is": "unverified" };

/** A list to begin with. */
export type Starter = {
  /** The newest version of each module whose zip `go` has, or that was asked for through Larder. */
  modules: string[],
  /** Older ones of the same modules. */
  older: string[],
};

/** Asks how Larder is. */
export type State = Record<symbol, never>;

/** How it is with the network. */
export type StateOffline = {
  /** Who says whether Larder is offline. */
  mode: OfflineMode,
  /** Since when it is; none where it is not. */
  since: string | null,
  /** Why Larder thinks so. */
  why: string | null,
  /** Whether a person said so. */
  by_hand: boolean,
};

/** A profile that can be put in force. */
export type StateProfile = {
  /** Its name. */
  name: string,
  /** Its upstreams in order, as shown; none where they are go's own and not known yet. */
  upstreams: Array<string>,
  /** Whether it has private modules, or is otherwise a person's own. */
  private: boolean,
  /** Whether it is in force. */
  in_use: boolean,
};

/** How Larder is. */
export type StateReport = {
  /** In one word. */
  mood: Mood,
  /** Whether go asks here. */
  points_here: boolean,
  /** The profile in force. */
  profile: string,
  /** Why it is that one, where Larder chose it by itself, as the rest of a sentence. */
  automatic: string | null,
  /** All profiles, `public` first. */
  profiles: Array<StateProfile>,
  /** How it is with the network. */
  offline: StateOffline,
  /** What is out of order. */
  degraded: Degraded | null,
  /** Since when Larder is paused. */
  paused_since: string | null,
  /** How many different things were missed while offline. */
  missed: number,
  /** Bytes that are kept. */
  kept_bytes: number,
  /** Module versions that are kept. */
  kept_versions: number,
  /** How many things need a hand. */
  to_mend: number,
  /** All of it in a line, in English. */
  status: string,
  /** Whether the welcome was answered. */
  welcomed: boolean,
  /** Larder's version. */
  version: string,
  /** The port; none before the first start. */
  port: number | null,
  /** Work under way. */
  jobs: Array<JobState>,
};

/** Asks how things are. */
export type Status = Record<symbol, never>;

/** How things are. */
export type StatusReport = {
  /** Larder's version. */
  version: string,
  /** What needs attention, oldest first. */
  notices: Array<Notice>,
  /** Whether modules are served (false where a command looked in-process). */
  serving: boolean,
  /** The process. */
  pid: number,
  /** Where it listens, without the token. */
  address: string | null,
  /** Since when it is up. */
  since: string | null,
  /** What is in force. */
  profile: ActiveProfile | null,
  /** Since when Larder is paused; none where it is not. */
  paused_since: string | null,
  /** Whether go asks here, as this process's environment and the go env files have it. */
  points_here: boolean,
  /** How it is with the network. */
  network: OfflineReport,
  /** What is kept. */
  cache: CacheStatus,
  /** How much of its room it takes. */
  room: RoomReport,
  /** What is let through without the checksum database. */
  grants: Array<ActiveGrant>,
  /** How the upstreams of the profile in force do that are several nodes. */
  pools: Array<PoolStatus>,
  /** What mirrors answered, by name. */
  mirrors: Array<MirrorReport>,
  /** Work under way. */
  jobs: Array<JobState>,
  /** What a person should know, a sentence each. */
  warnings: Array<string>,
};

/** One step of a story. */
export type Step = {
  /** What was done. */
  kind: StepKind,
  /** What it is called: of an upstream, its name. */
  name: string,
  /** What came of it, one line. */
  said: string,
  /** When it began, in microseconds after the request came. */
  start_micros: number,
  /** How long it took. */
  took_micros: number,
  /** Whether it came to a good end. "Not found" is one. */
  ok: boolean,
  /** What a person can do about it. */
  mend: string | null,
  /** The entry of the request that was waited for. */
  entry: number | null,
};

/** What was done. */
export type StepKind = "asked" | "rule" | "cache" | "waited" | "upstream" | "verified" | "kept" | "answered";

/** Brings all that is needed into the cache, and lets it stay there. */
export type Stock = {
  /** Of what. */
  subjects: Array<Subject>,
};

/** Forgets what was stocked: it may go when room is needed. */
export type StockForget = {
  /** Which ones. */
  subjects: Array<Subject>,
};

/** Asks what was stocked. */
export type StockList = Record<symbol, never>;

/** Brings what was asked for and missing while offline, the last first. */
export type StockMissed = Record<symbol, never>;

/** What is ready of one subject. */
export type StockReport = {
  /** The project's folder, or the module as it was named. */
  subject: string,
  /** When it was looked at. */
  at: string,
  /** What the work needs: module versions, each with all its files and its record of the checksum database; toolchains. */
  work: Count,
  /** What upgrades need: newer versions with what they would bring, and lists of versions. */
  upgrades: Count,
  /** Bytes of all that is ready. */
  bytes: number,
  /** Bytes of what was fetched for it. */
  fetched: number,
  /** What is not ready. */
  lacks: Array<Lack>,
};

/** Asks for a list to begin with: what the caller's `go` has in its GOMODCACHE, and what was asked for through Larder. */
export type StockStarter = {  };

/** Has projects kept stocked when their files change, or no longer. */
export type StockWatch = {
  /** Which ones. */
  subjects: Array<Subject>,
  /** Whether they are to be watched. */
  watched: boolean,
};

/** Asks the instance to end: requests under way finish first. */
export type Stop = Record<symbol, never>;

/** It is ending. */
export type Stopping = {
  /** The process that ends. */
  pid: number,
};

/** What was done for one request. */
export type Story = {
  /** Its entry in the log. */
  item: ActivityItem,
  /** What was done, in this order. */
  steps: Array<Step>,
  /** Where the steps are from. */
  at_once: AtOnce,
  /** All of it as a text for a colleague: no token, no credential. */
  text: string,
};

/** What is to be stocked, as a person names it. */
export type Subject = { "project": string } | { "module": string };

/** The profile that holds what go had been told. */
export type TakenOver = {
  /** Its name; it is in use. */
  profile: string,
  /** Whether it is new; else it was there, and has perhaps been added to. */
  new: boolean,
};

/** The upstream that is meant. */
export type Target = {
  /** Its origin: a credential is for all of it. */
  origin: string,
  /** Whether the settings say that it is kept in the encrypted file. */
  in_file: boolean,
  /** How that file stands. */
  file: EncryptedFileState,
};

/** What a person is told who does not look: one switch each. */
export type Tell = {
  /** That another profile is in force. */
  switched: boolean,
  /** That Larder is offline, and back. */
  offline: boolean,
  /** That an upstream asks to sign in, or refused it. */
  sign_in: boolean,
  /** That a hash does not agree. */
  hash: boolean,
  /** That the disk is nearly full. */
  disk: boolean,
};

/** Which switches of what is told are to be changed. */
export type TellChange = {
  /** That another profile is in force. */
  switched?: boolean,
  /** That Larder is offline, and back. */
  offline?: boolean,
  /** That an upstream asks to sign in, or refused it. */
  sign_in?: boolean,
  /** That a hash does not agree. */
  hash?: boolean,
  /** That the disk is nearly full. */
  disk?: boolean,
};

/** Tests an address, which need not be saved anywhere. Nobody's module is named to it. */
export type TestUpstream = {
  /** By whose HTTP proxy, extra CA and client certificate; without any where there is none. */
  profile: string | null,
  /** A URL, `direct` or `off`. */
  address: Typed,
};

/** What there is to show. */
export type Topic = "state" | "settings" | "profiles" | "go-env" | "cache" | "stock" | "notices" | "credentials" | "jobs" | "activity" | "nodes";

/** Where traces go. */
export type TracesReport = {
  /** The collector's base URL; none where there are no traces. */
  to: string | null,
  /** What spans say of where they are from. */
  environment: string | null,
  /** The hosts of upstreams that are told which trace a request belongs to. */
  pass_on: Array<string>,
  /** Whether an instance runs that sends them. */
  serving: boolean,
  /** Why the collector did not take the last of them. */
  trouble: string | null,
};

/** Says where traces go from now on; nowhere where there is no collector. */
export type TracesSet = {
  /** The collector's base URL. */
  to: string | null,
  /** What spans say of where they are from. */
  environment: string | null,
  /** The hosts of upstreams that are told which trace a request belongs to. */
  pass_on: Array<string>,
};

/** Asks where traces go. */
export type TracesShow = Record<symbol, never>;

/** How much one tree holds. */
export type TreeSize = {
  /** The tree. */
  tree: string,
  /** Module versions in it. */
  versions: number,
  /** Files in it. */
  files: number,
  /** Bytes of those files. */
  bytes: number,
};

/** Takes note of it that the hashes which were seen first are lost. */
export type TrustAcknowledge = Record<symbol, never>;

/** Lets paths through unverified until a moment. */
export type TrustAllow = {
  /** Which: one pattern, as in GONOSUMDB, with its host written out. */
  pattern: string,
  /** Until when: in the future, and at most 90 days away. */
  until: string,
  /** Why: not empty, and at most 200 characters. */
  because: string,
};

/** Forgets the hashes that were seen first, and what is kept of these modules: what comes next is first sight again. */
export type TrustForget = {
  /** Which modules: GOPRIVATE's globs, with an optional `@version`. */
  pattern: string,
};

/** Asks what is let through. */
export type TrustList = Record<symbol, never>;

/** Lets paths through no longer. */
export type TrustRevoke = {
  /** The pattern of the grant. */
  pattern: string,
};

/** What someone typed, which may hold a password: sent as it is, shown never. */
export type Typed = string;

/** It is open. */
export type Unlocked = {
  /** How many credentials are in it. */
  credentials: number,
};

/** Lets what these patterns match go when room is made. */
export type Unpin = {
  /** Patterns as they were pinned. */
  patterns: Array<string>,
};

/** What was taken back. */
export type Unpinned = {
  /** How many patterns. */
  patterns: number,
};

/** Where a test ends. */
export type UpstreamStage = "name" | "route" | "tls" | "refused" | "sign-in" | "no-proxy" | "ok";

/** What came of it. */
export type UpstreamTest = {
  /** Where it ended. */
  stage: UpstreamStage,
  /** Whether anybody answered. */
  reachable: boolean,
  /**
   * Whether it lets this person in by what it is shown; nothing where it was shown nothing and wanted nothing, and where
   * nobody answered.
   */
  authorised: boolean | null,
  /** From asking to the head of the answer, connecting included. */
  millis: number | null,
  /** The protocol that it speaks, such as `HTTP/2`. */
  protocol: string | null,
  /** The addresses of its host, where this machine looks them up. */
  addresses: Array<string>,
  /** What was found, in words. */
  said: string,
  /** What to do about it. */
  hint: string | null,
};

/** Puts a profile in force, and reads the settings anew. */
export type UseProfile = {
  /** Which one. */
  choice: Choice,
};

/** What came of comparing. */
export type Verdict = "agrees" | "outside" | "unknown" | "unchecked" | "disagrees";

/** What was found. */
export type Verified = {
  /** Files re-hashed. */
  files: number,
  /** Bytes re-hashed. */
  bytes: number,
  /** What is damaged. */
  damaged: Array<DamagedFile>,
  /** Whether all the damaged ones were removed and the index rebuilt. */
  repaired: boolean,
};

/** Holds files of modules against the checksum database and what is kept. Nothing is fetched but what the database says. */
export type Verify = {
  /** Which files. See [`Verify::in_parts`]. */
  items: Array<VerifyItem>,
};

/** A file of a module version, and what it should be. */
export type VerifyItem = {
  /** The module version. */
  module: string,
  /** Which of its files: its zip or its go.mod. */
  kind: FileKind,
  /** The hash that a go.sum has; none where only the others are to be compared. */
  h1?: string | null,
};

/** Takes a database in from a folder or a zip, in the place of what is kept. */
export type VulndbImport = {
  /** An absolute path. */
  from: string,
};

/** What was taken in. */
export type VulndbImported = {
  /** The copy that is now kept. */
  kept: KeptVulndb,
  /** How many files were no part of a database, and were passed over. */
  passed_over: number,
};

/** Brings the copy up to date from the source that the settings name. */
export type VulndbRefresh = Record<symbol, never>;

/** What it is now. */
export type VulndbRefreshed = {
  /** The copy that is now kept. */
  kept: KeptVulndb,
  /** How many entries were fetched. */
  fetched: number,
};

/** Asks what is kept of the vulnerability database. */
export type VulndbShow = Record<symbol, never>;

/** What is kept, and where it is refreshed from. */
export type VulndbView = {
  /** The copy; none where there is none. */
  kept: KeptVulndb | null,
  /** The source of the settings, without its secrets; without one it is never refreshed. */
  source: string | null,
};

/** The welcome was answered: it is not shown again. */
export type WelcomeDone = Record<symbol, never>;
