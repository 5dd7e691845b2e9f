//! The checksum database of a profile: asked, proven, kept, and served to clients.
//!
//! The rules are those of the crate `checksum-db`, which is pure; here are the network, the disk and the turns:
//!
//! - `gosumdb`: which database a profile names;
//! - `way`: how it is reached: through an upstream that passes it on, or directly;
//! - `log`: what is known of one database, shared by all profiles that use it: its client, records and tiles;
//! - `inquire`: carries a question of the client to its end;
//! - `vouch`: the record of a module, from memory, from what is kept, or looked up;
//! - `extract`: a part of it that stands by itself, for who has no network;
//! - `latest`: the newest head that `go` itself has seen on this computer;
//! - `serve`: `/sumdb/…` for clients.

use std::path::PathBuf;

use checksum_db::VerifierKey;
use store::{RealmId, Tree};
use upstream::{Chain, Upstream};

mod error;
mod extract;
mod gosumdb;
mod inquire;
mod latest;
mod log;
mod serve;
mod vouch;
mod way;

pub use error::DatabaseError;
pub use extract::Extract;
pub(crate) use extract::extract;
pub use gosumdb::{ChecksumDb, ChecksumDbError};
pub(crate) use latest::keep_learning;
pub(crate) use log::{Log, Logs};
pub use serve::DatabaseProbe;
pub(crate) use serve::{probe, serve};
pub(crate) use vouch::{Trust, vouch, vouch_from};
use way::Way;

/// A profile's checksum database: its key, and the way to it.
#[derive(Debug)]
pub struct Database {
    key: VerifierKey,
    tree: Tree,
    way: Way,
    go_latest: Option<PathBuf>,
}

impl Database {
    /// A database that is asked through the first of the chain's upstreams that passes it on, and at `direct` where none
    /// does (`initBase`, cmd/go `internal/modfetch/sumdb.go`).
    pub fn through(key: VerifierKey, chain: Chain, direct: Upstream) -> Self {
        Self::new(key, Way::through(chain, direct))
    }

    /// A database that is asked at a place of its own and nowhere else (`GOSUMDB="name url"`).
    pub fn at(key: VerifierKey, place: Upstream) -> Self {
        Self::new(key, Way::at(place))
    }

    fn new(key: VerifierKey, way: Way) -> Self {
        Self {
            tree: tree_of(&key),
            key,
            way,
            go_latest: None,
        }
    }

    /// Learns the head that `go` keeps in this file, `$GOPATH/pkg/sumdb/<name>/latest`, whenever it changes.
    #[must_use]
    pub fn with_go_latest(self, file: PathBuf) -> Self {
        Self {
            go_latest: Some(file),
            ..self
        }
    }

    /// Its name, as in `/sumdb/<name>/…`.
    pub fn name(&self) -> &str {
        self.key.name()
    }

    /// The tree of what it vouches for.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// The tree of what a database vouches for: `modules` for Go's own, else a realm whose id comes from its key.
fn tree_of(key: &VerifierKey) -> Tree {
    let known = checksum_db::known_key(key.name()).and_then(|text| text.parse().ok());
    if known.as_ref() == Some(key) {
        return Tree::Modules;
    }
    // The key is in the origin, whole: a database that changes its key is another one.
    let origin = format!("db-{key}");
    Tree::Realm(RealmId::for_origin(&origin))
}
