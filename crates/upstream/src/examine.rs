//! Whether what stands at an address is a module proxy that lets this person in. What it is asked names nobody's module.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use go_module::{ModulePath, Request, list};
use tokio::time::timeout;

use crate::certificate::{self, Certificate};
use crate::{Ask, Privacy, Probe, Upstream, UpstreamError};

/// The module that is asked for: under a name that never has an address (RFC 6761, section 6.4), so nobody has it, and a
/// proxy that looks for it is told so at once.
const NOBODYS: &str = "larder.invalid/test";
/// The longest answer that is looked at.
const LONGEST: u64 = 1 << 16;
/// How long looking up its addresses and its certificate may take, each.
const LOOK: Duration = Duration::from_secs(3);

/// What stands at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// That it is there.
    pub probe: Probe,
    /// The addresses of its host; none behind an HTTP proxy, and of a folder.
    pub addresses: Vec<IpAddr>,
    /// How it answered a question to a module proxy.
    pub manners: Manners,
}

/// How something answers a question to a module proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manners {
    /// As a module proxy does.
    Proxy,
    /// It wants credentials for that, others, or gives it to nobody.
    Refused {
        /// 401 or 403.
        status: u16,
    },
    /// Otherwise: what it said.
    Other(String),
}

impl Upstream {
    /// Looks whether a module proxy stands there, and whether it lets this person in.
    ///
    /// # Errors
    /// As [`Upstream::probe`].
    pub async fn examine(&self) -> Result<Examined, UpstreamError> {
        let (probe, addresses) = tokio::join!(self.probe(), self.addresses());
        let probe = probe?;
        let manners = if self.http().is_some() && probe.authorised {
            self.manners().await?
        } else {
            Manners::Proxy
        };
        Ok(Examined {
            probe,
            addresses,
            manners,
        })
    }

    async fn manners(&self) -> Result<Manners, UpstreamError> {
        let Ok(path) = ModulePath::parse(NOBODYS) else {
            return Ok(Manners::Proxy);
        };
        let ask = Ask::new(Request::List(path), Privacy::Public, LONGEST);
        let answered = self.fetch_whole(ask, |_, _| Ok(())).await;
        match answered.map(|whole| whole.body) {
            // Nobody has it, so a list is empty; but not every proxy has good manners.
            Ok(body) if list::parse(&body).is_ok() => Ok(Manners::Proxy),
            Ok(_) => Ok(Manners::Other(
                "it answered with something that is no list of versions".to_owned(),
            )),
            Err(UpstreamError::Refused { status, .. }) => Ok(Manners::Refused { status }),
            Err(
                UpstreamError::NotFound { .. }
                | UpstreamError::Throttled { .. }
                | UpstreamError::Status {
                    status: 400 | 422, ..
                },
            ) => Ok(Manners::Proxy),
            Err(
                error @ (UpstreamError::Status { .. }
                | UpstreamError::TooLarge { .. }
                | UpstreamError::Redirect { .. }
                | UpstreamError::Malformed { .. }
                | UpstreamError::Broken { .. }),
            ) => Ok(Manners::Other(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// The certificate that it shows; none where it shows none, or an HTTP proxy stands in between.
    pub async fn certificate(&self) -> Option<Certificate> {
        self.url().filter(|url| url.scheme() == "https")?;
        let (host, addresses) = self.found().await?;
        let look = move || certificate::of(&host, &addresses, LOOK);
        tokio::task::spawn_blocking(look).await.ok()?
    }

    async fn addresses(&self) -> Vec<IpAddr> {
        let found = self.found().await;
        let (_, addresses) = found.unwrap_or_default();
        let mut addresses: Vec<IpAddr> = addresses.iter().map(SocketAddr::ip).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// Its host, and where that is found; nothing where an HTTP proxy looks that up.
    async fn found(&self) -> Option<(String, Vec<SocketAddr>)> {
        if self.http()?.is_proxied() {
            return None;
        }
        let url = self.url()?.as_url();
        let host = url.host_str()?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = url.port_or_known_default()?;
        let found = timeout(LOOK, tokio::net::lookup_host((host.as_str(), port)));
        let addresses = found.await.ok()?.ok()?.collect();
        Some((host, addresses))
    }
}

#[cfg(test)]
mod tests {
    use test_support::{FakeProxy, TlsFront};

    use super::*;
    use crate::Step;
    use crate::testing::{Act, Fake, PLAIN, answer, parts, redirect, upstream};

    async fn manners(act: impl Fn() -> Act + Send + Sync + 'static) -> Manners {
        let fake = Fake::start(move |_, seen| match seen.path() {
            "/" => answer(200, PLAIN, "hello"),
            _ => act(),
        })
        .await;
        let examined = upstream(&fake.url(), &parts()).examine().await.unwrap();
        let asked: Vec<String> = fake.seen().iter().map(|it| it.path().to_owned()).collect();
        assert_eq!(asked[..2], ["/", "/larder.invalid/test/@v/list"]);
        examined.manners
    }

    #[tokio::test]
    async fn a_proxy_has_its_own_way_to_say_that_there_is_nothing() {
        for status in [400, 404, 410, 422] {
            let found = manners(move || answer(status, PLAIN, "not found: no such host")).await;
            assert_eq!(found, Manners::Proxy, "{status}");
        }
        assert_eq!(manners(|| answer(200, PLAIN, "")).await, Manners::Proxy);
        for status in [401, 403] {
            let found = manners(move || answer(status, PLAIN, "no")).await;
            assert_eq!(found, Manners::Refused { status });
        }
    }

    #[tokio::test]
    async fn what_is_no_proxy_is_told_by_what_it_answers() {
        let page = "<!doctype html><html><body>Welcome to our pages</body></html>";
        let html = "Content-Type: text/html\r\n";
        let Manners::Other(said) = manners(move || answer(200, html, page)).await else {
            panic!("a page is no list")
        };
        assert!(said.contains("no list of versions"), "{said}");
        let Manners::Other(said) = manners(|| answer(405, PLAIN, "use POST")).await else {
            panic!("it takes no GET")
        };
        assert!(said.contains("405") && said.contains("use POST"), "{said}");
        let elsewhere = manners(|| redirect("ftp://elsewhere.example/")).await;
        assert!(matches!(elsewhere, Manners::Other(_)), "{elsewhere:?}");
    }

    #[tokio::test]
    async fn one_that_refuses_at_the_door_is_asked_nothing_more() {
        let fake = Fake::start(|_, _| answer(401, PLAIN, "who are you")).await;
        let examined = upstream(&fake.url(), &parts()).examine().await.unwrap();
        assert!(!examined.probe.authorised);
        assert_eq!(examined.probe.protocol, Some("HTTP/1.1"));
        assert_eq!(examined.addresses, [IpAddr::from([127, 0, 0, 1])]);
        assert_eq!(fake.count(), 1);
    }

    #[tokio::test]
    async fn whose_certificate_it_is_is_told_where_it_is_not_trusted() {
        let proxy = FakeProxy::start().await;
        let front = TlsFront::start(proxy.addr());
        let upstream = upstream(&front.url(), &parts());
        let error = upstream.examine().await.unwrap_err();
        assert!(
            matches!(
                error,
                UpstreamError::Unreachable {
                    step: Step::Tls,
                    ..
                }
            ),
            "{error:?}"
        );
        let shown = upstream.certificate().await.unwrap();
        assert_eq!(shown.subject, "localhost");
        assert_eq!(shown.issuer, "Larder test authority");
        assert_eq!(proxy.paths().len(), 0, "nothing was asked");
    }
}
