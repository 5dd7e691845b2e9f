//! The addresses on which this Larder listens, so that it never asks itself.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use url::{Host, Url};

use crate::address::{is_this_machine, names_this_machine};

/// The addresses on which this Larder listens. Clones share one set, which is filled once the listener stands and is asked
/// before every request and redirect.
#[derive(Debug, Clone, Default)]
pub struct OwnAddresses(Arc<RwLock<Vec<SocketAddr>>>);

impl OwnAddresses {
    /// Nothing listens yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the set.
    pub fn set(&self, addresses: impl IntoIterator<Item = SocketAddr>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = addresses.into_iter().collect();
    }

    /// Whether this is one of its addresses.
    pub(crate) fn has(&self, address: SocketAddr) -> bool {
        let own = self.0.read().unwrap_or_else(PoisonError::into_inner);
        own.iter().any(|own| {
            let (ip, own_ip) = (address.ip().to_canonical(), own.ip().to_canonical());
            let any = own_ip.is_unspecified() && is_this_machine(ip);
            own.port() == address.port() && (ip == own_ip || any)
        })
    }

    /// Whether a URL leads to this Larder: one of its addresses, or any way to write this machine with a port of its own.
    ///
    /// A name that happens to resolve to this machine is not looked up here: the hop header catches that.
    pub(crate) fn contains(&self, url: &Url) -> bool {
        let Some(port) = url.port_or_known_default() else {
            return false;
        };
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(std::net::IpAddr::from(ip).to_canonical()),
            Some(Host::Domain(_)) | None => None,
        };
        let here = names_this_machine(url);
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .any(|own| {
                let own_ip = own.ip().to_canonical();
                own.port() == port && (ip == Some(own_ip) || (here && is_this_machine(own_ip)))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_this_machine_is_found() {
        let own = OwnAddresses::new();
        let asked = own.clone();
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(!asked.contains(&url("http://127.0.0.1:4677/")));
        own.set([
            "127.0.0.1:4677".parse().unwrap(),
            "10.0.0.7:80".parse().unwrap(),
        ]);
        for here in [
            "http://127.0.0.1:4677/t",
            "http://localhost:4677/",
            "http://x.localhost.:4677/",
            "http://[::1]:4677/",
            "http://0.0.0.0:4677/",
            "http://127.1:4677/",
            "https://127.0.0.1:4677/",
            "http://[::ffff:127.0.0.1]:4677/",
            "http://10.0.0.7/",
            "http://[::ffff:10.0.0.7]/",
        ] {
            assert!(asked.contains(&url(here)), "{here}");
        }
        for there in [
            "http://127.0.0.1:4678/",
            "http://10.0.0.8/",
            "http://proxy.corp.example:4677/",
            "https://10.0.0.7/",
            "http://localhost/",
        ] {
            assert!(!asked.contains(&url(there)), "{there}");
        }
    }

    #[test]
    fn an_address_is_known_whatever_name_it_has() {
        let own = OwnAddresses::new();
        own.set([
            "127.0.0.1:4677".parse().unwrap(),
            "[::]:80".parse().unwrap(),
        ]);
        for (address, is_own) in [
            ("127.0.0.1:4677", true),
            ("[::ffff:127.0.0.1]:4677", true),
            ("127.0.0.2:4677", false),
            ("127.0.0.1:4678", false),
            ("127.0.0.2:80", true),
            ("10.0.0.1:80", false),
        ] {
            assert_eq!(own.has(address.parse().unwrap()), is_own, "{address}");
        }
    }

    #[test]
    fn the_any_address_is_this_machine() {
        let own = OwnAddresses::new();
        own.set(["[::]:4677".parse().unwrap()]);
        assert!(own.contains(&Url::parse("http://localhost:4677/").unwrap()));
    }
}
