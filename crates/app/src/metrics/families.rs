//! Which metrics there are: their names, what they mean, and their series. docs/monitoring is written against these.

use std::collections::BTreeMap;

use delivery::{Counted, MirrorReport, Outcome};
use upstream::{Ending, Spread, Tallied};

use super::text::{Family, Kind, Labels, Value};
use super::{Numbers, nodes};
use crate::mood::Mood;

/// All of them, also those that have no series yet.
pub(super) fn of(numbers: &Numbers) -> Vec<Family> {
    let mut families = of_program(numbers);
    families.extend(of_answers(&numbers.answered));
    families.extend(of_upstreams(&numbers.asked));
    families.extend(nodes::of(&numbers.pools));
    families.push(of_mirrors(&numbers.mirrors));
    families.extend(of_cache(numbers));
    families
}

fn of_program(numbers: &Numbers) -> Vec<Family> {
    let since = numbers.since.map(|since| since.as_duration().as_secs_f64());
    let moods = Mood::ALL.map(|mood| {
        let is_so = Value::Whole(u64::from(Some(mood) == numbers.mood));
        (label("mood", mood.word()), is_so)
    });
    vec![
        gauge(
            "larder_build_info",
            "Which Larder this is; always 1.",
            [(label("version", crate::VERSION), Value::Whole(1))],
        ),
        gauge(
            "process_start_time_seconds",
            "When it began to serve, in seconds since 1970.",
            since.map(|since| (Labels::new(), Value::Real(since))),
        ),
        gauge(
            "larder_mood",
            "How Larder is, in one word: 1 for that, 0 for the others.",
            moods,
        ),
        gauge(
            "larder_offline",
            "Whether Larder is offline: 1 or 0.",
            [alone(u64::from(numbers.offline))],
        ),
        gauge(
            "larder_notices",
            "What needs a person's attention, such as a hash that does not agree.",
            [alone(numbers.notices as u64)],
        ),
        gauge(
            "larder_flights",
            "Files on their way into the cache now.",
            [alone(numbers.flights as u64)],
        ),
        gauge(
            "larder_go_children",
            "Children of the go command that run now.",
            [alone(numbers.go_children as u64)],
        ),
    ]
}

fn of_answers(answered: &Counted) -> Vec<Family> {
    let outcomes = answered.sources.iter().flat_map(|from| {
        let source =
            |outcome: &Outcome| vec![("source", from.source.to_owned()), of_outcome(*outcome)];
        let outcomes = from.outcomes.iter();
        outcomes.map(move |(outcome, count)| (source(outcome), Value::Whole(*count)))
    });
    let took = answered.sources.iter();
    let took = took.map(|from| {
        (
            label("source", from.source),
            Value::Spread(from.took.clone()),
        )
    });
    let bytes = answered.sources.iter();
    let bytes = bytes.map(|from| (label("source", from.source), Value::Whole(from.bytes)));
    let background = answered.background.iter();
    let background =
        background.map(|(outcome, count)| (vec![of_outcome(*outcome)], Value::Whole(*count)));
    let delivered = |sources: &[&str]| {
        let from = answered.sources.iter();
        let from = from.filter(|from| sources.contains(&from.source));
        let delivered = from.flat_map(|from| &from.outcomes);
        delivered.map(|(_, count)| count).sum::<u64>()
    };
    vec![
        counter(
            "larder_requests_total",
            "Requests of clients, by where the answer came from and how it ended.",
            outcomes,
        ),
        family(
            "larder_request_duration_seconds",
            "From a client's request to the last byte of its answer.",
            Kind::Histogram,
            took,
        ),
        counter(
            "larder_response_bytes_total",
            "Body bytes handed to clients.",
            bytes,
        ),
        counter(
            "larder_cache_lookups_total",
            "Requests of clients that what is kept was enough for (hit), and that it was not (miss).",
            [
                (
                    label("result", "hit"),
                    Value::Whole(delivered(&["cache", "revalidated", "stale"])),
                ),
                (
                    label("result", "miss"),
                    Value::Whole(delivered(&["upstream", "none"])),
                ),
            ],
        ),
        counter(
            "larder_background_fetches_total",
            "Files that Larder fetched of its own accord, by how it ended.",
            background,
        ),
        counter(
            "larder_log_left_out_total",
            "Answers that are not in the activity log, for it was behind.",
            [alone(answered.left_out)],
        ),
    ]
}

