//! The words of the steps of a story.

use std::time::{Duration, Instant};

use bytes::Bytes;
use go_module::{H1, Patterns, Request};
use upstream::{NodeEnd, NodesAsked, ReplyStatus, Upstream, UpstreamError, UpstreamKind};

use crate::error::DeliveryError;
use crate::event::{Outcome, Source};
use crate::offline::Offline;
use crate::profile::Profile;
use crate::story::{Step, StepKind, Trace};
use crate::verify::Held;

/// Where the profile lets a request go.
pub(crate) fn rule(profile: &Profile, request: &Request) -> Step {
    let name = profile.name();
    let Some(path) = request.module() else {
        let database = profile.database_name();
        return Step::new(
            StepKind::Rule,
            format!("the checksum database of profile {name} is {database}"),
        );
    };
    let (path, routes) = (path.as_str(), profile.routes());
    let route = profile.route(path);
    let Some(chain) = route.chain else {
        let said = match route.private_in {
            Some(other) => format!(
                "private in profile {other}, and profile {name} gives it no place: nobody is asked"
            ),
            None => format!("private, and profile {name} gives it no place: nobody is asked"),
        };
        let mend =
            format!("give it a place: larder profile edit {name} --private-rule 'PATTERN -> LIST'");
        return Step::new(StepKind::Rule, said).failed(Some(mend));
    };
    let rule = route.rule.and_then(|at| Some((at, routes.rules.get(at)?)));
    let which = match rule {
        Some((at, rule)) => {
            let mut globs = rule.patterns.globs();
            let matching = globs.find(|glob| Patterns::parse(glob).matches(path));
            format!("rule {}, {}", at + 1, matching.unwrap_or_default())
        }
        None if route.private => "private".to_owned(),
        None if routes.rules.is_empty() && routes.private.globs().next().is_none() => {
            "everything".to_owned()
        }
        None => "everything else".to_owned(),
    };
    let canary = route.canary.map_or_else(String::new, |canary| {
        format!("the canary {} first, then ", canary.name())
    });
    let said = format!("{which} → {canary}{} (profile {name})", chain.in_words());
    Step::new(StepKind::Rule, said)
}

/// That it is not kept, and Larder is offline.
pub(crate) fn offline(what: &str, offline: &Offline) -> Step {
    let said = match &offline.why {
        Some(why) => format!("{what}, and Larder is offline: {why}"),
        None => format!("{what}, and Larder was told to be offline"),
    };
    let mend = "larder stock --missed fetches it when you are back";
    Step::new(StepKind::Cache, said).failed(Some(mend.to_owned()))
}

/// That Larder is offline, and an answer was made of what is kept.
pub(crate) fn kept_is_enough(offline: &Offline) -> Step {
    let said = match &offline.why {
        Some(why) => format!("answered from what is kept, for Larder is offline: {why}"),
        None => "answered from what is kept, for Larder was told to be offline".to_owned(),
    };
    Step::new(StepKind::Cache, said)
}

/// What the checksum database was asked for a client; nothing where what is kept was enough.
pub(crate) fn database(
    name: &str,
    served: &Result<(Bytes, Source), DeliveryError>,
) -> Option<Step> {
    match served {
        Ok((bytes, Source::Upstream(upstream))) => {
            let said = format!(
                "{} · asked, and proven by {name}",
                self::bytes(bytes.len() as u64)
            );
            Some(Step::new(StepKind::Upstream, said).with(upstream))
        }
        Ok(_) => None,
        Err(error @ DeliveryError::Database(_)) => {
            let step = Step::new(StepKind::Upstream, error.to_string());
            let step = step.with(error.upstream().unwrap_or(name));
            Some(match error.outcome() {
                Outcome::NotFound => step,
                _ => step.failed(mend_of(error)),
            })
        }
        Err(error) => Some(Step::new(StepKind::Cache, error.to_string()).failed(None)),
    }
}

/// What is remembered of a moment ago.
pub(crate) fn remembered(error: &DeliveryError) -> Step {
    match error {
        DeliveryError::StillNotFound { reason, ttl, .. } => Step::new(
            StepKind::Cache,
            format!(
                "not kept; asked less than {} s ago, and not there: {reason}",
                ttl.as_secs()
            ),
        ),
        other => Step::new(
            StepKind::Cache,
            format!("not kept; refused a moment ago: {other}"),
        )
        .failed(mend_of(other)),
    }
}

