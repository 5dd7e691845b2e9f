//! Events: one for each answer given and each file brought along, made where it happened and read by the log.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use go_module::{FileKind, Request};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::counts::Counts;
use crate::error::DeliveryError;
use crate::flight::Flight;
use crate::profile::Profile;
use crate::story::{Step, Trace, Traced};
use crate::told;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `/@v/list`
    List,
    /// `/@latest`
    Latest,
    /// `/@v/<branch>.info`: a version query
    Query,
    /// `/@v/<version>.info`
    Info,
    /// `/@v/<version>.mod`
    Mod,
    /// `/@v/<version>.zip`
    Zip,
    /// `/sumdb/…`
    ChecksumDb,
}

impl Kind {
    /// The kind of a request.
    pub fn of(request: &Request) -> Self {
        match request {
            Request::List(_) => Self::List,
            Request::Latest(_) => Self::Latest,
            Request::Query { .. } => Self::Query,
            Request::File(_, kind) => Self::of_file(*kind),
            Request::SumDb { .. } => Self::ChecksumDb,
        }
    }

    /// The kind of a version's file.
    pub fn of_file(kind: FileKind) -> Self {
        match kind {
            FileKind::Info => Self::Info,
            FileKind::Mod => Self::Mod,
            FileKind::Zip => Self::Zip,
        }
    }

    /// One word, as the log shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Latest => "latest",
            Self::Query => "query",
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
            Self::ChecksumDb => "checksum-db",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an answer came from. Names of upstreams never hold user info.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "from", content = "upstream")]
pub enum Source {
    /// It was kept, and immutable or still fresh.
    Cache,
    /// This upstream gave it.
    Upstream(String),
    /// It was kept, and this upstream said that it still holds.
    Revalidated(String),
    /// It was kept from this upstream, which is down or slow now.
    Stale(String),
    /// Nothing was delivered.
    Nowhere,
}

impl Source {
    /// One word for how, as the log and `X-Larder-Source` show it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Upstream(_) => "upstream",
            Self::Revalidated(_) => "revalidated",
            Self::Stale(_) => "stale",
            Self::Nowhere => "none",
        }
    }

    /// The upstream concerned, if one is.
    pub fn upstream(&self) -> Option<&str> {
        match self {
            Self::Upstream(name) | Self::Revalidated(name) | Self::Stale(name) => Some(name),
            Self::Cache | Self::Nowhere => None,
        }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Delivered whole.
    Delivered,
    /// It is not there: `go` asks the next one.
    NotFound,
    /// Larder is offline, and it is not kept.
    Missing,
    /// The upstream wants other credentials.
    Refused,
    /// It could not be had; the detail says why.
    Failed,
    /// It is not what it should be, or could not be verified; nothing of it was kept.
    Unverified,
    /// The client left before the end.
    Left,
}

impl Outcome {
    /// All of them, as they are counted.
    pub const ALL: [Self; 7] = [
        Self::Delivered,
        Self::NotFound,
        Self::Missing,
        Self::Refused,
        Self::Failed,
        Self::Unverified,
        Self::Left,
    ];

    /// One word, as the log shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::NotFound => "not-found",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unverified => "unverified",
            Self::Left => "left",
        }
    }
}

/// What happened to one request, or to one file brought along.
#[derive(Clone, Debug)]
pub struct Event {
    /// When the request came.
    pub at: Timestamp,
    /// What was asked, in request form; holds module and version.
    pub request: Request,
    /// Where the answer came from.
    pub source: Source,
    /// The upstream concerned: the one it came from, else the one whose answer or silence was its end.
    pub upstream: Option<String>,
    /// Body bytes handed over.
    pub bytes: u64,
    /// From the request to its last byte.
    pub took: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, where there is more to say; one or several lines for a person.
    pub detail: Option<String>,
    /// True for what Larder fetched of its own accord (a version's other files).
    pub background: bool,
    /// The profile by which it was delivered.
    pub profile: Arc<Profile>,
    /// What was done for it, in this order; nothing for what was kept or at hand.
    pub steps: Vec<Step>,
    /// Its place in a trace, where traces are wanted.
    pub traced: Option<Traced>,
}

impl Event {
    /// The rule by which it went where it did. It is worded here, by the reader of events, and not on the way of a request.
    pub fn rule(&self) -> Step {
        told::rule(&self.profile, &self.request)
    }
}

