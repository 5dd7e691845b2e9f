//! Where the go env file is, for a given caller, and what stands there.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, OFlags};
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};

use super::error::EnvError;
use crate::caller::CallerEnv;

/// The most that is read of a go env file, in bytes. A real one has a few hundred.
const LIMIT: u64 = 1 << 20;

/// Where a caller's go commands look for their env file. The file need not be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvLocation {
    named: PathBuf,
    file: PathBuf,
}

/// A go env file as it is now.
pub(super) struct Snapshot {
    pub(super) bytes: Vec<u8>,
    pub(super) mode: u32,
}

impl EnvLocation {
    /// Finds the place by Go's rule (`EnvFile` in `cmd/go/internal/cfg`, `os.UserConfigDir`): `$GOENV`, else `go/env` in
    /// `$XDG_CONFIG_HOME` or `$HOME/.config` (macOS: `$HOME/Library/Application Support`). A symbolic link is followed to
    /// the file that is to be edited, so that the link stays.
    ///
    /// # Errors
    /// Every [`EnvError`] about the place, and [`EnvError::Unreadable`]. That it can be *written* is checked before a
    /// write: a file that is read-only can be shown all the same.
    pub fn of(caller: &CallerEnv) -> Result<Self, EnvError> {
        let location = Self::at(named(caller)?)?;
        location.snapshot()?;
        Ok(location)
    }

    /// The same name, looked up again: somebody may have put a link in the place of the file since.
    pub(super) fn again(&self) -> Result<Self, EnvError> {
        Self::at(self.named.clone())
    }

    fn at(named: PathBuf) -> Result<Self, EnvError> {
        let file = match fs::symlink_metadata(&named) {
            Ok(found) if found.is_symlink() => resolved(&named)?,
            Ok(_) => named.clone(),
            Err(error) if is_missing(&error) => {
                missing_folders(&named)?;
                named.clone()
            }
            Err(source) => {
                return Err(EnvError::Unreadable {
                    path: named,
                    source,
                });
            }
        };
        Ok(Self { named, file })
    }

    /// The file's name, as `go env GOENV` gives it.
    #[must_use]
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// The file that is read and written: another one than [`EnvLocation::named`] where that is a symbolic link.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Is what go names a symbolic link to the file?
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.named != self.file
    }

    /// The file's bytes; `None` when it is not there.
    ///
    /// # Errors
    /// [`EnvError::InTheWay`], [`EnvError::Unreadable`], [`EnvError::TooLarge`].
    pub fn read(&self) -> Result<Option<Vec<u8>>, EnvError> {
        Ok(self.snapshot()?.map(|found| found.bytes))
    }

    pub(super) fn snapshot(&self) -> Result<Option<Snapshot>, EnvError> {
        let unreadable = |source| EnvError::Unreadable {
            path: self.file.clone(),
            source,
        };
        // Looked at before it is opened: opening a device can do something.
        match fs::symlink_metadata(&self.file) {
            Ok(found) => self.check_kind(&found)?,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(source) => return Err(unreadable(source)),
        }
        let file = OpenOptions::new()
            .read(true)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(&self.file)
            .map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?;
        self.check_kind(&found)?;
        let mut bytes = Vec::new();
        (&file)
            .take(LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > LIMIT {
            return Err(EnvError::TooLarge {
                path: self.file.clone(),
                limit: LIMIT,
            });
        }
        Ok(Some(Snapshot {
            bytes,
            mode: found.permissions().mode() & 0o7777,
        }))
    }

    fn check_kind(&self, found: &Metadata) -> Result<(), EnvError> {
        if found.is_file() {
            return Ok(());
        }
        Err(EnvError::InTheWay {
            path: self.file.clone(),
            found: kind(found),
            wanted: "a file",
        })
    }

    /// May the file be replaced by another one with the same name?
    ///
    /// The permission bits are looked at too, not only the system's answer, which is "yes" to root for everything: a
    /// file without a write bit is somebody's wish.
    ///
    /// # Errors
    /// [`EnvError::ReadOnlyFile`], [`EnvError::ReadOnlyFolder`], [`EnvError::ForeignOwner`], and those about the place.
    pub fn check_writable(&self) -> Result<(), EnvError> {
        let you = geteuid().as_raw();
        match fs::symlink_metadata(&self.file) {
            Ok(found) => {
                self.check_kind(&found)?;
                if found.uid() != you {
                    return Err(EnvError::ForeignOwner {
                        path: self.file.clone(),
                        owner: found.uid(),
                        you,
                    });
                }
                if found.permissions().mode() & 0o200 == 0
                    || rustix::fs::access(&self.file, Access::WRITE_OK).is_err()
                {
                    return Err(EnvError::ReadOnlyFile {
                        path: self.file.clone(),
                    });
                }
            }
            Err(error) if is_missing(&error) => {}
            Err(source) => {
                return Err(EnvError::Unreadable {
                    path: self.file.clone(),
                    source,
                });
            }
        }
        let missing = missing_folders(&self.file)?;
        let folder = folder_of(missing.first().unwrap_or(&self.file));
        let found = fs::metadata(folder).map_err(|source| EnvError::Unreadable {
            path: folder.to_owned(),
            source,
        })?;
        // A folder of root's that may be written is the system's arrangement (/tmp is one).
        if found.uid() != you && found.uid() != 0 {
            return Err(EnvError::ForeignOwner {
                path: folder.to_owned(),
                owner: found.uid(),
                you,
            });
        }
        let own_bit_missing = found.uid() == you && found.permissions().mode() & 0o200 == 0;
        if own_bit_missing
            || rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_err()
        {
            return Err(EnvError::ReadOnlyFolder {
                path: folder.to_owned(),
            });
        }
        Ok(())
    }
}