fn of_upstreams(asked: &[Tallied]) -> Vec<Family> {
    // One name may stand for two addresses, http and https.
    let mut by_name: BTreeMap<&str, ([u64; Ending::ALL.len()], Spread)> = BTreeMap::new();
    for tallied in asked {
        let (endings, took) = by_name.entry(&tallied.name).or_default();
        for (sum, more) in endings.iter_mut().zip(tallied.endings) {
            *sum += more;
        }
        *took = together(took, &tallied.took);
    }
    let endings = by_name.iter().flat_map(|(name, (endings, _))| {
        let series = |ending: Ending| {
            vec![
                ("upstream", (*name).to_owned()),
                ("outcome", ending.as_str().to_owned()),
            ]
        };
        let endings = Ending::ALL.into_iter().zip(endings);
        endings.map(move |(ending, count)| (series(ending), Value::Whole(*count)))
    });
    let took = by_name.iter();
    let took = took.map(|(name, (_, took))| (label("upstream", name), Value::Spread(took.clone())));
    vec![
        counter(
            "larder_upstream_requests_total",
            "Questions to upstreams, looks at them included, by how they ended.",
            endings,
        ),
        family(
            "larder_upstream_duration_seconds",
            "From a question to an upstream until its answer began, or none came.",
            Kind::Histogram,
            took,
        ),
    ]
}

fn of_mirrors(mirrors: &[MirrorReport]) -> Family {
    let compared = mirrors.iter().flat_map(|mirror| {
        let results = [
            ("same", mirror.same),
            ("different", mirror.different),
            ("failed", mirror.failed),
            ("left-out", mirror.left_out),
        ];
        results.map(|(result, count)| {
            let upstream = ("upstream", mirror.name.clone());
            (
                vec![upstream, ("result", result.to_owned())],
                Value::Whole(count),
            )
        })
    });
    counter(
        "larder_mirror_answers_total",
        "What a mirror was asked after the fact, by how its answer compares.",
        compared,
    )
}

fn of_cache(numbers: &Numbers) -> Vec<Family> {
    let room = numbers.room.as_ref();
    vec![
        gauge(
            "larder_cache_versions",
            "Module versions that are kept.",
            [alone(numbers.kept_versions)],
        ),
        gauge(
            "larder_cache_files",
            "Files of module versions that are kept.",
            [alone(numbers.kept_files)],
        ),
        gauge(
            "larder_cache_bytes",
            "Bytes of those files.",
            [alone(numbers.kept_bytes)],
        ),
        gauge(
            "larder_cache_used_bytes",
            "What counts for the quota: those files, and all else that is kept.",
            room.map(|room| alone(room.used)),
        ),
        gauge(
            "larder_cache_quota_bytes",
            "The most that may be kept; not there where there is no limit.",
            room.and_then(|room| room.quota).map(alone),
        ),
        gauge(
            "larder_cache_reserve_bytes",
            "What is to stay free on the disk of the cache.",
            room.map(|room| alone(room.reserve)),
        ),
        gauge(
            "larder_cache_free_bytes",
            "What is free on the disk of the cache.",
            room.and_then(|room| room.free).map(alone),
        ),
        counter(
            "larder_cache_damaged_total",
            "Files that proved damaged since the start.",
            [alone(numbers.damaged)],
        ),
        gauge(
            "larder_missed",
            "Different things that were asked for while offline, and missing.",
            [alone(numbers.missed)],
        ),
    ]
}