/// How an upstream began to answer: the status and protocol, or what kind of place it is.
pub(crate) fn head(
    upstream: &Upstream,
    status: ReplyStatus,
    protocol: Option<&'static str>,
) -> (&'static str, Option<&'static str>) {
    let status = match (upstream.kind(), status) {
        (UpstreamKind::Http, ReplyStatus::Whole) => "200",
        (UpstreamKind::Http, ReplyStatus::Partial { .. }) => "206",
        (UpstreamKind::Http, ReplyStatus::NotModified) => "304, what is kept still holds",
        (UpstreamKind::File, _) => "read from its folder",
        (UpstreamKind::Direct, _) => "from version control",
    };
    (status, protocol)
}

/// The nodes of a pool that were asked.
pub(crate) struct Nodes {
    /// Whether there were any.
    pub(crate) any: bool,
    /// When the one was asked that answered.
    pub(crate) answering_since: Option<Instant>,
    /// Which piece of a trace that was.
    pub(crate) answering_span: Option<[u8; 8]>,
}

/// Tells of the nodes of a pool that were asked since this was told last: each that did not answer is a step of its own.
pub(crate) fn nodes(upstream: &str, asked: &NodesAsked, trace: &Trace) -> Nodes {
    let mut asked = asked.take();
    asked.sort_by_key(|node| node.began);
    let (mut answering_since, mut answering_span) = (None, None);
    for node in &asked {
        let step = match &node.ended {
            NodeEnd::Answered => {
                answering_since = Some(node.began);
                answering_span = node.span;
                continue;
            }
            NodeEnd::Failed(error) => of_node(upstream, &node.node, error),
            NodeEnd::Overtaken => {
                let said = format!("{}: no answer yet when another node gave one", node.node);
                Step::new(StepKind::Upstream, said).with(upstream)
            }
        };
        let step = step.at(Some(&node.node)).traced(node.span);
        trace.note_of(node.began, node.took, step);
    }
    Nodes {
        any: !asked.is_empty(),
        answering_since,
        answering_span,
    }
}

/// A node of a pool that gave nothing of use.
pub(crate) fn of_node(upstream: &str, node: &str, error: &UpstreamError) -> Step {
    let said = format!("{node}: {}", error.in_short());
    let step = Step::new(StepKind::Upstream, said).with(upstream);
    if error.is_not_found() {
        step
    } else {
        step.failed(error.mend())
    }
}

/// An upstream, or this node of it, that gave a body of this length, after so many tries.
pub(crate) fn came(
    upstream: &str,
    node: Option<&str>,
    (status, protocol): (&str, Option<&str>),
    length: Option<u64>,
    tries: u32,
) -> Step {
    let mut said = status.to_owned();
    if let Some(length) = length {
        said += &format!(" · {}", bytes(length));
    }
    if let Some(protocol) = protocol {
        said += &format!(" · {protocol}");
    }
    if let Some(node) = node {
        said += &format!(" · from {node}");
    }
    if tries > 1 {
        said += &format!(" · after {tries} tries");
    }
    Step::new(StepKind::Upstream, said).with(upstream).at(node)
}

/// An upstream that gave nothing.
pub(crate) fn nothing(upstream: &str, error: &UpstreamError) -> Step {
    let step = Step::new(StepKind::Upstream, error.in_short()).with(upstream);
    if error.is_not_found() {
        step
    } else {
        step.failed(error.mend())
    }
}

/// What came agrees with what vouches for it.
pub(crate) fn agrees(held: &Held, h1: &H1) -> Step {
    let h1 = short_h1(&h1.to_string());
    let said = match held {
        Held::ByRecord(database) => format!("{h1} agrees with {database}"),
        Held::FirstSeen => {
            format!("{h1} is remembered from now on: no checksum database covers it")
        }
        Held::AsFirstSeen => format!("{h1} is as it was seen first"),
        Held::Unasked => "its form is right".to_owned(),
    };
    Step::new(StepKind::Verified, said)
}

/// What came does not agree, or could not be held against anything.
pub(crate) fn differs(error: &DeliveryError) -> Step {
    let said = match error {
        DeliveryError::Mismatch(mismatch) => format!(
            "{} came; {} has {}",
            short_h1(&mismatch.got),
            mismatch.database,
            short_h1(&mismatch.want)
        ),
        DeliveryError::Changed(changed) => format!(
            "{} came; {} was seen first, on {}",
            short_h1(&changed.got),
            short_h1(&changed.first),
            changed.seen_at.strftime("%Y-%m-%d")
        ),
        DeliveryError::Unverified { cause, .. } => format!("could not be verified: {cause}"),
        other => other.to_string(),
    };
    Step::new(StepKind::Verified, said).failed(mend_of(error))
}

