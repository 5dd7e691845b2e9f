//! A number that is counted on the disk, and then believed for a while.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::StoreError;

/// Bytes of some files, counted when asked for, and not too often.
#[derive(Debug)]
pub(crate) struct Counted {
    what: &'static str,
    known: Mutex<Option<Known>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    bytes: u64,
    until: Instant,
}

impl Counted {
    /// The shortest time a count is believed.
    const FRESH: Duration = Duration::from_secs(5);
    /// And how much longer than it took: counting may take a hundredth of the time.
    const SHARE: u32 = 100;

    /// What is counted, for messages.
    pub(crate) fn of(what: &'static str) -> Self {
        Self {
            what,
            known: Mutex::default(),
        }
    }

    /// The bytes; blocks on the disk where they are to be counted. What cannot be looked at counts as nothing: nobody
    /// should have to do without the other numbers for it.
    pub(crate) fn get(&self, count: impl FnOnce() -> Result<u64, StoreError>) -> u64 {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = Instant::now();
        if let Some(known) = *known
            && begun < known.until
        {
            return known.bytes;
        }
        let bytes = count().unwrap_or_else(|error| {
            tracing::warn!(%error, "{} could not be counted", self.what);
            0
        });
        let fresh = Self::FRESH.max(begun.elapsed() * Self::SHARE);
        *known = Some(Known {
            bytes,
            until: Instant::now() + fresh,
        });
        bytes
    }

    /// The next to ask counts anew.
    pub(crate) fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
