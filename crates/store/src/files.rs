//! The cache folder as files: temporary names, locks by file, and which files were checked in this process.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use go_module::{FileKind, ModulePath, ModuleVersion};

use crate::damage::Damages;
use crate::disk::{Entry, Folder, Identity};
use crate::error::StoreError;
use crate::layout::{Region, Tree, VERSIONS};
use crate::sidecar::Sha256;

/// How many locks the files of the cache share.
const LOCKS: usize = 16;

/// The files below the cache folder. Knows nothing of the index.
#[derive(Debug)]
pub(crate) struct Files {
    cache: PathBuf,
    locks: [Mutex<()>; LOCKS],
    lock_of: RandomState,
    /// How many files went from one tree to another; held for writing while one does. Taken before any of `locks`.
    moves: RwLock<u64>,
    checked: Mutex<Checked>,
    temporaries: AtomicU64,
    pub(crate) damages: Damages,
}

impl Files {
    pub(crate) fn new(cache: PathBuf) -> Self {
        Self {
            cache,
            locks: std::array::from_fn(|_| Mutex::new(())),
            lock_of: RandomState::new(),
            moves: RwLock::new(0),
            checked: Mutex::new(Checked::default()),
            temporaries: AtomicU64::new(0),
            damages: Damages::default(),
        }
    }

    /// The cache folder's path.
    pub(crate) fn path(&self) -> &Path {
        &self.cache
    }

    /// The cache folder; `None` while somebody has taken it away. Opened anew each time, so that a folder that was
    /// removed and made again under a running Larder is found again.
    pub(crate) fn cache(&self) -> Result<Option<Folder>, StoreError> {
        Folder::top(&self.cache)
    }

    /// The cache folder, made where missing.
    pub(crate) fn cache_or_create(&self) -> Result<Folder, StoreError> {
        Folder::top_or_create(&self.cache)
    }

    /// The folder that holds a module's versions; `None` when nothing was kept in it yet.
    pub(crate) fn versions(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
    ) -> Result<Option<Folder>, StoreError> {
        self.module(tree, &version.path)
    }

    /// The same, by the module's path.
    pub(crate) fn module(
        &self,
        tree: &Tree,
        path: &ModulePath,
    ) -> Result<Option<Folder>, StoreError> {
        let Some(cache) = self.cache()? else {
            return Ok(None);
        };
        let module = path.escaped();
        cache.descend(tree.elements().chain(module.split('/')).chain([VERSIONS]))
    }

    /// The folder that holds a module's versions, made where missing.
    pub(crate) fn versions_or_create(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
    ) -> Result<Folder, StoreError> {
        let module = version.path.escaped();
        let names = tree.elements().chain(module.split('/')).chain([VERSIONS]);
        self.cache_or_create()?.descend_or_create(names)
    }

    /// Held while a file and its sidecar are changed together, and by whoever found them at odds and looks again.
    pub(crate) fn lock(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> MutexGuard<'_, ()> {
        self.lock_at(self.lock_number(tree, version, kind))
    }

    /// The locks of a file in two trees, which may be one and the same. Only for who has the turn of
    /// [`Files::moving`]: nobody else holds two, so no two wait for each other.
    pub(crate) fn lock_both(
        &self,
        trees: [&Tree; 2],
        version: &ModuleVersion,
        kind: FileKind,
    ) -> (MutexGuard<'_, ()>, Option<MutexGuard<'_, ()>>) {
        let [first, second] = trees.map(|tree| self.lock_number(tree, version, kind));
        let first_lock = self.lock_at(first);
        let second_lock = (first != second).then(|| self.lock_at(second));
        (first_lock, second_lock)
    }

