//! Outages of a moment ago, so that what is kept is given at once while the upstream is down.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For how long an outage is remembered after it was last seen.
const LATELY: Duration = Duration::from_secs(15);

/// The outage that was seen last, by the profile snapshot it was seen with.
#[derive(Debug, Default)]
pub(crate) struct Outages(Mutex<Option<(u64, Instant)>>);

impl Outages {
    /// The chain gave an outage.
    pub(crate) fn is_on(&self, profile: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((profile, Instant::now()));
    }

    /// The chain answered.
    pub(crate) fn is_over(&self, profile: u64) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.take_if(|(seen_with, _)| *seen_with == profile);
    }

    /// Whether the chain was out of order when it was asked last, and not long ago.
    pub(crate) fn was_lately(&self, profile: u64) -> bool {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|(seen_with, since)| seen_with == profile && since.elapsed() < LATELY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_remembered_until_the_chain_answers() {
        let outages = Outages::default();
        assert!(!outages.was_lately(1));
        outages.is_on(1);
        assert!(outages.was_lately(1));
        assert!(!outages.was_lately(2), "another profile asks others");
        outages.is_over(2);
        assert!(outages.was_lately(1));
        outages.is_over(1);
        assert!(!outages.was_lately(1));
    }
}
