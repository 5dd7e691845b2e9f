//! The HTTP clients: built when first needed, one for each way a request may go.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Intercept;
use reqwest::{Client, ClientBuilder, redirect};
use secret::Secret;
use tokio::sync::OnceCell;
use url::Url;

use crate::address::names_this_machine;
use crate::options::Checked;
use crate::resolver::Resolver;
use crate::{Authorization, Deadlines, HttpOptions, HttpOptionsError, Step, UpstreamError};

/// Idle connections that are kept, to one host. `go` asks for some ten files at once.
const IDLE_CONNECTIONS: usize = 8;
/// How long they are kept.
const IDLE_FOR: Duration = Duration::from_secs(60);
/// What one HTTP/2 stream may have under way, in bytes: a fast line at 50 ms is not throttled, a stalled reader costs little.
const STREAM_WINDOW: u32 = 1 << 20;
/// The same of one HTTP/2 connection, so that one stalled reader does not stall the others.
const CONNECTION_WINDOW: u32 = 4 << 20;
/// The largest head of an HTTP/2 answer, in bytes.
const LARGEST_HEAD: u32 = 64 * 1024;

/// The HTTP clients that all upstreams share. Clones share them too.
///
/// Nothing is built until it is needed: reading the system's trust store costs time and memory that a Larder with
/// everything cached, or with plain-http upstreams, never has to spend.
#[derive(Clone)]
pub struct HttpClients(Arc<Shared>);

struct Shared {
    connect: Duration,
    options: Arc<Checked>,
    clients: Mutex<Arc<Clients>>,
    /// The one address that all names lead to; else what the system finds.
    pinned: Option<SocketAddr>,
    /// Those that are pinned, for as long as somebody asks with them.
    nodes: Mutex<HashMap<SocketAddr, Weak<Shared>>>,
}

/// One client for each kind of TLS and each way.
#[derive(Default)]
struct Clients([[OnceCell<Client>; 3]; 3]);

/// Which way a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To its host.
    Straight,
    /// To its host, if that has a public address.
    Public,
    /// Through an HTTP or SOCKS proxy, which looks up the name.
    Proxied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    /// Never asked for an https URL, so it needs no trust store.
    None,
    /// With the trust store of the platform, and the extra authorities of the profile.
    System,
    /// The same, and with the client certificate of the profile.
    Identified,
}

impl HttpClients {
    /// Clients with the connect deadline of `limits`, and with the HTTP proxies that the environment names now.
    pub fn new(limits: &Deadlines) -> Self {
        Self::of(limits, Checked::of_environment())
    }

    /// The same, with what a profile says about the way.
    ///
    /// # Errors
    /// [`HttpOptionsError`] for the first of the options that can't be used.
    pub fn with(limits: &Deadlines, options: &HttpOptions) -> Result<Self, HttpOptionsError> {
        Ok(Self::of(limits, Checked::new(options)?))
    }

    fn of(limits: &Deadlines, options: Checked) -> Self {
        Self(Arc::new(Shared {
            connect: limits.connect,
            options: Arc::new(options),
            clients: Mutex::default(),
            pinned: None,
            nodes: Mutex::default(),
        }))
    }

    /// The same, with connections of their own to this address, whatever name is asked for.
    pub(crate) fn pinned(&self, to: SocketAddr) -> Self {
        let mut nodes = self.0.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.retain(|_, node| node.strong_count() > 0);
        if let Some(node) = nodes.get(&to).and_then(Weak::upgrade) {
            return Self(node);
        }
        let node = Arc::new(Shared {
            connect: self.0.connect,
            options: Arc::clone(&self.0.options),
            clients: Mutex::default(),
            pinned: Some(to),
            nodes: Mutex::default(),
        });
        nodes.insert(to, Arc::downgrade(&node));
        Self(node)
    }

    /// The one address that all names lead to.
    pub(crate) fn pinned_to(&self) -> Option<SocketAddr> {
        self.0.pinned
    }

    /// Lets go of all idle connections and of the trust store; requests under way end on what they began with. For when the
    /// network has changed or the machine has slept: connections from before may be dead without saying so.
    pub fn forget_connections(&self) {
        let nodes = self.0.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let nodes: Vec<_> = nodes.values().filter_map(Weak::upgrade).collect();
        for shared in std::iter::once(&self.0).chain(&nodes) {
            *shared
                .clients
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Arc::default();
        }
    }

    /// Which way to `url`. As with Go's `http.ProxyFromEnvironment`, this machine is never behind a proxy.
    /// `public_only` asks to refuse private addresses.
    pub(crate) fn way(&self, url: &Url, public_only: bool) -> Way {
        match self.proxy_of(url) {
            Some(_) => Way::Proxied,
            None if public_only => Way::Public,
            None => Way::Straight,
        }
    }

    fn proxy_of(&self, url: &Url) -> Option<Intercept> {
        if names_this_machine(url) {
            return None;
        }
        let uri = url.as_str().parse().ok()?;
        self.0.options.matcher.intercept(&uri)
    }

    /// What the HTTP proxy on the way to `url` is shown, which no text from there may repeat.
    pub(crate) fn proxy_secrets(&self, url: &Url) -> Vec<Secret> {
        let shown = || {
            let proxy = self.proxy_of(url)?;
            let value = proxy.basic_auth()?.to_str().ok()?;
            Authorization::header(Secret::new(value)).ok()
        };
        shown().map_or_else(Vec::new, |authorization| authorization.hidden().to_vec())
    }

