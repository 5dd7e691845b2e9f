//! One node of an upstream that has several.

use std::net::SocketAddr;

use http::{HeaderMap, header};
use secret::SafeUrl;
use url::Url;

use super::{Asked, Hop, Http, put};
use crate::address::names_this_machine;
use crate::ask::{Reply, Terms};
use crate::client::HttpClients;
use crate::credentials::{Authorization, Presenting};
use crate::retry::Failure;
use crate::{ChainParts, UpstreamError, text};

impl Http {
    /// A node of the upstream at `of`, listed with a URL of its own. It is shown what the upstream is shown, where that does
    /// not travel in the open, and a private name may go from it to the upstream.
    pub(crate) fn of_node(url: &SafeUrl, of: &SafeUrl, parts: &ChainParts) -> Self {
        let mut node = Self::new(url.clone(), parts, Asked::Proxy);
        if url.user_info().is_none() {
            node.presenting = if node.is_covered() {
                Presenting::new(of, parts)
            } else {
                Presenting::Nothing
            };
        }
        node.hidden.extend(text::secrets_of(of));
        node.private_redirects = parts.private_redirects.and(of);
        node.of = Some(of.clone());
        node
    }

    /// The same upstream, but at this address whatever the DNS says.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self {
            node: Some(self.clients.pinned(address)),
            ..self.clone()
        }
    }

    /// Whether what is presented may be sent there: it does not travel in the open.
    pub(crate) fn is_covered(&self) -> bool {
        self.base.scheme() == "https" || names_this_machine(self.base.as_url())
    }

    /// Whether the node is this Larder, under another name.
    pub(super) fn node_is_own(&self, hop: &Hop) -> bool {
        let pinned = self.clients_for(hop).pinned_to();
        pinned.is_some_and(|address| self.own.has(address))
    }

    /// Makes the client, which may have to read the trust store.
    pub(crate) async fn warm(&self) -> Result<(), UpstreamError> {
        let hop = Hop::first(self.base.as_url().clone());
        let way = self.clients.way(&hop.url, false);
        self.clients_for(&hop)
            .client(&hop.url, way, hop.own_origin)
            .await
            .map(|_| ())
    }

    pub(super) fn clients_for(&self, hop: &Hop) -> &HttpClients {
        match &self.node {
            Some(node) if hop.own_origin => node,
            Some(_) | None => &self.clients,
        }
    }

    /// Asks once, with its redirects, and with what the upstream is shown unless there is something of its own.
    pub(crate) async fn once(
        &self,
        path: &str,
        ask: &Terms,
        presented: Option<&Authorization>,
    ) -> Result<Reply, Failure> {
        let presented = match &self.presenting {
            Presenting::OfUrl(own) => Some(own),
            Presenting::Kept { .. } | Presenting::Nothing => presented,
        };
        match self.attempt(path, ask, presented).await {
            Err(Failure {
                error: UpstreamError::Status { status: 416, .. },
                ..
            }) if ask.resume.is_some() => self.attempt(path, &ask.whole(), presented).await,
            reply => reply,
        }
    }
}

/// The URL to ask for and its headers, where a node may have another port than the URL says. A resolver's port is used only
/// where the URL has none, so it is taken out, and Host says it in its place; with TLS it is left out there too, for HTTP/2
/// takes the URL at its word.
pub(super) fn toward(
    pinned: Option<SocketAddr>,
    url: &Url,
    mut headers: HeaderMap,
) -> (Url, HeaderMap) {
    let mut url = url.clone();
    let differs = pinned.is_some_and(|to| Some(to.port()) != url.port_or_known_default());
    if differs {
        if let (Some(host), Some(port), "http") = (url.host_str(), url.port(), url.scheme()) {
            put(&mut headers, header::HOST, &format!("{host}:{port}"));
        }
        // Fails only for a URL without a host.
        let _ = url.set_port(None);
    }
    (url, headers)
}
