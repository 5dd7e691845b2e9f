//! Small files at hand in memory: what a warm `go` asks for is answered without touching the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use go_module::{FileKind, ModuleVersion};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use store::Tree;

/// A file larger than this is served from disk, in bytes.
pub(crate) const LARGEST: u64 = 32 * 1024;
/// Last use is noted at most this often for one file, in seconds.
const NOTE_EVERY: u64 = 60;
/// What an entry costs besides its body, in bytes: keys, counters, the table.
const OVERHEAD: u64 = 256;

/// One small file of a version, as it was committed.
#[derive(Debug)]
pub(crate) struct HotFile {
    pub(crate) tree: Tree,
    pub(crate) module: ModuleVersion,
    pub(crate) kind: FileKind,
    pub(crate) bytes: Bytes,
    pub(crate) etag: Arc<str>,
    noted: AtomicU64,
}

impl HotFile {
    pub(crate) fn new(
        tree: Tree,
        module: ModuleVersion,
        kind: FileKind,
        bytes: Bytes,
        etag: Arc<str>,
    ) -> Self {
        Self {
            tree,
            module,
            kind,
            bytes,
            etag,
            noted: AtomicU64::new(0),
        }
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<(u64, Arc<str>), Arc<HotFile>> for ByBytes {
    fn weight(&self, (_, path): &(u64, Arc<str>), file: &Arc<HotFile>) -> u64 {
        file.bytes.len() as u64 + path.len() as u64 + OVERHEAD
    }
}

/// The small files used last, by profile snapshot and request path, within a budget of bytes.
pub(crate) struct Hot {
    files: Cache<(u64, Arc<str>), Arc<HotFile>, ByBytes>,
    since: Instant,
}

/// Looks an entry up without making an owned key.
#[derive(Hash, PartialEq, Eq)]
struct Key<'a>(u64, &'a str);

impl quick_cache::Equivalent<(u64, Arc<str>)> for Key<'_> {
    fn equivalent(&self, key: &(u64, Arc<str>)) -> bool {
        self.0 == key.0 && self.1 == &*key.1
    }
}

impl Hot {
    /// A cache of at most `budget` bytes.
    pub(crate) fn new(budget: u64) -> Self {
        let typical = usize::try_from(budget / 1024).unwrap_or(usize::MAX);
        Self {
            files: Cache::with_weighter(typical.max(16), budget, ByBytes),
            since: Instant::now(),
        }
    }

    /// The file at this request path, and whether its use is to be noted on disk.
    pub(crate) fn get(&self, profile: u64, path: &str) -> Option<(Arc<HotFile>, bool)> {
        let file = self.files.get(&Key(profile, path))?;
        let now = self.since.elapsed().as_secs() + NOTE_EVERY;
        let noted = file.noted.load(Ordering::Relaxed);
        let due = now >= noted + NOTE_EVERY
            && file
                .noted
                .compare_exchange(noted, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        Some((file, due))
    }

    pub(crate) fn insert(&self, profile: u64, path: &str, file: HotFile) {
        self.files.insert((profile, path.into()), Arc::new(file));
    }

    /// Forgets all: after files were removed from the cache.
    pub(crate) fn clear(&self) {
        self.files.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(length: usize) -> HotFile {
        let path = go_module::ModulePath::parse("example.com/m").unwrap();
        let version = go_module::Version::parse("v1.0.0").unwrap();
        let module = ModuleVersion::new(path, version).unwrap();
        HotFile::new(
            Tree::Modules,
            module,
            FileKind::Mod,
            Bytes::from(vec![0; length]),
            "e".into(),
        )
    }

    #[test]
    fn one_profile_never_sees_what_another_put_in() {
        let hot = Hot::new(1 << 20);
        hot.insert(1, "example.com/m/@v/v1.0.0.mod", file(10));
        assert!(hot.get(1, "example.com/m/@v/v1.0.0.mod").is_some());
        assert!(hot.get(2, "example.com/m/@v/v1.0.0.mod").is_none());
        hot.clear();
        assert!(hot.get(1, "example.com/m/@v/v1.0.0.mod").is_none());
    }

    #[test]
    fn the_budget_holds() {
        let hot = Hot::new(256 * 1024);
        for n in 0..200 {
            hot.insert(
                1,
                &format!("example.com/m{n}/@v/v1.0.0.mod"),
                file(8 * 1024),
            );
        }
        assert!(
            hot.files.weight() <= 256 * 1024,
            "{} bytes",
            hot.files.weight()
        );
        assert!(hot.files.len() > 2);
    }

    #[test]
    fn use_is_noted_once_a_minute_not_at_every_hit() {
        let hot = Hot::new(1 << 20);
        hot.insert(1, "p", file(10));
        assert!(hot.get(1, "p").unwrap().1);
        assert!(!hot.get(1, "p").unwrap().1);
    }
}
