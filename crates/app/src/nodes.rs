//! The nodes of pools in a person's words: how many answer, which do not and why; and the log of what befalls them.

use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::RecvError};
use upstream::{NodeChange, NodeReport, NodeState, PoolReport, Upstream};

/// How many nodes that do not answer are named.
const NAMED: usize = 3;

/// Those that count: what the DNS does not name any more is there for want of something better.
fn counted(pool: &PoolReport) -> Vec<&NodeReport> {
    let here: Vec<&NodeReport> = pool.nodes.iter().filter(|node| !node.departed).collect();
    if here.is_empty() {
        pool.nodes.iter().collect()
    } else {
        here
    }
}

/// Whether a node gives answers, be it slowly.
fn answers(node: &NodeReport) -> bool {
    matches!(node.state, NodeState::Healthy | NodeState::Slow)
}

/// How many nodes a pool has, and how many of them answer.
pub(crate) fn count(pool: &PoolReport) -> (usize, usize) {
    let nodes = counted(pool);
    let answering = nodes.iter().filter(|node| answers(node)).count();
    (nodes.len(), answering)
}

/// How a pool does, in a line: `2 of 3 nodes answer; n2.corp.example is ejected: connection refused`.
pub(crate) fn line(pool: &PoolReport) -> String {
    let (nodes, answering) = count(pool);
    let mut said = match (nodes, answering) {
        (0, _) => "its nodes are not known yet".to_owned(),
        (1, 1) => "its one node answers".to_owned(),
        (all, well) if all == well => format!("all {all} nodes answer"),
        (all, 0) => format!("none of its {} answers", of(all)),
        (all, 1) => format!("1 of {} answers", of(all)),
        (all, well) => format!("{well} of {} answer", of(all)),
    };
    let unwell: Vec<&NodeReport> = counted(pool)
        .into_iter()
        .filter(|node| node.state != NodeState::Healthy)
        .collect();
    for node in unwell.iter().take(NAMED) {
        said += &format!("; {}", of_node(node));
    }
    if let Some(more) = unwell.len().checked_sub(NAMED).filter(|more| *more > 0) {
        said += &format!("; and {more} more");
    }
    if let Some(trouble) = &pool.dns_trouble {
        said += &format!("; the DNS: {trouble}");
    }
    said
}

/// `1 node`, `3 nodes`.
pub(crate) fn of(count: usize) -> String {
    match count {
        1 => "1 node".to_owned(),
        more => format!("{more} nodes"),
    }
}

/// A node and how it does, with the reason where there is one.
fn of_node(node: &NodeReport) -> String {
    let state = match node.state {
        NodeState::Ejected if node.by_hand => return format!("{} is ejected by hand", node.name),
        NodeState::Healthy => "is well",
        NodeState::Slow => "is slow",
        NodeState::Ejected => "is ejected",
        NodeState::Probation => "is on probation",
    };
    let why = node
        .why
        .as_deref()
        .map_or_else(String::new, |why| format!(": {why}"));
    format!("{} {state}{why}", node.name)
}

/// What is wrong with an upstream of which no node is well, as the rest of a sentence. While one is, the pool is in order.
pub(crate) fn trouble(upstream: &Upstream) -> Option<String> {
    of_report(&upstream.pool()?)
}

fn of_report(pool: &PoolReport) -> Option<String> {
    let nodes = counted(pool);
    if nodes.is_empty() || nodes.iter().any(|node| node.state == NodeState::Healthy) {
        return None;
    }
    Some(match (nodes.len(), count(pool).1) {
        (all, 0) => format!("has no node that answers, of {all}"),
        (all, slow) if all == slow => "is slow: all its nodes are".to_owned(),
        (_, _) => "is slow: no node of it is well".to_owned(),
    })
}

/// Whether a node of it was taken out of its turn.
pub(crate) fn has_lost_nodes(pool: &PoolReport) -> bool {
    let (nodes, answering) = count(pool);
    answering < nodes
}

/// How many nodes are left of an upstream that has lost some, as the rest of a sentence.
pub(crate) fn lost(upstream: &Upstream) -> Option<String> {
    let pool = upstream.pool().filter(has_lost_nodes)?;
    let (nodes, answering) = count(&pool);
    Some(format!("has {answering} of its {} left", of(nodes)))
}

