//! The nodes that the DNS names, as members of a pool.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout};

use super::NodesFrom;
use super::members::{Named, Pool, host_and_port};
use super::names::{Found, Lookup};
use super::node::Place;
use super::upkeep::AT_REST;

/// The shortest and the longest time after which the DNS is asked anew.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3600);
/// More nodes than anybody means to have.
const MOST: usize = 64;

/// How long the first request waits for the DNS,
const FIRST_LOOK: Duration = Duration::from_secs(5);
/// and one that comes after a rest.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// After so long the DNS may be asked again, where it gave nothing or a node is gone.
const NOT_AGAIN: Duration = Duration::from_secs(5);
/// Why nodes can't be told apart.
const PROXIED: &str = "an HTTP proxy stands in between, which looks the name up by itself: its addresses can't be told apart, so the upstream is asked by its own name";

/// What is known of the nodes' names.
pub(super) struct Names {
    dns: Arc<dyn Lookup>,
    /// Who asks the DNS: one at a time.
    turn: Semaphore,
    /// Wakes who looks after the pool.
    woken: Arc<Notify>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// An HTTP proxy stands in between, which looks the name up by itself.
    proxied: bool,
    /// When the DNS gave nodes last.
    resolved: Option<Instant>,
    /// When it was asked last, for better or worse, and when it is to be asked again.
    looked: Option<Instant>,
    due: Option<Instant>,
    trouble: Option<String>,
}

impl Names {
    pub(super) fn new(dns: Arc<dyn Lookup>) -> Self {
        Self {
            dns,
            turn: Semaphore::new(1),
            woken: Arc::default(),
            known: Mutex::default(),
        }
    }

