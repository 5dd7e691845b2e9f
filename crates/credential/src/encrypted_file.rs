//! Credentials in a file that a passphrase encrypts: for machines without a keyring, and on explicit request only.
//!
//! How it is sealed is in [`sealed`]. The passphrase itself is not kept: from opening to dropping, the key that was made of
//! it is in memory. The file is read anew for each call, so that what another process of Larder wrote is seen, and
//! written whole: a temporary file beside it (0600), fsync, rename.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use secret::Secret;
use zeroize::Zeroizing;

use crate::credential::Credential;
use crate::error::CredentialError;
use crate::keep::{Keep, KeptIn, Listed};
use crate::origin::Origin;

mod sealed;

use sealed::{Cost, Key, Open};

/// The most that is read: thousands of credentials.
const CAP: u64 = 4 << 20;

/// Why the encrypted file could not be used. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncryptedFileError {
    /// No such file.
    #[error("there is no encrypted file at {}; create it first", path.display())]
    Absent {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file is there already, whose credentials would be lost.
    #[error("there is a file at {} already; open it with its passphrase, or remove it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase is not the one the file was sealed with.
    #[error("the passphrase does not open {}; check it and try again. A passphrase that is lost can't be had back: remove the file and log in anew", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// An empty passphrase protects nothing.
    #[error("an empty passphrase protects nothing; give one")]
    EmptyPassphrase,
    /// The bytes are not those that Larder wrote: cut short, damaged or changed by others.
    #[error("{} is damaged or was changed ({reason}); restore it from a backup, or remove it and log in anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where that showed.
        reason: &'static str,
    },
    /// Written by a later Larder, or with a cost that this one does not take.
    #[error("{} was written by another version of Larder; use that one, or remove the file and log in anew", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// The disk failed.
    #[error("{} can't be {doing} ({reason}); see to its permissions and the room on its disk", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// What the system said.
        reason: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes ({reason}), so nothing can be encrypted; try again")]
    NoRandom {
        /// What the system said.
        reason: String,
    },
}

/// The encrypted file, opened with its passphrase.
pub struct EncryptedFile {
    path: PathBuf,
    /// Also the turn: one reads and writes at a time.
    key: Mutex<Key>,
}

impl EncryptedFile {
    /// Creates the file, without credentials. Blocks for about a second: a key from a passphrase is slow by design.
    ///
    /// # Errors
    /// [`EncryptedFileError::Exists`], `EmptyPassphrase`, `Disk`, `NoRandom`.
    pub fn create(path: &Path, passphrase: &Secret) -> Result<Self, EncryptedFileError> {
        Self::create_at(path, passphrase, Cost::NOW)
    }

    /// Opens the file. Blocks for about a second: a key from a passphrase is slow by design.
    ///
    /// # Errors
    /// [`EncryptedFileError`]: `WrongPassphrase` and `Damaged` are told apart.
    pub fn open(path: &Path, passphrase: &Secret) -> Result<Self, EncryptedFileError> {
        let bytes = read(path)?;
        let key = Key::of_file(&bytes, passphrase).map_err(|open| because(path, open))?;
        credentials(path, &key, &bytes)?;
        Ok(Self {
            path: path.to_owned(),
            key: Mutex::new(key),
        })
    }

    /// Seals the file with another passphrase; the old one opens it no more. Blocks as [`EncryptedFile::open`] does.
    ///
    /// # Errors
    /// [`EncryptedFileError`]; the old passphrase then still holds.
    pub fn change_passphrase(&self, passphrase: &Secret) -> Result<(), EncryptedFileError> {
        let new = new_key(passphrase, Cost::NOW)?;
        let mut key = self.key();
        let kept = credentials(&self.path, &key, &read(&self.path)?)?;
        write(&self.path, &new, &kept)?;
        *key = new;
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn create_at(path: &Path, passphrase: &Secret, cost: Cost) -> Result<Self, EncryptedFileError> {
        // Not followed: a link that points nowhere is somebody's as well.
        if fs::symlink_metadata(path).is_ok() {
            return Err(EncryptedFileError::Exists {
                path: path.to_owned(),
            });
        }
        let key = new_key(passphrase, cost)?;
        write(path, &key, &[])?;
        Ok(Self {
            path: path.to_owned(),
            key: Mutex::new(key),
        })
    }

    fn key(&self) -> std::sync::MutexGuard<'_, Key> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Result<Vec<Credential>, EncryptedFileError> {
        credentials(&self.path, &self.key(), &read(&self.path)?)
    }

