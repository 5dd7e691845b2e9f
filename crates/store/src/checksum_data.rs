//! What is kept for good of a checksum database: the heads that were verified, and evidence of forks. In the data folder,
//! since it cannot be fetched again.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::database_files::check_database_name;
use crate::disk::{Entry, Folder};
use crate::error::StoreError;
use crate::store::Store;

/// The folder below the data folder.
const FOLDER: &str = "checksum-db";
const HEADS: &str = "heads";
const FORKS: &str = "forks";
/// A file that is being written.
const NEW: &str = "new";
/// No file here is longer, in bytes.
const MAX: u64 = 16 * 1024 * 1024;
/// How many files of evidence are kept of a database.
const MAX_EVIDENCE: usize = 64;

impl Store {
    /// The heads of a checksum database as they were last kept; `None` where none ever were. Blocks on the disk.
    pub fn heads(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.checksum_data().heads(name)
    }

    /// Keeps the heads of a checksum database in the place of those before. They are on the disk when this returns.
    /// Blocks on the disk.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] beyond 16 MiB, and what a disk can do. Then the heads before are kept.
    pub fn keep_heads(&self, name: &str, heads: &[u8]) -> Result<(), StoreError> {
        self.checksum_data().keep_heads(name, heads)
    }

    /// Keeps a file that proves that a checksum database contradicts itself, and says where. A name that is taken by
    /// other bytes gets a number. Blocks on the disk.
    ///
    /// # Errors
    /// [`StoreError::EvidenceFull`] where 64 are kept already: the first are worth more than the last.
    pub fn keep_evidence(
        &self,
        name: &str,
        file: &str,
        bytes: &[u8],
    ) -> Result<PathBuf, StoreError> {
        self.checksum_data().keep_evidence(name, file, bytes)
    }
}

/// The part of the data folder that is about checksum databases.
#[derive(Debug)]
pub(crate) struct ChecksumData {
    data: PathBuf,
    /// Held by whoever writes.
    turn: Mutex<()>,
}

impl ChecksumData {
    pub(crate) fn new(data: PathBuf) -> Self {
        Self {
            data,
            turn: Mutex::new(()),
        }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heads(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let of_database = folder_name(name)?;
        let Some(data) = Folder::top(&self.data)? else {
            return Ok(None);
        };
        match data.descend([FOLDER, &of_database])? {
            Some(folder) => read(&folder, HEADS),
            None => Ok(None),
        }
    }

    fn keep_heads(&self, name: &str, heads: &[u8]) -> Result<(), StoreError> {
        let of_database = folder_name(name)?;
        let _turn = self.turn();
        let folder = self.make(&of_database)?;
        put(&folder, &folder, HEADS, heads)
    }

    fn keep_evidence(&self, name: &str, file: &str, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let of_database = folder_name(name)?;
        let _turn = self.turn();
        let scratch = self.make(&of_database)?;
        let folder = child(&scratch, FORKS)?;
        let is_full = folder.file_names()?.len() >= MAX_EVIDENCE;
        for number in 1..=MAX_EVIDENCE {
            let name = match number {
                1 => file.to_owned(),
                _ => format!("{file}.{number}"),
            };
            match folder.open(&name)? {
                Entry::Absent if is_full => break,
                Entry::Absent => put(&scratch, &folder, &name, bytes)?,
                Entry::File(_) if read(&folder, &name)?.as_deref() == Some(bytes) => {}
                Entry::File(_) | Entry::Other => continue,
            }
            return Ok(folder.path().join(name));
        }
        Err(StoreError::EvidenceFull {
            path: folder.path().to_owned(),
            limit: MAX_EVIDENCE,
        })
    }

    /// The folder of a database, made where missing.
    fn make(&self, of_database: &str) -> Result<Folder, StoreError> {
        let data = Folder::top_or_create(&self.data)?;
        child(&child(&data, FOLDER)?, of_database)
    }
}

/// The folder below, made where missing in a way that outlasts a power cut.
fn child(folder: &Folder, name: &str) -> Result<Folder, StoreError> {
    if let Some(child) = folder.child(name)? {
        return Ok(child);
    }
    let child = folder.child_or_create(name)?;
    folder.sync()?;
    Ok(child)
}

/// The name of a database as that of one folder. A name may hold slashes, and a folder of its own for each part could be
/// taken for a file of the database above.
fn folder_name(name: &str) -> Result<String, StoreError> {
    check_database_name(name)?;
    Ok(name.replace('/', "%2f"))
}

fn read(folder: &Folder, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let path = folder.path().join(name);
    let file = match folder.open(name)? {
        Entry::File(file) => file,
        Entry::Absent => return Ok(None),
        Entry::Other => return Err(StoreError::NotAFile { path }),
    };
    let mut bytes = Vec::new();
    file.take(MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| StoreError::io("read", &path, cause))?;
    if bytes.len() as u64 > MAX {
        return Err(StoreError::TooLarge { path, limit: MAX });
    }
    Ok(Some(bytes))
}

/// Writes a file whole and for good, by way of one in `scratch`.
fn put(scratch: &Folder, folder: &Folder, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = folder.path().join(name);
    if bytes.len() as u64 > MAX {
        return Err(StoreError::TooLarge { path, limit: MAX });
    }
    // What a kill left.
    scratch.remove(NEW)?;
    let mut file = scratch.create(NEW)?;
    let placed = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|cause| StoreError::io("write", &path, cause))
        .and_then(|()| scratch.rename(NEW, folder, name));
    if placed.is_err() {
        let _ = scratch.remove(NEW);
    }
    placed?;
    folder.sync()
}
