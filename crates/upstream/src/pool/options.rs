//! What settings say of a pool.

use std::net::SocketAddr;
use std::time::Duration;

use secret::SafeUrl;
use url::Host;

use crate::address::names_this_machine;
use crate::name;

/// The shortest and the longest [`PoolOptions::slow_after`].
const SLOW_AFTER: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(10);

/// Where the nodes of a pool are known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodesFrom {
    /// Each by a URL of its own. They are shown the upstream's credentials, for the person named them.
    Listed(Vec<SafeUrl>),
    /// Every address of the upstream's own host name is one.
    Addresses,
    /// Every target of these SRV records is one. Host and TLS name stay the upstream's: what the person typed is what must
    /// be proved (RFC 6125, section 6.2.1).
    Srv(String),
}

/// What settings say of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    /// Where its nodes are known from.
    pub nodes: NodesFrom,
    /// The DNS server that is asked, where it is not the system's.
    pub dns: Option<SocketAddr>,
    /// When no head of an answer has come for so long, another node is asked too.
    pub slow_after: Duration,
    /// Whether small requests are asked a second time when a node takes longer than it mostly does.
    pub hedge: bool,
}

impl Default for PoolOptions {
    /// All addresses of the upstream's own name.
    fn default() -> Self {
        Self {
            nodes: NodesFrom::Addresses,
            dns: None,
            slow_after: Duration::from_secs(1),
            hedge: false,
        }
    }
}

/// Why [`PoolOptions`] can't be used for an upstream. Quotes no user info.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolOptionsError {
    /// A folder has no nodes.
    #[error("{upstream} is no http or https URL; only such an upstream can have nodes")]
    NotHttp {
        /// The upstream's name.
        upstream: String,
    },
    /// A list of nothing.
    #[error("the pool of {upstream} names no node; list at least one, or take it away")]
    NoNodes {
        /// The upstream's name.
        upstream: String,
    },
    /// A node that is no http or https URL.
    #[error("the node {node} of {upstream} is no http or https URL")]
    NodeNotHttp {
        /// The upstream's name.
        upstream: String,
        /// The node's.
        node: String,
    },
    /// A node to which all would travel in the open.
    #[error(
        "the node {node} of {upstream} is plain http: what is protected on its way to {upstream} would travel in the open; use https"
    )]
    InsecureNode {
        /// The upstream's name.
        upstream: String,
        /// The node's.
        node: String,
    },
    /// One node twice.
    #[error("the node {node} of {upstream} is listed twice")]
    Twice {
        /// The upstream's name.
        upstream: String,
        /// The node's.
        node: String,
    },
    /// An upstream that is written as an address has no name that could be looked up.
    #[error(
        "{upstream} is written as an address, so there is no name to look up; write its name, or list the nodes"
    )]
    NoName {
        /// The upstream's name.
        upstream: String,
    },
    /// What can't be the name of SRV records.
    #[error("{srv:?} can't be the name of SRV records; one looks like _goproxy._tcp.corp.example")]
    SrvName {
        /// What was written.
        srv: String,
    },
    /// Too quick or too slow.
    #[error("slow-after must be between 100 ms and 10 s")]
    SlowAfter,
}

impl PoolOptions {
    /// Whether a pool of the upstream at this URL can be made with them.
    ///
    /// # Errors
    /// [`PoolOptionsError`] for the first thing that is wrong.
    pub fn check(&self, upstream: &SafeUrl) -> Result<(), PoolOptionsError> {
        let named = || name::name(upstream);
        if !is_http(upstream) {
            return Err(PoolOptionsError::NotHttp { upstream: named() });
        }
        if !SLOW_AFTER.contains(&self.slow_after) {
            return Err(PoolOptionsError::SlowAfter);
        }
        match &self.nodes {
            NodesFrom::Listed(nodes) => check_listed(upstream, nodes),
            NodesFrom::Srv(srv) if !is_name(srv) => {
                Err(PoolOptionsError::SrvName { srv: srv.clone() })
            }
            NodesFrom::Addresses | NodesFrom::Srv(_) => match upstream.as_url().host() {
                Some(Host::Domain(_)) => Ok(()),
                _ => Err(PoolOptionsError::NoName { upstream: named() }),
            },
        }
    }
}