    /// Replaces what is kept for this origin, and tells whether there was anything.
    fn replace(
        &self,
        origin: &Origin,
        new: Option<&Credential>,
    ) -> Result<bool, EncryptedFileError> {
        let key = self.key();
        let mut kept = credentials(&self.path, &key, &read(&self.path)?)?;
        let before = kept.len();
        kept.retain(|credential| credential.origin() != origin);
        let was_there = kept.len() < before;
        kept.extend(new.cloned());
        if was_there || new.is_some() {
            write(&self.path, &key, &kept)?;
        }
        Ok(was_there)
    }
}

impl Keep for EncryptedFile {
    fn kept_in(&self) -> KeptIn {
        KeptIn::EncryptedFile
    }

    fn get(&self, origin: &Origin) -> Result<Option<Credential>, CredentialError> {
        let mut all = self.all()?.into_iter();
        Ok(all.find(|credential| credential.origin() == origin))
    }

    fn set(&self, credential: &Credential) -> Result<(), CredentialError> {
        self.replace(credential.origin(), Some(credential))?;
        Ok(())
    }

    fn remove(&self, origin: &Origin) -> Result<bool, CredentialError> {
        Ok(self.replace(origin, None)?)
    }

    /// All that is in the file: it has a list of its own.
    fn list(&self, _: &[Origin]) -> Result<Vec<Listed>, CredentialError> {
        let all = self.all()?;
        Ok(all
            .iter()
            .map(|credential| Listed::of(credential, KeptIn::EncryptedFile))
            .collect())
    }
}

impl fmt::Debug for EncryptedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn new_key(passphrase: &Secret, cost: Cost) -> Result<Key, EncryptedFileError> {
    if passphrase.is_empty() {
        return Err(EncryptedFileError::EmptyPassphrase);
    }
    let mut salt = [0; sealed::SALT];
    random(&mut salt)?;
    Ok(Key::new(passphrase, cost, salt))
}

fn random(bytes: &mut [u8]) -> Result<(), EncryptedFileError> {
    getrandom::fill(bytes).map_err(|error| EncryptedFileError::NoRandom {
        reason: error.to_string(),
    })
}

fn because(path: &Path, open: Open) -> EncryptedFileError {
    let path = path.to_owned();
    match open {
        Open::WrongPassphrase => EncryptedFileError::WrongPassphrase { path },
        Open::Damaged(reason) => EncryptedFileError::Damaged { path, reason },
        Open::Unknown => EncryptedFileError::Unknown { path },
    }
}

fn disk(path: &Path, doing: &'static str, error: &io::Error) -> EncryptedFileError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound if doing == "read" => EncryptedFileError::Absent { path },
        _ => EncryptedFileError::Disk {
            path,
            doing,
            reason: error.to_string(),
        },
    }
}

fn read(path: &Path) -> Result<Vec<u8>, EncryptedFileError> {
    let unread = |error: io::Error| disk(path, "read", &error);
    // Looked at before it is opened: to open a pipe waits for its writer.
    if !fs::metadata(path).map_err(unread)?.is_file() {
        return Err(because(path, Open::Damaged("it is no regular file")));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(CAP + 1).read_to_end(&mut bytes))
        .map_err(unread)?;
    if bytes.len() as u64 > CAP {
        return Err(because(path, Open::Damaged("it is too large")));
    }
    Ok(bytes)
}

fn credentials(
    path: &Path,
    key: &Key,
    bytes: &[u8],
) -> Result<Vec<Credential>, EncryptedFileError> {
    let text = key.open(bytes).map_err(|open| because(path, open))?;
    let mut credentials = Vec::new();
    let mut lines = text.split_terminator('\n').peekable();
    while lines.peek().is_some() {
        let Some(credential) = Credential::from_lines(&mut lines) else {
            return Err(because(
                path,
                Open::Damaged("its content is not credentials"),
            ));
        };
        credentials.push(credential);
    }
    Ok(credentials)
}

fn write(path: &Path, key: &Key, credentials: &[Credential]) -> Result<(), EncryptedFileError> {
    let parts: Vec<_> = credentials.iter().map(Credential::to_lines).collect();
    let mut text = Zeroizing::new(String::with_capacity(
        parts.iter().map(|part| part.len()).sum(),
    ));
    for part in &parts {
        text.push_str(part);
    }
    let mut nonce = [0; sealed::NONCE];
    random(&mut nonce)?;
    let bytes = key.seal(&text, nonce);
    whole_file(path, &bytes).map_err(|error| disk(path, "written", &error))
}

/// Replaces the file by a temporary one beside it and a rename; both are on disk when it returns.
fn whole_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;

    let folder = match path.parent().ok_or(io::ErrorKind::InvalidInput)? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let mut name = path
        .file_name()
        .ok_or(io::ErrorKind::InvalidInput)?
        .to_owned();
    let number = getrandom::u32().map_err(io::Error::other)?;
    name.push(format!(".{number:08x}.new"));
    let temporary = folder.join(name);
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        fs::File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests;
