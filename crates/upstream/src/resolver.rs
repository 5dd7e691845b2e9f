//! Name look-up, with a form that gives public addresses only.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::is_private;

/// Looks names up as the system does, off the runtime; or has one answer for every name: the node that is meant.
///
/// The filtering form is for the targets of redirects from a public host. It must do the look-up itself rather than check
/// beforehand: a name may answer differently a moment later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver {
    pub(crate) public_only: bool,
    pub(crate) pinned: Option<SocketAddr>,
}

/// A name has addresses, and all of them are private. Found again in the causes of the client's error.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to private addresses only")]
pub(crate) struct OnlyPrivate;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let public_only = self.public_only;
        let pinned = self.pinned;
        Box::pin(async move {
            if let Some(pinned) = pinned {
                return Ok(Box::new(std::iter::once(pinned)) as Addrs);
            }
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses = if public_only {
                only_public(found)?
            } else {
                found.collect()
            };
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Leaves out what is private.
fn only_public(found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, OnlyPrivate> {
    let public: Vec<_> = found.filter(|address| !is_private(address.ip())).collect();
    if public.is_empty() {
        Err(OnlyPrivate)
    } else {
        Ok(public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_left_out() {
        let found: Vec<SocketAddr> = ["10.0.0.1:0", "203.0.113.7:0", "[::1]:0"]
            .map(|a| a.parse().unwrap())
            .to_vec();
        assert_eq!(only_public(found.clone().into_iter()).unwrap(), [found[1]]);
        assert!(only_public(found[..1].iter().copied()).is_err());
    }

    fn resolver(public_only: bool) -> Resolver {
        Resolver {
            public_only,
            pinned: None,
        }
    }

    #[tokio::test]
    async fn only_the_filtering_form_refuses_localhost() {
        let name = || "localhost".parse::<Name>().unwrap();
        assert!(resolver(false).resolve(name()).await.is_ok());
        let Err(refused) = resolver(true).resolve(name()).await else {
            panic!("localhost is private")
        };
        assert!(refused.is::<OnlyPrivate>());
    }

    #[tokio::test]
    async fn a_node_is_found_under_every_name() {
        let node: SocketAddr = "127.0.0.9:8443".parse().unwrap();
        let pinned = Resolver {
            pinned: Some(node),
            ..resolver(false)
        };
        let name = "goproxy.corp.example".parse().unwrap();
        let found: Vec<_> = pinned.resolve(name).await.unwrap().collect();
        assert_eq!(found, [node]);
    }
}
