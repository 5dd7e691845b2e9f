//! What a connection's reader, its service and its bodies know of each other: whether a request is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use http::Version;

/// The state of one connection. All of it is used by one task only, so no order between its parts is needed.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// Goes up when a request begins and when its answer has been handed over: odd while one is under way.
    beats: AtomicU32,
    /// Part of a request's head has come, or part of an answer waits for the client to take it.
    busy: AtomicBool,
    ending: AtomicBool,
    cut: AtomicBool,
}

impl Pulse {
    /// A request begins; it is under way for as long as the value lives.
    pub(crate) fn begin(self: &Arc<Self>, version: Version) -> UnderWay {
        self.beats.fetch_add(1, Ordering::Relaxed);
        UnderWay {
            pulse: Arc::clone(self),
            ends_at_close: version < Version::HTTP_11,
        }
    }

    /// Changes with each beginning and end of a request.
    pub(crate) fn beats(&self) -> u32 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Whether bytes between requests wait for something, as the reader and writer of the connection see it.
    pub(crate) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Whether nothing is under way: no request, no part of one, and no rest of an answer.
    pub(crate) fn is_quiet(&self) -> bool {
        self.beats().is_multiple_of(2) && !self.busy.load(Ordering::Relaxed)
    }

    /// No further request is to be read.
    pub(crate) fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Whether the connection is to end now: no further request is wanted, and none is under way.
    pub(crate) fn is_over(&self) -> bool {
        self.ending.load(Ordering::Relaxed) && self.beats().is_multiple_of(2)
    }

    /// Whether the connection must end in a way that nobody can take for the end of a body.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }
}

/// A request under way, until its answer has been handed over or dropped.
#[derive(Debug)]
pub(crate) struct UnderWay {
    pulse: Arc<Pulse>,
    ends_at_close: bool,
}

impl UnderWay {
    /// The body has failed. HTTP/1.1 shows that by a length or chunk that is missing; for an older client the end of
    /// the connection is the end of the body, so that has to be a reset.
    pub(crate) fn fail(&self) {
        if self.ends_at_close {
            self.pulse.cut.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.pulse.beats.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_over_only_between_requests() {
        let pulse = Arc::<Pulse>::default();
        assert!(!pulse.is_over());
        let under_way = pulse.begin(Version::HTTP_11);
        pulse.end();
        assert!(!pulse.is_over());
        drop(under_way);
        assert!(pulse.is_over());
        assert_eq!(pulse.beats(), 2);
    }

    #[test]
    fn a_connection_is_quiet_only_with_nothing_in_any_buffer() {
        let pulse = Arc::<Pulse>::default();
        assert!(pulse.is_quiet());
        pulse.set_busy(true);
        assert!(!pulse.is_quiet());
        pulse.set_busy(false);
        let under_way = pulse.begin(Version::HTTP_11);
        assert!(!pulse.is_quiet());
        drop(under_way);
        assert!(pulse.is_quiet());
    }

    #[test]
    fn only_a_body_that_ends_at_close_has_to_be_cut() {
        let pulse = Arc::<Pulse>::default();
        pulse.begin(Version::HTTP_11).fail();
        assert!(!pulse.is_cut());
        pulse.begin(Version::HTTP_10).fail();
        assert!(pulse.is_cut());
    }
}
