//! What is known of one checksum database, in memory and on disk; shared by all profiles that use its key.
//!
//! On disk it is a folder that can stand behind `GOPROXY=file://` by itself: look-ups with a head under each, and tiles in
//! the widest form that was proven. A folder cannot cut, so the tiles at the edge of each head that stands under a look-up
//! are written at that width too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use checksum_db::{
    Client, Coordinates, FULL, Fork, Inquiry, MAX_TILE, Proved, Record, SignedHead, Tile,
    VerifierKey, coordinates, record,
};
use go_module::ModuleVersion;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use store::{DatabaseFiles, Store, StoreError, Tree};

use super::{Database, DatabaseError};
use crate::alarm::{Alarm, Alarms};
use crate::once::OnceMap;

/// How many proven records are at hand; each is some 300 bytes.
const RECORDS: usize = 8192;
/// How many proven tiles are at hand; each has at most 8 KiB.
const TILES: usize = 256;
/// How many tiles are remembered to be on disk, with their widths.
const WIDTHS: usize = 1 << 16;
/// For how long nothing is asked of its own accord after that failed.
const REST: Duration = Duration::from_secs(30);
/// The name of the file that says that the folder has the database.
const SUPPORTED: &str = "supported";

/// The look-ups under way.
pub(super) type Asked = OnceMap<ModuleVersion, Result<Arc<Record>, DatabaseError>>;

/// One database.
pub(crate) struct Log {
    pub(super) name: String,
    store: Store,
    files: DatabaseFiles,
    client: Mutex<Client>,
    tiles: Cache<Coordinates, Bytes>,
    widths: Cache<Coordinates, u16>,
    pub(super) records: Cache<ModuleVersion, Arc<Record>>,
    pub(super) asked: Arc<Asked>,
    /// Heads are written by one at a time, so that the newest are written last.
    heads: Mutex<()>,
    /// Of which sizes the edges were written by this process.
    edges: Mutex<std::collections::HashSet<u64>>,
    /// How the file of `go` was when it was last read.
    pub(super) seen: Mutex<Option<(SystemTime, u64)>>,
    rest_until: Mutex<Option<Instant>>,
    alarms: Alarms,
}

/// The heads and sizes as they are kept in the data folder.
#[derive(Serialize, Deserialize)]
struct Heads {
    schema: u32,
    heads: Vec<String>,
    sizes: Vec<u64>,
}

impl Log {
    /// What an earlier process knew of the database; blocking.
    fn open(
        store: Store,
        key: VerifierKey,
        tree: &Tree,
        alarms: Alarms,
    ) -> Result<Self, DatabaseError> {
        let name = key.name().to_owned();
        let files = store.database_files(tree, &name)?;
        let mut client = Client::new(key);
        let kept = store.heads(&name)?;
        let heads = kept.as_deref().map(serde_json::from_slice::<Heads>);
        // A look-up was kept, and so was the head that stands under it.
        let had_heads = || files.read(SUPPORTED, 1).is_ok_and(|file| file.is_some());
        match heads {
            Some(Ok(heads)) => {
                for head in &heads.heads {
                    if let Err(error) = client.restore_head(head.as_bytes()) {
                        alarms.tell(Alarm::heads_lost(&name, &error.to_string()));
                    }
                }
                heads
                    .sizes
                    .into_iter()
                    .for_each(|size| client.restore_size(size));
            }
            Some(Err(error)) => alarms.tell(Alarm::heads_lost(&name, &error.to_string())),
            None if had_heads() => {
                let reason = "the file of its heads is gone from the data folder";
                alarms.tell(Alarm::heads_lost(&name, reason));
            }
            None => {}
        }
        Ok(Self {
            name,
            store,
            files,
            client: Mutex::new(client),
            tiles: Cache::new(TILES),
            widths: Cache::new(WIDTHS),
            records: Cache::new(RECORDS),
            asked: Arc::new(OnceMap::new()),
            heads: Mutex::default(),
            edges: Mutex::default(),
            seen: Mutex::default(),
            rest_until: Mutex::default(),
            alarms,
        })
    }

    /// The client: locked for a moment, never over an await.
    pub(super) fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next step of an inquiry.
    pub(super) fn step(&self, inquiry: &mut Inquiry) -> Result<checksum_db::Step, DatabaseError> {
        inquiry
            .step(&mut self.client())
            .map_err(|error| self.refused(error))
    }