/// What a person can do about an error.
fn mend_of(error: &DeliveryError) -> Option<String> {
    match error {
        DeliveryError::Mismatch(mismatch) => Some(format!(
            "ask whoever runs {}; if you know why and trust it: larder trust allow {} --until DATE --because TEXT",
            mismatch.upstream, mismatch.module
        )),
        DeliveryError::Changed(changed) => Some(format!(
            "if it was changed on purpose: larder trust forget {}",
            changed.version
        )),
        DeliveryError::NotFound(chain)
        | DeliveryError::Refused(chain)
        | DeliveryError::Outage(chain) => chain.cause.mend(),
        DeliveryError::Offline { .. } => {
            Some("larder stock --missed fetches it when you are back".to_owned())
        }
        DeliveryError::StillNotFound { .. }
        | DeliveryError::NotKept
        | DeliveryError::Malformed { .. }
        | DeliveryError::Store(_)
        | DeliveryError::Read(_)
        | DeliveryError::Unverified { .. }
        | DeliveryError::Database(_)
        | DeliveryError::OutsideDatabase { .. }
        | DeliveryError::PrivateNowhere { .. }
        | DeliveryError::OtherChecksumDb { .. }
        | DeliveryError::Stopping => None,
    }
}

/// How many others a flight was for, besides the one that leads it.
pub(crate) fn led(joined: usize) -> String {
    match joined {
        0 => String::new(),
        1 => "; this request leads, another waits for it".to_owned(),
        more => format!("; this request leads, {more} others wait for it"),
    }
}

/// A wait that ended so.
pub(crate) fn waited(error: Option<&DeliveryError>) -> Step {
    match error {
        None => Step::new(
            StepKind::Waited,
            "another request had asked for it already and brought it",
        ),
        Some(error) => Step::new(
            StepKind::Waited,
            format!("another request had asked for it already: {error}"),
        )
        .failed(mend_of(error)),
    }
}

/// That nobody waits longer: what is kept is given meanwhile.
pub(crate) fn too_slow(patience: Duration) -> Step {
    let said = if patience.is_zero() {
        "an upstream was out of order a moment ago: what is kept is given, and the question goes on"
            .to_owned()
    } else {
        format!(
            "no answer within {} s: what is kept is given, and the question goes on",
            patience.as_secs_f32()
        )
    };
    Step::new(StepKind::Waited, said)
}

/// How long ago something was.
pub(crate) fn age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// Bytes in powers of ten: `412 B`, `14.2 kB`, `1.3 MB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    // In tenths, rounded; 999.95 kB are 1 MB.
    let (mut tenths, mut unit) = ((u128::from(bytes) + 50) / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths = (tenths + 500) / 1000;
        unit += 1;
    }
    match (tenths / 10, tenths % 10) {
        (whole, tenth) if whole < 100 && tenth > 0 => format!("{whole}.{tenth} {}", UNITS[unit]),
        (whole, _) => format!("{whole} {}", UNITS[unit]),
    }
}

/// A hash of which a person sees the ends: `h1:mdsnB4…DvYE=`.
fn short_h1(h1: &str) -> String {
    match (h1.get(..9), h1.get(h1.len().saturating_sub(5)..)) {
        (Some(begin), Some(end)) if h1.len() > 20 => format!("{begin}…{end}"),
        _ => h1.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_on_a_disk() {
        for (length, want) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (14_210, "14.2 kB"),
            (412_345, "412 kB"),
            (1_299_999, "1.3 MB"),
            (999_960, "1 MB"),
            (u64::MAX, "18446 PB"),
        ] {
            assert_eq!(bytes(length), want);
        }
    }

    #[test]
    fn a_hash_is_known_by_its_ends() {
        let h1 = "h1:mdsnB4xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxDvYE=";
        assert_eq!(short_h1(h1), "h1:mdsnB4…DvYE=");
        assert_eq!(short_h1("h1:short"), "h1:short");
    }

    #[test]
    fn ages_are_of_one_unit() {
        let all = [5, 119, 125, 7300, 200_000].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(all, ["5 s", "119 s", "2 min", "2 h", "2 d"]);
    }
}
