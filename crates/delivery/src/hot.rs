//! Small bodies at hand in memory: most of what a warm `go` asks for is answered without touching the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use go_module::{FileKind, ModuleVersion, Request};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use store::Tree;

/// A body larger than this is served from disk, in bytes.
pub(crate) const LARGEST: u64 = 16 * 1024;
/// Last use is noted at most this often for one file, in seconds.
const NOTE_EVERY: u64 = 60;
/// What an entry costs besides its body, in bytes: keys, counters, the table.
const OVERHEAD: u64 = 256;

/// A small body, and for how long it may be given from memory.
#[derive(Debug)]
pub(crate) struct AtHand {
    pub(crate) request: Request,
    pub(crate) bytes: Bytes,
    pub(crate) life: Life,
}

/// How long what is at hand holds.
#[derive(Debug)]
pub(crate) enum Life {
    /// A file of a version, as it was committed: for ever.
    Committed {
        tree: Tree,
        module: ModuleVersion,
        kind: FileKind,
        etag: Arc<str>,
        /// When its use was last noted on disk, in seconds of this process.
        noted: AtomicU64,
    },
    /// An answer that may change: until then.
    FreshUntil(Instant),
}

impl AtHand {
    pub(crate) fn file(
        tree: Tree,
        module: ModuleVersion,
        kind: FileKind,
        bytes: Bytes,
        etag: Arc<str>,
    ) -> Self {
        let request = Request::File(module.clone(), kind);
        let noted = AtomicU64::new(0);
        let life = Life::Committed {
            tree,
            module,
            kind,
            etag,
            noted,
        };
        Self {
            request,
            bytes,
            life,
        }
    }

    pub(crate) fn answer(request: Request, bytes: Bytes, until: Instant) -> Self {
        Self {
            request,
            bytes,
            life: Life::FreshUntil(until),
        }
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<(u64, Arc<str>), Arc<AtHand>> for ByBytes {
    fn weight(&self, (_, path): &(u64, Arc<str>), found: &Arc<AtHand>) -> u64 {
        found.bytes.len() as u64 + path.len() as u64 + OVERHEAD
    }
}

/// The small bodies used last, by profile snapshot and request path, within a budget of bytes.
pub(crate) struct Hot {
    bodies: Cache<(u64, Arc<str>), Arc<AtHand>, ByBytes>,
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
            bodies: Cache::with_weighter(typical.max(16), budget, ByBytes),
            since: Instant::now(),
        }
    }

    /// What is at hand for this request path.
    pub(crate) fn get(&self, profile: u64, path: &str) -> Option<Arc<AtHand>> {
        let found = self.bodies.get(&Key(profile, path))?;
        match &found.life {
            Life::FreshUntil(until) if Instant::now() >= *until => None,
            Life::FreshUntil(_) | Life::Committed { .. } => Some(found),
        }
    }

    /// Whether the use of a file is to be noted on disk now: once a minute, not at every hit.
    pub(crate) fn is_due(&self, noted: &AtomicU64) -> bool {
        let now = self.since.elapsed().as_secs() + NOTE_EVERY;
        let last = noted.load(Ordering::Relaxed);
        now >= last + NOTE_EVERY
            && noted
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Puts a body at hand, if it is small.
    pub(crate) fn insert(&self, profile: u64, found: AtHand) {
        if found.bytes.len() as u64 <= LARGEST {
            let path = found.request.url_path();
            self.bodies.insert((profile, path.into()), Arc::new(found));
        }
    }

    /// Forgets all: after files were removed from the cache.
    pub(crate) fn clear(&self) {
        self.bodies.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "example.com/m/@v/v1.0.0.mod";

    fn file(path: &str, length: usize) -> AtHand {
        let module = ModuleVersion::parse(&format!("{path}@v1.0.0")).unwrap();
        let bytes = Bytes::from(vec![0; length]);
        AtHand::file(Tree::Modules, module, FileKind::Mod, bytes, "e".into())
    }

    #[test]
    fn one_profile_never_sees_what_another_put_in() {
        let hot = Hot::new(1 << 20);
        hot.insert(1, file("example.com/m", 10));
        assert!(hot.get(1, PATH).is_some());
        assert!(hot.get(2, PATH).is_none());
        hot.clear();
        assert!(hot.get(1, PATH).is_none());
    }

    #[test]
    fn the_budget_holds_and_large_bodies_stay_out() {
        let hot = Hot::new(256 * 1024);
        for n in 0..200 {
            hot.insert(1, file(&format!("example.com/m{n}"), 8 * 1024));
        }
        let weight = hot.bodies.weight();
        assert!(weight <= 256 * 1024, "{weight} bytes");
        assert!(hot.bodies.len() > 2);
        hot.insert(1, file("example.com/m", 17 * 1024));
        assert!(hot.get(1, PATH).is_none());
    }

    #[test]
    fn use_is_noted_once_a_minute_not_at_every_hit() {
        let hot = Hot::new(1 << 20);
        let noted = AtomicU64::new(0);
        assert!(hot.is_due(&noted));
        assert!(!hot.is_due(&noted));
    }

    #[test]
    fn an_answer_is_at_hand_while_it_is_fresh() {
        let hot = Hot::new(1 << 20);
        let request = Request::parse("/example.com/m/@v/list").unwrap();
        let answer =
            |until| AtHand::answer(request.clone(), Bytes::from_static(b"v1.0.0\n"), until);
        hot.insert(
            1,
            answer(Instant::now() + std::time::Duration::from_secs(60)),
        );
        assert!(hot.get(1, "example.com/m/@v/list").is_some());
        hot.insert(1, answer(Instant::now()));
        assert!(hot.get(1, "example.com/m/@v/list").is_none());
    }
}
