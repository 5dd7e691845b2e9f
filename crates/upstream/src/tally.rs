//! How the questions to an upstream ended and how long they took, counted for as long as the process lives.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::UpstreamError;
use crate::durations::{Durations, Spread};

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an answer.
    Answered,
    /// It does not have it.
    NotFound,
    /// It wants other credentials, or does not let this person in.
    Refused,
    /// It answered something else, or too much, or it broke off.
    Failed,
    /// It took too long.
    TimedOut,
    /// There was no way to it.
    Unreachable,
}

impl Ending {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 6] = [
        Self::Answered,
        Self::NotFound,
        Self::Refused,
        Self::Failed,
        Self::TimedOut,
        Self::Unreachable,
    ];

    /// One word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotFound => "not-found",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Unreachable => "unreachable",
        }
    }

    /// That of a question; none where nobody was asked.
    fn of(error: Option<&UpstreamError>) -> Option<Self> {
        let Some(error) = error else {
            return Some(Self::Answered);
        };
        match error {
            UpstreamError::NotFound { .. } => Some(Self::NotFound),
            UpstreamError::Refused { .. } => Some(Self::Refused),
            UpstreamError::Throttled { .. }
            | UpstreamError::Status { .. }
            | UpstreamError::Broken { .. }
            | UpstreamError::TooLarge { .. }
            | UpstreamError::Redirect { .. }
            | UpstreamError::Malformed { .. }
            | UpstreamError::Direct { .. } => Some(Self::Failed),
            UpstreamError::Timeout { .. } => Some(Self::TimedOut),
            UpstreamError::Unreachable { .. } => Some(Self::Unreachable),
            UpstreamError::CredentialsMissing { .. } | UpstreamError::Loop | UpstreamError::Off => {
                None
            }
        }
    }
}

/// Counts the questions to one upstream.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    endings: [AtomicU64; Ending::ALL.len()],
    took: Durations,
}

/// What was asked of one upstream so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Tallied {
    /// The upstream's name, as shown: no user info.
    pub name: String,
    /// How often questions ended so, in the order of [`Ending::ALL`].
    pub endings: [u64; Ending::ALL.len()],
    /// How long it took until an answer began, or none came.
    pub took: Spread,
}

impl Tally {
    /// Counts a question that ended so.
    pub(crate) fn note(&self, error: Option<&UpstreamError>, took: Duration) {
        let Some(ending) = Ending::of(error) else {
            return;
        };
        self.endings[ending as usize].fetch_add(1, Ordering::Relaxed);
        self.took.note(took);
    }

    pub(crate) fn read(&self, name: &str) -> Tallied {
        Tallied {
            name: name.to_owned(),
            endings: self.endings.each_ref().map(|n| n.load(Ordering::Relaxed)),
            took: self.took.read(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_counted_in_their_own_place() {
        for (at, ending) in Ending::ALL.into_iter().enumerate() {
            assert_eq!(ending as usize, at);
        }
        let tally = Tally::default();
        tally.note(None, Duration::from_millis(1));
        tally.note(Some(&UpstreamError::Off), Duration::ZERO);
        let text = String::new();
        let refused = UpstreamError::Refused { status: 403, text };
        tally.note(Some(&refused), Duration::from_millis(2));
        let read = tally.read("proxy.corp.example");
        assert_eq!(read.endings, [1, 0, 1, 0, 0, 0]);
        assert_eq!(read.took.count(), 2, "who is not asked takes no time");
    }
}
