//! Negative answers, remembered for a minute: a path that isn't there is asked of nobody twice in a row.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use upstream::UpstreamError;

use crate::error::DeliveryError;

/// How many negative answers are remembered at most; go probes a handful of prefixes for each import.
const CAPACITY: usize = 4096;

/// What was not there, by profile snapshot and path.
pub(crate) struct Negatives {
    kept: Cache<(u64, String), (String, bool, Instant)>,
    ttl: Duration,
}

impl Negatives {
    pub(crate) fn new(ttl: Duration) -> Self {
        Self {
            kept: Cache::new(CAPACITY),
            ttl,
        }
    }

    /// What was said of this path less than a `ttl` ago.
    pub(crate) fn get(&self, profile: u64, path: &str) -> Option<DeliveryError> {
        let key = (profile, path.to_owned());
        let (reason, gone, since) = self.kept.get(&key)?;
        if since.elapsed() < self.ttl {
            return Some(DeliveryError::StillNotFound {
                reason,
                gone,
                ttl: self.ttl,
            });
        }
        self.kept.remove(&key);
        None
    }

    /// Remembers an error if it says that nothing is there.
    pub(crate) fn note(&self, profile: u64, path: &str, error: &DeliveryError) {
        if let DeliveryError::NotFound(chain) = error {
            let entry = (
                chain.to_string(),
                matches!(chain.cause, UpstreamError::NotFound { status: 410, .. }),
                Instant::now(),
            );
            self.kept.insert((profile, path.to_owned()), entry);
        }
    }

    /// Forgets all of them: after `cache clear`, or when a person asks anew.
    pub(crate) fn clear(&self) {
        self.kept.clear();
    }
}
