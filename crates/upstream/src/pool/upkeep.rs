//! What is done for a pool beside requests, while it is in use: the DNS is asked anew in time, and nodes are probed.
//!
//! Who was not asked for a minute is left alone: a laptop at rest sends nothing.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::node::Node;
use super::pooled::Pooled;

/// Who was not asked for so long is at rest.
pub(super) const AT_REST: Duration = Duration::from_secs(60);
/// The shortest and the longest pause between two looks at the nodes.
const BREATH: Duration = Duration::from_millis(50);
const LOOK: Duration = Duration::from_secs(1);

/// A task that ends with its value.
pub(super) struct Upkeep(JoinHandle<()>);

impl Upkeep {
    pub(super) fn begin(of: &Arc<Pooled>) -> Self {
        Self(tokio::spawn(keep(Arc::downgrade(of))))
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep(of: Weak<Pooled>) {
    tokio::join!(keep_names(&of), keep_probing(&of));
}

/// Asks the DNS anew when its answer does not hold any longer.
async fn keep_names(of: &Weak<Pooled>) {
    while let Some(pooled) = of.upgrade() {
        let (pool, now) = (pooled.pool(), Instant::now());
        if pool.is_at_rest(now) {
            return;
        }
        match pool.names.due() {
            Some(due) if due <= now => pool.resolve().await,
            due => {
                let woken = pool.names.woken();
                drop(pooled);
                let next = due.unwrap_or(now + AT_REST).min(now + AT_REST);
                // Either will do.
                let _ = timeout_at(next, woken.notified()).await;
            }
        }
    }
}

/// Probes the nodes whose turn it is.
async fn keep_probing(of: &Weak<Pooled>) {
    while let Some(pooled) = of.upgrade() {
        let (pool, now) = (pooled.pool(), Instant::now());
        if pool.is_at_rest(now) {
            return;
        }
        let nodes = pool.nodes();
        let is_due = |node: &&Arc<Node>| node.probe_due(now).is_some_and(|due| due <= now);
        let due = nodes.iter().filter(is_due);
        join_all(due.map(|node| pooled.probe_in_time(node))).await;
        let now = Instant::now();
        let next = nodes.iter().filter_map(|node| node.probe_due(now)).min();
        drop((nodes, pooled));
        // A node that is ejected meanwhile is due no sooner than it is looked at again.
        let next = next.unwrap_or(now + LOOK).clamp(now + BREATH, now + LOOK);
        sleep_until(next).await;
    }
}
