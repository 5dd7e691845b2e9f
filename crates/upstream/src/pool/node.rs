//! One node of a pool: where it is, how it does, what was seen of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secret::SafeUrl;
use tokio::time::Instant;

use super::NodeState;
use super::breaker::{Blow, Breaker, Stand};
use super::news::News;
use super::pace::Pace;
use super::verdict::{blow, may_differ};
use crate::UpstreamError;

/// After so long a trial that was not heard of again is over.
const TRIAL: Duration = Duration::from_secs(30);

/// How often a node is probed that does well,
const PROBE_HEALTHY: Duration = Duration::from_secs(10);
/// that is slow,
const PROBE_SLOW: Duration = Duration::from_secs(2);
/// and that has been well once on its way back.
const PROBE_AGAIN: Duration = Duration::from_millis(500);

/// Where a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// At a URL of its own.
    Url(SafeUrl),
    /// At this address, as the upstream itself.
    Address(SocketAddr),
    /// Wherever the system finds the upstream's own name.
    OwnName,
}

/// One node.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) place: Place,
    pool: String,
    slow_after: Duration,
    news: News,
    in_flight: AtomicU32,
    record: Mutex<Record>,
}

/// What was seen of it.
struct Record {
    breaker: Breaker,
    pace: Pace,
    by_hand: bool,
    /// Since when a request tries whether it is well again.
    trial: Option<Instant>,
    asked: u64,
    failed: u64,
    /// When it is to be probed next.
    next_probe: Instant,
    /// The state that was told last, how often it changed, when and why.
    told: NodeState,
    changes: u64,
    changed: Option<(Instant, String)>,
}

/// What it looks like from outside, at one moment.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) state: NodeState,
    pub(super) by_hand: bool,
    pub(super) asked: u64,
    pub(super) failed: u64,
    pub(super) changes: u64,
    pub(super) changed: Option<(Instant, String)>,
    pub(super) p50: Option<Duration>,
    pub(super) p95: Option<Duration>,
    pub(super) times: Vec<Duration>,
}

impl Record {
    fn state(&self, now: Instant) -> NodeState {
        if self.by_hand {
            return NodeState::Ejected;
        }
        match self.breaker.stand(now) {
            Stand::Open => NodeState::Ejected,
            Stand::HalfOpen => NodeState::Probation,
            Stand::Closed if self.pace.is_slow() => NodeState::Slow,
            Stand::Closed => NodeState::Healthy,
        }
    }

    fn probe_again(&mut self, now: Instant) {
        self.next_probe = now
            + match self.state(now) {
                NodeState::Healthy | NodeState::Ejected => jittered(PROBE_HEALTHY),
                NodeState::Slow => jittered(PROBE_SLOW),
                NodeState::Probation => jittered(PROBE_AGAIN),
            };
    }
}

/// A fifth more or less, so that many laptops do not ask at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}

impl Node {
    pub(super) fn new(
        pool: &str,
        name: String,
        place: Place,
        slow_after: Duration,
        news: News,
    ) -> Self {
        Self {
            name,
            place,
            pool: pool.to_owned(),
            slow_after,
            news,
            in_flight: AtomicU32::new(0),
            record: Mutex::new(Record {
                breaker: Breaker::new(),
                pace: Pace::default(),
                by_hand: false,
                trial: None,
                next_probe: Instant::now() + jittered(PROBE_HEALTHY),
                asked: 0,
                failed: 0,
                told: NodeState::Healthy,
                changes: 0,
                changed: None,
            }),
        }
    }

    pub(super) fn state(&self, now: Instant) -> NodeState {
        self.with(now, "its pause is over", |_| ());
        self.record().told
    }

    pub(super) fn is_by_hand(&self) -> bool {
        self.record().by_hand
    }

    pub(super) fn look(&self, now: Instant) -> Look {
        let state = self.state(now);
        let record = self.record();
        Look {
            state,
            by_hand: record.by_hand,
            asked: record.asked,
            failed: record.failed,
            changes: record.changes,
            changed: record.changed.clone(),
            p50: record.pace.percentile(0.5),
            p95: record.pace.percentile(0.95),
            times: record.pace.times(),
        }
    }

    /// The time within which it mostly answers, where that is known.
    pub(super) fn usual(&self) -> Option<Duration> {
        self.record().pace.usual()
    }

    /// When it is to be probed; not where a person took it out.
    pub(super) fn probe_due(&self, now: Instant) -> Option<Instant> {
        let state = self.state(now);
        let record = self.record();
        match state {
            NodeState::Ejected if record.by_hand => None,
            NodeState::Ejected => record.breaker.opens_again(),
            NodeState::Healthy | NodeState::Slow | NodeState::Probation => Some(record.next_probe),
        }
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// A request goes to it.
    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.record().asked += 1;
    }

