//! A module proxy over http or https: one request with its redirects, and the attempts at it.

use std::sync::Arc;

use data_encoding::BASE64;
use go_module::Request;
use http::{HeaderMap, HeaderValue, header};
use reqwest::Response;
use secret::{SafeUrl, Secret};
use tokio::time::timeout;
use url::Url;

use crate::address::is_public_host;
use crate::ask::{Ask, Reply};
use crate::client::{HttpClients, Way};
use crate::hop::{self, HOP_HEADER};
use crate::retry::{Failure, with_retries};
use crate::{
    ChainParts, Deadlines, OwnAddresses, RedirectRefusal, Stage, UpstreamError, answer, cause,
    redirect, text,
};

/// A module proxy over http or https.
pub(crate) struct Http {
    base: SafeUrl,
    /// Basic authorization out of the URL's user info (RFC 7617), marked so that no log shows it.
    authorization: Option<HeaderValue>,
    /// What the upstream's own texts must not repeat.
    hidden: Vec<Secret>,
    clients: HttpClients,
    own: OwnAddresses,
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

impl Http {
    pub(crate) fn new(base: SafeUrl, parts: &ChainParts, asked: Asked) -> Self {
        let authorization = base.user_info().and_then(|(name, password)| {
            let pair = Secret::new(format!("{}:{}", name.expose(), password.expose()));
            let mut value =
                HeaderValue::try_from(format!("Basic {}", BASE64.encode(pair.expose().as_bytes())))
                    .ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        let hidden = text::secrets_of(&base);
        Self {
            base: base.without_user_info(),
            authorization,
            hidden,
            clients: parts.http.clone(),
            own: parts.own.clone(),
            limits: parts.limits.clone(),
            instance: Arc::from(parts.instance.as_str()),
            asked,
        }
    }

    /// The path below the base URL.
    fn path_of(&self, request: &Request) -> String {
        let path = request.url_path();
        match (self.asked, request) {
            (Asked::ChecksumDatabase, Request::SumDb { .. }) => {
                path.splitn(3, '/').last().unwrap_or_default().to_owned()
            }
            (Asked::ChecksumDatabase | Asked::Proxy, _) => path,
        }
    }

    /// Asks, with retries and redirects, within the overall deadline.
    pub(crate) async fn fetch(&self, ask: &Ask) -> Result<Reply, UpstreamError> {
        if hop::is_loop(&ask.hops, &self.instance) {
            return Err(UpstreamError::Loop);
        }
        let asking = async {
            match with_retries(&self.limits, || self.attempt(ask)).await {
                // The part that was kept does not go with what is there now.
                Err(UpstreamError::Status { status: 416, .. }) if ask.resume.is_some() => {
                    let whole = Ask {
                        resume: None,
                        ..ask.clone()
                    };
                    with_retries(&self.limits, || self.attempt(&whole)).await
                }
                reply => reply,
            }
        };
        let late = |_| UpstreamError::Timeout {
            stage: Stage::Overall,
            after: self.limits.overall,
        };
        timeout(self.limits.overall, asking).await.map_err(late)?
    }

    /// One attempt, with its redirects.
    async fn attempt(&self, ask: &Ask) -> Result<Reply, Failure> {
        let url = self
            .base
            .join_path(&self.path_of(&ask.request))
            .as_url()
            .clone();
        let mut hop = Hop {
            url,
            own_origin: true,
            after_public: false,
        };
        for _ in 0..=redirect::MOST {
            if self.own.contains(&hop.url) {
                return Err(Failure::last(UpstreamError::Loop));
            }
            let way = self.clients.way(&hop.url, hop.after_public);
            let response = self.send(&hop, way, ask).await?;
            if !redirect::is_redirect(response.status()) {
                return answer::read(response, ask, &self.limits, &self.hidden).await;
            }
            hop = self
                .follow(hop, way, &response)
                .map_err(|reason| Failure::last(UpstreamError::Redirect { reason }))?;
        }
        Err(Failure::last(UpstreamError::Redirect {
            reason: RedirectRefusal::TooMany,
        }))
    }

    /// Sends one request, and waits for the head of its answer.
    async fn send(&self, hop: &Hop, way: Way, ask: &Ask) -> Result<Response, Failure> {
        let client = self
            .clients
            .client(&hop.url, way)
            .await
            .map_err(Failure::last)?;
        let sent = client
            .get(hop.url.clone())
            .headers(self.headers(hop, ask))
            .send();
        match timeout(self.limits.first_byte, sent).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(cause::before_head(&error, &self.limits)),
            Err(_) => Err(Failure::last(UpstreamError::Timeout {
                stage: Stage::FirstByte,
                after: self.limits.first_byte,
            })),
        }
    }

    fn headers(&self, hop: &Hop, ask: &Ask) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut put = |name, text: &str| {
            // What came from elsewhere and is no header value is better left out than fatal.
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        };
        put(header::ACCEPT_ENCODING, "identity");
        if let Some(validators) = &ask.validators {
            if let Some(etag) = &validators.etag {
                put(header::IF_NONE_MATCH, etag);
            }
            if let Some(date) = &validators.last_modified {
                put(header::IF_MODIFIED_SINCE, date);
            }
        }
        // A weak tag does not vouch for bytes, so it may not stand in If-Range (RFC 9110, section 13.1.5).
        if let Some(resume) = ask
            .resume
            .as_ref()
            .filter(|resume| resume.from > 0 && resume.etag.starts_with('"'))
        {
            put(header::RANGE, &format!("bytes={}-", resume.from));
            put(header::IF_RANGE, &resume.etag);
        }
        if hop.own_origin {
            put(
                HOP_HEADER.parse().expect("the name is lower-case ASCII"),
                &hop::onward(&ask.hops, &self.instance),
            );
            if let Some(authorization) = &self.authorization {
                headers.insert(header::AUTHORIZATION, authorization.clone());
            }
        }
        headers
    }

    /// The hop after a redirect.
    fn follow(&self, hop: Hop, way: Way, response: &Response) -> Result<Hop, RedirectRefusal> {
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
        // Once lost, trust does not come back: the way back may be another's idea.
        let own_origin = hop.own_origin && url.origin() == self.base.as_url().origin();
        Ok(Hop {
            url,
            own_origin,
            after_public,
        })
    }
}

#[cfg(test)]
mod answers;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod redirects;
