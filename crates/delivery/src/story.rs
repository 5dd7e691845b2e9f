//! The story of a request: what was done for it, step by step, noted by those who do it and told with its event.
//!
//! What is at hand has none, for nothing was done: it is told out of its entry in the log. The steps of a flight belong to
//! the request that leads it; who joins it has waited, and says for whom.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use upstream::TraceContext;

/// How many steps are noted at most.
const MOST: usize = 24;
/// The longest text of a step, in characters.
const LONGEST: usize = 300;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The request came. Told out of the entry, never noted.
    Asked,
    /// The profile said where the path may go.
    Rule,
    /// It was looked for among what is kept.
    Cache,
    /// Another request brought it already, or a turn had to come.
    Waited,
    /// An upstream was asked.
    Upstream,
    /// What came was held against what vouches for it.
    Verified,
    /// It was brought to its place on the disk.
    Kept,
    /// The client was answered. Told out of the entry, never noted.
    Answered,
}

/// One step of a story. What is empty, zero or false is left out of its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done.
    pub kind: StepKind,
    /// The upstream it was done with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// What came of it, one line for a person.
    pub said: String,
    /// When it began, in microseconds after the request came.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start: u64,
    /// How long it took, in microseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub took: u64,
    /// Whether it did not come to a good end. "Not found" is a good end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
    /// When the request came that was waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_at: Option<Timestamp>,
    /// By which id the upstream may know it, where the request is part of a trace. Not kept.
    #[serde(skip)]
    pub span: Option<[u8; 8]>,
    /// The node of the upstream, where that is a pool. Not kept: what was said names it.
    #[serde(skip)]
    pub node: Option<String>,
}

/// The place of a request in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Its own.
    pub own: TraceContext,
    /// That of the work it is a part of, where its client said so.
    pub parent: Option<[u8; 8]>,
}

impl Traced {
    /// Of a request whose client said this.
    pub(crate) fn under(parent: Option<&TraceContext>) -> Self {
        Self {
            own: parent.map_or_else(TraceContext::new_root, TraceContext::child),
            parent: parent.map(TraceContext::span),
        }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Step {
    /// A step that came to a good end.
    pub(crate) fn new(kind: StepKind, said: impl AsRef<str>) -> Self {
        Self {
            kind,
            upstream: None,
            said: short(said.as_ref()),
            start: 0,
            took: 0,
            failed: false,
            mend: None,
            led_at: None,
            span: None,
            node: None,
        }
    }

    /// It is this piece of a trace.
    pub(crate) fn traced(self, span: Option<[u8; 8]>) -> Self {
        Self { span, ..self }
    }

    /// It was done with this node of the upstream.
    pub(crate) fn at(self, node: Option<&str>) -> Self {
        Self {
            node: node.map(str::to_owned),
            ..self
        }
    }

    /// It was done with this upstream.
    pub(crate) fn with(self, upstream: &str) -> Self {
        Self {
            upstream: Some(short(upstream)),
            ..self
        }
    }

    /// It came to no good end.
    pub(crate) fn failed(self, mend: Option<String>) -> Self {
        Self {
            failed: true,
            mend: mend.map(|mend| short(&mend)),
            ..self
        }
    }

    /// It was a wait for the request that came then.
    pub(crate) fn led_at(self, led_at: Option<Timestamp>) -> Self {
        Self { led_at, ..self }
    }
}

/// The first line, and not all of it where it is long.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim_end();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// Takes down the steps of one request. Clones take down the same story; the default one, nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace(Option<Arc<Noted>>);

#[derive(Debug)]
struct Noted {
    at: Timestamp,
    began: Instant,
    traced: Option<Traced>,
    steps: Mutex<Vec<Step>>,
}

impl Trace {
    /// The story of a request that came then.
    pub(crate) fn begin(at: Timestamp, began: Instant, traced: Option<Traced>) -> Self {
        Self(Some(Arc::new(Noted {
            at,
            began,
            traced,
            steps: Mutex::default(),
        })))
    }

    /// The place in its trace of a question to an upstream that is part of it.
    pub(crate) fn question(&self) -> Option<TraceContext> {
        let traced = self.0.as_ref()?.traced.as_ref()?;
        Some(traced.own.child())
    }

    /// When the request came.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        self.0.as_ref().map(|noted| noted.at)
    }

    /// Notes a step that began then and ends now.
    pub(crate) fn note(&self, began: Instant, step: Step) {
        self.note_of(began, began.elapsed(), step);
    }

    /// Notes a step that began then and took so long.
    pub(crate) fn note_of(&self, began: Instant, took: Duration, step: Step) {
        let Some(noted) = &self.0 else { return };
        let step = Step {
            start: micros(began.saturating_duration_since(noted.began)),
            took: micros(took),
            ..step
        };
        let mut steps = noted.steps.lock().unwrap_or_else(PoisonError::into_inner);
        // That another one is asked says that this one was not enough.
        if let (StepKind::Upstream, Some(last)) = (step.kind, steps.last_mut())
            && last.kind == StepKind::Upstream
        {
            last.said += ", so the next was asked";
        }
        if steps.len() < MOST {
            steps.push(step);
        }
    }

    /// Adds to what was said of the look at the cache.
    pub(crate) fn add_to_cache(&self, more: &str) {
        let Some(noted) = &self.0 else { return };
        let mut steps = noted.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = steps.iter_mut().find(|step| step.kind == StepKind::Cache) {
            cache.said += more;
        }
    }

    /// What was noted so far.
    pub(crate) fn steps(&self) -> Vec<Step> {
        match &self.0 {
            Some(noted) => {
                std::mem::take(&mut *noted.steps.lock().unwrap_or_else(PoisonError::into_inner))
            }
            None => Vec::new(),
        }
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        let step = Step::new(StepKind::Upstream, "first\nsecond");
        assert_eq!(step.said, "first");
        let step = Step::new(StepKind::Upstream, "ü".repeat(1000));
        assert_eq!(step.said.chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_story_has_an_end_however_much_happens() {
        let began = Instant::now();
        let trace = Trace::begin(Timestamp::now(), began, None);
        for _ in 0..100 {
            trace.note(began, Step::new(StepKind::Kept, "x"));
        }
        assert_eq!(trace.steps().len(), MOST);
        assert!(trace.steps().is_empty(), "it is told once");
    }

    #[test]
    fn who_was_not_enough_is_told() {
        let began = Instant::now();
        let trace = Trace::begin(Timestamp::now(), began, None);
        trace.note(began, Step::new(StepKind::Upstream, "404 not found"));
        trace.note(began, Step::new(StepKind::Upstream, "200"));
        let said: Vec<_> = trace.steps().into_iter().map(|step| step.said).collect();
        assert_eq!(said, ["404 not found, so the next was asked", "200"]);
    }

    #[test]
    fn json_holds_no_more_than_there_is() {
        let step = Step::new(StepKind::Rule, "everything → a");
        let json = serde_json::to_string(&step).unwrap();
        assert_eq!(json, r#"{"kind":"rule","said":"everything → a"}"#);
        assert_eq!(serde_json::from_str::<Step>(&json).unwrap(), step);
    }
}