/// Writes down each change of a node's state, for as long as modules are served.
pub(crate) async fn log(mut happenings: Receiver<NodeChange>) {
    loop {
        match happenings.recv().await {
            Ok(change) => write(&change),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!("{missed} changes of nodes came too fast to be written down");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn write(change: &NodeChange) {
    let NodeChange {
        pool,
        node,
        from,
        to,
        why,
        ..
    } = change;
    match to {
        NodeState::Ejected | NodeState::Slow => {
            tracing::warn!(%pool, %node, "the node was {from} and is {to} now: {why}");
        }
        NodeState::Healthy | NodeState::Probation => {
            tracing::info!(%pool, %node, "the node was {from} and is {to} now: {why}");
        }
    }
}

/// In milliseconds, to the microsecond.
pub(crate) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
pub(crate) mod tests {
    use upstream::NodesFrom;

    use super::*;

    pub(crate) fn node(name: &str, state: NodeState, why: Option<&str>) -> NodeReport {
        NodeReport {
            name: name.to_owned(),
            state,
            by_hand: false,
            departed: false,
            share: 0.5,
            in_flight: 0,
            asked: 0,
            failed: 0,
            state_changes: 0,
            p50: None,
            p95: None,
            latencies: Vec::new(),
            weight: 1,
            priority: 0,
            changed_ago: None,
            why: why.map(str::to_owned),
        }
    }

    pub(crate) fn pool(nodes: Vec<NodeReport>) -> PoolReport {
        PoolReport {
            upstream: "goproxy.corp.example".to_owned(),
            id: "goproxy.corp.example-01234567".to_owned(),
            from: NodesFrom::Addresses,
            resolved_ago: None,
            dns_trouble: None,
            retry_budget_left: 32.0,
            nodes,
        }
    }

    #[test]
    fn a_pool_is_told_in_a_line_and_in_trouble_without_a_healthy_node() {
        use NodeState::{Ejected, Healthy, Probation, Slow};

        let well = |name| node(name, Healthy, None);
        let out = |name| node(name, Ejected, Some("connection refused"));
        let by_hand = NodeReport {
            by_hand: true,
            ..node("n3", Ejected, Some("ejected by hand"))
        };
        let gone = NodeReport {
            departed: true,
            ..out("n9")
        };
        for (nodes, said, trouble) in [
            (vec![], "its nodes are not known yet", None),
            (vec![well("n1")], "its one node answers", None),
            (
                vec![well("n1"), well("n2"), gone.clone()],
                "all 2 nodes answer",
                None,
            ),
            (
                vec![well("n1"), out("n2"), by_hand.clone()],
                "1 of 3 nodes answers; n2 is ejected: connection refused; n3 is ejected by hand",
                None,
            ),
            (
                vec![well("n1"), node("n2", Slow, None)],
                "all 2 nodes answer; n2 is slow",
                None,
            ),
            (
                vec![out("n1"), node("n2", Probation, None)],
                "none of its 2 nodes answers; n1 is ejected: connection refused; n2 is on probation",
                Some("has no node that answers, of 2"),
            ),
            (
                vec![node("n1", Slow, None), node("n2", Slow, None)],
                "all 2 nodes answer; n1 is slow; n2 is slow",
                Some("is slow: all its nodes are"),
            ),
            (
                vec![out("n1"), node("n2", Slow, None)],
                "1 of 2 nodes answers; n1 is ejected: connection refused; n2 is slow",
                Some("is slow: no node of it is well"),
            ),
            (
                vec![gone],
                "none of its 1 node answers; n9 is ejected: connection refused",
                Some("has no node that answers, of 1"),
            ),
            (
                vec![out("a"), out("b"), out("c"), out("d"), well("e")],
                "1 of 5 nodes answers; a is ejected: connection refused; b is ejected: connection refused; c is ejected: connection refused; and 1 more",
                None,
            ),
        ] {
            let pool = pool(nodes);
            assert_eq!(line(&pool), said);
            assert_eq!(of_report(&pool).as_deref(), trouble, "{said}");
        }
        let lost = PoolReport {
            dns_trouble: Some("no answer".to_owned()),
            ..pool(vec![well("n1")])
        };
        assert_eq!(line(&lost), "its one node answers; the DNS: no answer");
    }
}
