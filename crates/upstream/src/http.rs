//! A module proxy over http or https: one request with its redirects, and the attempts at it.

use std::sync::Arc;
use std::time::Duration;

use go_module::Request;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use reqwest::Response;
use secret::{SafeUrl, Secret};
use tokio::time::timeout;
use url::Url;

use crate::address::is_public_host;
use crate::ask::{Ask, Privacy, Reply, Terms};
use crate::client::{HttpClients, Way};
use crate::credentials::{Authorization, Presenting};
use crate::hop::{self, HOP_HEADER};
use crate::retry::{Again, Failure, with_retries};
use crate::{
    ChainParts, Deadlines, OwnAddresses, PassOn, PrivateRedirects, RedirectRefusal, Stage, Step,
    TraceContext, UpstreamError, answer, cause, redirect, text,
};

mod node;
mod probe;

pub use probe::{Probe, Shown};

/// A module proxy over http or https.
#[derive(Clone)]
pub(crate) struct Http {
    base: SafeUrl,
    presenting: Presenting,
    /// What the upstream's own texts must not repeat, besides what is presented.
    hidden: Vec<Secret>,
    clients: HttpClients,
    /// Those of the node that this is, for its own origin.
    node: Option<HttpClients>,
    own: OwnAddresses,
    private_redirects: PrivateRedirects,
    /// Who is told of the trace that a request belongs to.
    pass_on: PassOn,
    /// The upstream that this is a node of.
    of: Option<SafeUrl>,
    limits: Deadlines,
    instance: Arc<str>,
    asked: Asked,
}

/// What stands at the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A module proxy.
    Proxy,
    /// A checksum database and nothing else.
    ChecksumDatabase,
}

/// Where a request is on its way through redirects.
struct Hop {
    url: Url,
    /// All hops so far were of the upstream's own origin: credentials and Larder's own header may be sent.
    own_origin: bool,
    /// A public host has answered before: no private address any more.
    after_public: bool,
}

impl Hop {
    fn first(url: Url) -> Self {
        Self {
            url,
            own_origin: true,
            after_public: false,
        }
    }
}

impl Http {
    pub(crate) fn new(base: SafeUrl, parts: &ChainParts, asked: Asked) -> Self {
        Self {
            presenting: Presenting::new(&base, parts),
            hidden: text::secrets_of(&base),
            base: base.without_user_info(),
            clients: parts.http.clone(),
            node: None,
            own: parts.own.clone(),
            private_redirects: parts.private_redirects.clone(),
            pass_on: parts.pass_on.clone(),
            of: None,
            limits: parts.limits.clone(),
            instance: Arc::from(parts.instance.as_str()),
            asked,
        }
    }

    /// Whether an HTTP proxy stands on the way.
    pub(crate) fn is_proxied(&self) -> bool {
        self.clients.way(self.base.as_url(), false) == Way::Proxied
    }

    /// The path below the base URL.
    pub(crate) fn path_of(&self, request: &Request) -> String {
        let path = request.url_path();
        match (self.asked, request) {
            (Asked::ChecksumDatabase, Request::SumDb { .. }) => {
                path.splitn(3, '/').last().unwrap_or_default().to_owned()
            }
            (Asked::ChecksumDatabase | Asked::Proxy, _) => path,
        }
    }

    /// Asks, with retries and redirects, each time within the overall deadline; once more where credentials were refused
    /// and there are others by now.
    pub(crate) async fn fetch(&self, ask: &Ask) -> Result<Reply, UpstreamError> {
        self.fetch_path(&self.path_of(&ask.request), &ask.terms())
            .await
    }

