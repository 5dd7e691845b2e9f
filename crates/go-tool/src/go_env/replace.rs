//! One file put in the place of another, whole: at every moment the old one or the new one is there.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Gid, OFlags};

use super::error::EnvError;
use super::location::{EnvLocation, folder_of, missing_folders, sync_folder};

/// Tells apart the temporary files of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Where a write can be cut off. The tests kill the process at each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    FoldersMade,
    DraftMade,
    DraftWritten,
    DraftSynced,
    Renamed,
    FileRemoved,
}

fn reached(_step: Step) {
    #[cfg(test)]
    super::tests::killed::at(_step);
}

impl EnvLocation {
    /// Replaces the file, which must still hold `expected` (`None`: must not be there), by these bytes with this mode.
    /// Makes the folders that are missing on the way to it.
    ///
    /// Between the last look at the file and the rename a few microseconds stay in which another program's write would
    /// be lost: `go env -w` takes no lock that could be honoured.
    pub(super) fn replace(
        &self,
        expected: Option<&[u8]>,
        bytes: &[u8],
        mode: u32,
    ) -> Result<(), EnvError> {
        let file = self.file();
        for folder in &missing_folders(file)? {
            match fs::DirBuilder::new().mode(0o700).create(folder) {
                Ok(()) => {
                    sync_folder(folder_of(folder)).map_err(failed("syncing", folder_of(folder)))?
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(failed("making the folder", folder)(source)),
            }
        }
        reached(Step::FoldersMade);
        self.sweep();
        let draft = Draft::create(file)?;
        reached(Step::DraftMade);
        draft.write(file, bytes, mode)?;
        reached(Step::DraftSynced);
        if self.read()?.as_deref() != expected {
            return Err(EnvError::Changed {
                path: file.to_owned(),
            });
        }
        draft.rename(file)?;
        reached(Step::Renamed);
        let folder = folder_of(file);
        sync_folder(folder).map_err(failed("syncing", folder))
    }

    /// Removes the file, which must still hold `expected`, and then those of the folders that are empty.
    pub(super) fn remove(&self, expected: &[u8], folders: &[PathBuf]) -> Result<(), EnvError> {
        let file = self.file();
        if self.read()?.as_deref() != Some(expected) {
            return Err(EnvError::Changed {
                path: file.to_owned(),
            });
        }
        fs::remove_file(file).map_err(failed("removing", file))?;
        reached(Step::FileRemoved);
        let folder = folder_of(file);
        sync_folder(folder).map_err(failed("syncing", folder))?;
        self.remove_folders(folders);
        Ok(())
    }

    /// Removes those of the folders that are empty; what somebody has put something into is theirs now.
    pub(super) fn remove_folders(&self, folders: &[PathBuf]) {
        for folder in folders.iter().rev() {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }

    /// Removes drafts that a killed process left: they may hold a token. A process that is at work on one just now fails
    /// with an error, and the file is whole all the same.
    pub(super) fn sweep(&self) {
        let prefix = draft_prefix(self.file());
        let Ok(entries) = fs::read_dir(folder_of(self.file())) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name
                .as_encoded_bytes()
                .starts_with(prefix.as_encoded_bytes())
                && let Err(error) = fs::remove_file(entry.path())
            {
                let path = entry.path();
                tracing::warn!(path = %path.display(), %error, "a left-over draft could not be removed");
            }
        }
    }
}

/// A file in the making, beside the one it is to replace. Removed when dropped before the rename.
struct Draft {
    path: PathBuf,
    file: fs::File,
    renamed: bool,
}

impl Draft {
    fn create(beside: &Path) -> Result<Self, EnvError> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut name = draft_prefix(beside);
        name.push(format!("{}-{number}", std::process::id()));
        let path = folder_of(beside).join(name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(failed("making", &path))?;
        Ok(Self {
            path,
            file,
            renamed: false,
        })
    }

    fn write(&self, replaced: &Path, bytes: &[u8], mode: u32) -> Result<(), EnvError> {
        if let (Ok(old), Ok(new)) = (fs::metadata(replaced), self.file.metadata())
            && old.gid() != new.gid()
        {
            // The group stays where that is allowed; where it is not, the file gets the group of a new one.
            let _ = rustix::fs::fchown(&self.file, None, Some(Gid::from_raw(old.gid())));
        }
        (&self.file)
            .write_all(bytes)
            .map_err(failed("writing", &self.path))?;
        reached(Step::DraftWritten);
        self.file
            .set_permissions(Permissions::from_mode(mode))
            .map_err(failed("setting the mode of", &self.path))?;
        self.file.sync_all().map_err(failed("syncing", &self.path))
    }

    fn rename(mut self, file: &Path) -> Result<(), EnvError> {
        fs::rename(&self.path, file).map_err(failed("replacing", file))?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn draft_prefix(file: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(file.file_name().unwrap_or_default());
    prefix.push(".larder-");
    prefix
}

fn failed<'a>(
    doing: &'static str,
    path: impl AsRef<Path> + 'a,
) -> impl FnOnce(io::Error) -> EnvError + 'a {
    move |source| EnvError::Write {
        doing,
        path: path.as_ref().to_owned(),
        source,
    }
}
