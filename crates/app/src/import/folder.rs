//! What a folder in the layout of Go's download cache has: the files of versions, by version; what is odd is named.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use go_module::{FileKind, ModuleVersion, Request};
use walkdir::{DirEntry, WalkDir};

use super::LeftOut;

/// Where GOMODCACHE keeps what it downloaded.
const DOWNLOADED: [&str; 2] = ["cache", "download"];
/// What `go` puts beside the files of a version, and means nothing here: its locks, its own note of a zip's hash (which
/// whoever can write the zip can write too), halves of downloads.
const BESIDE: [&str; 3] = [".lock", ".ziphash", ".partial"];

/// A version, as a folder has it.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) module: ModuleVersion,
    /// In the order in which they are taken in: `.info` last, whose place depends on the others.
    pub(super) files: Vec<(FileKind, PathBuf)>,
    pub(super) bytes: u64,
    newest: SystemTime,
}

/// What a folder has.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// What came last first: where there is no room for all, it is likelier to be wanted.
    pub(super) versions: Vec<Version>,
    pub(super) left_out: Vec<LeftOut>,
}

/// The folder below which the modules stand: that of a GOMODCACHE, or the folder itself where it has the same layout (an
/// unpacked bundle).
pub(super) fn downloads(folder: &Path) -> PathBuf {
    let below = DOWNLOADED
        .iter()
        .fold(folder.to_owned(), |path, name| path.join(name));
    if below.is_dir() {
        below
    } else {
        folder.to_owned()
    }
}

/// Looks through a folder; blocking. Follows no link below it.
///
/// Lists (`@v/list`) are passed over: in GOMODCACHE they are what `go` noted of the versions it has, no upstream's answer.
/// So are answers to queries (`@v/main.info`, `@latest`), which were true once, and the files of checksum databases.
pub(super) fn look(downloads: &Path) -> Contents {
    let mut contents = Contents::default();
    let entries = WalkDir::new(downloads)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() != 1 || entry.file_name() != "sumdb");
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => contents.add(downloads, &entry),
            Err(error) => {
                let path = error.path().unwrap_or(downloads);
                let reason = match error.io_error() {
                    Some(error) => error.to_string(),
                    None => "it can't be read".to_owned(),
                };
                contents.leave_out(downloads, path, reason);
            }
        }
    }
    contents
        .versions
        .sort_by_key(|version| std::cmp::Reverse(version.newest));
    contents
}

impl Contents {
    fn add(&mut self, downloads: &Path, entry: &DirEntry) {
        let path = entry.path();
        let Some(relative) = path.strip_prefix(downloads).ok().and_then(Path::to_str) else {
            return self.leave_out(downloads, path, "its name is no text".to_owned());
        };
        let name = relative.rsplit('/').next().unwrap_or(relative);
        if BESIDE.iter().any(|suffix| name.ends_with(suffix)) || name.contains(".tmp") {
            return;
        }
        if !entry.file_type().is_file() {
            let reason = "it is a link or a special file, which is not followed";
            return self.leave_out(downloads, path, reason.to_owned());
        }
        let (module, kind) = match Request::parse(&format!("/{relative}")) {
            Ok(Request::File(module, kind)) => (module, kind),
            Ok(_) => return,
            Err(error) => return self.leave_out(downloads, path, error.to_string()),
        };
        let (bytes, modified) = match entry.metadata() {
            Ok(meta) => (
                meta.len(),
                meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            ),
            Err(error) => return self.leave_out(downloads, path, error.to_string()),
        };
        // Those of one version come in a row, but for versions whose name another one's begins with.
        let known = self.versions.iter_mut().rev().take(8);
        let version = match known.into_iter().position(|known| known.module == module) {
            Some(back) => {
                let at = self.versions.len() - 1 - back;
                &mut self.versions[at]
            }
            None => {
                self.versions.push(Version {
                    module,
                    files: Vec::new(),
                    bytes: 0,
                    newest: modified,
                });
                let last = self.versions.len() - 1;
                &mut self.versions[last]
            }
        };
        version.files.push((kind, path.to_owned()));
        version.files.sort_by_key(|(kind, _)| order(*kind));
        version.bytes += bytes;
        version.newest = version.newest.max(modified);
    }

    fn leave_out(&mut self, downloads: &Path, path: &Path, reason: String) {
        let shown = path.strip_prefix(downloads).unwrap_or(path);
        self.left_out.push(LeftOut {
            what: shown.display().to_string(),
            reason,
        });
    }
}

fn order(kind: FileKind) -> u8 {
    match kind {
        FileKind::Mod => 0,
        FileKind::Zip => 1,
        FileKind::Info => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_a_version_is_found_and_what_is_odd_is_named() {
        let home = tempfile::tempdir().unwrap();
        let downloads_of = home.path().join("cache/download");
        let put = |name: &str| {
            let path = downloads_of.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        for name in [
            "example.com/!a/@v/v1.0.0.info",
            "example.com/!a/@v/v1.0.0.mod",
            "example.com/!a/@v/v1.0.0.zip",
            "example.com/!a/@v/v1.0.0.ziphash",
            "example.com/!a/@v/v1.0.0.lock",
            "example.com/!a/@v/v1.1.0.zip.partial",
            "example.com/!a/@v/v1.1.0.zip123.tmp",
            "example.com/!a/@v/list",
            "example.com/!a/@v/list.lock",
            "example.com/!a/@v/main.info",
            "example.com/A/@v/v1.0.0.mod",
            "sumdb/sums.example.com/supported",
            "notes.txt",
        ] {
            put(name);
        }
        std::os::unix::fs::symlink(
            "/etc/passwd",
            downloads_of.join("example.com/!a/@v/v1.2.0.mod"),
        )
        .unwrap();
        let contents = look(&downloads(home.path()));
        assert_eq!(contents.versions.len(), 1);
        assert_eq!(
            contents.versions[0].module.to_string(),
            "example.com/A@v1.0.0"
        );
        let kinds: Vec<_> = contents.versions[0]
            .files
            .iter()
            .map(|(kind, _)| *kind)
            .collect();
        assert_eq!(kinds, [FileKind::Mod, FileKind::Zip, FileKind::Info]);
        let mut odd: Vec<_> = contents
            .left_out
            .iter()
            .map(|odd| odd.what.as_str())
            .collect();
        odd.sort_unstable();
        assert_eq!(
            odd,
            [
                "example.com/!a/@v/v1.2.0.mod",
                "example.com/A/@v/v1.0.0.mod",
                "notes.txt"
            ]
        );
        // The folder itself does as well.
        assert_eq!(look(&downloads(&downloads_of)).versions.len(), 1);
    }
}
