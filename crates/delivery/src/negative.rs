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
    /// What was refused as not being what it should be.
    refused: Cache<(u64, String), (DeliveryError, Instant)>,
    ttl: Duration,
}

/// For how long a refusal is said again without asking anew: a client that saw a body end short asks once more, and is
/// to read why.
const REFUSED_FOR: Duration = Duration::from_secs(10 * 60);

impl Negatives {
    pub(crate) fn new(ttl: Duration) -> Self {
        Self {
            kept: Cache::new(CAPACITY),
            refused: Cache::new(CAPACITY),
            ttl,
        }
    }

    /// What was said of this path less than a `ttl` ago.
    pub(crate) fn get(&self, profile: u64, path: &str) -> Option<DeliveryError> {
        let key = (profile, path.to_owned());
        if let Some((error, since)) = self.refused.get(&key) {
            if since.elapsed() < REFUSED_FOR {
                return Some(error);
            }
            self.refused.remove(&key);
        }
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

    /// Remembers an error if it says that nothing is there, or that what is there is refused.
    pub(crate) fn note(&self, profile: u64, path: &str, error: &DeliveryError) {
        if error.stands() {
            let entry = (error.clone(), Instant::now());
            self.refused.insert((profile, path.to_owned()), entry);
        }
        // What version control behind the others might have had is asked for anew.
        if let DeliveryError::NotFound(chain) = error
            && !chain.is_outage()
        {
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
        self.refused.clear();
    }
}
