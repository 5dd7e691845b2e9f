//! How long things took, counted in buckets. To note one costs two atomic additions, so that it may stand where every
//! request passes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets, in microseconds: from what is in memory to what a deadline ends. What took longer is
/// in one more.
const BOUNDS: [u64; 14] = [
    100,
    250,
    1_000,
    2_500,
    10_000,
    25_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    10_000_000,
    30_000_000,
    120_000_000,
];

/// How long things took.
#[derive(Debug, Default)]
pub struct Durations {
    /// How many fell into each bucket, and in none of those before it.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

/// [`Durations`], as they were at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// The upper bound of each bucket in seconds, and how many fell into it; the last has no bound.
    pub buckets: Vec<(f64, u64)>,
    /// All of them together, in seconds.
    pub seconds: f64,
}

impl Durations {
    /// Counts one.
    pub fn note(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < micros);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn read(&self) -> Spread {
        let bounds = BOUNDS.iter().map(|micros| seconds(*micros));
        let buckets = bounds.chain([f64::INFINITY]).zip(&self.buckets);
        Spread {
            buckets: buckets
                .map(|(bound, count)| (bound, count.load(Ordering::Relaxed)))
                .collect(),
            seconds: seconds(self.micros.load(Ordering::Relaxed)),
        }
    }
}

impl Spread {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_falls_into_the_first_bucket_that_holds_it() {
        let durations = Durations::default();
        for micros in [0, 100, 101, 1_000_000, 500_000_000] {
            durations.note(Duration::from_micros(micros));
        }
        let spread = durations.read();
        let filled: Vec<_> = spread.buckets.iter().filter(|(_, n)| *n > 0).collect();
        assert_eq!(
            filled,
            [&(0.0001, 2), &(0.00025, 1), &(1.0, 1), &(f64::INFINITY, 1)]
        );
        assert_eq!(spread.count(), 5);
        assert!((spread.seconds - 501.000_201).abs() < 1e-9);
    }
}
