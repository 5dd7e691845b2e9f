//! A profile in force: which upstreams, which checksum database and which trees of the cache a path may touch.

use std::sync::atomic::{AtomicU64, Ordering};

use go_module::FileKind;
use store::{RealmId, Tree};
use upstream::{Chain, Privacy, Upstream};

use crate::database::Database;
use crate::error::DeliveryError;
use crate::routes::{Cover, Route, Routes};
use crate::share::{Purpose, Share};
use crate::way::Way;

/// A profile in force. A switch replaces the whole of it; requests under way finish on the one they began with.
#[derive(Debug)]
pub struct Profile {
    name: String,
    routes: Routes,
    database: Option<Database>,
    canary: Option<Beside>,
    mirror: Option<Beside>,
    /// Whether none of its upstreams is on this machine.
    needs_network: bool,
    id: u64,
}

/// Another upstream beside those of a profile, for a share of the public modules that go by the profile's own list.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Who.
    pub upstream: Upstream,
    /// For which modules.
    pub share: Share,
}

impl Profile {
    /// Makes a profile out of its parts; without a database nothing is checked against one (`GOSUMDB=off`).
    pub fn new(name: impl Into<String>, routes: Routes, database: Option<Database>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let upstreams = routes.upstreams();
        let needs_network =
            !upstreams.is_empty() && upstreams.iter().all(|it| !it.is_on_this_machine());
        Self {
            name: name.into(),
            needs_network,
            routes,
            database,
            canary: None,
            mirror: None,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The same with an upstream that its share of modules is asked of first. What that does not have or fails at comes
    /// as if it was not there.
    #[must_use]
    pub fn with_canary(self, canary: Option<Beside>) -> Self {
        Self { canary, ..self }
    }

    /// The same with an upstream that is asked what others have answered, for its answers to be compared.
    #[must_use]
    pub fn with_mirror(self, mirror: Option<Beside>) -> Self {
        Self { mirror, ..self }
    }

    /// Its canary.
    pub fn canary(&self) -> Option<&Beside> {
        self.canary.as_ref()
    }

    /// Its mirror.
    pub fn mirror(&self) -> Option<&Beside> {
        self.mirror.as_ref()
    }

    /// The mirror that is asked what is asked of this path, where there is one.
    pub fn mirror_for(&self, path: &str) -> Option<&Upstream> {
        let mirror = self.mirror.as_ref()?;
        let is_in = mirror.share.has(Purpose::Mirror, path) && self.route(path).is_ordinary();
        is_in.then_some(&mirror.upstream)
    }

    /// The name a person gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where paths go.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Its checksum database, if it has one.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// What its checksum database is called, or `off`.
    pub fn database_name(&self) -> &str {
        self.database.as_ref().map_or("off", Database::name)
    }

    /// Where a path goes, and whether the database covers it.
    pub fn route(&self, path: &str) -> Route<'_> {
        let route = self.routes.route(path, self.database.is_some());
        let canary = self.canary.as_ref();
        let canary = canary.filter(|it| route.is_ordinary() && it.share.has(Purpose::Canary, path));
        Route {
            canary: canary.map(|canary| &canary.upstream),
            ..route
        }
    }

    /// The upstreams that a path may reach, and who else may hear of it.
    pub(crate) fn way(&self, path: &str) -> Result<Way<'_>, DeliveryError> {
        let route = self.route(path);
        let chain = route.chain.ok_or_else(|| DeliveryError::PrivateNowhere {
            path: path.to_owned(),
            profile: self.name.clone(),
            private_in: route.private_in.map(str::to_owned),
        })?;
        Ok(Way {
            canary: route.canary,
            chain,
            privacy: route.privacy(),
        })
    }

    /// The trees in which a file of this path may be found, first the one that counts most.
    ///
    /// What the database covers is found where that database has vouched for it, and nowhere else. Only `.info`, for which
    /// no database vouches, may come from the realms of the path's upstreams as well.
    pub fn trees(&self, path: &str, kind: FileKind) -> Vec<Tree> {
        let route = self.route(path);
        match (&self.database, route.cover) {
            (Some(database), Cover::Database) => {
                let mut trees = vec![database.tree().clone()];
                if kind == FileKind::Info {
                    trees.extend(route.realms());
                }
                trees
            }
            _ => route.realms(),
        }
    }

    /// The realms of the upstreams that a path may reach, in their order.
    pub fn realms(&self, path: &str) -> Vec<Tree> {
        self.route(path).realms()
    }

    /// The tree in which a file of this path is kept that `upstream` gave.
    pub(crate) fn home(&self, path: &str, kind: FileKind, upstream: &Upstream) -> Tree {
        let route = self.route(path);
        match (&self.database, route.cover, kind) {
            (Some(database), Cover::Database, FileKind::Mod | FileKind::Zip) => {
                database.tree().clone()
            }
            _ => realm_of(upstream, route.private),
        }
    }

    /// Whether it has upstreams, and none of them can be reached without a network.
    pub(crate) fn needs_network(&self) -> bool {
        self.needs_network
    }

    /// Tells this snapshot from every other of this process, so that nothing kept in memory for one serves another.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

impl Route<'_> {
    /// Whether the path is public and goes by the profile's own list: only of such ones others may hear.
    fn is_ordinary(&self) -> bool {
        !self.private && self.rule.is_none() && self.chain.is_some()
    }

    /// Who may hear of this path, besides its upstreams.
    pub(crate) fn privacy(&self) -> Privacy {
        if self.private {
            Privacy::Private
        } else {
            Privacy::Public
        }
    }

    /// The realms of the upstreams that this path may reach, in their order.
    pub(crate) fn realms(&self) -> Vec<Tree> {
        let mut realms = Vec::new();
        let listed = self.chain.into_iter().flat_map(Chain::upstreams);
        for upstream in self.canary.into_iter().chain(listed) {
            let realm = realm_of(upstream, self.private);
            if !realms.contains(&realm) {
                realms.push(realm);
            }
        }
        realms
    }
}

/// The realm in which what an upstream gave is kept: one for each, and another for what came from it under a private
/// rule, so that no profile without such a rule is served from there.
fn realm_of(upstream: &Upstream, private: bool) -> Tree {
    let id = if private {
        format!("{}-private", upstream.id())
    } else {
        upstream.id().to_owned()
    };
    Tree::Realm(id.parse().unwrap_or_else(|_| RealmId::for_origin(&id)))
}
