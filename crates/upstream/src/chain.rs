//! A GOPROXY list walked as `go` walks it (`TryProxies` in Go's `cmd/go/internal/modfetch/proxy.go`).
//!
//! The order and the conditions for going on are Go's: after `,` on "not found", after `|` on any error, never past
//! `direct` or `off`. So is the choice of the error that is given at the end: that of `direct` before that of a proxy
//! before "not found". One thing is stricter: where any upstream was out of order, the end is never "not found", since
//! that upstream may well have it. But where every proxy says "not found" and only version control behind them is out of
//! reach, as in a network that lets nobody out, it is "not found" as for `go` itself (`lookupDirect` in
//! `modfetch/repo.go`): `go` asks so for each prefix of an import path, and gives up at any other error.

use std::fmt;
use std::sync::Arc;

use go_module::{Fall, ProxyList};
use secret::UrlError;

use crate::{
    Credentials, Deadlines, Direct, HealthBook, HttpClients, OwnAddresses, PassOn,
    PoolOptionsError, Pools, PrivateRedirects, Step, Upstream, UpstreamError, UpstreamKind,
};

/// What upstreams are made with.
#[derive(Clone)]
pub struct ChainParts {
    /// The HTTP clients, shared by all chains.
    pub http: HttpClients,
    /// Version control; where there is none, `direct` fails with a clear error.
    pub direct: Option<Arc<dyn Direct>>,
    /// What http(s) upstreams are shown, besides the user info of their own URLs.
    pub credentials: Option<Arc<dyn Credentials>>,
    /// Where this Larder listens.
    pub own: OwnAddresses,
    /// Where private names may go along with a redirect, besides the upstream's own origin.
    pub private_redirects: PrivateRedirects,
    /// Which upstreams are told of the trace that a request belongs to.
    pub pass_on: PassOn,
    /// What is known of the ways to upstreams.
    pub health: HealthBook,
    /// Upstreams of several nodes, and what is known of those.
    pub pools: Pools,
    /// How long upstreams may take.
    pub limits: Deadlines,
    /// The id of this Larder in the hop header: letters, digits, `-`, `_`, `.`; at most 64 of them.
    pub instance: String,
}

impl ChainParts {
    /// Parts without version control, credentials, addresses of their own or redirects of private names, to be put in
    /// where there are any.
    pub fn new(http: HttpClients, limits: Deadlines, instance: impl Into<String>) -> Self {
        Self {
            http,
            direct: None,
            credentials: None,
            own: OwnAddresses::new(),
            private_redirects: PrivateRedirects::default(),
            pass_on: PassOn::default(),
            health: HealthBook::default(),
            pools: Pools::default(),
            limits,
            instance: instance.into(),
        }
    }
}

/// A GOPROXY list, ready to be walked. Clones share its upstreams.
#[derive(Debug, Clone)]
pub struct Chain(Arc<[Link]>);

#[derive(Debug)]
struct Link {
    /// None for `off`.
    upstream: Option<Upstream>,
    then: Option<Fall>,
}

/// Why a GOPROXY list can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBuildError {
    /// An entry is no URL that Larder can use.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// `go` refuses such a URL too: the password would travel in the open.
    #[error("{name}: a user name and password over plain http would travel in the open; use https")]
    InsecureUserInfo {
        /// The upstream's name.
        name: String,
    },
    /// What settings say of its nodes can't be used.
    #[error(transparent)]
    Pool(#[from] PoolOptionsError),
    /// A `file://` URL with more than a path.
    #[error(
        "{name}: a file URL names a folder by its absolute path and nothing else: file:///path"
    )]
    NotAPath {
        /// The upstream's name.
        name: String,
    },
}

/// Why no upstream of a chain gave an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainError {
    /// The error that matters most: of `direct`, else of a proxy, else "not found"; but an outage before "not found".
    pub cause: UpstreamError,
    /// The name of the upstream it is from; `off` where the list says so.
    pub upstream: String,
    /// All that were asked, in order, with what each one said.
    pub tried: Vec<(String, UpstreamError)>,
}

impl Chain {
    /// Makes the upstreams of a list.
    ///
    /// # Errors
    /// [`ChainBuildError`] for the first entry that can't be used.
    pub fn build(list: &ProxyList, parts: &ChainParts) -> Result<Self, ChainBuildError> {
        let link = |entry: &go_module::ProxyEntry| {
            let upstream = Upstream::build(&entry.source, parts)?;
            Ok(Link {
                upstream,
                then: entry.then,
            })
        };
        list.entries
            .iter()
            .map(link)
            .collect::<Result<Arc<[_]>, _>>()
            .map(Self)
    }

    /// The upstreams, in order.
    pub fn upstreams(&self) -> impl Iterator<Item = &Upstream> {
        self.0.iter().filter_map(|link| link.upstream.as_ref())
    }

