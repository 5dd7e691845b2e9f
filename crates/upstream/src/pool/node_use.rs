//! Which nodes a question went to, and what is said of them later.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::NodeState;
use super::members::Pool;
use super::node::Node;
use crate::UpstreamError;

/// The node that gave a reply.
#[derive(Clone)]
pub struct NodeUse {
    pub(super) pool: Arc<Pool>,
    pub(super) node: Arc<Node>,
}

impl NodeUse {
    /// Host and port.
    pub fn name(&self) -> &str {
        &self.node.name
    }

    /// What it gave proved bad: a page in place of a list, a zip that is none.
    pub fn blame(&self, error: &UpstreamError) {
        let now = tokio::time::Instant::now();
        let others = self.pool.has_others(&self.node, &[], now);
        self.node.blamed(error, others, now);
    }

    /// Whether another node may be asked in its place, besides those to `avoid`: there is one, and the retry budget pays for it.
    pub fn another(&self, avoid: &[String]) -> bool {
        let is_fresh = |node: &String| *node != self.node.name && !avoid.contains(node);
        let nodes = self.pool.nodes();
        let others = nodes.iter().any(|node| is_fresh(&node.name));
        others
            && !avoid.contains(&self.node.name)
            && self.pool.withdraw(tokio::time::Instant::now())
    }

    /// What it gave is not what is vouched for: it is asked no more for now.
    pub fn condemn(&self, why: &str) {
        self.node.condemned(why, tokio::time::Instant::now());
    }
}

impl fmt::Debug for NodeUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeUse({})", self.node.name)
    }
}

/// A request at a node, from asking to the end of its body.
pub(crate) struct InUse {
    at: NodeUse,
    /// It is what shows whether the node is well again.
    trial: bool,
}

impl InUse {
    pub(super) fn begin(at: NodeUse, now: tokio::time::Instant) -> Self {
        at.node.begin();
        let trial = at.node.state(now) == NodeState::Probation && at.node.take_trial(now);
        Self { at, trial }
    }

    /// The body came to its end, or did not.
    pub(crate) fn ended(self, error: Option<&UpstreamError>) {
        let (now, NodeUse { pool, node }) = (tokio::time::Instant::now(), &self.at);
        match error {
            None => node.ended_well(now),
            Some(error) => node.body_failed(error, pool.has_others(node, &[], now), now),
        }
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.at.node.end();
        if self.trial {
            self.at.node.trial_over();
        }
    }
}

/// Takes note of the nodes that a question goes to. Clones note in the same place.
#[derive(Clone, Default)]
pub struct NodesAsked(Arc<Mutex<Vec<NodeAsked>>>);

/// A node that was asked.
#[derive(Debug, Clone)]
pub struct NodeAsked {
    /// Its name.
    pub node: String,
    /// When it was asked.
    pub began: Instant,
    /// How long it took to answer, or not to.
    pub took: Duration,
    /// What came of it.
    pub ended: NodeEnd,
    /// By which id it may know the question, where that is part of a trace.
    pub span: Option<[u8; 8]>,
}

/// What came of asking a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeEnd {
    /// It answered.
    Answered,
    /// It did not, or said that there is no such thing.
    Failed(UpstreamError),
    /// Another one was quicker.
    Overtaken,
}

impl NodesAsked {
    /// The nodes that were asked since this was called last.
    pub fn take(&self) -> Vec<NodeAsked> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note(&self, asked: NodeAsked) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(asked);
    }
}

impl fmt::Debug for NodesAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodesAsked")
    }
}
