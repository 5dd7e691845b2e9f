//! The metrics of pools and their nodes, by the names of the upstream and the node.

use std::time::Duration;

use upstream::{NodeReport, NodeState, PoolReport};

use super::families::{counter, gauge, label};
use super::text::{Family, Labels, Value};

const STATES: [NodeState; 4] = [
    NodeState::Healthy,
    NodeState::Slow,
    NodeState::Ejected,
    NodeState::Probation,
];

pub(super) fn of(pools: &[PoolReport]) -> Vec<Family> {
    let of_pools = |value: fn(&PoolReport) -> Value| {
        let series = pools.iter();
        series.map(move |pool| (label("pool", &pool.upstream), value(pool)))
    };
    let of_nodes = |value: fn(&NodeReport) -> Value| {
        each(pools).map(move |(labels, node)| (labels, value(node)))
    };
    let states = each(pools).flat_map(|(labels, node)| {
        STATES.map(|state| {
            let labels = with(&labels, "state", &state.to_string());
            (labels, Value::Whole(u64::from(node.state == state)))
        })
    });
    let latencies = each(pools).flat_map(|(labels, node)| {
        let took = [("50", node.p50), ("95", node.p95)];
        let took = took.map(|(of_hundred, took): (_, Option<Duration>)| {
            let took = Value::Real(took?.as_secs_f64());
            Some((with(&labels, "percentile", of_hundred), took))
        });
        took.into_iter().flatten()
    });
    vec![
        gauge(
            "larder_node_state",
            "How a node of a pool does: 1 for its state, 0 for the others.",
            states,
        ),
        gauge(
            "larder_node_by_hand",
            "Whether a person ejected the node: 1 or 0.",
            of_nodes(|node| Value::Whole(u64::from(node.by_hand))),
        ),
        counter(
            "larder_node_state_changes_total",
            "How often the state of a node has changed.",
            of_nodes(|node| Value::Whole(node.state_changes)),
        ),
        counter(
            "larder_node_requests_total",
            "What a node was asked.",
            of_nodes(|node| Value::Whole(node.asked)),
        ),
        counter(
            "larder_node_failures_total",
            "What a node was asked and failed.",
            of_nodes(|node| Value::Whole(node.failed)),
        ),
        gauge(
            "larder_node_in_flight",
            "What a node is at now.",
            of_nodes(|node| Value::Whole(node.in_flight.into())),
        ),
        gauge(
            "larder_node_share",
            "Which part of all module paths is a node's own while all are well: 0 to 1.",
            of_nodes(|node| Value::Real(node.share)),
        ),
        gauge(
            "larder_node_latency_seconds",
            "What so many of a hundred of its latest answers took at most, to their first byte.",
            latencies,
        ),
        gauge(
            "larder_pool_retry_budget",
            "How many second tries a pool may make at once.",
            of_pools(|pool| Value::Real(pool.retry_budget_left)),
        ),
        gauge(
            "larder_pool_dns_trouble",
            "Whether the DNS gives no nodes at present: 1 or 0.",
            of_pools(|pool| Value::Whole(u64::from(pool.dns_trouble.is_some()))),
        ),
    ]
}

/// All nodes with their labels.
fn each(pools: &[PoolReport]) -> impl Iterator<Item = (Labels, &NodeReport)> {
    pools.iter().flat_map(|pool| {
        let labels = |node: &NodeReport| with(&label("pool", &pool.upstream), "node", &node.name);
        pool.nodes.iter().map(move |node| (labels(node), node))
    })
}

fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    let mut labels = labels.clone();
    labels.push((name, value.to_owned()));
    labels
}

#[cfg(test)]
mod tests {
    use upstream::{NodesFrom, PoolOptions, Pools};

    use super::super::text;
    use super::*;

    #[test]
    fn a_node_is_known_by_its_pool_and_its_name() {
        let pools = Pools::default();
        let url = |url: &str| secret::SafeUrl::parse(url).unwrap();
        let nodes = ["https://n1.corp.example:8443", "https://n2.corp.example"];
        let options = PoolOptions {
            nodes: NodesFrom::Listed(nodes.map(url).to_vec()),
            ..PoolOptions::default()
        };
        pools.set(vec![(url("https://me:pw@goproxy.corp.example"), options)]);
        let name = pools.reports()[0].nodes[0].name.clone();
        pools.eject(&name).unwrap();
        let text = text::write(of(&pools.reports()));
        let of_first = format!("{{pool=\"goproxy.corp.example\",node=\"{name}\"");
        for line in [
            format!("larder_node_state{of_first},state=\"ejected\"}} 1\n"),
            format!("larder_node_state{of_first},state=\"healthy\"}} 0\n"),
            format!("larder_node_by_hand{of_first}}} 1\n"),
            format!("larder_node_state_changes_total{of_first}}} 1\n"),
            "larder_pool_dns_trouble{pool=\"goproxy.corp.example\"} 0\n".to_owned(),
        ] {
            assert!(text.contains(&line), "{line}{text}");
        }
        assert_eq!(text.matches("larder_node_share{").count(), 2);
        assert!(!text.contains("pw"), "{text}");
    }
}
