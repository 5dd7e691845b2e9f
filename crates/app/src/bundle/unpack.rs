//! A bundle that came from elsewhere is unpacked: into a folder of its own, and only what a bundle may hold.
//!
//! Nothing that the file says is believed. Names are taken as Go's own parser takes the paths of requests, so none leads
//! out of the folder; links, devices and whatever else is no plain file are left out; sizes are capped before a byte is
//! written. That what was unpacked is right is for the import to find out.

use std::collections::HashSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use go_module::{FileKind, Request};
use tokio_util::sync::CancellationToken;

use crate::command::LeftOut;
use crate::failure::{Code, Failure};

/// The most entries of a bundle.
const ENTRIES: usize = 1_000_000;
/// The longest name of an entry, in bytes.
const LONGEST: u64 = 4096;
/// The most that is named of what was left out; a hostile file must not fill the memory with it.
const NAMED: usize = 10_000;

/// A folder with what a bundle holds; it goes with its value.
pub(crate) struct Unpacked {
    pub(crate) folder: PathBuf,
    pub(crate) left_out: Vec<LeftOut>,
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            // Emptied at the next start.
            tracing::debug!(%error, "what was unpacked of a bundle stays behind");
        }
    }
}

/// Unpacks a bundle into a new folder, of `most` bytes in all; blocking.
pub(crate) fn unpack(
    bundle: &Path,
    folder: PathBuf,
    most: u64,
    cancel: &CancellationToken,
) -> Result<Unpacked, Failure> {
    let failure = |doing: &str, path: &Path, error: &io::Error| {
        let message = format!("{} can't be {doing}: {error}", path.display());
        Failure::new(Code::Disk, message)
    };
    let file = File::open(bundle).map_err(|error| failure("read", bundle, &error))?;
    let is_file = file.metadata().is_ok_and(|meta| meta.is_file());
    if !is_file {
        let message = format!("{} is no file", bundle.display());
        return Err(Failure::new(Code::BadInput, message));
    }
    DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|error| failure("made", &folder, &error))?;
    let mut unpacking = Unpacking {
        to: Unpacked {
            folder,
            left_out: Vec::new(),
        },
        seen: HashSet::new(),
        left: most,
    };
    let mut archive = tar::Archive::new(io::BufReader::new(file));
    let entries = archive
        .entries()
        .map_err(|error| failure("read", bundle, &error))?;
    let mut long_name = None;
    let mut has_pax = false;
    // Raw: a name or an extension of any length would be read into memory else.
    for (count, entry) in entries.raw(true).enumerate() {
        if cancel.is_cancelled() {
            return Err(Failure::new(
                Code::Cancelled,
                "it was cancelled; nothing was taken in",
            ));
        }
        if count >= ENTRIES {
            unpacking.leave_out(
                "the rest",
                format!("a bundle has at most {ENTRIES} entries"),
            );
            break;
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if count == 0 => {
                let message = format!("{} is no bundle: {error}", bundle.display());
                return Err(Failure::new(Code::BadInput, message));
            }
            Err(error) => {
                // From here on it is not known where an entry begins.
                unpacking.leave_out(
                    "the rest",
                    format!("the file is cut off or damaged: {error}"),
                );
                break;
            }
        };
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() {
            let mut name = Vec::new();
            let is_read =
                entry.size() <= LONGEST && entry.take(LONGEST).read_to_end(&mut name).is_ok();
            while name.last() == Some(&0) {
                name.pop();
            }
            // One that is too long stands for no name at all.
            long_name = Some(if is_read { name } else { Vec::new() });
            continue;
        }
        if kind.is_pax_local_extensions() {
            has_pax = true;
            continue;
        }
        if kind.is_pax_global_extensions() || kind.is_gnu_longlink() {
            continue;
        }
        let name = long_name
            .take()
            .unwrap_or_else(|| entry.path_bytes().into_owned());
        let shown = shown(&name);
        if kind.is_dir() {
            has_pax = false;
            continue;
        }
        if std::mem::take(&mut has_pax) {
            unpacking.leave_out(
                &shown,
                "it has an extended (pax) header, which may give it another name or size"
                    .to_owned(),
            );
            continue;
        }
        if !kind.is_file() {
            unpacking.leave_out(&shown, format!("it is no plain file, but {}", called(kind)));
            continue;
        }
        match unpacking.put(&name, entry) {
            Ok(()) => {}
            Err(Refused::Because(reason)) => unpacking.leave_out(&shown, reason),
            Err(Refused::Disk(error)) => {
                return Err(failure("unpacked", &unpacking.to.folder, &error));
            }
        }
    }
    Ok(unpacking.to)
}

struct Unpacking {
    to: Unpacked,
    seen: HashSet<String>,
    /// How many bytes may still come.
    left: u64,
}

enum Refused {
    Because(String),
    Disk(io::Error),
}

impl Unpacking {
    fn put(&mut self, name: &[u8], mut entry: impl Read) -> Result<(), Refused> {
        let because = |reason: &str| Refused::Because(reason.to_owned());
        let name = std::str::from_utf8(name).map_err(|_| because("its name is no text"))?;
        let name = name.strip_prefix("./").unwrap_or(name);
        let Some(cap) = cap(name)? else {
            return Ok(());
        };
        if !self.seen.insert(name.to_owned()) {
            return Err(because("it is there twice; the first one counts"));
        }
        let path = self.to.folder.join(name);
        if let Some(parent) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(parent)
                .map_err(refused)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(refused)?;
        let cap = cap.min(self.left);
        let copied = io::copy(&mut (&mut entry).take(cap + 1), &mut file);
        let undo = |refused| {
            let _ = std::fs::remove_file(&path);
            Err(refused)
        };
        match copied {
            Ok(bytes) if bytes > cap => undo(because(
                "it is larger than such a file may be, or the bundle than there is room",
            )),
            Ok(bytes) => {
                self.left -= bytes;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::StorageFull => undo(Refused::Disk(error)),
            Err(error) => undo(Refused::Because(format!("it can't be read: {error}"))),
        }
    }

    fn leave_out(&mut self, what: &str, reason: String) {
        if self.to.left_out.len() < NAMED {
            self.to.left_out.push(LeftOut {
                what: what.to_owned(),
                reason,
            });
        }
    }
}

/// The most bytes of the file of this name; nothing for one that is passed over.
fn cap(name: &str) -> Result<Option<u64>, Refused> {
    if name.len() as u64 > LONGEST {
        return Err(Refused::Because("its name is too long".to_owned()));
    }
    match Request::parse(&format!("/{name}")) {
        Ok(Request::File(_, FileKind::Zip)) => Ok(Some(500 << 20)),
        Ok(Request::File(_, FileKind::Mod)) => Ok(Some(16 << 20)),
        Ok(Request::File(_, FileKind::Info) | Request::SumDb { .. }) => Ok(Some(1 << 20)),
        // Lists are for go; what is imported is offered by itself.
        Ok(Request::List(_) | Request::Latest(_) | Request::Query { .. }) => Ok(None),
        Err(error) => Err(Refused::Because(format!(
            "it is no file of a bundle: {error}"
        ))),
    }
}

fn refused(error: io::Error) -> Refused {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::PermissionDenied => Refused::Disk(error),
        _ => Refused::Because(format!("it can't be unpacked: {error}")),
    }
}

fn called(kind: tar::EntryType) -> &'static str {
    if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_hard_link() {
        "a hard link"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_gnu_sparse() {
        "a sparse file"
    } else {
        "a device or something else"
    }
}

fn shown(name: &[u8]) -> String {
    const MOST: usize = 300;
    let text = String::from_utf8_lossy(name);
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}