    /// When the DNS is to be asked again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.known().due
    }

    /// What wakes who looks after the pool.
    pub(super) fn woken(&self) -> Arc<Notify> {
        Arc::clone(&self.woken)
    }

    pub(super) fn resolved_ago(&self, now: Instant) -> Option<Duration> {
        let resolved = self.known().resolved;
        resolved.map(|at| now.saturating_duration_since(at))
    }

    pub(super) fn trouble(&self) -> Option<String> {
        self.known().trouble.clone()
    }

    /// A node is gone: perhaps the DNS knows of it.
    pub(super) fn in_doubt(&self, now: Instant) {
        let mut known = self.known();
        let lately = |looked: Instant| now.saturating_duration_since(looked) < NOT_AGAIN;
        if known.due.is_some() && !known.looked.is_some_and(lately) {
            known.due = Some(now);
            self.woken.notify_one();
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    /// Whether an HTTP proxy stands in between: it looks the name up by itself, so that nodes that only the DNS names can't be
    /// told apart.
    pub(super) fn set_proxied(&self, proxied: bool) {
        if matches!(self.options.nodes, NodesFrom::Listed(_)) {
            return;
        }
        let turned = {
            let mut known = self.names.known();
            let turned = known.proxied != proxied;
            if turned {
                *known = Known {
                    proxied,
                    trouble: proxied.then(|| PROXIED.to_owned()),
                    ..Known::default()
                };
            }
            turned
        };
        if turned {
            let named = if proxied { self.own_name() } else { Vec::new() };
            self.set_members(named, Instant::now());
        }
    }

    /// Sees to it that there are nodes to ask. Only the first time, and after a rest, that takes a moment.
    pub(super) async fn be_ready(&self) {
        let now = Instant::now();
        let (due, proxied) = {
            let known = self.names.known();
            (known.due, known.proxied)
        };
        if proxied || matches!(self.options.nodes, NodesFrom::Listed(_)) {
            return;
        }
        let is_stale = due.is_some_and(|due| now.saturating_duration_since(due) >= AT_REST);
        let wait = if self.nodes().is_empty() {
            FIRST_LOOK
        } else if is_stale {
            LOOK_AGAIN
        } else {
            return;
        };
        // What is known will do until then.
        let _ = timeout(wait, self.resolve()).await;
        if self.nodes().is_empty() {
            self.set_members(self.own_name(), now);
        }
    }

    /// Asks the DNS, one at a time. What it gave last is kept where it gives nothing.
    pub(super) async fn resolve(&self) {
        let asked = Instant::now();
        let Ok(_turn) = self.names.turn.acquire().await else {
            return;
        };
        {
            let mut known = self.names.known();
            // Somebody else has done it meanwhile.
            if known.looked.is_some_and(|looked| looked > asked) {
                return;
            }
            // Whoever waits may give up: it is asked again then.
            known.due = Some(asked + NOT_AGAIN);
        }
        let found = nodes(self, &*self.names.dns).await;
        let now = Instant::now();
        let named = {
            let mut known = self.names.known();
            known.looked = Some(now);
            if known.proxied {
                return;
            }
            match found {
                Ok(found) => {
                    known.resolved = Some(now);
                    known.due = Some(now + found.holds_for);
                    known.trouble = None;
                    found.all
                }
                Err(trouble) => {
                    tracing::warn!(pool = self.name, "the DNS names no nodes: {trouble}");
                    known.due = Some(now + NOT_AGAIN);
                    known.trouble = Some(trouble);
                    return;
                }
            }
        };
        self.set_members(named, now);
    }

    /// The upstream by its own name, for want of nodes.
    fn own_name(&self) -> Vec<Named> {
        vec![Named {
            name: host_and_port(&self.url),
            place: Place::OwnName,
            weight: 1,
            priority: 0,
        }]
    }
}

/// The nodes that the DNS names for this pool, and for how long.
async fn nodes(pool: &Pool, dns: &dyn Lookup) -> Result<Found<Named>, String> {
    let url = pool.url.as_url();
    let mut found = match &pool.options.nodes {
        NodesFrom::Listed(_) => return Err("its nodes are listed".to_owned()),
        NodesFrom::Addresses => {
            let found = dns.addresses(url.host_str().unwrap_or_default()).await?;
            let port = url.port_or_known_default().unwrap_or_default();
            let named = found
                .all
                .into_iter()
                .map(|ip| named(SocketAddr::new(ip, port), 1, 0));
            Found {
                all: named.collect(),
                holds_for: found.holds_for,
            }
        }
        NodesFrom::Srv(service) => targets(dns, service).await?,
    };
    // In one order, whatever the DNS says first today.
    found
        .all
        .sort_by(|one, other| (one.priority, &one.name).cmp(&(other.priority, &other.name)));
    found.all.dedup_by(|one, other| one.name == other.name);
    found.all.truncate(MOST);
    found.holds_for = found.holds_for.clamp(SHORTEST, LONGEST);
    Ok(found)
}

/// The addresses of all targets. One whose name leads nowhere is left out.
async fn targets(dns: &dyn Lookup, service: &str) -> Result<Found<Named>, String> {
    let targets = dns.targets(service).await?;
    let looked = targets.all.iter().take(MOST).map(|target| async move {
        let found = dns.addresses(&target.host).await;
        (target, found)
    });
    let (mut all, mut holds_for, mut trouble) = (Vec::new(), targets.holds_for, None);
    for (target, found) in join_all(looked).await {
        match found {
            Ok(found) => {
                holds_for = holds_for.min(found.holds_for);
                let of = |ip| {
                    let address = SocketAddr::new(ip, target.port);
                    named(address, target.weight, target.priority)
                };
                all.extend(found.all.into_iter().map(of));
            }
            Err(error) => trouble = Some(error),
        }
    }
    match trouble {
        Some(trouble) if all.is_empty() => Err(trouble),
        _ => Ok(Found { all, holds_for }),
    }
}

fn named(address: SocketAddr, weight: u16, priority: u16) -> Named {
    Named {
        name: address.to_string(),
        place: Place::Address(address),
        weight,
        priority,
    }
}
