//! The list `pools`: upstreams that are several nodes. Where they stand among upstreams is for the profiles to say.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use jiff::SignedDuration;
use secret::SafeUrl;
use toml_edit::{Item, TableLike};
use upstream::{NodesFrom, PoolOptions};

use super::address::{address, is_same};
use super::reader::Reader;
use super::{ProfileSettings, Settings};
use crate::failure::Failure;

/// The shortest and the longest time after which a node may count as slow.
const SLOW_AFTER: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// The port of a DNS server that is named without one.
const DNS: u16 = 53;

/// An upstream that is several nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// `upstream`: as the profiles name it.
    pub upstream: SafeUrl,
    /// Where its nodes are, and how they are used.
    pub options: PoolOptions,
}

impl PoolSettings {
    /// What it is known by.
    #[must_use]
    pub fn name(&self) -> String {
        upstream::name(&self.upstream)
    }

    /// Whether it is the pool of this upstream.
    pub(crate) fn is_of(&self, url: &SafeUrl) -> bool {
        is_same(&self.upstream, url)
    }
}

impl Settings {
    /// The pool of this upstream.
    pub(crate) fn pool(&self, upstream: &SafeUrl) -> Option<&PoolSettings> {
        self.pools.iter().find(|pool| pool.is_of(upstream))
    }

    /// The pools that stand nowhere: no profile names their upstream.
    pub(crate) fn idle_pools(&self) -> Vec<&PoolSettings> {
        let profiles = self.profiles.iter();
        let named: Vec<SafeUrl> = profiles
            .flat_map(ProfileSettings::named_upstreams)
            .collect();
        let is_idle = |pool: &&PoolSettings| !named.iter().any(|url| pool.is_of(url));
        self.pools.iter().filter(is_idle).collect()
    }
}

/// Reads the list `pools`.
pub(super) fn read(reader: &Reader<'_>, item: &Item) -> Result<Vec<PoolSettings>, Failure> {
    let mut pools: Vec<PoolSettings> = Vec::new();
    for (table, span) in reader.tables("", "pools", item)? {
        let (pool, at) = pool(reader, table, span)?;
        if pools.iter().any(|other| other.is_of(&pool.upstream)) {
            let message = format!("{} has two pools: keep one", pool.name());
            return Err(reader.complaint(at, &message));
        }
        pools.push(pool);
    }
    Ok(pools)
}

type Span = Option<Range<usize>>;

/// Where the nodes of a pool come from, and where that is said.
struct Found {
    nodes: NodesFrom,
    key: &'static str,
    span: Span,
    /// Each of those that are listed.
    each: Vec<Span>,
}

