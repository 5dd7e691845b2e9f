//! All pools, for as long as the instance lives: what is known of a node outlives a switch of profiles.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use secret::SafeUrl;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::members::Pool;
use super::news::News;
use super::node::Node;
use super::{NodeChange, NodeReport, PoolOptions, PoolReport};
use crate::name;

/// The pools of all upstreams. Clones share them.
#[derive(Clone, Default)]
pub struct Pools(Arc<All>);

#[derive(Default)]
struct All {
    pools: Mutex<Vec<Arc<Pool>>>,
    news: News,
}

/// There is no such node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no node {node}; {}", in_words(.known))]
pub struct UnknownNode {
    /// What was asked for.
    pub node: String,
    /// The nodes there are.
    pub known: Vec<String>,
}

fn in_words(nodes: &[String]) -> String {
    if nodes.is_empty() {
        "there are no nodes at all: no pool is in the settings, or none was asked yet".to_owned()
    } else {
        format!("there are {}", nodes.join(", "))
    }
}

impl Pools {
    /// What settings say now. A pool whose options did not change keeps all that is known of it, and one that lists other
    /// nodes what is known of those that stay. Chains that are built after this use them.
    pub fn set(&self, pools: Vec<(SafeUrl, PoolOptions)>) {
        let mut all = self.lock();
        let before = std::mem::take(&mut *all);
        for (url, options) in pools {
            let url = url.without_user_info();
            let id = name::id(&url);
            let kept = before
                .iter()
                .find(|pool| pool.id == id && pool.options == options);
            let pool = kept.map_or_else(
                || {
                    let pool = Pool::new(url, options, self.0.news.clone());
                    let known = before.iter().find(|pool| pool.id == id);
                    known.into_iter().for_each(|known| pool.take_over(known));
                    Arc::new(pool)
                },
                Arc::clone,
            );
            all.push(pool);
        }
        drop(all);
        self.0.news.changed();
    }

    /// What is known of all pools.
    pub fn reports(&self) -> Vec<PoolReport> {
        let now = Instant::now();
        self.all().iter().map(|pool| pool.report(now)).collect()
    }

    /// Takes a node out, until it is restored.
    ///
    /// # Errors
    /// [`UnknownNode`].
    pub fn eject(&self, node: &str) -> Result<NodeReport, UnknownNode> {
        self.change(node, Node::eject)
    }

    /// Takes a node in again, and forgets what was held against it.
    ///
    /// # Errors
    /// [`UnknownNode`].
    pub fn restore(&self, node: &str) -> Result<NodeReport, UnknownNode> {
        self.change(node, Node::restore)
    }

    /// Changes whenever a node changes its state, comes or goes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.news.changes()
    }

    /// Every change of a node's state from now on. Who is late misses the oldest.
    pub fn happenings(&self) -> broadcast::Receiver<NodeChange> {
        self.0.news.happenings()
    }

    /// The pool that stands wherever the upstream at this URL stands.
    pub(crate) fn of(&self, url: &SafeUrl) -> Option<Arc<Pool>> {
        let id = name::id(url);
        self.all().into_iter().find(|pool| pool.id == id)
    }

    fn change(
        &self,
        name: &str,
        change: impl Fn(&Node, Instant),
    ) -> Result<NodeReport, UnknownNode> {
        let (all, now) = (self.all(), Instant::now());
        for node in all.iter().flat_map(|pool| pool.nodes()) {
            if node.name == name {
                change(&node, now);
            }
        }
        let reports: Vec<NodeReport> = all.iter().flat_map(|pool| pool.report(now).nodes).collect();
        let found = reports.iter().find(|report| report.name == name).cloned();
        found.ok_or_else(|| UnknownNode {
            node: name.to_owned(),
            known: reports.into_iter().map(|report| report.name).collect(),
        })
    }

    fn all(&self) -> Vec<Arc<Pool>> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Pool>>> {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.all();
        f.debug_list()
            .entries(names.iter().map(|pool| &pool.name))
            .finish()
    }
}
