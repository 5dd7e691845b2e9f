//! What all requests, flights and background work of one instance share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use go_module::{FileKind, GoVersion, ModuleVersion};
use quick_cache::sync::Cache;
use store::{Kept, Sha256, Store, Tree};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use upstream::TraceContext;

use crate::alarm::{Alarm, Alarms};
use crate::changing::{self, AnswerKey, Answered};
use crate::complete::{Companions, Landed};
use crate::database::{Database, DatabaseError, Log, Logs};
use crate::error::DeliveryError;
use crate::event::{Event, Events};
use crate::flight::{FlightKey, Flights};
use crate::hot::{AtHand, Hot};
use crate::mirror::{Copy, Mirrors};
use crate::negative::Negatives;
use crate::offline::{Connection, Deliverable, Offline, OfflineMode};
use crate::once::OnceMap;
use crate::outage::Outages;
use crate::profile::Profile;
use crate::story::Traced;

/// How many flights there may be at once. Each holds an open file and at most [`hot::LARGEST`](crate::hot::LARGEST) bytes.
const FLIGHTS: usize = 1024;
/// How many files are brought to the disk at once: a file system gathers what is asked of it at the same time.
const COMMITS: usize = 16;

/// How many landed flights are remembered.
const LANDED: usize = 8192;

/// How deliveries behave; the defaults are what a laptop wants.
#[derive(Clone, Debug)]
pub struct Options {
    /// How answers that change are kept.
    pub answers: changing::Options,
    /// For how long "not there" is remembered.
    pub negative_for: Duration,
    /// Memory for small files, in bytes.
    pub hot_bytes: u64,
    /// How many files are fetched at once; more wait.
    pub fetches: usize,
    /// Who says whether Larder is offline.
    pub offline: OfflineMode,
    /// Which toolchains are here besides those that are kept.
    pub toolchains: Toolchains,
}

/// The toolchains of this machine: offline, no version is offered that none of them takes.
#[derive(Clone, Debug)]
pub struct Toolchains {
    /// The versions of Go that are installed; where none is known, nothing is held back for want of one.
    pub installed: Vec<GoVersion>,
    /// For what kept ones must be made: GOOS, `-`, GOARCH.
    pub platform: String,
}

impl Default for Toolchains {
    /// None is known, and this program's own platform counts.
    fn default() -> Self {
        Self {
            installed: Vec::new(),
            platform: go_module::platform(std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            answers: changing::Options::default(),
            negative_for: Duration::from_secs(60),
            hot_bytes: 8 << 20,
            fetches: 64,
            offline: OfflineMode::default(),
            toolchains: Toolchains::default(),
        }
    }
}

/// What all requests, flights and background work of one instance share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) options: Options,
    pub(crate) negatives: Negatives,
    pub(crate) flights: Arc<Flights>,
    pub(crate) answers: Arc<OnceMap<AnswerKey, Answered>>,
    pub(crate) events: Events,
    pub(crate) fetches: Semaphore,
    /// How many flights there may be, those that wait for the disk included.
    pub(crate) places: Semaphore,
    /// How many files are brought to the disk at once.
    pub(crate) commits: Semaphore,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) outages: Outages,
    pub(crate) connection: Connection,
    pub(crate) deliverable: Deliverable,
    /// What has landed not long ago: only of this a look at the cache from before may be out of date.
    pub(crate) landed: Cache<FlightKey, ()>,
    pub(crate) companions: Companions,
    pub(crate) mirrors: Mirrors,
    pub(crate) hot: Hot,
    pub(crate) logs: Logs,
    pub(crate) alarms: Alarms,
    /// Whether requests are told with their place in a trace.
    traced: AtomicBool,
    profile: RwLock<Arc<Profile>>,
}

/// What is handed over to the work in the background.
pub(crate) struct Waiting {
    pub(crate) landed: mpsc::Receiver<Landed>,
    pub(crate) copies: mpsc::Receiver<Copy>,
}