/// Where events go: counted, and handed on within bounds, never waited for.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    sender: mpsc::Sender<Event>,
    counts: Arc<Counts>,
}

impl Events {
    pub(crate) fn new(sender: mpsc::Sender<Event>) -> Self {
        Self {
            sender,
            counts: Arc::default(),
        }
    }

    /// What was told so far, counted.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Hands an event over; a reader that can't keep up misses some, the requests go on.
    pub(crate) fn tell(&self, event: Event) {
        self.counts.note(&event);
        if let Err(mpsc::error::TrySendError::Full(event)) = self.sender.try_send(event) {
            self.counts.left_out();
            tracing::trace!(request = %event.request.url_path(), "the activity log is behind; one event is left out");
        }
    }
}

/// Counts what a client was handed of one answer and tells of it once, at the end or when it leaves.
#[derive(Debug)]
pub(crate) struct Tally {
    events: Events,
    event: Option<Event>,
    started: Instant,
    trace: Trace,
    /// The flight that this request leads, and who looks after what comes after its end.
    leads: Option<(Flight, TaskTracker)>,
}

impl Tally {
    /// Of what is at hand: there is nothing to be noted on the way.
    pub(crate) fn of_hit(
        events: Events,
        request: Request,
        profile: Arc<Profile>,
        traced: Option<Traced>,
    ) -> Self {
        let event = Event {
            at: Timestamp::now(),
            request,
            source: Source::Nowhere,
            upstream: None,
            bytes: 0,
            took: Duration::ZERO,
            outcome: Outcome::Left,
            detail: None,
            background: false,
            profile,
            steps: Vec::new(),
            traced,
        };
        Self {
            events,
            event: Some(event),
            started: Instant::now(),
            trace: Trace::default(),
            leads: None,
        }
    }

    /// Of what has to be looked for.
    pub(crate) fn new(
        events: Events,
        request: Request,
        profile: Arc<Profile>,
        background: bool,
        traced: Option<Traced>,
    ) -> Self {
        let mut tally = Self::of_hit(events, request, profile, traced);
        if let Some(event) = &mut tally.event {
            event.background = background;
            tally.trace = Trace::begin(event.at, tally.started, event.traced.clone());
        }
        tally
    }

    /// Where the steps of this request are noted.
    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// This request leads that flight: it is told of once the flight has come to its end.
    pub(crate) fn leads(&mut self, flight: &Flight, tasks: &TaskTracker) {
        self.leads = Some((flight.clone(), tasks.clone()));
    }

    pub(crate) fn source(&mut self, source: Source) {
        if let Some(event) = &mut self.event {
            event.source = source;
        }
    }

    pub(crate) fn bytes(&mut self, more: u64) {
        if let Some(event) = &mut self.event {
            event.bytes += more;
        }
    }

    /// It failed, for this reason.
    pub(crate) fn fail(&mut self, error: &DeliveryError) {
        if let Some(event) = &mut self.event {
            event.upstream = error.upstream().map(str::to_owned);
        }
        self.end(error.outcome(), Some(error.to_string()));
    }

    /// The end: tells of it, at once or as soon as its flight has ended.
    pub(crate) fn end(&mut self, outcome: Outcome, detail: Option<String>) {
        let Some(mut event) = self.event.take() else {
            return;
        };
        event.outcome = outcome;
        event.detail = detail;
        event.took = self.started.elapsed();
        if let Some(from) = event.source.upstream() {
            event.upstream = Some(from.to_owned());
        }
        let (events, trace) = (self.events.clone(), self.trace.clone());
        let Some((flight, tasks)) = self.leads.take() else {
            event.steps = trace.steps();
            return events.tell(event);
        };
        let tell = move |flight: &Flight| {
            trace.add_to_cache(&told::led(flight.joined()));
            event.steps = trace.steps();
            events.tell(event);
        };
        // Who has it whole need not wait until it is on the disk; the story does.
        if outcome == Outcome::Delivered && !flight.has_ended() && Handle::try_current().is_ok() {
            tasks.spawn(async move {
                // Its own end is among the steps.
                let _ = flight.landed().await;
                tell(&flight);
            });
        } else {
            tell(&flight);
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.end(Outcome::Left, None);
    }
}
