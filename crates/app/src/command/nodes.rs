//! `nodes`, `node-eject`, `node-restore`: the nodes of pools, as they are seen now, and taken out and in by hand.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use upstream::{NodeReport, NodeState, NodesFrom, PoolReport};

use super::Call;
use crate::app::App;
use crate::changes::Topic;
use crate::failure::{Code, Failure};
use crate::nodes::{self, millis};

/// Asks for all pools and their nodes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Nodes {}

/// All pools of the settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct NodesShown {
    /// Whether Larder runs: else nothing is known of how nodes do.
    pub serving: bool,
    /// Each of them.
    pub pools: Vec<PoolShown>,
}

/// An upstream that is several nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PoolShown {
    /// The upstream's name.
    pub upstream: String,
    /// Its id.
    pub id: String,
    /// Where its nodes are known from.
    pub from: PoolFrom,
    /// The name of the SRV records, where they are known from those.
    pub srv: Option<String>,
    /// Whether the profile in force asks it.
    pub in_use: bool,
    /// How it does, in a line.
    pub said: String,
    /// When the DNS gave its nodes last; none where it was not asked.
    pub resolved_at: Option<Timestamp>,
    /// Why the DNS gives nothing at present.
    pub dns_trouble: Option<String>,
    /// How many second tries there may be at once.
    pub retry_budget_left: f64,
    /// Its nodes.
    pub nodes: Vec<NodeShown>,
}

/// Where the nodes of a pool are known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum PoolFrom {
    /// They are listed in the settings.
    Nodes,
    /// The addresses of the upstream's own name.
    Addresses,
    /// SRV records.
    Srv,
}

/// How a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum NodeDoes {
    /// It answers in time.
    Healthy,
    /// It answers, and takes its time: asked after those that are healthy.
    Slow,
    /// It failed, or was taken out: asked where nothing else is left.
    Ejected,
    /// It was ejected, and may show that it is well again.
    Probation,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct NodeShown {
    /// Host and port.
    pub name: String,
    /// How it does.
    pub state: NodeDoes,
    /// Whether a person took it out.
    pub by_hand: bool,
    /// Whether the DNS does not name it any more.
    pub departed: bool,
    /// Which part of all modules is its own while all nodes are well, from 0 to 1.
    pub share: f64,
    /// How many requests it is at.
    pub in_flight: u32,
    /// How many it was asked.
    pub asked: u64,
    /// How many of them it failed.
    pub failed: u64,
    /// How often its state changed.
    pub state_changes: u64,
    /// What half of its latest answers took at most to their first byte, in milliseconds.
    pub p50_ms: Option<f64>,
    /// What nineteen of twenty of them took at most.
    pub p95_ms: Option<f64>,
    /// The latest of these times, oldest first.
    pub latencies_ms: Vec<f64>,
    /// Its weight among nodes of the same priority.
    pub weight: u16,
    /// Nodes with a lower one are asked before it.
    pub priority: u16,
    /// When its state changed last.
    pub changed_at: Option<Timestamp>,
    /// Why it did.
    pub why: Option<String>,
}

impl Call for Nodes {
    const NAME: &'static str = "nodes";
    type Answer = NodesShown;

    async fn run(self, app: &App) -> Result<NodesShown, Failure> {
        let around = app.around().await?;
        let profile = app.serving().ok().map(|it| it.delivery().profile());
        let in_use = |report: &PoolReport| {
            let profile = profile.as_ref();
            profile.is_some_and(|profile| {
                let beside = profile.canary().into_iter().chain(profile.mirror());
                let beside = beside.map(|it| &it.upstream);
                let mut asked = profile.routes().upstreams().into_iter().chain(beside);
                asked.any(|upstream| upstream.id() == report.id)
            })
        };
        let reports = around.pools().reports().into_iter();
        let serving = app.serving().is_ok();
        let pools = reports.map(|report| {
            let mut shown = PoolShown::of(in_use(&report), report);
            if !serving {
                // Nobody has asked them.
                shown.said = nodes::of(shown.nodes.len());
            }
            shown
        });
        Ok(NodesShown {
            serving,
            pools: pools.collect(),
        })
    }
}

/// Takes a node out, until it is restored or Larder ends. It is asked where nothing else is left.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NodeEject {
    /// Its name, as `nodes` has it.
    pub node: String,
}

/// Takes a node in again, and forgets what was held against it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NodeRestore {
    /// Its name, as `nodes` has it.
    pub node: String,
}

impl Call for NodeEject {
    const NAME: &'static str = "node-eject";
    type Answer = NodeShown;

    async fn run(self, app: &App) -> Result<NodeShown, Failure> {
        let pools = app.serving()?.around().pools().clone();
        changed(app, pools.eject(self.node.trim()))
    }
}

impl Call for NodeRestore {
    const NAME: &'static str = "node-restore";
    type Answer = NodeShown;

    async fn run(self, app: &App) -> Result<NodeShown, Failure> {
        let pools = app.serving()?.around().pools().clone();
        changed(app, pools.restore(self.node.trim()))
    }
}

/// The node as it is now; the topics are told at once, for a person waits to see it.
fn changed(
    app: &App,
    done: Result<NodeReport, upstream::UnknownNode>,
) -> Result<NodeShown, Failure> {
    let report = done.map_err(|unknown| {
        Failure::new(Code::NotFound, unknown.to_string()).hint("see them: larder node list")
    })?;
    app.changes()
        .tell(&[Topic::Nodes, Topic::State, Topic::Notices]);
    Ok(NodeShown::of(report))
}

fn ago(time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    Timestamp::now()
        .checked_sub(time)
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

impl PoolShown {
    fn of(in_use: bool, report: PoolReport) -> Self {
        let said = nodes::line(&report);
        let (from, srv) = match report.from {
            NodesFrom::Listed(_) => (PoolFrom::Nodes, None),
            NodesFrom::Addresses => (PoolFrom::Addresses, None),
            NodesFrom::Srv(name) => (PoolFrom::Srv, Some(name)),
        };
        Self {
            upstream: report.upstream,
            id: report.id,
            from,
            srv,
            in_use,
            said,
            resolved_at: report.resolved_ago.map(ago),
            dns_trouble: report.dns_trouble,
            retry_budget_left: report.retry_budget_left,
            nodes: report.nodes.into_iter().map(NodeShown::of).collect(),
        }
    }
}

impl NodeShown {
    fn of(report: NodeReport) -> Self {
        Self {
            name: report.name,
            state: match report.state {
                NodeState::Healthy => NodeDoes::Healthy,
                NodeState::Slow => NodeDoes::Slow,
                NodeState::Ejected => NodeDoes::Ejected,
                NodeState::Probation => NodeDoes::Probation,
            },
            by_hand: report.by_hand,
            departed: report.departed,
            share: report.share,
            in_flight: report.in_flight,
            asked: report.asked,
            failed: report.failed,
            state_changes: report.state_changes,
            p50_ms: report.p50.map(millis),
            p95_ms: report.p95.map(millis),
            latencies_ms: report.latencies.into_iter().map(millis).collect(),
            weight: report.weight,
            priority: report.priority,
            changed_at: report.changed_ago.map(ago),
            why: report.why,
        }
    }
}
