//! Who is let in: own host names only, the right token, and nobody who was sent by a web page other than the window.

use std::net::SocketAddr;
use std::time::Instant;

use app::App;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderName, HeaderValue, Request, Version};

use crate::window::Keys;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The names under which this server is addressed. A web page whose own name was made to point here (DNS rebinding)
/// comes with another one.
#[derive(Debug)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    /// The names at this port.
    pub(crate) fn at(port: u16) -> Self {
        let names = ["127.0.0.1", "localhost", "[::1]"];
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            // Where the port is the scheme's own it is left out (RFC 9110 section 7.2).
            hosts.extend(names.map(str::to_owned));
        }
        Self(hosts)
    }

    /// The names at one loopback address, which need not be 127.0.0.1.
    pub(crate) fn at_address(address: SocketAddr) -> Self {
        let mut hosts = Self::at(address.port());
        hosts.0.push(address.to_string());
        hosts
    }

    /// Whether the request is addressed to us: by its one Host header and, where its target is a whole URL, by that too
    /// (RFC 9112 section 3.2). HTTP/1.0 knows no Host; such a client is no browser, and its token decides.
    pub(crate) fn are_own<B>(&self, request: &Request<B>) -> bool {
        let mut named = request.headers().get_all(HOST).iter();
        let by_header = match (named.next(), named.next()) {
            (Some(host), None) => self.holds(host.as_bytes()),
            (None, _) => request.version() == Version::HTTP_10,
            (Some(_), Some(_)) => false,
        };
        let by_target = request
            .uri()
            .authority()
            .is_none_or(|authority| self.holds(authority.as_str().as_bytes()));
        by_header && by_target
    }

    fn holds(&self, host: &[u8]) -> bool {
        self.0
            .iter()
            .any(|own| own.as_bytes().eq_ignore_ascii_case(host))
    }
}

/// Whether a request to the control API is let in: Larder's programs with their token, and pages of its own with a key.
/// Neither opens for the other.
pub(crate) fn lets_control<B>(app: &App, hosts: &Hosts, keys: &Keys, request: &Request<B>) -> bool {
    let Some(bearer) = bearer(request).filter(|_| hosts.are_own(request)) else {
        return false;
    };
    if is_from_a_page(request) {
        is_from_own_page(request) && keys.hold(bearer, Instant::now())
    } else {
        app.tokens().is_control(bearer)
    }
}

/// Whether a request for the metrics at Larder's own port is let in: they are served there, and it has their token.
pub(crate) fn lets_metrics<B>(app: &App, hosts: &Hosts, request: &Request<B>) -> bool {
    app.settings().metrics.token
        && lets_in_by_itself(hosts, request)
        && bearer(request).is_some_and(|bearer| app.tokens().is_metrics(bearer))
}

/// Whether a request is let in that no web page had sent, at an address that is open to this computer.
pub(crate) fn lets_in_by_itself<B>(hosts: &Hosts, request: &Request<B>) -> bool {
    hosts.are_own(request) && !is_from_a_page(request)
}

/// Whether a request for one of the window's files is let in: a person typed its address, or the window itself asks.
pub(crate) fn lets_window<B>(hosts: &Hosts, request: &Request<B>) -> bool {
    hosts.are_own(request)
        && !is_framed(request)
        && (!is_from_a_page(request) || is_from_own_page(request))
}

/// Whether a page may be let in with a code: it comes from a local file, whose origin is `null`, and is what the person
/// sees next. The code decides the rest.
pub(crate) fn lets_enter<B>(hosts: &Hosts, request: &Request<B>) -> bool {
    hosts.are_own(request)
        && !is_framed(request)
        && every(request, &ORIGIN, |origin| origin == "null")
        && every(request, &SEC_FETCH_MODE, |mode| mode == "navigate")
}

/// Whether it is to be shown inside another page.
fn is_framed<B>(request: &Request<B>) -> bool {
    const INSIDE: [&str; 5] = ["iframe", "frame", "embed", "object", "fencedframe"];
    !every(request, &SEC_FETCH_DEST, |dest| !INSIDE.contains(&dest))
}