fn named(caller: &CallerEnv) -> Result<PathBuf, EnvError> {
    for name in ["GOENV", "XDG_CONFIG_HOME", "HOME"] {
        if caller.is_unreadable(name) {
            return Err(EnvError::NotText { name });
        }
    }
    if let Some(file) = caller.get("GOENV") {
        if file == "off" {
            return Err(EnvError::Off);
        }
        if file.ends_with('/') {
            return Err(EnvError::NoPlace {
                reason: "GOENV ends in a slash, so it names no file: set it to a file, or unset it",
            });
        }
        return absolute("GOENV", Path::new(file));
    }
    let below_home = |below: &str| {
        let home = caller.get("HOME").ok_or(EnvError::NoPlace {
            reason: "HOME is not set in your environment: set HOME or GOENV",
        })?;
        absolute("HOME", &Path::new(home).join(below)).map(|path| cleaned(&path))
    };
    if cfg!(target_os = "macos") {
        return below_home("Library/Application Support/go/env");
    }
    match caller.get("XDG_CONFIG_HOME") {
        // Go takes this for an error, and goes on without an env file.
        Some(folder) if !Path::new(folder).is_absolute() => Err(EnvError::Relative {
            name: "XDG_CONFIG_HOME",
            path: folder.into(),
        }),
        Some(folder) => Ok(cleaned(&Path::new(folder).join("go/env"))),
        None => below_home(".config/go/env"),
    }
}

/// The path without `.` and `..`, by its text alone, as `filepath.Join` makes it (which it does not for GOENV).
fn cleaned(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(part),
        }
    }
    clean
}

fn absolute(name: &'static str, path: &Path) -> Result<PathBuf, EnvError> {
    if path.is_absolute() {
        // Components leave out doubled slashes and `.`, which would make one file look like two.
        return Ok(path.components().collect());
    }
    Err(EnvError::Relative {
        name,
        path: path.to_owned(),
    })
}

fn resolved(link: &Path) -> Result<PathBuf, EnvError> {
    fs::canonicalize(link).map_err(|source| {
        if source.kind() == io::ErrorKind::NotFound {
            EnvError::DanglingLink {
                link: link.to_owned(),
                target: fs::read_link(link).unwrap_or_default(),
            }
        } else {
            EnvError::Unreadable {
                path: link.to_owned(),
                source,
            }
        }
    })
}

/// The folders on the way to the file that are not there, from the top down.
pub(super) fn missing_folders(file: &Path) -> Result<Vec<PathBuf>, EnvError> {
    let mut missing = Vec::new();
    for folder in file.ancestors().skip(1) {
        let found = match fs::symlink_metadata(folder) {
            Ok(found) => found,
            // A file further up is found when its turn comes.
            Err(error) if is_missing(&error) => {
                missing.push(folder.to_owned());
                continue;
            }
            Err(source) => {
                return Err(EnvError::Unreadable {
                    path: folder.to_owned(),
                    source,
                });
            }
        };
        let found = if found.is_symlink() {
            fs::metadata(resolved(folder)?).map_err(|source| EnvError::Unreadable {
                path: folder.to_owned(),
                source,
            })?
        } else {
            found
        };
        if !found.is_dir() {
            return Err(EnvError::InTheWay {
                path: folder.to_owned(),
                found: kind(&found),
                wanted: "a folder",
            });
        }
        break;
    }
    missing.reverse();
    Ok(missing)
}

/// Not there, or below something that is no folder.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent()
        .expect("a file that was found by an absolute path is in a folder")
}

fn kind(found: &Metadata) -> &'static str {
    let kind = found.file_type();
    if kind.is_dir() {
        "a folder"
    } else if kind.is_file() {
        "a file"
    } else if kind.is_symlink() {
        "a link"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        "a pipe or socket"
    }
}

/// Makes what was done in the folder last. A file system that can't do this for folders (EINVAL) has no such promise.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}
