//! The DNS: the addresses of a name, the services of one, and for how long they hold.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::BoxFuture;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup as Answer;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

/// How long one server may take for one question, which is asked twice at most.
const TIMEOUT: Duration = Duration::from_secs(2);
/// For how long the system's own answers are taken to hold: it does not say.
const UNSAID: Duration = Duration::from_secs(30);

/// What a name was found to have, and for how long that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<T> {
    pub(super) all: Vec<T>,
    pub(super) holds_for: Duration,
}

/// A target of SRV records (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) priority: u16,
    pub(super) weight: u16,
}

/// Looks names up. Nothing found is an error, whose text is for a person.
pub(super) trait Lookup: Send + Sync {
    /// The addresses of a host.
    fn addresses<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Found<IpAddr>, String>>;

    /// The targets of a service.
    fn targets<'a>(&'a self, service: &'a str) -> BoxFuture<'a, Result<Found<Target>, String>>;
}

/// The DNS as this server knows it, or those that the system asks.
pub(super) struct Dns {
    pub(super) server: Option<SocketAddr>,
}

impl Dns {
    /// Made anew for each look: a laptop's servers change with its network, and nothing is to be remembered beyond its time.
    async fn resolver(&self) -> Result<TokioResolver, NetError> {
        let server = self.server;
        let make = move || {
            let builder = match server {
                Some(server) => {
                    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                    for connection in &mut connections {
                        connection.port = server.port();
                    }
                    let mut server = NameServerConfig::udp_and_tcp(server.ip());
                    server.connections = connections.into();
                    let config = ResolverConfig::from_name_servers(vec![server]);
                    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
                }
                // Reads files.
                None => TokioResolver::builder_tokio()?,
            };
            builder.with_changes().build()
        };
        let made = tokio::task::spawn_blocking(make).await;
        made.unwrap_or_else(|_| Err(NetError::from("interrupted")))
    }
}

/// What is the same for all servers.
trait Changed {
    fn with_changes(self) -> Self;
}

impl Changed for hickory_resolver::ResolverBuilder<TokioRuntimeProvider> {
    fn with_changes(mut self) -> Self {
        let options: &mut ResolverOpts = self.options_mut();
        options.timeout = TIMEOUT;
        options.attempts = 1;
        options.cache_size = 0;
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        self
    }
}

impl Lookup for Dns {
    fn addresses<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Found<IpAddr>, String>> {
        Box::pin(async move {
            let looked = match self.resolver().await {
                Ok(resolver) => resolver.lookup_ip(host).await,
                Err(error) => Err(error),
            };
            match looked {
                Ok(found) => {
                    let addresses = found.iter().collect();
                    whole(host, addresses, found.as_lookup())
                }
                // What a system knows of names is more than the DNS.
                Err(error) if self.server.is_none() => {
                    by_the_system(host).await.ok_or_else(|| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn targets<'a>(&'a self, service: &'a str) -> BoxFuture<'a, Result<Found<Target>, String>> {
        Box::pin(async move {
            let resolver = self.resolver().await.map_err(|error| error.to_string())?;
            let looked = resolver.srv_lookup(service).await;
            let found = looked.map_err(|error| error.to_string())?;
            let targets = found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    // "." says that there is no such service.
                    RData::SRV(srv) if !srv.target.is_root() => Some(Target {
                        host: srv.target.to_utf8(),
                        port: srv.port,
                        priority: srv.priority,
                        weight: srv.weight,
                    }),
                    _ => None,
                });
            let targets = targets.collect();
            whole(service, targets, &found)
        })
    }
}

/// What was found with the time for which all of it holds.
fn whole<T>(name: &str, all: Vec<T>, answer: &Answer) -> Result<Found<T>, String> {
    if all.is_empty() {
        return Err(format!("{name} has nothing of the kind"));
    }
    let seconds = answer.answers().iter().map(|record| record.ttl).min();
    Ok(Found {
        all,
        holds_for: Duration::from_secs(seconds.unwrap_or(0).into()),
    })
}

async fn by_the_system(host: &str) -> Option<Found<IpAddr>> {
    let found = tokio::net::lookup_host((host, 0)).await.ok()?;
    let mut all: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    all.dedup();
    (!all.is_empty()).then_some(Found {
        all,
        holds_for: UNSAID,
    })
}
