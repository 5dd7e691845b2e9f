//! The folders of `direct` on disk.
//!
//! ```text
//! <cache>/vcs/                clones of repositories, shared by all runs, kept: they make the next fetch quick
//! <cache>/runs/<pid>-<n>/     one run of go, removed with it
//!     mod/                    its GOMODCACHE
//!     mod/cache/vcs           -> <cache>/vcs
//!     tmp/                    its TMPDIR
//!     work/                   where it stands: empty, so there is no go.mod
//! ```
//!
//! A module cache for each run, with only the clones shared, means that nothing has to be cleaned out of a cache that
//! another run is using, that space is bounded by what is being fetched just now, and that no answer is older than its
//! question: a tag that appeared since is seen. `go` locks a clone by a file beside it, which works through the link.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::error::GoError;

/// Numbers the runs of this process, over all values of [`Folders`] on the same cache.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The folder that the runs and the clones live in.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    cache: PathBuf,
}

impl Folders {
    pub(crate) fn new(cache: PathBuf) -> Self {
        Self { cache }
    }

    fn vcs(&self) -> PathBuf {
        self.cache.join("vcs")
    }

    fn runs(&self) -> PathBuf {
        self.cache.join("runs")
    }

    /// Makes the folders, and removes the runs that an earlier process left when it was killed. Blocking.
    ///
    /// Only one process uses a cache at a time (the instance lock), so a run with another process's id is nobody's.
    pub(crate) fn prepare(&self) -> Result<(), GoError> {
        for folder in [self.vcs(), self.runs()] {
            make(&folder)?;
        }
        let own = format!("{}-", std::process::id());
        let runs = self.runs();
        let entries = fs::read_dir(&runs).map_err(|source| GoError::Folder {
            path: runs.clone(),
            source,
        })?;
        for entry in entries.flatten() {
            if !entry.file_name().to_string_lossy().starts_with(&own) {
                remove(&entry.path());
            }
        }
        Ok(())
    }

    /// Makes the folder of one run. Blocking.
    pub(crate) fn run(&self) -> Result<RunFolder, GoError> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let run = RunFolder {
            path: self.runs().join(format!("{}-{number}", std::process::id())),
        };
        for folder in [
            self.vcs(),
            run.path.join("mod/cache"),
            run.work(),
            run.temporary(),
        ] {
            make(&folder)?;
        }
        let link = run.path.join("mod/cache/vcs");
        // An absolute target: a relative cache folder would else be looked up from the link's place.
        let target = std::path::absolute(self.vcs()).map_err(|source| GoError::Folder {
            path: self.vcs(),
            source,
        })?;
        symlink(target, &link).map_err(|source| GoError::Folder { path: link, source })?;
        Ok(run)
    }

    /// Removes the clones written to longest ago until the others take at most `keep` bytes; gives the bytes removed.
    /// Blocking, and only to be called while no go runs.
    pub(crate) fn shrink_clones(&self, keep: u64) -> Result<u64, GoError> {
        let vcs = self.vcs();
        let entries = match fs::read_dir(&vcs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(source) => return Err(GoError::Folder { path: vcs, source }),
        };
        let mut clones = Vec::new();
        for entry in entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        {
            let path = entry.path();
            let (bytes, written) = measure(&path).map_err(|source| GoError::Folder {
                path: path.clone(),
                source,
            })?;
            clones.push((written, bytes, path));
        }
        clones.sort();
        let mut total: u64 = clones.iter().map(|(_, bytes, _)| bytes).sum();
        let before = total;
        for (_, bytes, path) in clones {
            if total <= keep {
                break;
            }
            remove(&path);
            // Go's notes beside it: without them it starts from nothing, as it should.
            for note in ["info", "lock"] {
                let _ = fs::remove_file(path.with_extension(note));
            }
            total -= bytes;
        }
        Ok(before - total)
    }

    /// Removes the clone of this name, so that go makes a new one. Blocking.
    pub(crate) fn forget_clone(&self, name: &str) {
        // Renamed first: a run that uses it meanwhile fails as a whole, and never sees half of it.
        let aside = self.runs().join(format!(
            "gone-{}-{name}",
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        match fs::rename(self.vcs().join(name), &aside) {
            Ok(()) => remove(&aside),
            Err(error) => {
                tracing::warn!(clone = name, %error, "a damaged clone could not be moved away")
            }
        }
    }
}

/// What a clone takes on disk, and when it was last written to.
fn measure(folder: &Path) -> io::Result<(u64, SystemTime)> {
    let metadata = fs::symlink_metadata(folder)?;
    let mut total = (metadata.blocks() * 512, metadata.modified()?);
    if metadata.is_dir() {
        for entry in fs::read_dir(folder)? {
            let (bytes, written) = measure(&entry?.path())?;
            total = (total.0 + bytes, total.1.max(written));
        }
    }
    Ok(total)
}

/// The folder of one run of go; removed when dropped.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// GOMODCACHE.
    pub(crate) fn module_cache(&self) -> PathBuf {
        self.path.join("mod")
    }

    /// TMPDIR.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// Working directory.
    pub(crate) fn work(&self) -> PathBuf {
        self.path.join("work")
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn make(folder: &Path) -> Result<(), GoError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| GoError::Folder {
            path: folder.to_owned(),
            source,
        })
}

