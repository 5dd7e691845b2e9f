//! The story of one entry of the log: the steps that were noted, and those that its own columns tell.
//!
//! What came from the cache has no steps of its own: noting them would make the fastest way slower. Its story is told out of
//! the entry, and the rule that was in force when it was written.

use delivery::{Event, Outcome, Source, StepKind};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::Store;
use ts_rs::TS;

use crate::activity::{Item, item};
use crate::failure::{Code, Failure};

/// What was done for one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Story {
    /// Its entry in the log.
    pub item: Item,
    /// What was done, in this order.
    pub steps: Vec<Step>,
    /// Where the steps are from.
    pub at_once: AtOnce,
    /// All of it as a text for a colleague: no token, no credential.
    pub text: String,
}

/// Where the steps of a story are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum AtOnce {
    /// They were noted as they happened, and kept.
    Kept,
    /// They are told out of the entry.
    Told,
}

/// One step of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Step {
    /// What was done.
    pub kind: StepKind,
    /// What it is called: of an upstream, its name.
    pub name: String,
    /// What came of it, one line.
    pub said: String,
    /// When it began, in microseconds after the request came.
    pub start_micros: u64,
    /// How long it took.
    pub took_micros: u64,
    /// Whether it came to a good end. "Not found" is one.
    pub ok: bool,
    /// What a person can do about it.
    pub mend: Option<String>,
    /// The entry of the request that was waited for.
    pub entry: Option<i64>,
}

/// The steps of an event as they are kept: its rule, then what was noted.
pub(crate) fn kept_form(event: &Event) -> Option<String> {
    let mut steps = vec![event.rule()];
    steps.extend(event.steps.iter().cloned());
    serde_json::to_string(&steps).ok()
}

/// The story of an entry.
///
/// # Errors
/// `not-found` where there is none of this number, or no more; `disk` where the log can't be read.
pub(crate) async fn of(store: &Store, seq: i64) -> Result<Story, Failure> {
    let Some(mut row) = store.activity_entry(seq).await? else {
        let message = format!("there is no entry {seq} in the activity log");
        return Err(Failure::new(Code::NotFound, message)
            .hint("old ones go; what there is: larder log --json"));
    };
    let steps = row.steps.take();
    let noted: Vec<delivery::Step> = steps
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default();
    let item = item(seq, row);
    let mut waited_for = Vec::new();
    for step in &noted {
        waited_for.push(match step.led_at {
            Some(at) => store.activity_at(at, &item.path).await?,
            None => None,
        });
    }
    let noted: Vec<Step> = noted
        .into_iter()
        .zip(waited_for)
        .map(|(step, entry)| as_shown(step, entry))
        .collect();
    Ok(told(item, noted))
}

fn as_shown(step: delivery::Step, entry: Option<i64>) -> Step {
    Step {
        name: match step.upstream {
            Some(upstream) => upstream,
            None => name_of(step.kind).to_owned(),
        },
        kind: step.kind,
        said: step.said,
        start_micros: step.start,
        took_micros: step.took,
        ok: !step.failed,
        mend: step.mend,
        entry,
    }
}

fn name_of(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Asked => "Asked",
        StepKind::Rule => "Rule",
        StepKind::Cache => "Cache",
        StepKind::Waited => "Waited",
        StepKind::Upstream => "Upstream",
        StepKind::Verified => "Verified",
        StepKind::Kept => "Kept",
        StepKind::Answered => "Answered",
    }
}

/// The story, with what the entry itself tells put around what was noted.
fn told(item: Item, noted: Vec<Step>) -> Story {
    let at_once = if noted.iter().any(|step| step.kind != StepKind::Rule) {
        AtOnce::Kept
    } else {
        AtOnce::Told
    };
    let is_answer = item.kind != "version";
    let mut steps = Vec::with_capacity(noted.len() + 3);
    if is_answer {
        steps.push(asked(&item));
    }
    steps.extend(noted);
    if at_once == AtOnce::Told
        && let Some(cache) = cache(&item)
    {
        steps.push(cache);
    }
    if is_answer && !item.background {
        let answered = answered(&item, &steps);
        steps.push(answered);
    }
    let mut story = Story {
        item,
        steps,
        at_once,
        text: String::new(),
    };
    story.text = text(&story);
    story
}

fn step(kind: StepKind, said: String, start: u64, took: u64) -> Step {
    Step {
        kind,
        name: name_of(kind).to_owned(),
        said,
        start_micros: start,
        took_micros: took,
        ok: true,
        mend: None,
        entry: None,
    }
}

fn asked(item: &Item) -> Step {
    let said = if item.background {
        format!("by Larder itself: …/{}", item.path)
    } else if item.times > 1 {
        format!("GET …/{}, {} times in a moment", item.path, item.times)
    } else {
        format!("GET …/{}", item.path)
    };
    step(StepKind::Asked, said, 0, 0)
}