/// Whether it was sent by a page of this very address: the browser says that it was.
fn is_from_own_page<B>(request: &Request<B>) -> bool {
    let host = request.headers().get(HOST).map(HeaderValue::as_bytes);
    let own = |origin: &str| origin.strip_prefix("http://").map(str::as_bytes) == host;
    request.headers().contains_key(&SEC_FETCH_SITE)
        && every(request, &SEC_FETCH_SITE, |site| site == "same-origin")
        && every(request, &ORIGIN, own)
}

/// Whether each header of this name is so; also where there is none.
fn every<B>(request: &Request<B>, name: &HeaderName, is: impl Fn(&str) -> bool) -> bool {
    let mut values = request.headers().get_all(name).iter();
    values.all(|value| value.to_str().is_ok_and(&is))
}

/// Whether a web page had it sent. Browsers say so, and no page can make them leave it out.
fn is_from_a_page<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    // `none` is a person who typed the address.
    headers.contains_key(ORIGIN)
        || headers
            .get_all(SEC_FETCH_SITE)
            .iter()
            .any(|site| site != "none")
}

fn bearer<B>(request: &Request<B>) -> Option<&str> {
    let (scheme, token) = request
        .headers()
        .get(AUTHORIZATION)
        .map(HeaderValue::to_str)?
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, version: Version, headers: &[(&str, &str)]) -> Request<()> {
        let mut builder = Request::builder().uri(target).version(version);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    #[test]
    fn own_names_are_let_in_and_no_others() {
        let hosts = Hosts::at(4677);
        for own in [
            "127.0.0.1:4677",
            "localhost:4677",
            "LocalHost:4677",
            "[::1]:4677",
        ] {
            assert!(
                hosts.are_own(&request("/x", Version::HTTP_11, &[("host", own)])),
                "{own}"
            );
        }
        for foreign in [
            "127.0.0.1",
            "127.0.0.1:4678",
            "localhost",
            "example.com:4677",
            "127.0.0.1:4677.example.com",
            "[::1]",
            "localhost.:4677",
            "",
        ] {
            assert!(
                !hosts.are_own(&request("/x", Version::HTTP_11, &[("host", foreign)])),
                "{foreign:?}"
            );
        }
        assert!(Hosts::at(80).are_own(&request("/x", Version::HTTP_11, &[("host", "localhost")])));
    }

    #[test]
    fn a_host_is_named_once_and_missing_in_http_1_0_only() {
        let hosts = Hosts::at(1);
        let twice = [("host", "localhost:1"), ("host", "localhost:1")];
        assert!(!hosts.are_own(&request("/x", Version::HTTP_11, &twice)));
        assert!(!hosts.are_own(&request("/x", Version::HTTP_11, &[])));
        assert!(hosts.are_own(&request("/x", Version::HTTP_10, &[])));
        assert!(!hosts.are_own(&request("/x", Version::HTTP_10, &[("host", "example.com")])));
    }

    #[test]
    fn a_target_that_names_another_host_is_refused_whatever_the_header_says() {
        let hosts = Hosts::at(1);
        let own = [("host", "localhost:1")];
        assert!(hosts.are_own(&request("http://127.0.0.1:1/x", Version::HTTP_11, &own)));
        assert!(!hosts.are_own(&request("http://example.com:1/x", Version::HTTP_11, &own)));
        assert!(!hosts.are_own(&request("http://me@127.0.0.1:1/x", Version::HTTP_11, &own)));
    }

    #[test]
    fn what_a_page_had_sent_is_known() {
        for (headers, from_a_page) in [
            (&[][..], false),
            (&[("sec-fetch-site", "none")][..], false),
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "cross-site")][..], true),
            (&[("origin", "null")][..], true),
            (&[("origin", "http://localhost:1")][..], true),
        ] {
            assert_eq!(
                is_from_a_page(&request("/x", Version::HTTP_11, headers)),
                from_a_page,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_bearer_token_is_read() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc", Some("abc")),
            ("Basic abc", None),
            ("abc", None),
        ] {
            assert_eq!(
                bearer(&request(
                    "/x",
                    Version::HTTP_11,
                    &[("authorization", value)]
                )),
                token,
                "{value}"
            );
        }
    }
}
