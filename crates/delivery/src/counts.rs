//! What was answered, counted as events are told: for who watches Larder from outside.
//!
//! An event may be left out of the log when that is behind; it is counted all the same. To count costs a few atomic
//! additions and no lock, for every answer of a warm build passes here.

use std::sync::atomic::{AtomicU64, Ordering};

use upstream::{Durations, Spread};

use crate::event::{Event, Outcome, Source};

/// How many sources there are, as far as they are counted.
const SOURCES: usize = 5;

/// Counts answers.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    answers: [[AtomicU64; Outcome::ALL.len()]; SOURCES],
    took: [Durations; SOURCES],
    bytes: [AtomicU64; SOURCES],
    background: [AtomicU64; Outcome::ALL.len()],
    left_out: AtomicU64,
}

/// What was counted, as it was at one moment.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// What was answered from each source.
    pub sources: Vec<FromSource>,
    /// How what Larder fetched of its own accord ended, and how often.
    pub background: Vec<(Outcome, u64)>,
    /// How many events were left out of the log, which was behind.
    pub left_out: u64,
}

/// What was answered to clients from one source.
#[derive(Clone, Debug)]
pub struct FromSource {
    /// The source, in one word.
    pub source: &'static str,
    /// How answers ended, and how often.
    pub outcomes: Vec<(Outcome, u64)>,
    /// How long they took, from the request to the last byte.
    pub took: Spread,
    /// Body bytes.
    pub bytes: u64,
}

impl Counts {
    /// Counts one.
    pub(crate) fn note(&self, event: &Event) {
        let outcome = event.outcome as usize;
        if event.background {
            self.background[outcome].fetch_add(1, Ordering::Relaxed);
            return;
        }
        let source = place(&event.source);
        self.answers[source][outcome].fetch_add(1, Ordering::Relaxed);
        self.took[source].note(event.took);
        self.bytes[source].fetch_add(event.bytes, Ordering::Relaxed);
    }

    /// Counts one that the log goes without.
    pub(crate) fn left_out(&self) {
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub(crate) fn read(&self) -> Counted {
        let nowhere = String::new;
        let sources = [
            Source::Cache,
            Source::Upstream(nowhere()),
            Source::Revalidated(nowhere()),
            Source::Stale(nowhere()),
            Source::Nowhere,
        ];
        let of_source = |source: &Source| {
            let at = place(source);
            FromSource {
                source: source.word(),
                outcomes: of_outcomes(&self.answers[at]),
                took: self.took[at].read(),
                bytes: self.bytes[at].load(Ordering::Relaxed),
            }
        };
        Counted {
            sources: sources.iter().map(of_source).collect(),
            background: of_outcomes(&self.background),
            left_out: self.left_out.load(Ordering::Relaxed),
        }
    }
}

fn place(source: &Source) -> usize {
    match source {
        Source::Cache => 0,
        Source::Upstream(_) => 1,
        Source::Revalidated(_) => 2,
        Source::Stale(_) => 3,
        Source::Nowhere => 4,
    }
}

fn of_outcomes(counts: &[AtomicU64; Outcome::ALL.len()]) -> Vec<(Outcome, u64)> {
    let counts = counts.iter().map(|count| count.load(Ordering::Relaxed));
    Outcome::ALL.into_iter().zip(counts).collect()
}
