//! Module zips: whether a file is one, judged from its directory and headers, and the reading of its contents.
//!
//! The rules for what is in a module zip are those of `zip.CheckZip` (x/mod `zip/zip.go`). The rules for the format are
//! stricter than Go's `archive/zip`: whoever else reads the file must see the same names and contents, so there may be
//! nothing in front of the first entry or behind the end record, no entry may lie within another, and each local header
//! must bear the name that the directory gives. Bytes between entries that belong to none are let be, as in Go.
//!
//! Memory is bounded by [`MAX_DIRECTORY`] and [`MAX_ENTRIES`], whatever the file claims.

mod contents;
mod directory;
mod error;
mod headers;
mod names;
mod stream;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::io::{Read, Seek};

use crate::ModuleVersion;
use directory::Directory;
pub use error::ZipError;

pub(crate) use contents::{Piece, unpack};
pub(crate) use stream::Stream;

/// The largest module zip, in bytes (`MaxZipFile`, x/mod `zip/zip.go`): 500 MiB.
pub const MAX_PACKED: u64 = 500 << 20;

/// The most that the files of a module may unpack to, in bytes (`MaxZipFile` again): 500 MiB.
pub const MAX_UNPACKED: u64 = 500 << 20;

/// The largest go.mod file, in bytes (`MaxGoMod`): 16 MiB.
pub const MAX_GO_MOD: u64 = 16 << 20;

/// The largest LICENSE file at a module's root, in bytes (`MaxLICENSE`): 16 MiB.
pub const MAX_LICENSE: u64 = 16 << 20;

/// The most entries of a zip, and the most files and folders that their names make; Larder's own bound. The largest
/// modules in use have some tens of thousands.
pub const MAX_ENTRIES: u64 = 200_000;

/// The largest directory of a zip, in bytes; Larder's own bound: 64 MiB.
pub const MAX_DIRECTORY: u64 = 64 << 20;

/// What is in a zip that is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZipSummary {
    /// How many entries it has, folders included.
    pub entries: u64,
    /// How many bytes they say to unpack to.
    pub unpacked: u64,
}

/// Checks that `len` bytes of `reader` are a zip of `module`. Contents are not unpacked: that, with sizes and checksums,
/// is [`crate::h1::of_zip`].
///
/// The reader is best a plain file: it is read in few and large pieces.
///
/// # Errors
/// The first thing that is wrong; see the variants.
pub fn check<R: Read + Seek>(
    mut reader: R,
    len: u64,
    module: &ModuleVersion,
) -> Result<ZipSummary, ZipError> {
    let directory = Directory::read(&mut reader, len)?;
    let mut entries = directory.entries()?;
    names::check(&entries, module)?;
    let unpacked = unpacked(&entries)?;
    headers::check(&mut reader, &mut entries, directory.offset)?;
    Ok(ZipSummary {
        entries: entries.len() as u64,
        unpacked,
    })
}

/// What the entries say to unpack to, within [`MAX_UNPACKED`].
fn unpacked(entries: &[directory::Entry<'_>]) -> Result<u64, ZipError> {
    let mut total = 0u64;
    for entry in entries {
        total = total.saturating_add(entry.unpacked);
        if total > MAX_UNPACKED {
            return Err(ZipError::UnpackedTooLarge);
        }
    }
    Ok(total)
}