/// What was done of which nothing was noted: it was kept.
fn cache(item: &Item) -> Option<Step> {
    let said = match (item.outcome.as_str(), item.source.as_str(), &*item.kind) {
        ("evicted", ..) => format!("gone to make room: {}", item.detail.as_deref()?),
        ("delivered" | "left", "cache", "list" | "latest" | "query") => {
            "kept, and still fresh".to_owned()
        }
        ("delivered" | "left", "cache", "checksum-db") => "kept, and proven".to_owned(),
        ("delivered" | "left", "cache", _) => "kept".to_owned(),
        ("delivered" | "left", "stale", _) => "kept, and given however old".to_owned(),
        _ => return None,
    };
    Some(step(StepKind::Cache, said, 0, item.micros))
}

/// What the client was told. It begins where all before it has ended; that it is kept nobody waits for.
fn answered(item: &Item, before: &[Step]) -> Step {
    let ends = before
        .iter()
        .filter(|step| step.kind != StepKind::Kept)
        .map(|step| step.start_micros + step.took_micros);
    let start = ends.max().unwrap_or(0).min(item.micros);
    let is_verified = before
        .iter()
        .any(|step| step.kind == StepKind::Verified && step.ok);
    let bytes = delivery::in_words(item.bytes);
    let (said, ok) = match item.outcome.as_str() {
        "delivered" if item.kind == "zip" && is_verified => (
            format!("{bytes} · last bytes let go after verification"),
            true,
        ),
        "delivered" => (bytes, true),
        "not-found" => (
            "not found, and why: go asks the next of its list, if there is one".to_owned(),
            true,
        ),
        "missing" => (
            "not found, and that Larder is offline: go goes on with what there is".to_owned(),
            false,
        ),
        "left" => (format!("the client left after {bytes}"), true),
        _ if item.bytes > 0 => (
            format!("ended short after {bytes}: go asks again, and is told why"),
            false,
        ),
        _ => ("go was told why, and stops".to_owned(), false),
    };
    let took = item.micros - start;
    Step {
        ok,
        ..step(StepKind::Answered, said, start, took)
    }
}

/// The story as a text.
fn text(story: &Story) -> String {
    let Story { item, steps, .. } = story;
    let what = match (&item.module, &item.version) {
        (Some(module), Some(version)) => format!("{module}@{version} ({})", item.kind),
        (Some(module), None) => format!("{module} ({})", item.kind),
        (None, _) => item.path.clone(),
    };
    let from = match (item.source.as_str(), &item.upstream) {
        ("none", None) => String::new(),
        ("none", Some(upstream)) => format!(", {upstream}"),
        (source, None) => format!(", {source}"),
        (source, Some(upstream)) => format!(", {source} {upstream}"),
    };
    let at = item.at.to_zoned(TimeZone::system());
    let mut text = format!(
        "{what}\n{}{from}, {} in {} ms\n{} · Larder {} · entry {}\n\n",
        item.outcome,
        delivery::in_words(item.bytes),
        millis(item.micros),
        at.strftime("%Y-%m-%d %H:%M:%S%.3f %:z"),
        crate::VERSION,
        item.seq,
    );
    let width = steps
        .iter()
        .map(|step| step.name.chars().count())
        .max()
        .unwrap_or(0)
        .min(40);
    text += &format!("{:>10} {:>10}  what\n", "at, ms", "took, ms");
    for step in steps {
        let mark = if step.ok { "" } else { "FAILED: " };
        let (start, took) = (millis(step.start_micros), millis(step.took_micros));
        text += &format!(
            "{start:>10} {took:>10}  {:<width$}  {mark}{}\n",
            step.name, step.said
        );
        if let Some(entry) = step.entry {
            text += &format!("{:>25}{:width$}that is entry {entry}\n", "", "");
        }
        if let Some(mend) = &step.mend {
            text += &format!("{:>25}{:width$}→ {mend}\n", "", "");
        }
    }
    if let Some(detail) = &item.detail {
        text += "\n";
        for line in detail.lines() {
            text += &format!("  {}\n", line.trim_end());
        }
    }
    text
}

/// Microseconds as milliseconds, to a hundredth: a hit takes some of those.
fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
}

