//! Writes a small file whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::failure::{Code, Failure};

/// Replaces `path` by a temporary file beside it, with this mode, and a rename; both are on disk when it returns.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut name = path
        .file_name()
        .ok_or(io::ErrorKind::InvalidInput)?
        .to_owned();
    name.push(format!(".{:08x}.new", fresh_number()?));
    let temporary = folder.join(name);
    let written = (|| {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
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

fn fresh_number() -> io::Result<u32> {
    getrandom::u32().map_err(io::Error::other)
}

/// Writes a file that only this person may read, whole or not at all.
///
/// # Errors
/// `disk` where it can't be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write(path, bytes, 0o600).map_err(|error| failure(path, "written", &error))
}

/// The bytes of a file; nothing where it is not there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failure(path, "read", &error)),
    }
}

/// Makes a file what it was: these bytes, or not there.
pub(crate) fn put_back(path: &Path, before: Option<&[u8]>) -> Result<(), Failure> {
    let put = match before {
        Some(bytes) => write(path, bytes, 0o600),
        None => match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    };
    put.map_err(|error| failure(path, "put back as it was", &error))
}

fn failure(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::new(
        Code::Disk,
        format!("{} can't be {what}: {error}", path.display()),
    )
}
