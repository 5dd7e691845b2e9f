//! The store as the layers above see it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use go_module::{FileKind, H1, ModuleVersion, Request};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit, watch};

use crate::answers::KeptAnswer;
use crate::checksum_data::ChecksumData;
use crate::counted::Counted;
use crate::damage::Damage;
use crate::disk::Folder;
use crate::draft::Draft;
use crate::error::StoreError;
use crate::files::Files;
use crate::index::Index;
use crate::kept::Kept;
use crate::layout::{Tree, check_fits};
use crate::state::{self, State};

/// The two folders of the store.
#[derive(Debug, Clone)]
pub struct Places {
    /// What can be fetched or made again.
    pub cache: PathBuf,
    /// What cannot.
    pub data: PathBuf,
}

/// Everything that Larder keeps on disk. A clone is another handle to the same store.
///
/// One process at a time opens the two folders: the lock that decides which is the caller's.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    files: Arc<Files>,
    index: Index,
    state: State,
    checksum_data: ChecksumData,
    database_size: Counted,
    rest_size: Counted,
    /// Counts the changes of what must stay; held while one is made, and while room is made by it.
    keeping: Mutex<u64>,
    /// How many bytes were kept since the store was opened.
    grown: watch::Sender<u64>,
    /// Whether the store is closed. Commits hold it for reading, so that closing waits for them.
    closed: RwLock<bool>,
    /// The turn to walk over all files: verification, clearing and rebuilding come one after the other.
    care: Semaphore,
}

