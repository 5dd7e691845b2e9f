//! What is Larder's own among the proxies of a GOPROXY list.

use std::net::IpAddr;

use go_module::{Fall, ProxyEntry, ProxyList, ProxySource};
use secret::{SafeUrl, Secret};

/// How Larder's own address is known.
#[derive(Debug)]
pub(super) struct Own {
    /// The ports that are or were its own.
    pub(super) ports: Vec<u16>,
    /// Its module token.
    pub(super) token: Secret,
}

impl Own {
    /// Whether a proxy's URL leads to this Larder: on this machine, at one of its ports or with its token.
    pub(super) fn is(&self, url: &str) -> bool {
        let Ok(url) = SafeUrl::parse(url) else {
            return false;
        };
        let url = url.as_url();
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let here = address.eq_ignore_ascii_case("localhost")
            || address
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        let token = url.path_segments().and_then(|mut path| path.next());
        here && (url
            .port_or_known_default()
            .is_some_and(|port| self.ports.contains(&port))
            || token.is_some_and(|token| Secret::new(token) == self.token))
    }

    /// The entries of a list that are not Larder's own, as they stand.
    pub(super) fn others(&self, list: &ProxyList) -> Vec<ProxyEntry> {
        without(list, |url| self.is(url))
    }
}

/// The entries of a list but for the URLs that are not wanted.
pub(super) fn without(list: &ProxyList, unwanted: impl Fn(&str) -> bool) -> Vec<ProxyEntry> {
    let entries = list.entries.iter().filter(|entry| match &entry.source {
        ProxySource::Url(url) => !unwanted(url),
        ProxySource::Direct | ProxySource::Off => true,
    });
    entries.cloned().collect()
}

/// The GOPROXY value of these entries, with what may be secret in it.
pub(super) fn text(entries: &[ProxyEntry]) -> String {
    let mut text = String::new();
    for (at, entry) in entries.iter().enumerate() {
        text += match &entry.source {
            ProxySource::Url(url) => url,
            ProxySource::Direct => "direct",
            ProxySource::Off => "off",
        };
        if at + 1 < entries.len() {
            text += match entry.then {
                Some(Fall::OnAnyError) => "|",
                Some(Fall::OnNotFound) | None => ",",
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Own {
        Own {
            ports: vec![4677, 40001],
            token: Secret::new("t0ken"),
        }
    }

    #[test]
    fn larder_is_known_by_its_port_and_by_its_token() {
        for (url, is) in [
            ("http://127.0.0.1:4677/t0ken", true),
            ("http://127.0.0.1:4677/another", true),
            ("http://localhost:40001/t0ken/", true),
            ("http://[::1]:4677/t0ken", true),
            ("http://127.0.0.1:5000/t0ken", true),
            // Another one's on this machine.
            ("http://127.0.0.1:5000/other", false),
            ("http://127.0.0.1:5000", false),
            ("http://proxy.corp.example:4677/t0ken", false),
            ("https://proxy.corp.example/t0ken", false),
            ("file:///srv/t0ken", false),
        ] {
            assert_eq!(own().is(url), is, "{url}");
        }
    }

    #[test]
    fn what_is_left_of_a_list_stands_as_it_stood() {
        for (list, left) in [
            ("http://127.0.0.1:4677/t0ken", ""),
            (
                "http://127.0.0.1:4677/t0ken|https://me:pw@a.example,direct",
                "https://me:pw@a.example,direct",
            ),
            (
                "https://a.example|http://127.0.0.1:4677/t0ken,https://b.example",
                "https://a.example|https://b.example",
            ),
            ("off", "off"),
        ] {
            let list = ProxyList::parse(list).unwrap();
            assert_eq!(text(&own().others(&list)), left);
        }
    }
}
