//! One upstream, whatever its kind.

use std::fmt;
use std::sync::Arc;

use go_module::ProxySource;
use secret::SafeUrl;
use tokio::time::Instant;

use crate::address::names_this_machine;
use crate::ask::{Ask, Reply};
use crate::direct::{self, Direct, NoGo};
use crate::file::Folder;
use crate::health::Health;
use crate::http::{Asked, Http};
use crate::pool::{PoolReport, Pooled};
use crate::{ChainBuildError, ChainParts, Deadlines, Probe, Shown, UpstreamError, name};

/// One upstream. Clones are the same upstream.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    id: String,
    name: String,
    url: Option<SafeUrl>,
    source: Source,
    limits: Deadlines,
    health: Health,
}

enum Source {
    Http(Box<Http>),
    Pool(Arc<Pooled>),
    Folder(Folder),
    Direct {
        direct: Arc<dyn Direct>,
        limits: Deadlines,
    },
}

/// What kind of upstream it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamKind {
    /// A module proxy over http or https.
    Http,
    /// A folder in the layout of a module proxy.
    File,
    /// Version control.
    Direct,
}

impl Upstream {
    /// The upstream of one entry of a GOPROXY list; none for `off`.
    pub(crate) fn build(
        source: &ProxySource,
        parts: &ChainParts,
    ) -> Result<Option<Self>, ChainBuildError> {
        let limits = parts.limits.clone();
        let inner = match source {
            ProxySource::Off => return Ok(None),
            ProxySource::Direct => {
                let direct = parts.direct.clone().unwrap_or_else(|| Arc::new(NoGo));
                let source = Source::Direct { direct, limits };
                Inner {
                    id: "direct".to_owned(),
                    name: "direct".to_owned(),
                    url: None,
                    source,
                    limits: parts.limits.clone(),
                    health: parts.health.of("direct", "direct"),
                }
            }
            ProxySource::Url(text) => {
                let url = SafeUrl::parse(text)?;
                let (id, name) = (name::id(&url), name::name(&url));
                let source = if url.scheme() == "file" {
                    Source::Folder(
                        Folder::new(&url, limits)
                            .ok_or(ChainBuildError::NotAPath { name: name.clone() })?,
                    )
                } else if let Some(pool) = parts.pools.of(&url) {
                    Source::Pool(Arc::new(Pooled::new(pool, &url, parts)?))
                } else {
                    Source::Http(Box::new(http_of(&url, parts, Asked::Proxy)?))
                };
                Inner {
                    health: parts.health.of(&id, &name),
                    id,
                    name,
                    url: Some(url),
                    source,
                    limits: parts.limits.clone(),
                }
            }
        };
        Ok(Some(Self(Arc::new(inner))))
    }

    /// A checksum database at a URL of its own (`GOSUMDB="name url"`; `dbDial` in Go's
    /// `cmd/go/internal/modfetch/sumdb.go`): it answers requests for `/sumdb/<name>/…` at `<url>/…`.
    ///
    /// # Errors
    /// [`ChainBuildError`] where the URL can't be used.
    pub fn checksum_database(url: &str, parts: &ChainParts) -> Result<Self, ChainBuildError> {
        let url = SafeUrl::parse(url)?;
        let http = http_of(&url, parts, Asked::ChecksumDatabase)?;
        let (id, name) = (name::id(&url), name::name(&url));
        Ok(Self(Arc::new(Inner {
            health: parts.health.of(&id, &name),
            id,
            name,
            url: Some(url),
            source: Source::Http(Box::new(http)),
            limits: parts.limits.clone(),
        })))
    }

    /// Names a folder for what came from here: a readable slug and 8 hex digits, the same for every user info; `direct`
    /// for version control.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// What a person knows it by: `host[:port][/path]`, `file:///path` or `direct`; no user info, no token.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What kind of upstream it is.
    pub fn kind(&self) -> UpstreamKind {
        match self.0.source {
            Source::Http(_) | Source::Pool(_) => UpstreamKind::Http,
            Source::Folder(_) => UpstreamKind::File,
            Source::Direct { .. } => UpstreamKind::Direct,
        }
    }

