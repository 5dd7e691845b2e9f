//! A draft filled from a file that is on this computer already: shared by the file system, copied, or linked.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::Digest;

use crate::draft::Draft;
use crate::error::StoreError;

/// How the bytes of a file come into the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filling {
    /// The file system shares them until one side changes (a reflink), where it can; else they are copied.
    #[default]
    Copy,
    /// The file itself, under a second name: it stays what whoever can write to it makes of it. Copied where the two are
    /// not on one file system.
    HardLink,
}

/// Bytes read at once.
const CHUNK: usize = 256 * 1024;

impl Draft {
    /// Fills an empty draft from a regular file, of at most `cap` bytes; a link of that name is refused. What is hashed is
    /// what the draft has then, whatever becomes of the file meanwhile.
    ///
    /// # Errors
    /// [`StoreError::NotAFile`], [`StoreError::TooLarge`], and what a disk can do.
    pub fn fill(&mut self, from: &Path, cap: u64, how: Filling) -> Result<(), StoreError> {
        let mut source = open(from)?;
        let length = source
            .metadata()
            .map_err(|cause| StoreError::io("inspect", from, cause))?
            .len();
        if length > cap {
            return Err(too_large(from, cap));
        }
        let is_there = match how {
            Filling::HardLink => self.temporary.link(from)?,
            Filling::Copy => clone(&self.temporary.file, &source),
        };
        if is_there {
            self.hash_all(cap, from)
        } else {
            self.copy(&mut source, cap, from)
        }
    }

    fn copy(&mut self, source: &mut File, cap: u64, from: &Path) -> Result<(), StoreError> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = read(source, &mut buffer, from)?;
            if count == 0 {
                return Ok(());
            }
            if self.len + count as u64 > cap {
                return Err(too_large(from, cap));
            }
            self.append(&buffer[..count])?;
        }
    }

    /// Hashes what is in the file already.
    fn hash_all(&mut self, cap: u64, from: &Path) -> Result<(), StoreError> {
        let mut file = self.reader()?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = read(&mut file, &mut buffer, from)?;
            if count == 0 {
                return Ok(());
            }
            self.len += count as u64;
            if self.len > cap {
                return Err(too_large(from, cap));
            }
            self.hasher.update(&buffer[..count]);
        }
    }
}

/// A regular file, and no link to one.
fn open(path: &Path) -> Result<File, StoreError> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    use rustix::io::Errno;

    // NONBLOCK: opening a pipe must not wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let not_a_file = || StoreError::NotAFile {
        path: path.to_owned(),
    };
    let file = match openat(CWD, path, flags, Mode::empty()) {
        Ok(handle) => File::from(handle),
        Err(Errno::LOOP | Errno::NXIO) => return Err(not_a_file()),
        Err(errno) => return Err(StoreError::io("read", path, errno.into())),
    };
    let meta = file
        .metadata()
        .map_err(|cause| StoreError::io("inspect", path, cause))?;
    if meta.is_file() {
        Ok(file)
    } else {
        Err(not_a_file())
    }
}

/// Shares all bytes of a file with an empty one; says whether the file system did.
#[cfg(target_os = "linux")]
fn clone(to: &File, from: &File) -> bool {
    rustix::fs::ioctl_ficlone(to, from).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn clone(_: &File, _: &File) -> bool {
    false
}

fn read(file: &mut File, buffer: &mut [u8], from: &Path) -> Result<usize, StoreError> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other.map_err(|cause| StoreError::io("read", from, cause)),
        }
    }
}

fn too_large(path: &Path, limit: u64) -> StoreError {
    StoreError::TooLarge {
        path: path.to_owned(),
        limit,
    }
}