    /// The client for `url` on its way. `identified` says that it may be shown the client certificate.
    pub(crate) async fn client(
        &self,
        url: &Url,
        way: Way,
        identified: bool,
    ) -> Result<Client, UpstreamError> {
        let proxy_is_https = || {
            self.proxy_of(url)
                .is_some_and(|proxy| proxy.uri().scheme_str() == Some("https"))
        };
        let tls = if url.scheme() == "https" {
            match &self.0.options.identity {
                Some(_) if identified => Tls::Identified,
                Some(_) | None => Tls::System,
            }
        } else if way == Way::Proxied && proxy_is_https() {
            Tls::System
        } else {
            Tls::None
        };
        let clients = Arc::clone(
            &self
                .0
                .clients
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let shared = Arc::clone(&self.0);
        let build = || async move {
            match tls {
                Tls::None => shared.build(tls, way),
                // Reads some hundred certificates.
                Tls::System | Tls::Identified => {
                    tokio::task::spawn_blocking(move || shared.build(tls, way))
                        .await
                        .unwrap_or_else(|_| Err("interrupted".to_owned()))
                }
            }
            .map_err(|cause| UpstreamError::Unreachable {
                step: Step::Tls,
                cause,
            })
        };
        clients.0[tls as usize][way as usize]
            .get_or_try_init(build)
            .await
            .cloned()
    }
}

impl Default for HttpClients {
    fn default() -> Self {
        Self::new(&Deadlines::default())
    }
}

impl fmt::Debug for HttpClients {
    // What the matcher of proxies prints may hold a password; a client certificate has a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClients")
    }
}

impl Shared {
    fn build(&self, tls: Tls, way: Way) -> Result<Client, String> {
        static CRYPTO: Once = Once::new();
        // Fails only where the program has chosen a provider already.
        CRYPTO.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));

        let builder = ClientBuilder::new()
            .user_agent(concat!("larder/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.connect)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_FOR)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_max_header_list_size(LARGEST_HEAD)
            // A connection that died in its sleep is noticed before the deadline of the answer, and another one is tried.
            .http2_keep_alive_interval(self.connect)
            .http2_keep_alive_timeout(self.connect)
            .dns_resolver(Resolver {
                public_only: way == Way::Public,
                pinned: self.pinned,
            });
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let builder = builder.tcp_user_timeout(self.connect * 2);
        let builder = match tls {
            Tls::None => builder.tls_certs_only([]),
            Tls::System | Tls::Identified => builder.tls_certs_merge(self.options.extra_ca.clone()),
        };
        let builder = match (tls, &self.options.identity) {
            (Tls::Identified, Some(identity)) => builder.identity(identity.clone()),
            (Tls::Identified | Tls::System | Tls::None, _) => builder,
        };
        let builder = match (way, &self.options.proxy) {
            (Way::Proxied, Some(proxy)) => builder.proxy(proxy.clone()),
            (Way::Proxied, None) => builder,
            (Way::Straight | Way::Public, _) => builder.no_proxy(),
        };
        builder.build().map_err(|error| {
            let mut innermost: &dyn std::error::Error = &error;
            while let Some(source) = innermost.source() {
                innermost = source;
            }
            innermost.to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use hyper_util::client::proxy::matcher::Matcher;

    use super::*;

    fn with_proxies(matcher: Matcher) -> HttpClients {
        let options = Checked {
            matcher,
            ..Checked::of_environment()
        };
        HttpClients::of(&Deadlines::default(), options)
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn proxies_are_for_other_machines_only() {
        let proxies = Matcher::builder()
            .all("http://user:pw@proxy.corp.example:3128")
            .no("inside.corp.example")
            .build();
        let clients = with_proxies(proxies);
        for (to, public_only, way) in [
            ("https://h.example/", false, Way::Proxied),
            ("http://h.example/", false, Way::Proxied),
            ("https://h.example/", true, Way::Proxied),
            ("https://a.inside.corp.example/", false, Way::Straight),
            ("https://a.inside.corp.example/", true, Way::Public),
            ("http://127.0.0.1:8080/", false, Way::Straight),
            ("http://localhost:8080/", false, Way::Straight),
            ("http://[::1]:8080/", false, Way::Straight),
        ] {
            assert_eq!(clients.way(&url(to), public_only), way, "{to}");
        }
        assert!(!format!("{clients:?}").contains("pw"));
    }

    #[tokio::test]
    async fn a_client_is_built_when_first_needed_and_then_kept() {
        let clients = with_proxies(Matcher::builder().build());
        let built = |clients: &HttpClients| {
            clients
                .0
                .clients
                .lock()
                .unwrap()
                .0
                .iter()
                .flatten()
                .filter(|cell| cell.initialized())
                .count()
        };
        assert_eq!(built(&clients), 0);
        for _ in 0..2 {
            clients
                .client(&url("http://h.example/"), Way::Straight, true)
                .await
                .unwrap();
            assert_eq!(built(&clients), 1);
        }
        clients
            .client(&url("http://h.example/"), Way::Public, true)
            .await
            .unwrap();
        assert_eq!(built(&clients), 2);
        clients.forget_connections();
        assert_eq!(built(&clients), 0);
    }
}