/// Removes a folder; the link to the clones in it is removed as a link.
fn remove(path: &Path) {
    match fs::remove_dir_all(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a folder of direct could not be removed")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_removed_with_its_guard_and_the_clones_stay() {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders::new(cache.path().to_owned());
        folders.prepare().unwrap();
        fs::create_dir(cache.path().join("vcs/abc")).unwrap();
        let run = folders.run().unwrap();
        assert!(run.module_cache().join("cache/vcs/abc").is_dir());
        let path = run.path().to_owned();
        fs::write(run.temporary().join("left"), "by a killed go").unwrap();
        drop(run);
        assert!(!path.exists());
        assert!(cache.path().join("vcs/abc").is_dir());
    }

    #[test]
    fn runs_of_an_earlier_process_are_swept_and_own_ones_are_not() {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders::new(cache.path().to_owned());
        folders.prepare().unwrap();
        let run = folders.run().unwrap();
        let earlier = cache.path().join("runs/0-7/mod/deep");
        fs::create_dir_all(&earlier).unwrap();
        folders.prepare().unwrap();
        assert!(run.work().is_dir());
        assert!(!cache.path().join("runs/0-7").exists());
    }

    #[test]
    fn a_forgotten_clone_is_gone() {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders::new(cache.path().to_owned());
        folders.prepare().unwrap();
        fs::create_dir_all(cache.path().join("vcs/abc/objects")).unwrap();
        folders.forget_clone("abc");
        assert!(!cache.path().join("vcs/abc").exists());
        assert_eq!(fs::read_dir(cache.path().join("runs")).unwrap().count(), 0);
    }

    #[test]
    fn the_clones_written_to_longest_ago_go_first() {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders::new(cache.path().to_owned());
        assert_eq!(folders.shrink_clones(0).unwrap(), 0);
        folders.prepare().unwrap();
        let vcs = cache.path().join("vcs");
        for (name, age) in [("middle", 20), ("new", 10), ("old", 30)] {
            fs::create_dir_all(vcs.join(name).join("objects")).unwrap();
            fs::write(vcs.join(format!("{name}.info")), name).unwrap();
            fs::write(vcs.join(format!("{name}.lock")), "").unwrap();
            let pack = vcs.join(name).join("objects/pack");
            fs::write(&pack, vec![1; 100 << 10]).unwrap();
            let then = SystemTime::now() - std::time::Duration::from_secs(age * 86400);
            for path in [pack, vcs.join(name).join("objects"), vcs.join(name)] {
                fs::File::open(path).unwrap().set_modified(then).unwrap();
            }
        }
        let removed = folders.shrink_clones(150 << 10).unwrap();
        assert!(removed >= 200 << 10, "{removed}");
        let mut left: Vec<_> = fs::read_dir(&vcs)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["new", "new.info", "new.lock"]);
        assert_eq!(folders.shrink_clones(150 << 10).unwrap(), 0);
    }
}
