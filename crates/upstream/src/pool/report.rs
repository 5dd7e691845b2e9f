//! What is shown of pools and their nodes.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::NodesFrom;

/// How a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeState {
    /// It answers, and in time.
    Healthy,
    /// It answers, but takes its time: asked after those that are healthy.
    Slow,
    /// It failed too often, or a person took it out: asked only where nothing else is left.
    Ejected,
    /// It was ejected, and may show that it is well again.
    Probation,
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Slow => "slow",
            Self::Ejected => "ejected",
            Self::Probation => "probation",
        })
    }
}

/// What is known of a pool.
#[derive(Debug, Clone)]
pub struct PoolReport {
    /// The upstream's name.
    pub upstream: String,
    /// The upstream's id.
    pub id: String,
    /// Where its nodes are known from.
    pub from: NodesFrom,
    /// How long ago the DNS gave them; none where it was not asked, or has given nothing yet.
    pub resolved_ago: Option<Duration>,
    /// Why the DNS gives nothing at present, or why its nodes can't be told apart.
    pub dns_trouble: Option<String>,
    /// How many second tries there may be at once.
    pub retry_budget_left: f64,
    /// Its nodes; none before it is asked for the first time where the DNS must tell.
    pub nodes: Vec<NodeReport>,
}

/// What is known of a node.
#[derive(Debug, Clone)]
pub struct NodeReport {
    /// Host and port.
    pub name: String,
    /// How it does.
    pub state: NodeState,
    /// Whether a person ejected it.
    pub by_hand: bool,
    /// Whether the DNS does not name it any more: asked only after those that it names.
    pub departed: bool,
    /// Which part of all module paths is its own while all nodes are well: 0 to 1.
    pub share: f64,
    /// How many requests it is at.
    pub in_flight: u32,
    /// How many requests it was asked.
    pub asked: u64,
    /// How many of them it failed.
    pub failed: u64,
    /// How often its state has changed.
    pub state_changes: u64,
    /// What half of its latest answers took at most, to their first byte.
    pub p50: Option<Duration>,
    /// What nineteen of twenty of them took at most.
    pub p95: Option<Duration>,
    /// The latest 64 of these times, oldest first.
    pub latencies: Vec<Duration>,
    /// Its weight among nodes of the same priority.
    pub weight: u16,
    /// Nodes with a lower one are asked before it.
    pub priority: u16,
    /// How long ago its state changed last.
    pub changed_ago: Option<Duration>,
    /// Why it did.
    pub why: Option<String>,
}

/// A node's state has changed.
#[derive(Debug, Clone)]
pub struct NodeChange {
    /// The upstream's name.
    pub pool: String,
    /// The node's.
    pub node: String,
    /// How it did before.
    pub from: NodeState,
    /// How it does now.
    pub to: NodeState,
    /// Why.
    pub why: String,
    /// When.
    pub at: SystemTime,
}