    /// What a refusal means, and its evidence, kept. Blocking where it is a fork, which never happens.
    pub(super) fn refused(&self, error: checksum_db::Error) -> DatabaseError {
        if let checksum_db::Error::Fork(fork) = &error {
            return self.fork(fork);
        }
        tracing::warn!(database = %self.name, "refused: {error}");
        DatabaseError::Refused {
            name: self.name.clone(),
            cause: Arc::new(error),
        }
    }

    fn fork(&self, fork: &Fork) -> DatabaseError {
        let at = Timestamp::now().as_second();
        let keep = |which: &str, head: &SignedHead| {
            let file = format!("{at}-{which}-{}", head.size());
            self.store
                .keep_evidence(&self.name, &file, head.note().as_bytes())
        };
        let evidence = match keep("older", &fork.older).and(keep("newer", &fork.newer)) {
            Ok(path) => path.parent().unwrap_or(&path).display().to_string(),
            Err(error) => format!("no file, for that failed: {error}"),
        };
        let error = DatabaseError::Fork {
            name: self.name.clone(),
            older: fork.older.size(),
            newer: fork.newer.size(),
            evidence,
        };
        self.alarms
            .tell(Alarm::fork(&self.name, &error.to_string()));
        error
    }

    /// Whether something that nobody waits for may be asked: not for a while after that failed.
    pub(super) fn may_ask_unasked(&self) -> bool {
        let rest = self
            .rest_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        rest.is_none_or(|until| Instant::now() >= until)
    }

    pub(super) fn rest(&self) {
        let mut rest = self
            .rest_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *rest = Some(Instant::now() + REST);
    }

    /// A record as it was kept, not proven: its id and text; blocking.
    pub(super) fn kept_record(&self, module: &ModuleVersion) -> Option<(u64, String)> {
        let kept = self
            .files
            .read(&lookup_path(module), record::MAX_ANSWER as u64);
        let bytes = self.told(kept)?;
        let answer = record::Answer::parse(&bytes).ok()?;
        Some((answer.id, answer.text.to_owned()))
    }

    /// A tile at least as wide as this one, as it was kept; blocking.
    pub(super) fn kept_tile(&self, tile: Tile) -> Option<Bytes> {
        if let Some(wider) = self.tiles.get(&tile.at())
            && tile.cut(&wider).is_some()
        {
            return Some(wider);
        }
        let read = |tile: Tile| {
            let bytes = self.told(self.files.read(&tile.to_string(), MAX_TILE as u64))?;
            tile.cut(&bytes).map(Bytes::copy_from_slice)
        };
        let wider = |width| Tile::new(tile.level(), tile.n(), width);
        read(tile)
            .or_else(|| read(wider(FULL)?))
            .or_else(|| read(wider(self.widest_partial(tile)?)?))
    }

    /// The width of the widest partial tile that is kept at these coordinates, if it is wide enough.
    fn widest_partial(&self, tile: Tile) -> Option<u16> {
        let full = Tile::new(tile.level(), tile.n(), FULL)?;
        let names = self.told(self.files.names(&format!("{full}.p")).map(Some))?;
        let widths = names.iter().filter_map(|name| name.parse::<u16>().ok());
        widths.max().filter(|width| *width >= tile.width())
    }

    fn told<T>(&self, read: Result<Option<T>, StoreError>) -> Option<T> {
        read.unwrap_or_else(|error| {
            tracing::warn!(database = %self.name, "what is kept can't be read: {error}");
            None
        })
    }

    /// Keeps what was proven: first the tiles, then the heads, then the record; blocking.
    pub(super) fn keep(
        &self,
        proved: &Proved,
        module: Option<&ModuleVersion>,
    ) -> Result<(), DatabaseError> {
        for (tile, bytes) in &proved.tiles {
            self.keep_tile(*tile, bytes)?;
        }
        if proved.news {
            self.keep_heads()?;
        }
        if let (Some(record), Some(module)) = (&proved.record, module) {
            self.keep_record(record, module)?;
        }
        Ok(())
    }