impl Store {
    /// Opens both folders, made with mode 0700 where missing. Takes as long with a full cache as with an empty one: no
    /// cached file is looked at. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// A folder of somebody else, or one that others may write to; a damaged state (see [`Store::set_state_aside`]); what a
    /// disk can do. A damaged or missing index is no error: it is made anew, and [`Store::needs_rebuild`] says so.
    pub async fn open(places: Places) -> Result<Self, StoreError> {
        let files = Arc::new(Files::new(places.cache));
        let data = places.data.clone();
        let prepared = files.clone();
        blocking(move || {
            Folder::top_or_create(&data)?;
            prepared.prepare()
        })
        .await?;
        // The state first: when it is refused, the index keeps the mark of its clean close.
        let checksum_data = ChecksumData::new(places.data.clone());
        let state = State::open(places.data, files.clone()).await?;
        let index = Index::open(files.clone()).await?;
        let inner = Inner {
            files,
            index,
            state,
            checksum_data,
            database_size: Counted::of("the files of checksum databases"),
            rest_size: Counted::of("what stands beside the trees"),
            keeping: Mutex::new(0),
            grown: watch::Sender::new(0),
            closed: RwLock::new(false),
            care: Semaphore::new(1),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// On the person's word: gives a state that [`Store::open`] refuses another name, and returns it.
    pub fn set_state_aside(places: &Places) -> Result<PathBuf, StoreError> {
        state::set_aside(&places.data, Timestamp::now())
    }

    /// Waits for commits under way, writes what the index still has to, and closes. A second time, it does nothing.
    pub async fn close(self) {
        let inner = self.inner.clone();
        let closed = blocking(move || {
            *inner.closed.write().unwrap_or_else(PoisonError::into_inner) = true;
            Ok(())
        });
        if let Err(error) = closed.await {
            tracing::warn!(%error, "the store is closed while a commit may be under way");
        }
        self.inner.index.close().await;
        self.inner.state.close().await;
    }

    /// The cache folder.
    pub fn cache_folder(&self) -> &Path {
        self.inner.files.path()
    }

    // Files.

    /// The file from the first of the trees that has it whole. One that proves damaged is set aside and counts as absent
    /// (see [`Store::take_damage`]).
    ///
    /// # Errors
    /// A link in the place of a folder, a name that no file system takes, and what a disk can do; never a missing folder.
    pub async fn find(
        &self,
        trees: &[Tree],
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Option<Kept>, StoreError> {
        let (store, trees, version) = (self.clone(), trees.to_vec(), version.clone());
        blocking(move || store.find_blocking(&trees, &version, kind)).await
    }

    /// [`Store::find`] for a thread that may block.
    pub fn find_blocking(
        &self,
        trees: &[Tree],
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Option<Kept>, StoreError> {
        self.inner.files.find(trees, version, kind, |tree| {
            self.inner.index.gone(tree, version)
        })
    }

    /// Changes with each file that is kept: how many bytes were, since the store was opened.
    pub fn grown(&self) -> watch::Receiver<u64> {
        self.inner.grown.subscribe()
    }

    /// Begins a new file. Blocks on the disk.
    pub fn draft(
        &self,
        tree: Tree,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Draft, StoreError> {
        check_fits(version)?;
        drop(self.hold_open()?);
        Draft::new(self.clone(), tree, version.clone(), kind)
    }

    /// Notes Go's own hash of a kept file; says whether the file is there. Blocks on the disk.
    pub fn set_h1(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
        h1: H1,
    ) -> Result<bool, StoreError> {
        self.inner.files.set_h1(tree, version, kind, h1)
    }

    /// Sets a kept file aside that is just as it came, and proved wrong all the same. Blocks on the disk.
    pub fn take_out(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<(), StoreError> {
        let taken = self.inner.files.take_out(tree, version, kind);
        self.inner.index.gone(tree, version);
        taken
    }

    /// Notes that a version was used just now. Never waits; forgotten when too much waits already.
    pub fn touch(&self, tree: &Tree, version: &ModuleVersion, _kind: FileKind) {
        self.inner.index.used(tree, version, Timestamp::now());
    }

    /// What proved damaged since the last call, at most the newest few hundred.
    pub fn take_damage(&self) -> Vec<Damage> {
        self.inner.files.damages.take()
    }

    /// How many files proved damaged since the store was opened.
    pub fn damage_count(&self) -> u64 {
        self.inner.files.damages.count()
    }

    // Answers.

    /// What an upstream last answered to a list, latest, query or checksum database request.
    pub async fn answer(
        &self,
        upstream_id: &str,
        request: &Request,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        let (files, upstream, request) = (
            self.inner.files.clone(),
            upstream_id.to_owned(),
            request.clone(),
        );
        blocking(move || files.answer(&upstream, &request)).await
    }

    /// Keeps what an upstream answered, in the place of its last answer.
    pub async fn keep_answer(
        &self,
        upstream_id: &str,
        request: &Request,
        answer: &KeptAnswer,
    ) -> Result<(), StoreError> {
        let (files, upstream, request) = (
            self.inner.files.clone(),
            upstream_id.to_owned(),
            request.clone(),
        );
        let answer = answer.clone();
        blocking(move || files.keep_answer(&upstream, &request, &answer)).await
    }

    /// Forgets what an upstream answered; says whether there was anything.
    pub async fn forget_answer(
        &self,
        upstream_id: &str,
        request: &Request,
    ) -> Result<bool, StoreError> {
        let (files, upstream, request) = (
            self.inner.files.clone(),
            upstream_id.to_owned(),
            request.clone(),
        );
        blocking(move || files.forget_answer(&upstream, &request)).await
    }

    // Lasting state.

    /// A small lasting value.
    pub async fn get_value(&self, key: &str) -> Result<Option<Value>, StoreError> {
        self.inner.state.value(key).await
    }

    /// Sets a small lasting value. It is on the disk when this returns.
    pub async fn set_value(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        self.inner.state.set_value(key, value).await
    }

    /// Removes a small lasting value; says whether there was one.
    pub async fn remove_value(&self, key: &str) -> Result<bool, StoreError> {
        self.inner.state.remove_value(key).await
    }

    // For the other files of this crate.

    pub(crate) fn files(&self) -> &Arc<Files> {
        &self.inner.files
    }

    pub(crate) fn state(&self) -> &State {
        &self.inner.state
    }

    pub(crate) fn checksum_data(&self) -> &ChecksumData {
        &self.inner.checksum_data
    }

    pub(crate) fn database_size(&self) -> &Counted {
        &self.inner.database_size
    }

    pub(crate) fn rest_size(&self) -> &Counted {
        &self.inner.rest_size
    }

    pub(crate) fn keeping(&self) -> &Mutex<u64> {
        &self.inner.keeping
    }

    /// A file of that length was kept.
    pub(crate) fn grows(&self, bytes: u64) {
        self.inner.grown.send_modify(|grown| *grown += bytes);
    }

    pub(crate) fn index(&self) -> &Index {
        &self.inner.index
    }

    /// Keeps the store from being closed until it is dropped.
    pub(crate) fn hold_open(&self) -> Result<RwLockReadGuard<'_, bool>, StoreError> {
        let closed = self
            .inner
            .closed
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if *closed {
            Err(StoreError::Closed)
        } else {
            Ok(closed)
        }
    }

    /// The turn to walk over all files.
    pub(crate) async fn care_turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        self.inner
            .care
            .acquire()
            .await
            .map_err(|_| StoreError::Closed)
    }
}

/// Runs what blocks on the disk away from the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| StoreError::Task { cause })?
}