    /// The way a request goes, in words: `a, then b if not found, then direct on any failure`.
    pub fn in_words(&self) -> String {
        let (mut words, mut fall) = (String::new(), None);
        for link in &*self.0 {
            let name = link.upstream.as_ref().map_or("nobody", Upstream::name);
            words += &match fall {
                None => name.to_owned(),
                Some(Fall::OnNotFound) => format!(", then {name} if not found"),
                Some(Fall::OnAnyError) => format!(", then {name} on any failure"),
            };
            fall = link.then;
        }
        words
    }

    /// The upstreams, in order, each with what leads to the one behind it; up to `off`, behind which nobody is asked.
    pub fn entries(&self) -> impl Iterator<Item = (&Upstream, Option<Fall>)> {
        let links = self.0.iter();
        links.map_while(|link| Some((link.upstream.as_ref()?, link.then)))
    }

    /// Asks one upstream after the other with `ask`, until one gives an answer or the list says to stop.
    ///
    /// # Errors
    /// [`ChainError`], which is "not found" only if no upstream that was asked was out of order.
    pub async fn walk<T, F>(&self, mut ask: impl FnMut(Upstream) -> F) -> Result<T, ChainError>
    where
        F: Future<Output = Result<T, UpstreamError>>,
    {
        let mut tried: Vec<(String, UpstreamError)> = Vec::new();
        let mut best: Option<(Rank, usize)> = None;
        for link in &*self.0 {
            let Some(upstream) = &link.upstream else {
                break;
            };
            let error = match ask(upstream.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let not_found = error.is_not_found();
            let rank = Rank::of(not_found, upstream.kind());
            tried.push((upstream.name().to_owned(), error));
            if best.is_none_or(|(so_far, _)| rank >= so_far) {
                best = Some((rank, tried.len() - 1));
            }
            let goes_on = match link.then {
                Some(Fall::OnNotFound) => not_found,
                Some(Fall::OnAnyError) => true,
                None => false,
            };
            if !goes_on {
                break;
            }
        }
        let Some((_, best)) = best else {
            return Err(ChainError {
                cause: UpstreamError::Off,
                upstream: "off".to_owned(),
                tried,
            });
        };
        if let [
            before @ ..,
            (
                direct,
                UpstreamError::Unreachable {
                    step: Step::VersionControl,
                    cause,
                },
            ),
        ] = &tried[..]
            && let Some((name, UpstreamError::NotFound { text, .. })) = before.last()
            && before.iter().all(|(_, error)| error.is_not_found())
        {
            let text =
                format!("{text}; {direct}, which comes after it, could not be reached: {cause}");
            return Err(ChainError {
                cause: UpstreamError::NotFound {
                    status: 404,
                    text: text.trim_start_matches("; ").to_owned(),
                },
                upstream: name.clone(),
                tried,
            });
        }
        let outage = tried.iter().rposition(|(_, error)| error.is_outage());
        let (upstream, cause) = match outage {
            Some(outage) if tried[best].1.is_not_found() => tried[outage].clone(),
            _ => tried[best].clone(),
        };
        Err(ChainError {
            cause,
            upstream,
            tried,
        })
    }
}

/// How much an error matters at the end of a walk, least first; of two that matter the same, the later one is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    NotFound,
    Proxy,
    Direct,
}

impl Rank {
    fn of(not_found: bool, kind: UpstreamKind) -> Self {
        match kind {
            UpstreamKind::Direct => Self::Direct,
            UpstreamKind::Http | UpstreamKind::File if not_found => Self::NotFound,
            UpstreamKind::Http | UpstreamKind::File => Self::Proxy,
        }
    }
}

impl ChainError {
    /// The error of one upstream that was asked outside any chain.
    pub fn of(upstream: &Upstream, cause: UpstreamError) -> Self {
        let upstream = upstream.name().to_owned();
        Self {
            tried: vec![(upstream.clone(), cause.clone())],
            cause,
            upstream,
        }
    }

    /// Whether there is no such thing, as far as the chain goes, or the list says `off`.
    pub fn is_not_found(&self) -> bool {
        self.cause.is_not_found()
    }

    /// Whether it failed for want of the right credentials (401, 403).
    pub fn is_refused(&self) -> bool {
        self.cause.is_refused()
    }

    /// Whether an upstream was out of order, so that nothing is known about what was asked for.
    pub fn is_outage(&self) -> bool {
        self.tried.iter().any(|(_, error)| error.is_outage())
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            UpstreamError::Off => write!(f, "{}", self.cause),
            _ => write!(f, "{}: {}", self.upstream, self.cause),
        }
    }
}

impl std::error::Error for ChainError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

#[cfg(test)]
mod tests;
