//! The index: which versions are kept, their sizes and last use. A picture of the files, never in their way.
//!
//! A row is always made by looking at the files of its version, and only one task writes rows: so whatever order commits,
//! clears and walks over the files come in, the last look wins and the picture is right. The cost of a lost message is a
//! row that lags, and then [`Index::is_stale`] says so until the next walk.

mod by_use;
mod query;
mod row;
mod writer;

pub(crate) use by_use::LastUse;
pub use query::{Cursor, ListedVersion, TreeUsage, Usage};

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use go_module::ModuleVersion;
use jiff::Timestamp;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteSynchronous;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::database::{self, Fault, Purpose, fault};
use crate::disk::place_of;
use crate::error::StoreError;
use crate::files::Files;
use crate::layout::Tree;

const FILE: &str = "index.sqlite";
const PURPOSE: Purpose = Purpose {
    migrations: &[
        (
            "versions",
            include_str!("../../migrations/index/0001_versions.sql"),
        ),
        (
            "by use",
            include_str!("../../migrations/index/0002_by_use.sql"),
        ),
    ],
    // A power cut may take the last commits back: the files know better, and the mark at open is written with FULL.
    synchronous: SqliteSynchronous::Normal,
    // One for the writer, one for whoever asks.
    connections: 2,
};
/// Messages that wait for the writer.
const QUEUE: usize = 1024;

/// A message to the writer.
pub(crate) enum Change {
    /// A file of a version was kept: its name is still to reach the disk.
    Kept(Tree, ModuleVersion),
    /// The files of these versions are to be looked at.
    Look(Vec<(Tree, ModuleVersion)>),
    /// A version was used.
    Used(Tree, ModuleVersion, Timestamp),
    /// A walk begins: what the index is told from now on belongs to it. The reply says what the walk can mend.
    WalkBegins(oneshot::Sender<Result<Lag, StoreError>>),
    /// A walk that began at that point met all there is: rows that nothing was heard of since then go.
    WalkEnds(Lag, oneshot::Sender<Result<(), StoreError>>),
    /// Write what waits.
    Flush(oneshot::Sender<()>),
    /// Write what waits, mark the index clean if it is, and end.
    Close(oneshot::Sender<()>),
}

/// The index, as the rest of the store sees it.
#[derive(Debug)]
pub(crate) struct Index {
    shared: Arc<Shared>,
    changes: mpsc::Sender<Change>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What askers and the writer have in common.
#[derive(Debug)]
struct Shared {
    path: PathBuf,
    files: Arc<Files>,
    current: RwLock<Arc<Opened>>,
    /// Held by the one who replaces the file, across its closing and opening.
    replacing: tokio::sync::Mutex<()>,
    lag: watch::Sender<Lag>,
}

/// How often the index fell behind the files, and up to which of these times a walk has mended it since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lag {
    happened: u64,
    mended: u64,
}

/// One open database file.
#[derive(Debug)]
struct Opened {
    pool: SqlitePool,
    /// Device and inode, to see when somebody takes the file away.
    place: Option<(u64, u64)>,
}

impl Index {
    /// Opens the index, or sets a damaged one aside and begins anew. Looks at no cached file.
    pub(crate) async fn open(files: Arc<Files>) -> Result<Self, StoreError> {
        let path = files.path().join(FILE);
        let (opened, was_clean) = open_or_replace(&path).await?;
        let (lag, _) = watch::channel(Lag {
            happened: u64::from(!was_clean),
            mended: 0,
        });
        let shared = Arc::new(Shared {
            path,
            files,
            current: RwLock::new(Arc::new(opened)),
            replacing: tokio::sync::Mutex::new(()),
            lag,
        });
        let (changes, queue) = mpsc::channel(QUEUE);
        let writer = tokio::spawn(writer::Writer::new(shared.clone(), queue).run());
        Ok(Self {
            shared,
            changes,
            writer: Mutex::new(Some(writer)),
        })
    }

    /// Tells that a file was kept. Never waits: when the queue is full, the index lags instead.
    pub(crate) fn kept(&self, tree: &Tree, version: &ModuleVersion) {
        self.tell(Change::Kept(tree.clone(), version.clone()));
    }

    /// Tells that a file is gone. Never waits either.
    pub(crate) fn gone(&self, tree: &Tree, version: &ModuleVersion) {
        self.tell(Change::Look(vec![(tree.clone(), version.clone())]));
    }

    fn tell(&self, change: Change) {
        if self.changes.try_send(change).is_err() {
            self.lags();
        }
    }

    /// Notes a use. Never waits: when the queue is full, it is forgotten.
    pub(crate) fn used(&self, tree: &Tree, version: &ModuleVersion, at: Timestamp) {
        let _ = self
            .changes
            .try_send(Change::Used(tree.clone(), version.clone(), at));
    }

    /// Sends a message, waiting for room in the queue.
    pub(crate) async fn send(&self, change: Change) -> Result<(), StoreError> {
        self.changes
            .send(change)
            .await
            .map_err(|_| StoreError::Closed)
    }

    /// Sends messages from a thread that may block.
    pub(crate) fn sender(&self) -> mpsc::Sender<Change> {
        self.changes.clone()
    }