    /// Which lock is a file's.
    pub(crate) fn lock_number(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> usize {
        let hash = self.lock_of.hash_one((
            tree,
            version.path.as_str(),
            version.version.as_str(),
            kind.extension(),
        ));
        (hash % LOCKS as u64) as usize
    }

    fn lock_at(&self, number: usize) -> MutexGuard<'_, ()> {
        self.locks[number]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// How many files went from one tree to another. None does while this is held.
    pub(crate) fn moves(&self) -> RwLockReadGuard<'_, u64> {
        self.moves.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn to take a file from one tree to another.
    pub(crate) fn moving(&self) -> RwLockWriteGuard<'_, u64> {
        self.moves.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new temporary file. The name holds the process id, so that a second process cannot take it away unseen.
    pub(crate) fn temporary(&self) -> Result<Temporary, StoreError> {
        let number = self.temporaries.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        let (folder, file) = again_if_vanished(|| {
            let folder = self
                .cache_or_create()?
                .child_or_create(Region::Temporary.name())?;
            let file = folder.create(&name)?;
            Ok((folder, file))
        })?;
        Ok(Temporary {
            folder,
            name,
            file,
            placed: false,
        })
    }

    /// Makes the cache folder ready: no region of it is a link, and what an earlier process left in the temporary folder
    /// is gone.
    pub(crate) fn prepare(&self) -> Result<(), StoreError> {
        let cache = self.cache_or_create()?;
        for region in Region::ALL {
            cache.child(region.name())?;
        }
        let folder = cache.child_or_create(Region::Temporary.name())?;
        let entries = std::fs::read_dir(folder.path())
            .map_err(|cause| StoreError::io("list", folder.path(), cause))?;
        for entry in entries {
            let entry = entry.map_err(|cause| StoreError::io("list", folder.path(), cause))?;
            remove_whatever(&entry.path())?;
        }
        Ok(())
    }

    /// Whether a file in this state was found to have this hash before.
    pub(crate) fn is_checked(&self, identity: Identity, sha256: Sha256) -> bool {
        self.checked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(identity, sha256)
    }

    /// Remembers that a file in this state has this hash.
    pub(crate) fn mark_checked(&self, identity: Identity, sha256: Sha256) {
        self.checked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(identity, sha256);
    }
}

/// Puts something into a folder, and does it again when the folder was taken away (by a clear, or by somebody) between
/// its making and its use.
pub(crate) fn again_if_vanished<T>(
    mut put: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    const TRIES: usize = 5;
    for _ in 1..TRIES {
        match put() {
            Err(StoreError::Vanished { .. }) => {}
            done => return done,
        }
    }
    put()
}

/// Removes a file, a link or a folder with all below it; what is gone already is fine.
pub(crate) fn remove_whatever(path: &Path) -> Result<(), StoreError> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// A file under a temporary name, removed again unless it is put in place.
#[derive(Debug)]
pub(crate) struct Temporary {
    folder: Folder,
    name: String,
    pub(crate) file: File,
    placed: bool,
}

impl Temporary {
    /// The file's path, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// Writes all bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file
            .write_all(bytes)
            .map_err(|cause| StoreError::io("write", &self.path(), cause))
    }

    /// Makes what was written outlast a power cut.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.file
            .sync_all()
            .map_err(|cause| StoreError::io("write", &self.path(), cause))
    }

    /// A second handle with its own position.
    pub(crate) fn reader(&self) -> Result<File, StoreError> {
        match self.folder.open(&self.name)? {
            Entry::File(file) => Ok(file),
            Entry::Absent | Entry::Other => Err(StoreError::io(
                "read",
                &self.path(),
                std::io::ErrorKind::NotFound.into(),
            )),
        }
    }

    /// Puts a second name of that file in the place of this one, which is still empty; says whether the two are on one
    /// file system.
    pub(crate) fn link(&mut self, from: &Path) -> Result<bool, StoreError> {
        let linked = format!("{}-link", self.name);
        if !self.folder.link_from(from, &linked)? {
            return Ok(false);
        }
        self.folder.rename(&linked, &self.folder, &self.name)?;
        self.file = self.reader()?;
        Ok(true)
    }

    /// Gives the file its lasting name.
    pub(crate) fn place(&mut self, folder: &Folder, name: &str) -> Result<(), StoreError> {
        self.folder.rename(&self.name, folder, name)?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.placed {
            return;
        }
        if let Err(error) = self.folder.remove(&self.name) {
            // It takes room until the next open, and nothing else.
            tracing::debug!(%error, "a temporary file stays behind");
        }
    }
}

/// Which files were checked against their hash, as two generations of fingerprints: when the young one is full it becomes
/// the old one, so that the set stays small without any bookkeeping of age.
#[derive(Debug, Default)]
struct Checked {
    hasher: RandomState,
    young: HashSet<u64>,
    old: HashSet<u64>,
}

impl Checked {
    /// Fingerprints a generation holds: about 150 KB each.
    const GENERATION: usize = 8192;

    fn contains(&self, identity: Identity, sha256: Sha256) -> bool {
        let print = self.hasher.hash_one((identity, sha256));
        self.young.contains(&print) || self.old.contains(&print)
    }

    fn insert(&mut self, identity: Identity, sha256: Sha256) {
        if self.young.len() >= Self::GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(self.hasher.hash_one((identity, sha256)));
    }
}