    /// The same, for a path below the base URL.
    pub(crate) async fn fetch_path(&self, path: &str, ask: &Terms) -> Result<Reply, UpstreamError> {
        if hop::is_loop(&ask.hops, &self.instance) {
            return Err(UpstreamError::Loop);
        }
        let presented = self.presenting.present().await?;
        let failure = match self.ask(path, ask, presented.as_ref()).await {
            Ok(reply) => return Ok(reply),
            Err(failure) => failure,
        };
        let renewed = match &presented {
            Some(presented) if failure.again == Again::Renewed => {
                self.presenting.renewed(presented).await?
            }
            Some(_) | None => None,
        };
        match renewed {
            Some(renewed) => self.ask(path, ask, Some(&renewed)).await,
            None => Err(failure),
        }
        .map_err(|failure| failure.error)
    }

    /// Asks with these credentials.
    async fn ask(
        &self,
        path: &str,
        ask: &Terms,
        presented: Option<&Authorization>,
    ) -> Result<Reply, Failure> {
        let asking = async {
            match with_retries(&self.limits, || self.attempt(path, ask, presented)).await {
                // The part that was kept does not go with what is there now.
                Err(Failure {
                    error: UpstreamError::Status { status: 416, .. },
                    ..
                }) if ask.resume.is_some() => {
                    let whole = ask.whole();
                    with_retries(&self.limits, || self.attempt(path, &whole, presented)).await
                }
                reply => reply,
            }
        };
        let late = |_| {
            Failure::last(UpstreamError::Timeout {
                stage: Stage::Overall,
                after: self.limits.overall,
            })
        };
        timeout(self.limits.overall, asking).await.map_err(late)?
    }

    /// One attempt, with its redirects.
    async fn attempt(
        &self,
        path: &str,
        ask: &Terms,
        presented: Option<&Authorization>,
    ) -> Result<Reply, Failure> {
        let url = self.base.join_path(path);
        let mut hop = Hop::first(url.as_url().clone());
        for _ in 0..=redirect::MOST {
            if self.own.contains(&hop.url) || self.node_is_own(&hop) {
                return Err(Failure::last(UpstreamError::Loop));
            }
            let way = self.clients.way(&hop.url, hop.after_public);
            let mut headers = self.headers(&hop, &ask.hops, presented);
            put_conditions(&mut headers, ask);
            if let Some(trace) = ask.trace.as_ref().filter(|_| self.passes_on(&hop)) {
                put_trace(&mut headers, trace);
            }
            let response = self
                .send(&hop, way, headers, self.limits.first_byte)
                .await?;
            if !redirect::is_redirect(response.status()) {
                let hidden = self.hidden(&hop, presented);
                let failed = |failure| refused_by_it(failure, &hop, presented);
                return answer::read(response, ask, &self.limits, &hidden)
                    .await
                    .map_err(failed);
            }
            hop = self
                .follow(hop, ask.privacy, way, &response)
                .map_err(|reason| Failure::last(UpstreamError::Redirect { reason }))?;
        }
        Err(Failure::last(UpstreamError::Redirect {
            reason: RedirectRefusal::TooMany,
        }))
    }