    /// Its URL; none for version control.
    pub fn url(&self) -> Option<&SafeUrl> {
        self.0.url.as_ref()
    }

    /// Asks it one thing, with its retries and redirects. The reply comes with the head of the answer; the body streams.
    ///
    /// # Errors
    /// [`UpstreamError`]; "not found" only where the upstream itself said so.
    pub async fn fetch(&self, ask: Ask) -> Result<Reply, UpstreamError> {
        let begun = Instant::now();
        let fetched = match &self.0.source {
            Source::Http(http) => http.fetch(&ask).await,
            // It takes note by itself: it alone knows whether all nodes were asked.
            Source::Pool(pool) => return pool.fetch(&ask, &self.0.health).await,
            Source::Folder(folder) => folder.fetch(&ask).await,
            Source::Direct { direct, limits } => direct::fetch(direct.as_ref(), &ask, limits).await,
        };
        self.0.health.note(fetched.as_ref().err(), begun);
        fetched
    }

    /// Whether it may have several nodes.
    pub fn is_pool(&self) -> bool {
        matches!(self.0.source, Source::Pool(_))
    }

    /// Whether it is a pool with a node on this machine.
    pub(crate) fn has_node_on_this_machine(&self) -> bool {
        match &self.0.source {
            Source::Pool(pool) => pool.is_on_this_machine(),
            Source::Http(_) | Source::Folder(_) | Source::Direct { .. } => false,
        }
    }

    /// What is known of its nodes, where it is a pool.
    pub fn pool(&self) -> Option<PoolReport> {
        match &self.0.source {
            Source::Pool(pool) => Some(pool.report()),
            Source::Http(_) | Source::Folder(_) | Source::Direct { .. } => None,
        }
    }

    /// Its client; none where it is no module proxy over http or https.
    pub(crate) fn http(&self) -> Option<&Http> {
        match &self.0.source {
            Source::Http(http) => Some(http),
            Source::Pool(pool) => Some(pool.own()),
            Source::Folder(_) | Source::Direct { .. } => None,
        }
    }

    pub(crate) fn health(&self) -> &Health {
        &self.0.health
    }

    pub(crate) fn limits(&self) -> &Deadlines {
        &self.0.limits
    }

    /// Whether it is there, how fast, and whether it lets this person in: one light request within
    /// [`Deadlines::probe`], without retries.
    ///
    /// # Errors
    /// [`UpstreamError`] where it is not reached, or only an answer that says so (5xx) comes from there. Version control
    /// has no one server that could be asked: always [`UpstreamError::Direct`].
    pub async fn probe(&self) -> Result<Probe, UpstreamError> {
        match &self.0.source {
            Source::Http(http) => http.probe().await,
            Source::Pool(pool) => pool.probe().await,
            Source::Folder(folder) => {
                let begun = Instant::now();
                folder.probe().await?;
                Ok(Probe {
                    took: begun.elapsed(),
                    authorised: true,
                    shown: Shown::Nothing,
                    status: None,
                    protocol: None,
                    date: None,
                })
            }
            Source::Direct { .. } => Err(UpstreamError::Direct {
                text: "version control has no one server that could be asked".to_owned(),
            }),
        }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upstream({})", self.0.name)
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

/// The client of an http(s) URL.
pub(crate) fn http_of(
    url: &SafeUrl,
    parts: &ChainParts,
    asked: Asked,
) -> Result<Http, ChainBuildError> {
    let name = name::name(url);
    if url.scheme() == "file" {
        return Err(ChainBuildError::NotAPath { name });
    }
    let bare = url.scheme() == "http" && url.user_info().is_some();
    if bare && !names_this_machine(url.as_url()) {
        return Err(ChainBuildError::InsecureUserInfo { name });
    }
    Ok(Http::new(url.clone(), parts, asked))
}