fn check_listed(upstream: &SafeUrl, nodes: &[SafeUrl]) -> Result<(), PoolOptionsError> {
    let named = || name::name(upstream);
    if nodes.is_empty() {
        return Err(PoolOptionsError::NoNodes { upstream: named() });
    }
    for (at, node) in nodes.iter().enumerate() {
        let (upstream_name, node_name) = (named, name::name(node));
        if !is_http(node) {
            return Err(PoolOptionsError::NodeNotHttp {
                upstream: upstream_name(),
                node: node_name,
            });
        }
        let in_the_open = node.scheme() == "http" && !names_this_machine(node.as_url());
        if in_the_open && (upstream.scheme() == "https" || node.user_info().is_some()) {
            return Err(PoolOptionsError::InsecureNode {
                upstream: upstream_name(),
                node: node_name,
            });
        }
        if nodes[..at].iter().any(|other| is_same(other, node)) {
            return Err(PoolOptionsError::Twice {
                upstream: upstream_name(),
                node: node_name,
            });
        }
    }
    Ok(())
}

fn is_http(url: &SafeUrl) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn is_same(one: &SafeUrl, other: &SafeUrl) -> bool {
    name::id(one) == name::id(other)
}

/// Whether it can be a name in the DNS (RFC 1035, section 2.3.4), with the underscores of RFC 2782.
fn is_name(name: &str) -> bool {
    let bare = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    bare.len() <= 253 && bare.contains('.') && bare.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> SafeUrl {
        SafeUrl::parse(text).unwrap()
    }

    fn listed(nodes: &[&str]) -> PoolOptions {
        PoolOptions {
            nodes: NodesFrom::Listed(nodes.iter().map(|node| url(node)).collect()),
            ..PoolOptions::default()
        }
    }

    #[test]
    fn what_can_be_used() {
        let https = url("https://goproxy.corp.example");
        for good in [
            listed(&["https://n1.corp.example:8443/go", "https://n2.corp.example"]),
            listed(&["http://127.0.0.1:8080", "http://localhost:8081"]),
            PoolOptions::default(),
            PoolOptions {
                nodes: NodesFrom::Srv("_goproxy._tcp.corp.example".to_owned()),
                slow_after: Duration::from_millis(100),
                ..PoolOptions::default()
            },
        ] {
            assert_eq!(good.check(&https), Ok(()), "{good:?}");
        }
        let plain = url("http://goproxy.corp.example");
        assert_eq!(listed(&["http://n1.corp.example"]).check(&plain), Ok(()));
    }

    #[test]
    fn what_can_not() {
        let https = "https://goproxy.corp.example";
        let srv = |name: &str| PoolOptions {
            nodes: NodesFrom::Srv(name.to_owned()),
            ..PoolOptions::default()
        };
        let slow = |ms| PoolOptions {
            slow_after: Duration::from_millis(ms),
            ..PoolOptions::default()
        };
        for (upstream, options, says) in [
            ("file:///srv/go", PoolOptions::default(), "no http or https"),
            (https, listed(&[]), "names no node"),
            (https, listed(&["file:///srv/go"]), "no http or https"),
            (https, listed(&["http://n1.corp.example"]), "in the open"),
            (
                "http://goproxy.corp.example",
                listed(&["http://bob:pw@n1.corp.example"]),
                "in the open",
            ),
            (
                https,
                listed(&["https://n1.corp.example", "https://n1.corp.example:443/"]),
                "twice",
            ),
            ("https://10.0.0.1", PoolOptions::default(), "as an address"),
            (https, srv("goproxy"), "SRV"),
            (https, srv("_go proxy._tcp.corp.example"), "SRV"),
            (https, slow(99), "slow-after"),
            (https, slow(10_001), "slow-after"),
        ] {
            let error = options.check(&url(upstream)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("pw"), "{error}");
        }
    }
}