    /// Sends a message and waits for its reply.
    pub(crate) async fn ask<T>(
        &self,
        change: impl FnOnce(oneshot::Sender<T>) -> Change,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(change(reply)).await?;
        answer.await.map_err(|_| StoreError::Closed)
    }

    /// Whether the index may differ from the files.
    pub(crate) fn is_stale(&self) -> bool {
        self.shared.lag.borrow().is_stale()
    }

    /// Ends when the index may differ from the files.
    pub(crate) async fn until_stale(&self) {
        // The sender lives as long as `self`: there is no error to come.
        let _ = self
            .shared
            .lag
            .subscribe()
            .wait_for(|lag| lag.is_stale())
            .await;
    }

    /// The index fell behind the files.
    pub(crate) fn lags(&self) {
        self.shared.lags();
    }

    /// Writes what waits and closes the file. A second time, it does nothing.
    pub(crate) async fn close(&self) {
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(writer) = writer else { return };
        if self.ask(Change::Close).await.is_ok() {
            let _ = writer.await;
        }
        let opened = self.shared.current();
        opened.pool.close().await;
    }
}

impl Lag {
    fn is_stale(self) -> bool {
        self.happened > self.mended
    }
}

impl Shared {
    /// The index fell behind the files.
    fn lags(&self) {
        self.lag.send_modify(|lag| lag.happened += 1);
    }

    /// A walk mended all that had happened when it began.
    fn mend(&self, at_begin: Lag) {
        self.lag.send_modify(|lag| lag.mended = at_begin.happened);
    }

    fn current(&self) -> Arc<Opened> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts a new file in the place of one that is damaged or gone, unless somebody else did so already.
    async fn replace(&self, broken: &Arc<Opened>, why: &'static str) -> Result<(), StoreError> {
        let _replacing = self.replacing.lock().await;
        if !Arc::ptr_eq(&self.current(), broken) {
            return Ok(());
        }
        tracing::warn!(path = %self.path.display(), why, "the index is set aside and made anew from the files");
        broken.pool.close().await;
        self.lags();
        self.files.cache_or_create()?;
        set_aside(&self.path)?;
        let (opened, _) = open_or_replace(&self.path).await?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(opened);
        Ok(())
    }

    /// Whether the file was taken away, or another put in its place.
    fn is_gone(&self, opened: &Opened) -> bool {
        place_of(&self.path).is_ok_and(|place| place != opened.place)
    }

    fn error(&self, error: sqlx::Error) -> StoreError {
        index_error(&self.path, error)
    }
}

fn index_error(path: &Path, error: sqlx::Error) -> StoreError {
    let path = path.to_owned();
    match fault(&error) {
        Fault::Full => StoreError::DiskFull {
            doing: "write",
            path,
        },
        Fault::ReadOnly => StoreError::ReadOnly {
            doing: "write",
            path,
        },
        Fault::PoolClosed => StoreError::Closed,
        Fault::Damaged | Fault::Newer | Fault::Other => match error {
            sqlx::Error::Io(cause) => StoreError::io("open", &path, cause),
            error => StoreError::Index {
                path,
                cause: Box::new(error),
            },
        },
    }
}

/// Opens the index file and says whether it was closed cleanly. The mark that it was is taken away, and is gone for good
/// before this returns: whatever happens next, the next open knows.
async fn open_or_replace(path: &Path) -> Result<(Opened, bool), StoreError> {
    // A link, a folder or a pipe of that name is no index of ours, and SQLite would follow the link.
    if std::fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file()) {
        set_aside(path)?;
    }
    match open(path).await {
        Ok(opened) => Ok(opened),
        Err(error) => match fault(&error) {
            Fault::Damaged | Fault::Newer => {
                tracing::warn!(path = %path.display(), %error, "the index is not usable: set aside, and made anew from the files");
                set_aside(path)?;
                open(path).await.map_err(|error| index_error(path, error))
            }
            Fault::Full | Fault::ReadOnly | Fault::PoolClosed | Fault::Other => {
                Err(index_error(path, error))
            }
        },
    }
}

async fn open(path: &Path) -> Result<(Opened, bool), sqlx::Error> {
    let pool = database::open(path, &PURPOSE).await?;
    match mark_open(&pool).await {
        Ok(was_clean) => {
            let place = place_of(path).ok().flatten();
            Ok((Opened { pool, place }, was_clean))
        }
        Err(error) => {
            pool.close().await;
            Err(error)
        }
    }
}

async fn mark_open(pool: &SqlitePool) -> Result<bool, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let clean: i64 = sqlx::query_scalar("SELECT clean FROM care WHERE id = 1")
        .fetch_one(&mut *connection)
        .await?;
    if clean != 0 {
        sqlx::query("PRAGMA synchronous = FULL")
            .execute(&mut *connection)
            .await?;
        sqlx::query("UPDATE care SET clean = 0 WHERE id = 1")
            .execute(&mut *connection)
            .await?;
        sqlx::query("PRAGMA synchronous = NORMAL")
            .execute(&mut *connection)
            .await?;
    }
    Ok(clean != 0)
}

fn set_aside(path: &Path) -> Result<(), StoreError> {
    database::move_aside(path, ".damaged")
        .map_err(|cause| StoreError::io("set aside", path, cause))?;
    Ok(())
}
