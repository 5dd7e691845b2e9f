//! Families of metrics as text, with `prometheus-client`.
//!
//! That crate writes OpenMetrics, where a counter is named without `_total` in its head. What every Prometheus reads, and
//! `promtool` checks, has it there too; so counters are written under their whole name.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use upstream::Spread;

/// One metric, with all its series.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) series: Vec<(Labels, Value)>,
}

/// What tells one series from another.
pub(super) type Labels = Vec<(&'static str, String)>;

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The value of one series.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Whole(u64),
    Real(f64),
    Spread(Spread),
}

/// What has no series is left out.
pub(super) fn write(families: Vec<Family>) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Page(families)));
    let mut text = String::new();
    // To write into a String does not fail.
    let _ = encode_registry(&mut text, &registry);
    text
}

#[derive(Debug)]
struct Page(Vec<Family>);

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        for family in self.0.iter().filter(|family| !family.series.is_empty()) {
            let kind = match family.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
                Kind::Histogram => MetricType::Histogram,
            };
            let mut metric = encoder.encode_descriptor(family.name, family.help, None, kind)?;
            for (labels, value) in &family.series {
                if labels.is_empty() {
                    encode(&mut metric, value)?;
                } else {
                    encode(&mut metric.encode_family(labels)?, value)?;
                }
            }
        }
        Ok(())
    }
}

fn encode(metric: &mut MetricEncoder<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Whole(number) => metric.encode_gauge(number),
        Value::Real(number) => metric.encode_gauge(number),
        Value::Spread(spread) => metric.encode_histogram::<NoLabelSet>(
            spread.seconds,
            spread.count(),
            &spread.buckets,
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(name: &'static str, kind: Kind, series: Vec<(Labels, Value)>) -> Family {
        Family {
            name,
            help: "What it is.",
            kind,
            series,
        }
    }

    #[test]
    fn each_kind_is_written_as_prometheus_reads_it() {
        let spread = Spread {
            buckets: vec![(0.5, 2), (f64::INFINITY, 1)],
            seconds: 3.5,
        };
        let label = |value: &str| vec![("node", value.to_owned())];
        let text = write(vec![
            family(
                "a_total",
                Kind::Counter,
                vec![
                    (label("n1"), Value::Whole(3)),
                    (label("\"n2\"\\\n"), Value::Whole(u64::MAX)),
                ],
            ),
            family("b", Kind::Gauge, vec![(Vec::new(), Value::Real(0.25))]),
            family(
                "c_seconds",
                Kind::Histogram,
                vec![(label("n1"), Value::Spread(spread))],
            ),
            family("never", Kind::Gauge, Vec::new()),
        ]);
        assert_eq!(
            text,
            "# HELP a_total What it is.\n# TYPE a_total counter\n\
             a_total{node=\"n1\"} 3\na_total{node=\"\\\"n2\\\"\\\\\\n\"} 18446744073709551615\n\
             # HELP b What it is.\n# TYPE b gauge\nb 0.25\n\
             # HELP c_seconds What it is.\n# TYPE c_seconds histogram\n\
             c_seconds_sum{node=\"n1\"} 3.5\nc_seconds_count{node=\"n1\"} 3\n\
             c_seconds_bucket{le=\"0.5\",node=\"n1\"} 2\nc_seconds_bucket{le=\"+Inf\",node=\"n1\"} 3\n"
        );
    }
}