impl Shared {
    pub(crate) fn new(
        store: Store,
        profile: Profile,
        options: Options,
        events: mpsc::Sender<Event>,
        alarms: mpsc::Sender<Alarm>,
    ) -> (Arc<Self>, Waiting) {
        let (companions, landed) = Companions::channel();
        let (mirrors, copies) = Mirrors::channel();
        let shared = Self {
            store,
            negatives: Negatives::new(options.negative_for),
            flights: Arc::default(),
            answers: Arc::new(OnceMap::new()),
            events: Events::new(events),
            fetches: Semaphore::new(options.fetches),
            places: Semaphore::new(FLIGHTS),
            commits: Semaphore::new(COMMITS),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            outages: Outages::default(),
            connection: Connection::new(options.offline),
            deliverable: Deliverable::new(),
            landed: Cache::new(LANDED),
            companions,
            mirrors,
            hot: Hot::new(options.hot_bytes),
            logs: Logs::default(),
            alarms: Alarms::new(alarms),
            traced: AtomicBool::new(false),
            profile: RwLock::new(Arc::new(profile)),
            options,
        };
        (Arc::new(shared), Waiting { landed, copies })
    }

    pub(crate) fn set_profile(&self, profile: Profile) {
        let asks_others = asked(&profile) != asked(&self.profile());
        *self.profile.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(profile);
        if asks_others {
            self.connection.profile_changed();
        } else {
            self.connection.look_again();
        }
    }

    pub(crate) fn set_traced(&self, traced: bool) {
        self.traced.store(traced, Ordering::Relaxed);
    }

    pub(crate) fn is_traced(&self) -> bool {
        self.traced.load(Ordering::Relaxed)
    }

    /// The place in a trace of a request whose client said this; none where nobody wants to know.
    pub(crate) fn traced(&self, parent: Option<&TraceContext>) -> Option<Traced> {
        self.is_traced().then(|| Traced::under(parent))
    }

    /// Whether Larder is offline, for a request that comes now.
    pub(crate) fn offline(&self, profile: &Profile) -> Option<Arc<Offline>> {
        self.connection.offline(profile)
    }

    pub(crate) fn profile(&self) -> Arc<Profile> {
        Arc::clone(&self.profile.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known of a database, opened at its first use.
    pub(crate) async fn log(&self, database: &Database) -> Result<Arc<Log>, DatabaseError> {
        self.logs.of(&self.store, database, &self.alarms).await
    }

    /// A kept file, looked for in the profile's trees, off the runtime.
    pub(crate) async fn find(
        &self,
        profile: &Profile,
        module: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Option<Kept>, DeliveryError> {
        self.store
            .find(&profile.trees(module.path.as_str(), kind), module, kind)
            .await
            .map_err(DeliveryError::store)
    }

    pub(crate) async fn is_kept(
        &self,
        profile: &Profile,
        module: &ModuleVersion,
        kind: FileKind,
    ) -> bool {
        let key = (profile.id(), module.clone(), kind);
        self.landed.get(&key).is_some()
            || matches!(self.find(profile, module, kind).await, Ok(Some(_)))
    }

    pub(crate) fn keep_hot(
        &self,
        profile: u64,
        tree: &Tree,
        module: &ModuleVersion,
        kind: FileKind,
        bytes: Bytes,
        sha256: &Sha256,
    ) -> Arc<str> {
        let etag: Arc<str> = sha256.to_string().into();
        let file = AtHand::file(tree.clone(), module.clone(), kind, bytes, Arc::clone(&etag));
        self.hot.insert(profile, file);
        etag
    }
}

/// Which upstreams a profile asks, whatever for.
fn asked(profile: &Profile) -> Vec<String> {
    let upstreams = profile.routes().upstreams();
    upstreams.into_iter().map(|it| it.id().to_owned()).collect()
}