    fn keep_tile(&self, tile: Tile, bytes: &[u8]) -> Result<(), DatabaseError> {
        let known = self.widths.get(&tile.at());
        let kept = known.or_else(|| {
            let full = Tile::new(tile.level(), tile.n(), FULL)?;
            match self.files.read(&full.to_string(), MAX_TILE as u64) {
                Ok(Some(_)) => Some(FULL),
                _ => self.widest_partial(Tile::new(tile.level(), tile.n(), 1)?),
            }
        });
        if kept.is_none_or(|kept| kept < tile.width()) {
            self.files.write(&tile.to_string(), bytes)?;
        }
        let width = kept.map_or(tile.width(), |kept| kept.max(tile.width()));
        self.widths.insert(tile.at(), width);
        let at_hand = self.tiles.get(&tile.at()).map_or(0, |bytes| bytes.len());
        if at_hand < bytes.len() {
            self.tiles.insert(tile.at(), Bytes::copy_from_slice(bytes));
        }
        Ok(())
    }

    /// Writes a tile over what is kept at its place, which proved wrong; blocking.
    pub(super) fn distrust(&self, tiles: &[Tile]) {
        for tile in tiles {
            self.tiles.remove(&tile.at());
            self.widths.insert(tile.at(), 0);
        }
    }

    /// Writes down which heads and sizes are known; blocking.
    pub(super) fn keep_heads(&self) -> Result<(), DatabaseError> {
        let _turn = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let heads = {
            let client = self.client();
            Heads {
                schema: 1,
                heads: client.heads().map(|head| head.note().to_owned()).collect(),
                sizes: client.sizes().collect(),
            }
        };
        let bytes = serde_json::to_vec(&heads).unwrap_or_default();
        Ok(self.store.keep_heads(&self.name, &bytes)?)
    }

    fn keep_record(&self, record: &Record, module: &ModuleVersion) -> Result<(), DatabaseError> {
        let Some(head) = self.head_under(record.id()) else {
            return Ok(());
        };
        self.keep_edge(head.size())?;
        let answer = record::answer(record.id(), record.text(), &head);
        self.files.write(&lookup_path(module), answer.as_bytes())?;
        Ok(())
    }

    /// The head that stands under a record.
    pub(super) fn head_under(&self, id: u64) -> Option<SignedHead> {
        self.client().head_under(id).cloned()
    }

    fn keep_edge(&self, size: u64) -> Result<(), DatabaseError> {
        let edges = || self.edges.lock().unwrap_or_else(PoisonError::into_inner);
        if edges().contains(&size) {
            return Ok(());
        }
        for tile in coordinates::edge(size) {
            let wider = self.kept_tile(tile);
            match wider.as_deref().and_then(|wider| tile.cut(wider)) {
                Some(bytes) => self.files.write(&tile.to_string(), bytes)?,
                None => return Ok(()),
            }
        }
        self.files.write(SUPPORTED, b"")?;
        edges().insert(size);
        Ok(())
    }

    /// Forgets what is at hand: after files were removed from the cache. What is lost of the tiles is fetched once more.
    pub(crate) fn forget(&self) {
        self.tiles.clear();
        self.widths.clear();
        self.records.clear();
        self.edges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.client().restock();
    }
}

fn lookup_path(module: &ModuleVersion) -> String {
    format!("lookup/{}", escaped(module))
}

/// `path@version`, both escaped, as it stands behind `lookup/`.
pub(super) fn escaped(module: &ModuleVersion) -> String {
    format!("{}@{}", module.path.escaped(), module.version.escaped())
}

/// The databases that this process knows, by key.
#[derive(Default)]
pub(crate) struct Logs(Mutex<HashMap<String, Arc<tokio::sync::OnceCell<Arc<Log>>>>>);

impl Logs {
    /// The database, opened at its first use.
    pub(crate) async fn of(
        &self,
        store: &Store,
        database: &Database,
        alarms: &Alarms,
    ) -> Result<Arc<Log>, DatabaseError> {
        let key = database.key.to_string();
        let cell = {
            let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(logs.entry(key).or_default())
        };
        let open = || async {
            let (store, alarms) = (store.clone(), alarms.clone());
            let (key, tree) = (database.key.clone(), database.tree.clone());
            let opened = tokio::task::spawn_blocking(move || Log::open(store, key, &tree, alarms));
            opened
                .await
                .map_err(|_| DatabaseError::Stopping)?
                .map(Arc::new)
        };
        cell.get_or_try_init(open).await.cloned()
    }

    /// Forgets what is at hand of all of them.
    pub(crate) fn forget(&self) {
        let logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for log in logs.values().filter_map(|cell| cell.get()) {
            log.forget();
        }
    }
}