    /// A request that went to it is over, its body included.
    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether one that is on probation may be tried now; who may has to say when it is over.
    pub(super) fn take_trial(&self, now: Instant) -> bool {
        let mut record = self.record();
        let is_free = record
            .trial
            .is_none_or(|since| now.saturating_duration_since(since) >= TRIAL);
        if is_free {
            record.trial = Some(now);
        }
        is_free
    }

    pub(super) fn is_on_trial(&self, now: Instant) -> bool {
        let record = self.record();
        record
            .trial
            .is_some_and(|since| now.saturating_duration_since(since) < TRIAL)
    }

    pub(super) fn trial_over(&self) {
        self.record().trial = None;
    }

    /// An answer began after so long, be it "not found".
    pub(super) fn answered(&self, took: Duration, now: Instant) {
        let slow_after = self.slow_after;
        let why = if took <= slow_after {
            "it answers in time again"
        } else {
            "its answers take long to begin"
        };
        self.with(now, why, |record| record.pace.took(took, slow_after));
    }

    /// An answer came to its end.
    pub(super) fn ended_well(&self, now: Instant) {
        self.with(now, "it answers again", |record| record.breaker.good(now));
    }

    /// A probe was answered after so long.
    pub(super) fn probed(&self, took: Duration, now: Instant) {
        let slow_after = self.slow_after;
        self.with(now, "probes are answered in time", |record| {
            record.breaker.good(now);
            record.pace.probed(took, slow_after);
            record.probe_again(now);
        });
    }

    /// For so long it has given no head of an answer.
    pub(super) fn late(&self, now: Instant) {
        let why = format!("no answer within {} s", self.slow_after.as_secs_f32());
        self.with(now, &why, |record| record.pace.late());
    }

    /// It gave no answer. `others` says that another node can stand in.
    pub(super) fn failed(&self, error: &UpstreamError, others: bool, now: Instant) {
        if let Some(blow) = blow(error) {
            self.with(now, &error.in_short(), |record| {
                record.failed += 1;
                record.breaker.bad(blow, others, now, fastrand::f64());
            });
        }
    }

    /// A probe of it failed: no request did.
    pub(super) fn probe_failed(&self, error: &UpstreamError, others: bool, now: Instant) {
        if let Some(blow) = blow(error) {
            self.with(now, &error.in_short(), |record| {
                record.breaker.bad(blow, others, now, fastrand::f64());
                record.probe_again(now);
            });
        }
    }

    /// Its answer broke off or fell silent.
    pub(super) fn body_failed(&self, error: &UpstreamError, others: bool, now: Instant) {
        if may_differ(error) {
            self.with(now, &error.in_short(), |record| {
                record.failed += 1;
                record.breaker.bad(Blow::Soft, others, now, fastrand::f64());
            });
        }
    }

    /// Its answer came to a good end, and proved bad.
    pub(super) fn blamed(&self, error: &UpstreamError, others: bool, now: Instant) {
        self.with(now, &error.in_short(), |record| {
            record.failed += 1;
            record.breaker.bad_after_all(others, now, fastrand::f64());
        });
    }

    /// What it gave is not what it must be: it is asked no more for now, whatever it did before.
    pub(super) fn condemned(&self, why: &str, now: Instant) {
        self.with(now, why, |record| {
            record.failed += 1;
            record.breaker.bad(Blow::Hard, true, now, fastrand::f64());
        });
    }

    /// A person takes it out.
    pub(super) fn eject(&self, now: Instant) {
        self.with(now, "ejected by hand", |record| record.by_hand = true);
    }

    /// A person says that it is well.
    pub(super) fn restore(&self, now: Instant) {
        self.with(now, "restored by hand", |record| {
            record.by_hand = false;
            record.breaker.reset();
            record.pace.reset();
            record.trial = None;
        });
    }

    /// Changes what is known, and tells where that makes another state of it.
    fn with(&self, now: Instant, why: &str, change: impl FnOnce(&mut Record)) {
        let mut record = self.record();
        // What time alone has changed is told by itself.
        let by_time = turn(&mut record, now, "its pause is over");
        change(&mut record);
        let turned = turn(&mut record, now, why);
        drop(record);
        if let Some((from, to)) = by_time {
            self.news
                .tell(&self.pool, &self.name, from, to, "its pause is over");
        }
        if let Some((from, to)) = turned {
            self.news.tell(&self.pool, &self.name, from, to, why);
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes note of another state than was told last.
fn turn(record: &mut Record, now: Instant, why: &str) -> Option<(NodeState, NodeState)> {
    let (from, to) = (record.told, record.state(now));
    if from == to {
        return None;
    }
    record.told = to;
    match to {
        NodeState::Probation => record.next_probe = now,
        NodeState::Healthy | NodeState::Slow | NodeState::Ejected => record.probe_again(now),
    }
    record.changes += 1;
    record.changed = Some((now, why.to_owned()));
    Some((from, to))
}
