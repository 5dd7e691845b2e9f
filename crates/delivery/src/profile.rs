//! What a request may touch: the chain of upstreams and the trees of the cache, as one immutable snapshot.

use std::sync::atomic::{AtomicU64, Ordering};

use store::{RealmId, Tree};
use upstream::{Chain, Upstream};

use crate::checksum_db::ChecksumDb;

/// A profile in force. A switch replaces the whole of it; requests under way finish on the one they began with.
#[derive(Debug)]
pub struct Profile {
    name: String,
    chain: Chain,
    trees: Vec<Tree>,
    checksum_db: ChecksumDb,
    database: Option<Upstream>,
    id: u64,
}

impl Profile {
    /// Makes a profile out of its parts.
    pub fn new(name: impl Into<String>, chain: Chain, checksum_db: ChecksumDb) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut trees = Vec::new();
        for upstream in chain.upstreams() {
            let tree = tree_of(upstream);
            if !trees.contains(&tree) {
                trees.push(tree);
            }
        }
        Self {
            name: name.into(),
            chain,
            trees,
            checksum_db,
            database: None,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Asks the checksum database here, and not through the chain (`GOSUMDB="name url"`).
    #[must_use]
    pub fn with_database_at(self, database: Upstream) -> Self {
        Self {
            database: Some(database),
            ..self
        }
    }

    /// Where the checksum database is, if it has a place of its own.
    pub(crate) fn database(&self) -> Option<&Upstream> {
        self.database.as_ref()
    }

    /// The name a person gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The upstreams, in order.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The checksum database it names.
    pub fn checksum_db(&self) -> &ChecksumDb {
        &self.checksum_db
    }

    /// The trees a hit may come from, in the order of their upstreams.
    pub(crate) fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Tells this snapshot from every other of this process, so that nothing kept in memory for one serves another.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

/// The tree in which what an upstream gave is kept: a realm of its own.
pub(crate) fn tree_of(upstream: &Upstream) -> Tree {
    let id = upstream.id();
    Tree::Realm(id.parse().unwrap_or_else(|_| RealmId::for_origin(id)))
}