fn together(one: &Spread, other: &Spread) -> Spread {
    if one.buckets.is_empty() {
        return other.clone();
    }
    let buckets = one.buckets.iter().zip(&other.buckets);
    Spread {
        buckets: buckets
            .map(|((bound, one), (_, other))| (*bound, one + other))
            .collect(),
        seconds: one.seconds + other.seconds,
    }
}

pub(super) fn family(
    name: &'static str,
    help: &'static str,
    kind: Kind,
    series: impl IntoIterator<Item = (Labels, Value)>,
) -> Family {
    Family {
        name,
        help,
        kind,
        series: series.into_iter().collect(),
    }
}

pub(super) fn gauge(
    name: &'static str,
    help: &'static str,
    series: impl IntoIterator<Item = (Labels, Value)>,
) -> Family {
    family(name, help, Kind::Gauge, series)
}

pub(super) fn counter(
    name: &'static str,
    help: &'static str,
    series: impl IntoIterator<Item = (Labels, Value)>,
) -> Family {
    family(name, help, Kind::Counter, series)
}

fn alone(number: u64) -> (Labels, Value) {
    (Labels::new(), Value::Whole(number))
}

pub(super) fn label(name: &'static str, value: &str) -> Labels {
    vec![(name, value.to_owned())]
}

fn of_outcome(outcome: Outcome) -> (&'static str, String) {
    ("outcome", outcome.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn names_are_told_once_and_as_prometheus_wants_them() {
        let families = of(&Numbers::default());
        let names: BTreeSet<_> = families.iter().map(|family| family.name).collect();
        assert_eq!(names.len(), families.len());
        for family in families {
            assert_eq!(
                family.name.ends_with("_total"),
                family.kind == Kind::Counter,
                "{}",
                family.name
            );
            assert!(family.help.ends_with('.'), "{}", family.name);
        }
    }

    /// The names of metrics in a file of docs/monitoring.
    fn named_in(file: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/monitoring");
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        if file.ends_with(".json") {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
        let words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
        let of_ours = |word: &&str| word.starts_with("larder_") || word.starts_with("process_");
        words.filter(of_ours).map(str::to_owned).collect()
    }

    #[test]
    fn alerts_and_dashboard_name_what_there_is() {
        let families = of(&Numbers::default());
        let names: BTreeSet<String> = families
            .iter()
            .flat_map(|family| match family.kind {
                Kind::Histogram => ["_bucket", "_sum", "_count"]
                    .map(|part| format!("{}{part}", family.name))
                    .to_vec(),
                Kind::Counter | Kind::Gauge => vec![family.name.to_owned()],
            })
            .collect();
        for file in ["alerts.yml", "alerts.test.yml", "dashboard.json"] {
            let named = named_in(file);
            assert!(named.len() > 10, "{file}: {named:?}");
            let unknown: Vec<_> = named.difference(&names).collect();
            assert!(unknown.is_empty(), "{file}: {unknown:?}");
        }
        let shown = named_in("dashboard.json");
        for family in families {
            let is_shown = shown.iter().any(|name| name.starts_with(family.name));
            assert!(is_shown, "{} is on no panel", family.name);
        }
    }

    #[test]
    fn two_addresses_of_one_name_are_one_series() {
        let tallied = |answered, seconds| Tallied {
            name: "proxy.corp.example".to_owned(),
            endings: [answered, 0, 0, 0, 0, 0],
            took: Spread {
                buckets: vec![(1.0, answered), (f64::INFINITY, 0)],
                seconds,
            },
        };
        let families = of_upstreams(&[tallied(2, 0.5), tallied(3, 1.0)]);
        assert_eq!(families[0].series.len(), Ending::ALL.len());
        assert!(matches!(families[0].series[0].1, Value::Whole(5)));
        let [(_, Value::Spread(took))] = &families[1].series[..] else {
            panic!("{families:?}");
        };
        assert_eq!((took.count(), took.seconds), (5, 1.5));
    }
}
