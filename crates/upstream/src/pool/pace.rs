//! How quick a node is: its latest times to the first byte, and whether it is slow by them.

use std::collections::VecDeque;
use std::time::Duration;

/// So many times are kept to be shown.
const KEPT: usize = 64;
/// So many of them say how it is now,
const LATEST: usize = 9;
/// and so many there must be to say it.
const ENOUGH: usize = 5;
/// So often in a row without a head in time, and it is slow.
const LATE: u32 = 2;
/// So many quick answers in a row, and it is not slow any more.
const QUICK: u32 = 2;
/// From so many on, the 95th percentile is more than a guess.
const SETTLED: usize = 20;

#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    times: VecDeque<Duration>,
    /// How many of the times count as the latest: those from before it was slow don't.
    latest: usize,
    late: u32,
    quick: u32,
    slow: bool,
}

impl Pace {
    /// An answer began after so long.
    pub(super) fn took(&mut self, took: Duration, slow_after: Duration) {
        if self.times.len() == KEPT {
            self.times.pop_front();
        }
        self.times.push_back(took);
        self.latest = (self.latest + 1).min(LATEST);
        self.reached(took <= slow_after);
        if self.latest >= ENOUGH && self.median() > slow_after {
            self.slow = true;
        }
    }

    /// A probe was answered after so long; it is no request, so its time is not among the others.
    pub(super) fn probed(&mut self, took: Duration, slow_after: Duration) {
        self.reached(took <= slow_after);
    }

    /// Another answer came in its place: for so long it has given no head.
    pub(super) fn late(&mut self) {
        self.quick = 0;
        self.late += 1;
        if self.late >= LATE {
            self.slow = true;
        }
    }

    pub(super) fn is_slow(&self) -> bool {
        self.slow
    }

    /// Forgets that it was slow.
    pub(super) fn reset(&mut self) {
        let times = std::mem::take(&mut self.times);
        *self = Self {
            times,
            ..Self::default()
        };
    }

    /// The time that this part (0 to 1) of the answers took at most.
    pub(super) fn percentile(&self, part: f64) -> Option<Duration> {
        let mut times: Vec<Duration> = self.times.iter().copied().collect();
        times.sort_unstable();
        let at = (part * times.len() as f64).ceil() as usize;
        times.get(at.saturating_sub(1)).copied()
    }

    /// The time within which it mostly answers, where that is known.
    pub(super) fn usual(&self) -> Option<Duration> {
        (self.times.len() >= SETTLED)
            .then(|| self.percentile(0.95))
            .flatten()
    }

    /// The latest times, oldest first.
    pub(super) fn times(&self) -> Vec<Duration> {
        self.times.iter().copied().collect()
    }

    fn reached(&mut self, in_time: bool) {
        if in_time {
            self.late = 0;
            self.quick += 1;
        } else {
            self.quick = 0;
        }
        if self.slow && self.quick >= QUICK {
            self.slow = false;
            self.latest = 0;
        }
    }

    fn median(&self) -> Duration {
        let mut latest: Vec<_> = self.times.iter().rev().take(self.latest).collect();
        latest.sort_unstable();
        latest
            .get(latest.len() / 2)
            .copied()
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW_AFTER: Duration = Duration::from_secs(1);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn twice_late_is_slow_and_two_quick_ones_mend_it() {
        let mut pace = Pace::default();
        pace.late();
        pace.took(ms(10), SLOW_AFTER);
        pace.late();
        assert!(!pace.is_slow(), "not in a row");
        pace.late();
        assert!(pace.is_slow());
        pace.probed(ms(10), SLOW_AFTER);
        pace.probed(ms(2000), SLOW_AFTER);
        pace.probed(ms(10), SLOW_AFTER);
        assert!(pace.is_slow());
        pace.probed(ms(10), SLOW_AFTER);
        assert!(!pace.is_slow());
        assert_eq!(pace.times(), [ms(10)], "probes are no requests");
    }

    #[test]
    fn half_of_the_latest_above_the_threshold_is_slow() {
        let mut pace = Pace::default();
        for took in [10, 20, 1500, 1500] {
            pace.took(ms(took), SLOW_AFTER);
        }
        assert!(!pace.is_slow(), "too few to say");
        pace.took(ms(1500), SLOW_AFTER);
        assert!(pace.is_slow());
        pace.took(ms(10), SLOW_AFTER);
        pace.took(ms(10), SLOW_AFTER);
        assert!(!pace.is_slow());
        pace.took(ms(1500), SLOW_AFTER);
        assert!(!pace.is_slow(), "what was before counts no more");
    }

    #[test]
    fn percentiles() {
        let mut pace = Pace::default();
        assert_eq!(pace.percentile(0.5), None);
        for took in 1..=100 {
            pace.took(ms(took), SLOW_AFTER);
            assert_eq!(pace.usual().is_some(), took >= 20);
        }
        assert_eq!(pace.times().len(), 64);
        assert_eq!(pace.percentile(0.5), Some(ms(68)));
        assert_eq!(pace.percentile(0.95), Some(ms(97)));
        assert_eq!(pace.percentile(1.0), Some(ms(100)));
    }
}