    /// Sends one request, and waits for the head of its answer.
    async fn send(
        &self,
        hop: &Hop,
        way: Way,
        headers: HeaderMap,
        within: Duration,
    ) -> Result<Response, Failure> {
        let clients = self.clients_for(hop);
        let client = clients
            .client(&hop.url, way, hop.own_origin)
            .await
            .map_err(Failure::last)?;
        let (url, headers) = node::toward(clients.pinned_to(), &hop.url, headers);
        let sent = client.get(url).headers(headers).send();
        let response = timeout(within, sent)
            .await
            .map_err(|_| {
                Failure::last(UpstreamError::Timeout {
                    stage: Stage::FirstByte,
                    after: within,
                })
            })?
            .map_err(|error| cause::before_head(&error, way, &self.limits))?;
        // What stands behind the HTTP proxy has not been asked at all.
        if way == Way::Proxied && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(Failure::last(UpstreamError::Unreachable {
                step: Step::ProxyCredentials,
                cause: "it wants a user name and password (407)".to_owned(),
            }));
        }
        Ok(response)
    }

    /// The headers of every request.
    fn headers(&self, hop: &Hop, hops: &[String], presented: Option<&Authorization>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        put(&mut headers, header::ACCEPT_ENCODING, "identity");
        if hop.own_origin {
            let name = HeaderName::from_static(HOP_HEADER);
            put(&mut headers, name, &hop::onward(hops, &self.instance));
            if let Some(value) = presented.and_then(Authorization::to_value) {
                headers.insert(header::AUTHORIZATION, value);
            }
        }
        headers
    }

    /// Whether the trace of a request is told over this hop: to the upstream itself, where a person named its host or that of
    /// the pool that it is a node of.
    fn passes_on(&self, hop: &Hop) -> bool {
        let is_named = |url| self.pass_on.names(url);
        hop.own_origin && (is_named(&self.base) || self.of.as_ref().is_some_and(is_named))
    }

    /// What a text that came over this hop must not repeat.
    fn hidden(&self, hop: &Hop, presented: Option<&Authorization>) -> Vec<Secret> {
        let mut hidden = self.hidden.clone();
        hidden.extend(
            presented
                .map_or(&[][..], Authorization::hidden)
                .iter()
                .cloned(),
        );
        hidden.extend(self.clients.proxy_secrets(&hop.url));
        text::worth_hiding(hidden)
    }

    /// The hop after a redirect.
    fn follow(
        &self,
        hop: Hop,
        privacy: Privacy,
        way: Way,
        response: &Response,
    ) -> Result<Hop, RedirectRefusal> {
        let peer = if way == Way::Proxied {
            None
        } else {
            response.remote_addr()
        };
        let after_public = hop.after_public || is_public_host(&hop.url, peer);
        let url = redirect::target(
            &hop.url,
            after_public,
            response.headers().get(header::LOCATION),
        )?;
        match privacy {
            Privacy::Public => {}
            Privacy::Private => self.private_redirects.allow(self.base.as_url(), &url)?,
        }
        // Once lost, trust does not come back: the way back may be another's idea.
        let own_origin = hop.own_origin && url.origin() == self.base.as_url().origin();
        Ok(Hop {
            url,
            own_origin,
            after_public,
        })
    }
}

/// Tells a 401 to what was presented from one of somebody else, to whom nothing was shown.
fn refused_by_it(failure: Failure, hop: &Hop, presented: Option<&Authorization>) -> Failure {
    let refused = matches!(failure.error, UpstreamError::Refused { status: 401, .. });
    if refused && hop.own_origin && presented.is_some() {
        Failure {
            again: Again::Renewed,
            ..failure
        }
    } else {
        failure
    }
}

/// The headers that say what is there already.
fn put_conditions(headers: &mut HeaderMap, ask: &Terms) {
    if let Some(validators) = &ask.validators {
        if let Some(etag) = &validators.etag {
            put(headers, header::IF_NONE_MATCH, etag);
        }
        if let Some(date) = &validators.last_modified {
            put(headers, header::IF_MODIFIED_SINCE, date);
        }
    }
    // A weak tag does not vouch for bytes, so it may not stand in If-Range (RFC 9110, section 13.1.5).
    if let Some(resume) = ask
        .resume
        .as_ref()
        .filter(|resume| resume.from > 0 && resume.etag.starts_with('"'))
    {
        put(headers, header::RANGE, &format!("bytes={}-", resume.from));
        put(headers, header::IF_RANGE, &resume.etag);
    }
}

/// The headers that say which trace it belongs to.
fn put_trace(headers: &mut HeaderMap, trace: &TraceContext) {
    let name = HeaderName::from_static;
    put(headers, name("traceparent"), &trace.traceparent());
    if let Some(state) = trace.tracestate() {
        put(headers, name("tracestate"), state);
    }
}

/// What came from elsewhere and is no header value is better left out than fatal.
fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod answers;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod redirects;
#[cfg(test)]
mod traces;
