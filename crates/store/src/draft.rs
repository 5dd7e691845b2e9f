//! A file on its way into the cache: written under a temporary name, hashed as it grows, kept by one rename.

use std::fs::File;
use std::io::{Seek, Write};

use go_module::{FileKind, H1, ModuleVersion};
use jiff::Timestamp;
use sha2::{Digest, Sha256 as Hasher};

use crate::disk::Identity;
use crate::error::StoreError;
use crate::files::{Temporary, again_if_vanished};
use crate::kept::Kept;
use crate::layout::{Tree, file_name, sidecar_name};
use crate::sidecar::{Sha256, Sidecar};
use crate::store::Store;

/// A file being written. Dropped before [`Draft::commit`], it leaves nothing behind.
///
/// All its methods block on the disk.
#[derive(Debug)]
pub struct Draft {
    store: Store,
    tree: Tree,
    version: ModuleVersion,
    kind: FileKind,
    pub(crate) temporary: Temporary,
    pub(crate) hasher: Hasher,
    pub(crate) len: u64,
}

impl Draft {
    pub(crate) fn new(
        store: Store,
        tree: Tree,
        version: ModuleVersion,
        kind: FileKind,
    ) -> Result<Self, StoreError> {
        let temporary = store.files().temporary()?;
        Ok(Self {
            store,
            tree,
            version,
            kind,
            temporary,
            hasher: Hasher::new(),
            len: 0,
        })
    }

    /// Adds bytes at the end.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.temporary
            .file
            .write_all(bytes)
            .map_err(|cause| StoreError::io("write", &self.temporary.path(), cause))?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes were added.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A second handle at the start of the file, for whoever reads while it grows and for the check of the whole.
    pub fn reader(&self) -> Result<File, StoreError> {
        self.temporary.reader()
    }

    /// Forgets all bytes, for a transfer that begins anew.
    pub fn restart(&mut self) -> Result<(), StoreError> {
        let file = &mut self.temporary.file;
        file.set_len(0)
            .and_then(|()| file.rewind())
            .map_err(|cause| StoreError::io("empty", &self.temporary.path(), cause))?;
        self.hasher = Hasher::new();
        self.len = 0;
        Ok(())
    }

    /// [`Draft::commit_with`] for a file whose `h1:` hash is not known.
    pub fn commit(self, origin: &str) -> Result<Kept, StoreError> {
        self.commit_with(origin, None)
    }

    /// Keeps the file, replacing one that was kept before: its bytes and its sidecar are on the disk first, then it
    /// takes its name. The name itself reaches the disk a moment later, many at once (a power cut before that takes
    /// the file back as a whole). `origin` is the upstream's name, without user info; `h1` is Go's own hash of the file,
    /// where the caller has it.
    ///
    /// # Errors
    /// [`StoreError::Closed`] after [`Store::close`], [`StoreError::Vanished`] when somebody emptied the temporary folder,
    /// and what a disk can do. Then nothing was kept.
    pub fn commit_with(mut self, origin: &str, h1: Option<H1>) -> Result<Kept, StoreError> {
        let store = self.store.clone();
        // Held to the end, so that a close in between waits, and the index hears of this file.
        let _open = store.hold_open()?;
        let file = self.reader()?;
        let sha256 = Sha256(std::mem::take(&mut self.hasher).finalize().into());
        let mut sidecar = Sidecar::new(sha256, self.len, origin, Timestamp::now());
        sidecar.h1 = h1;

        again_if_vanished(|| self.put(&sidecar))?;
        if let Ok(identity) = Identity::of(&file) {
            store.files().mark_checked(identity, sha256);
        }
        store.index().kept(&self.tree, &self.version);
        store.grows(self.len);
        Ok(Kept {
            tree: self.tree.clone(),
            size: sidecar.size,
            sha256,
            origin: sidecar.origin,
            kept_at: sidecar.kept_at,
            h1,
            file,
        })
    }

    fn put(&mut self, sidecar: &Sidecar) -> Result<(), StoreError> {
        let files = self.store.files();
        let name = file_name(&self.version.version, self.kind);
        let mut beside = files.temporary()?;
        beside.write(&sidecar.render())?;
        self.temporary.sync()?;
        beside.sync()?;
        let _lock = files.lock(&self.tree, &self.version, self.kind);
        // Only now: the longer an empty folder stands, the sooner a clear that goes on meanwhile takes it away.
        let folder = files.versions_or_create(&self.tree, &self.version)?;
        // An older file must not get a new one's sidecar for nothing.
        self.temporary.reader()?;
        beside.place(&folder, &sidecar_name(&name))?;
        self.temporary.place(&folder, &name)
    }
}