/// Whether nothing was noted on the way of an event, so that the same several times is one entry.
pub(crate) fn is_hit(event: &Event) -> bool {
    event.source == Source::Cache && event.outcome == Outcome::Delivered && event.steps.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(source: &str, outcome: &str) -> Item {
        Item {
            seq: 7,
            at: "2026-03-01T12:00:00.318Z".parse().unwrap(),
            module: Some("example.com/m".to_owned()),
            version: Some("v1.2.3".to_owned()),
            kind: "zip".to_owned(),
            source: source.to_owned(),
            upstream: None,
            bytes: 14_200,
            millis: 0,
            micros: 800,
            outcome: outcome.to_owned(),
            times: 1,
            background: false,
            detail: None,
            path: "example.com/m/@v/v1.2.3.zip".to_owned(),
        }
    }

    fn noted(kind: StepKind, start: u64, took: u64) -> Step {
        step(kind, "said".to_owned(), start, took)
    }

    fn kinds(story: &Story) -> Vec<StepKind> {
        story.steps.iter().map(|step| step.kind).collect()
    }

    #[test]
    fn a_hit_is_told_out_of_its_entry() {
        let rule = noted(StepKind::Rule, 0, 0);
        let story = told(entry("cache", "delivered"), vec![rule]);
        assert_eq!(story.at_once, AtOnce::Told);
        let [asked, rule, cache, answered] = &story.steps[..] else {
            panic!("{story:#?}")
        };
        assert_eq!(asked.said, "GET …/example.com/m/@v/v1.2.3.zip");
        assert_eq!((&*rule.said, &*cache.said), ("said", "kept"));
        assert_eq!((cache.start_micros, cache.took_micros), (0, 800));
        assert_eq!((answered.start_micros, answered.took_micros), (800, 0));
        assert_eq!(answered.said, "14.2 kB");
    }

    #[test]
    fn an_entry_from_before_stories_still_has_one() {
        let failed = Item {
            detail: Some("proxy.example.com: refused (403)\nsee there".to_owned()),
            bytes: 0,
            ..entry("none", "refused")
        };
        let story = told(failed, Vec::new());
        assert_eq!(kinds(&story), [StepKind::Asked, StepKind::Answered]);
        assert!(!story.steps[1].ok);
        assert!(
            story
                .text
                .ends_with("\n\n  proxy.example.com: refused (403)\n  see there\n")
        );
    }

    #[test]
    fn the_answer_begins_where_all_but_the_keeping_has_ended() {
        let all = vec![
            noted(StepKind::Rule, 0, 0),
            noted(StepKind::Cache, 10, 90),
            noted(StepKind::Upstream, 100, 500),
            noted(StepKind::Verified, 590, 60),
            noted(StepKind::Kept, 660, 5000),
        ];
        let item = Item {
            upstream: Some("proxy.example.com".to_owned()),
            ..entry("upstream", "delivered")
        };
        let story = told(item, all);
        assert_eq!(story.at_once, AtOnce::Kept);
        let answered = story.steps.last().unwrap();
        assert_eq!((answered.start_micros, answered.took_micros), (650, 150));
        assert!(
            answered
                .said
                .ends_with("last bytes let go after verification")
        );
        assert_eq!(story.steps[5].kind, StepKind::Kept);
        assert!(story.text.starts_with(
            "example.com/m@v1.2.3 (zip)\ndelivered, upstream proxy.example.com, 14.2 kB in 0.80 ms\n2026-03-01 "
        ));
        let verified = "      0.59       0.06  Verified  said\n";
        assert!(story.text.contains(verified), "{}", story.text);
    }

    #[test]
    fn what_larder_did_by_itself_answers_nobody() {
        let brought = Item {
            background: true,
            ..entry("upstream", "delivered")
        };
        let story = told(brought, vec![noted(StepKind::Upstream, 0, 5)]);
        assert_eq!(kinds(&story), [StepKind::Asked, StepKind::Upstream]);
        assert!(story.steps[0].said.starts_with("by Larder itself"));
        let evicted = Item {
            kind: "version".to_owned(),
            detail: Some("over its quota".to_owned()),
            ..entry("cache", "evicted")
        };
        let story = told(evicted, Vec::new());
        assert_eq!(kinds(&story), [StepKind::Cache]);
        assert_eq!(story.steps[0].said, "gone to make room: over its quota");
    }

    #[test]
    fn a_failed_step_and_its_mend_stand_out_in_the_text() {
        let failed = Step {
            ok: false,
            mend: Some("sign in".to_owned()),
            entry: Some(3),
            name: "proxy.example.com".to_owned(),
            ..noted(StepKind::Upstream, 1500, 12_345)
        };
        let story = told(entry("none", "refused"), vec![failed]);
        let lines: Vec<_> = story.text.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.contains("FAILED: said"))
            .unwrap();
        assert_eq!(
            lines[at],
            "      1.50      12.34  proxy.example.com  FAILED: said"
        );
        assert!(lines[at + 1].trim() == "that is entry 3");
        assert!(lines[at + 2].trim() == "→ sign in");
    }
}