fn pool(
    reader: &Reader<'_>,
    table: &dyn TableLike,
    span: Span,
) -> Result<(PoolSettings, Span), Failure> {
    let mut upstream = None;
    let mut from: Vec<Found> = Vec::new();
    let mut found = |nodes, key, item: &Item, each| {
        from.push(Found {
            nodes,
            key,
            span: item.span(),
            each,
        });
    };
    let mut options = PoolOptions::default();
    reader.table(table, "pools.", |key, item| {
        match key {
            "upstream" => upstream = Some((reader.bare_address(key, item)?, item.span())),
            "nodes" => {
                let (nodes, spans) = nodes(reader, item)?;
                found(NodesFrom::Listed(nodes), "nodes", item, spans);
            }
            "addresses" => {
                if reader.yes_or_no(key, item)? {
                    found(NodesFrom::Addresses, "addresses", item, Vec::new());
                }
            }
            "srv" => {
                let what = "the name of SRV records, such as \"_goproxy._tcp.corp.example\"";
                let name = reader.text(key, item, what)?;
                found(NodesFrom::Srv(name.to_owned()), "srv", item, Vec::new());
            }
            "dns" => {
                let text = reader.text(key, item, "a DNS server, such as \"127.0.0.1:8600\"")?;
                let server = dns(text)
                    .map_err(|reason| reader.complaint(item.span(), &format!("`dns` {reason}")))?;
                options.dns = Some(server);
            }
            "slow-after" => {
                let text = reader.text(key, item, "a time such as \"1s\"")?;
                options.slow_after = slow_after(text).map_err(|reason| {
                    reader.complaint(item.span(), &format!("`slow-after` {reason}"))
                })?;
            }
            "hedge" => options.hedge = reader.yes_or_no(key, item)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let Some((upstream, at)) = upstream else {
        let message = "this pool is of no upstream: give it `upstream`, the URL by which the profiles name it";
        return Err(reader.complaint(span, message));
    };
    let mut from = from.into_iter();
    let Some(first) = from.next() else {
        let message = "this pool has no nodes: give it `nodes` with their URLs, or `addresses = true`, or `srv` with a name";
        return Err(reader.complaint(span, message));
    };
    if let Some(second) = from.next() {
        let message = format!(
            "this pool has its nodes from `{}` and from `{}`: keep the one that is meant",
            first.key, second.key
        );
        return Err(reader.complaint(second.span, &message));
    }
    options.nodes = first.nodes;
    if let Err((at, reason)) = check(&upstream, &options) {
        let place = at.and_then(|at| first.each.get(at).cloned());
        let place = place.unwrap_or(first.span);
        return Err(reader.complaint(place, &reason));
    }
    Ok((PoolSettings { upstream, options }, at))
}

fn nodes(reader: &Reader<'_>, item: &Item) -> Result<(Vec<SafeUrl>, Vec<Span>), Failure> {
    let wrong = |span| {
        let message = "`nodes` must be a list of URLs in quotes, such as [\"https://n1.corp.example\", \"https://n2.corp.example\"]";
        reader.complaint(span, message)
    };
    let array = item.as_array().ok_or_else(|| wrong(item.span()))?;
    let (mut nodes, mut spans) = (Vec::new(), Vec::new());
    for entry in array {
        let text = entry.as_str().ok_or_else(|| wrong(entry.span()))?;
        let node = address(text)
            .map_err(|reason| reader.complaint(entry.span(), &format!("`nodes`: {reason}")))?;
        nodes.push(node);
        spans.push(entry.span());
    }
    Ok((nodes, spans))
}

/// Checks that a pool of this upstream can be like that.
///
/// # Errors
/// Which of the listed nodes it is, where it is one, and what is wrong.
fn check(upstream: &SafeUrl, options: &PoolOptions) -> Result<(), (Option<usize>, String)> {
    let NodesFrom::Listed(nodes) = &options.nodes else {
        return options
            .check(upstream)
            .map_err(|error| (None, error.to_string()));
    };
    for at in 1..=nodes.len() {
        let so_far = PoolOptions {
            nodes: NodesFrom::Listed(nodes[..at].to_vec()),
            ..options.clone()
        };
        so_far
            .check(upstream)
            .map_err(|error| (Some(at - 1), error.to_string()))?;
    }
    options
        .check(upstream)
        .map_err(|error| (None, error.to_string()))
}

/// Reads the address of a DNS server; without a port it is asked at its usual one.
///
/// # Errors
/// What it must be, as the second half of a sentence.
pub(crate) fn dns(text: &str) -> Result<SocketAddr, String> {
    let whole = text.trim().parse::<SocketAddr>();
    let alone = || text.trim().parse::<IpAddr>();
    whole
        .or_else(|_| alone().map(|ip| SocketAddr::new(ip, DNS)))
        .ok()
        .filter(|server| server.port() != 0)
        .ok_or_else(|| {
            "must be the address of a DNS server, such as 127.0.0.1:8600: a name would have to be looked up first".to_owned()
        })
}

/// Reads the time after which a node counts as slow.
///
/// # Errors
/// What it must be, as the second half of a sentence.
pub(crate) fn slow_after(text: &str) -> Result<Duration, String> {
    let time = text.parse::<SignedDuration>().ok();
    time.and_then(|time| Duration::try_from(time).ok())
        .filter(|time| (SLOW_AFTER.0..=SLOW_AFTER.1).contains(time))
        .ok_or_else(|| "must be a time such as 1s or 500ms, from 100ms to 10s".to_owned())
}
