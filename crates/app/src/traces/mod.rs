//! Traces of requests, sent to a collector that a person named (OTLP over HTTP, protobuf). Nothing is sent without one.
//!
//! Spans are made out of what an event tells, when it is read for the activity log: a request is over then, and waits for
//! nothing. What is chosen before is the ids, for an upstream may be told of them (docs/decisions/0029-traces.md).

mod export;
mod spans;

use std::sync::{Arc, Mutex, PoisonError};

use delivery::Event;
use opentelemetry_sdk::trace::SpanData;
use tokio::sync::{mpsc, watch};

use crate::app::App;
use crate::failure::{Code, Failure};
use crate::settings::TracesSettings;
use crate::surroundings::Surroundings;

pub(crate) use self::export::keep;

/// How many spans may wait to be sent; what is more is left out.
const WAITING: usize = 4096;

/// The traces of one delivery. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Traces(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    spans: mpsc::Sender<SpanData>,
    settings: watch::Sender<Arc<TracesSettings>>,
    /// Why the collector did not take the last of them.
    trouble: Mutex<Option<String>>,
    /// Hosts that are named to be told of traces, and are not: a sentence each.
    warnings: Mutex<Vec<String>>,
}

/// What is handed over to who sends them.
pub(crate) struct Waiting {
    spans: mpsc::Receiver<SpanData>,
    traces: Traces,
}

impl Traces {
    pub(crate) fn new() -> (Self, Waiting) {
        let (sender, spans) = mpsc::channel(WAITING);
        let traces = Self(Arc::new(Inner {
            spans: sender,
            settings: watch::Sender::default(),
            trouble: Mutex::default(),
            warnings: Mutex::default(),
        }));
        let waiting = Waiting {
            spans,
            traces: traces.clone(),
        };
        (traces, waiting)
    }

    /// Whether there are any.
    pub(crate) fn are_on(&self) -> bool {
        self.0.settings.borrow().to.is_some()
    }

    /// Whether they go by other settings than these.
    pub(crate) fn are_other(&self, settings: &TracesSettings) -> bool {
        **self.0.settings.borrow() != *settings
    }

    /// Goes by these settings from now on, and tells upstreams of traces as far as they say and it may be.
    pub(crate) async fn follow(&self, settings: &TracesSettings, around: &Surroundings) {
        let wanted = match settings.to {
            Some(_) => &settings.pass_on[..],
            None => &[],
        };
        let (hosts, warnings) = match forbidden(around, wanted).await {
            Ok(forbidden) => {
                let hosts = wanted.iter();
                let hosts = hosts.filter(|host| !forbidden.contains(host));
                let warning =
                    |host: &String| format!("traces are not passed on to {host}: {PUBLIC}");
                (
                    hosts.cloned().collect(),
                    forbidden.iter().map(warning).collect(),
                )
            }
            Err(failure) => {
                let warning = format!("traces are passed on to nobody: {}", failure.message);
                (Vec::new(), vec![warning])
            }
        };
        around.pass_on().set(hosts);
        *self
            .0
            .warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = warnings;
        self.set_trouble(None);
        self.0.settings.send_replace(Arc::new(settings.clone()));
    }

    /// A request is over.
    pub(crate) fn tell(&self, event: &Event) {
        if event.traced.is_none() || !self.are_on() {
            return;
        }
        for span in spans::of(event) {
            // Who can't keep up misses some; the requests go on.
            if self.0.spans.try_send(span).is_err() {
                return;
            }
        }
    }

    /// Why the collector did not take the last of them.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.0.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of it; gives what was noted before.
    fn set_trouble(&self, trouble: Option<String>) -> Option<String> {
        let mut before = self
            .0
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut before, trouble)
    }

    /// What a person should know, a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let warnings = self.0.warnings.lock();
        warnings.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Why a host is told of no trace.
const PUBLIC: &str = "it is one of go's own default upstreams, and public";

/// Whether these settings may be in force.
///
/// # Errors
/// `bad-input` where an upstream would be told of traces that may not be; `go` where it is not known which those are.
pub(crate) async fn check(app: &App, settings: &TracesSettings) -> Result<(), Failure> {
    let around = app.around().await?;
    let forbidden = forbidden(&around, &settings.pass_on).await?;
    match forbidden.first() {
        None => Ok(()),
        Some(host) => Err(Failure::new(
            Code::BadInput,
            format!("traces can't be passed on to {host}: {PUBLIC}"),
        )
        .hint("name the hosts of your company's upstreams alone")),
    }
}

/// Those of the hosts that are public.
///
/// # Errors
/// `go` where it is not known which are.
async fn forbidden(around: &Surroundings, hosts: &[String]) -> Result<Vec<String>, Failure> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let defaults = around.defaults().await?;
    let database = defaults.gosumdb.split(['+', ' ']).next();
    let public = around.public_hosts().await?.unwrap_or_default();
    let is_public = |host: &&String| public.has(host) || database == Some(host.as_str());
    Ok(hosts.iter().filter(is_public).cloned().collect())
}
