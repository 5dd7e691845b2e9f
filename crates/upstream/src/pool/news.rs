//! Who wants to hear of nodes is told here.

use std::time::SystemTime;

use tokio::sync::{broadcast, watch};

use super::{NodeChange, NodeState};

/// How many changes are kept for one who is late to take them.
const KEPT: usize = 64;

/// Tells what becomes of nodes. Clones tell the same.
#[derive(Debug, Clone)]
pub(super) struct News {
    changes: watch::Sender<u64>,
    happenings: broadcast::Sender<NodeChange>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            changes: watch::Sender::new(0),
            happenings: broadcast::Sender::new(KEPT),
        }
    }
}

impl News {
    /// A node came, went or changed.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// A node's state has changed.
    pub(super) fn tell(&self, pool: &str, node: &str, from: NodeState, to: NodeState, why: &str) {
        tracing::info!(pool, node, %from, %to, "{why}");
        // Nobody may be listening.
        let _ = self.happenings.send(NodeChange {
            pool: pool.to_owned(),
            node: node.to_owned(),
            from,
            to,
            why: why.to_owned(),
            at: SystemTime::now(),
        });
        self.changed();
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn happenings(&self) -> broadcast::Receiver<NodeChange> {
        self.happenings.subscribe()
    }
}
