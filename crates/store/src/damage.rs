//! What is wrong with a file of the cache, and where damaged files go.

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use go_module::{FileKind, ModulePath, Version};
use jiff::Timestamp;

use crate::disk::Folder;
use crate::error::StoreError;
use crate::files::{Files, remove_whatever};
use crate::layout::{Place, Region, Tree, sidecar_name};
use crate::sidecar::Sha256;

/// How many damaged files are kept for a look, and how many bytes of them.
const KEPT_FILES: usize = 20;
const KEPT_BYTES: u64 = 256 * 1024 * 1024;
/// How many damages wait to be taken; older ones are only counted.
const WAITING: usize = 256;

/// One thing in the cache that is not as Larder left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The tree it is in.
    pub tree: Tree,
    /// The module; `None` for what belongs to no version.
    pub module: Option<ModulePath>,
    /// The version; `None` for what belongs to none.
    pub version: Option<Version>,
    /// Which of the version's files; `None` for what belongs to no version.
    pub kind: Option<FileKind>,
    /// Where, relative to the tree's folder.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: DamageReason,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DamageReason {
    /// Its bytes are not those that were kept.
    HashDiffers {
        /// What the sidecar says.
        expected: Sha256,
        /// What the file has.
        found: Sha256,
    },
    /// Its length is not that of what was kept, in bytes.
    SizeDiffers {
        /// What the sidecar says.
        expected: u64,
        /// What the file has.
        found: u64,
    },
    /// It cannot be read, for the operating system's reason.
    Unreadable(String),
    /// Nothing says what its bytes must be.
    SidecarMissing,
    /// What should say what its bytes must be is not readable, for this reason.
    SidecarUnreadable(String),
    /// A symbolic link, folder or pipe where a file belongs.
    NotAFile,
    /// Not put there by Larder.
    Foreign,
}

impl fmt::Display for DamageReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HashDiffers { expected, found } => {
                write!(f, "its SHA-256 is {found}, kept was {expected}")
            }
            Self::SizeDiffers { expected, found } => {
                write!(f, "it has {found} bytes, kept were {expected}")
            }
            Self::Unreadable(cause) => write!(f, "it cannot be read: {cause}"),
            Self::SidecarMissing => f.write_str("its sidecar is missing"),
            Self::SidecarUnreadable(cause) => write!(f, "its sidecar is unreadable: {cause}"),
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::Foreign => f.write_str("Larder did not put it there"),
        }
    }
}

impl Damage {
    pub(crate) fn of(tree: &Tree, place: &Place, path: &Path, reason: DamageReason) -> Self {
        Self {
            tree: tree.clone(),
            module: Some(place.version.path.clone()),
            version: Some(place.version.version.clone()),
            kind: Some(place.kind),
            path: path.to_owned(),
            reason,
        }
    }

    pub(crate) fn foreign(tree: &Tree, path: &Path, reason: DamageReason) -> Self {
        Self {
            tree: tree.clone(),
            module: None,
            version: None,
            kind: None,
            path: path.to_owned(),
            reason,
        }
    }
}

/// The damages found while files were served: counted, and the newest kept until somebody takes them.
#[derive(Debug, Default)]
pub(crate) struct Damages {
    count: AtomicU64,
    waiting: Mutex<VecDeque<Damage>>,
}

impl Damages {
    fn push(&self, damage: Damage) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() == WAITING {
            waiting.pop_front();
        }
        waiting.push_back(damage);
    }

    pub(crate) fn take(&self) -> Vec<Damage> {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect()
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

impl Files {
    /// Takes a file that was found damaged on the way to a reader out of its tree, with its sidecar. A failure to do so
    /// is told in the log only: the file counts as absent either way.
    pub(crate) fn report_and_set_aside(&self, folder: &Folder, name: &str, damage: Damage) {
        tracing::warn!(tree = %damage.tree, path = %damage.path.display(), reason = %damage.reason, "a cached file is damaged: set aside");
        self.damages.push(damage);
        if let Err(error) = self.set_aside(folder, name) {
            tracing::warn!(%error, "a damaged file could not be set aside");
        }
    }

    /// Moves a file (or whatever has its name) to `damaged/`, removes its sidecar, and lets the oldest damaged ones go.
    pub(crate) fn set_aside(&self, folder: &Folder, name: &str) -> Result<(), StoreError> {
        let damaged = self
            .cache_or_create()?
            .child_or_create(Region::Damaged.name())?;
        match folder.rename(name, &damaged, &name_aside(name)) {
            Ok(()) | Err(StoreError::Vanished { .. }) => {}
            // A folder that cannot be moved, or another file system: better gone than served.
            Err(_) => remove_whatever(&folder.path().join(name))?,
        }
        // The file first: a sidecar alone is harmless, a file alone is not.
        let sidecar = sidecar_name(name);
        if sidecar.len() <= 255 && folder.remove(&sidecar).is_err() {
            remove_whatever(&folder.path().join(sidecar))?;
        }
        prune(&damaged)
    }

    /// The same for what has no sidecar, and perhaps a name that is no text.
    pub(crate) fn set_path_aside(&self, path: &Path) -> Result<(), StoreError> {
        let damaged = self
            .cache_or_create()?
            .child_or_create(Region::Damaged.name())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // A rename takes a link itself, not what it names.
        if std::fs::rename(path, damaged.path().join(name_aside(&name))).is_err() {
            remove_whatever(path)?;
        }
        prune(&damaged)
    }
}

/// A name in `damaged/` for what had this name: in order of time, and never too long.
fn name_aside(name: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let now = Timestamp::now().as_millisecond();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let end = name
        .char_indices()
        .rev()
        .map(|(at, _)| at)
        .take_while(|at| name.len() - at <= 100)
        .last();
    format!(
        "{now:013}-{number:06}-{}",
        &name[end.unwrap_or(name.len())..]
    )
}

/// Keeps the newest damaged files, within [`KEPT_FILES`] and [`KEPT_BYTES`].
fn prune(damaged: &Folder) -> Result<(), StoreError> {
    let mut entries = Vec::new();
    let listed = std::fs::read_dir(damaged.path())
        .map_err(|cause| StoreError::io("list", damaged.path(), cause))?;
    for entry in listed.flatten() {
        let size = entry.metadata().map_or(0, |meta| meta.len());
        entries.push((entry.file_name(), entry.path(), size));
    }
    entries.sort_unstable_by(|a, b| b.0.cmp(&a.0));
    let mut bytes = 0;
    for (position, (_, path, size)) in entries.into_iter().enumerate() {
        bytes += size;
        if position >= KEPT_FILES || bytes > KEPT_BYTES {
            remove_whatever(&path)?;
        }
    }
    Ok(())
}
