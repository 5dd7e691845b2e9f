//! The origin a credential belongs to: scheme, host and port, in one canonical form.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use secret::{SafeUrl, Secret, UrlError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

/// `https://host[:port]` or `http://host[:port]`: the host in lower case (IDNA in its ASCII form, IPv6 in brackets), the
/// port only where it is not the scheme's own (RFC 6454, section 6.2). No path, user info or query can be in it, so it may
/// be shown anywhere.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(String);

/// Why a text or a URL has no origin that a credential could belong to. Quotes nothing that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// No URL at all, or none of a scheme that Larder takes.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// `file://`: no server, so nobody to show a credential to.
    #[error(
        "a file:// URL names no server, so no credential can belong to it; give an https:// URL"
    )]
    File,
    /// The text holds more than an origin.
    #[error(
        "this is more than an origin; write https://host or https://host:port and nothing behind it"
    )]
    More,
}

impl Origin {
    /// The origin of an upstream's URL. Its path, user info and query play no part.
    ///
    /// # Errors
    /// [`OriginError::File`] for a URL without a server.
    pub fn of(url: &SafeUrl) -> Result<Self, OriginError> {
        if url.host_str().is_none_or(str::is_empty) {
            return Err(OriginError::File);
        }
        Ok(Self(url.origin()))
    }

    /// `https://host[:port]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &str {
        self.split().0
    }

    /// `host[:port]`: what `.netrc` names in Go's reading, and what git calls the host.
    pub fn authority(&self) -> &str {
        self.split().1
    }

    /// Whether what is sent there can be read by nobody on the way: `https`, or a loopback address of this machine.
    pub fn is_private(&self) -> bool {
        self.scheme() == "https" || self.is_loopback()
    }

    fn is_loopback(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else {
            return false;
        };
        match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        }
    }

    fn split(&self) -> (&str, &str) {
        self.0
            .split_once("://")
            .expect("an origin is made with a scheme")
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    /// Reads an origin and nothing more: it may be written in another case, with the scheme's own port or a last slash.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let url = SafeUrl::parse(text)?;
        let origin = Self::of(&url)?;
        let plain = url.as_url();
        let more = url.user_info().is_some()
            || plain.path() != "/"
            || plain.query().is_some()
            || plain.fragment().is_some();
        if more {
            return Err(OriginError::More);
        }
        Ok(origin)
    }
}

impl TryFrom<&SafeUrl> for Origin {
    type Error = OriginError;

    fn try_from(url: &SafeUrl) -> Result<Self, OriginError> {
        Self::of(url)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Whoever writes an origin by hand may put a password into it: the text is held as a secret until it proved none.
        let text = Secret::deserialize(deserializer)?;
        text.expose().parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn one_form_for_every_spelling() {
        for (written, canonical) in [
            ("https://proxy.corp.example", "https://proxy.corp.example"),
            (
                "HTTPS://Proxy.Corp.Example:443/",
                "https://proxy.corp.example",
            ),
            ("http://h.example:80", "http://h.example"),
            ("https://h.example:8443", "https://h.example:8443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            (" https://h.example ", "https://h.example"),
        ] {
            assert_eq!(origin(written).as_str(), canonical);
        }
        let one = origin("https://h.example:8443");
        assert_eq!((one.scheme(), one.authority()), ("https", "h.example:8443"));
    }

    #[test]
    fn scheme_host_and_port_tell_origins_apart() {
        let all = [
            "https://h.example",
            "http://h.example",
            "https://h.example:8443",
            "https://g.h.example",
            "https://h.example.",
        ];
        for (i, one) in all.iter().enumerate() {
            for other in &all[i + 1..] {
                assert_ne!(origin(one), origin(other));
            }
        }
    }

    #[test]
    fn a_url_gives_its_origin_and_nothing_else_of_it() {
        let url = SafeUrl::parse("https://bob:hunter2@H.example:8443/go?token=t0k3n").unwrap();
        let shown = format!(
            "{} {:?}",
            Origin::of(&url).unwrap(),
            Origin::of(&url).unwrap()
        );
        assert_eq!(
            shown,
            "https://h.example:8443 Origin(https://h.example:8443)"
        );
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused_and_not_quoted() {
        for text in [
            "https://bob:hunter2@h.example",
            "https://h.example/hunter2",
            "https://h.example/?hunter2",
            "https://h.example/#hunter2",
        ] {
            let error = text.parse::<Origin>().unwrap_err();
            assert_eq!(error, OriginError::More);
            assert!(!error.to_string().contains("hunter2"));
            let json = serde_json::to_string(text).unwrap();
            let error = serde_json::from_str::<Origin>(&json).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert_eq!("file:///srv/go".parse::<Origin>(), Err(OriginError::File));
        assert!(matches!(
            "h.example".parse::<Origin>(),
            Err(OriginError::Url(_))
        ));
    }

    #[test]
    fn private_is_https_or_this_machine() {
        for (text, private) in [
            ("https://h.example", true),
            ("http://h.example", false),
            ("http://localhost:3000", true),
            ("http://go.localhost", true),
            ("http://notlocalhost", false),
            ("http://127.8.9.1", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(origin(text).is_private(), private, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_a_fixed_point(text in "(https?|HTTP)://[a-zA-Z0-9.-]{1,20}(:[0-9]{1,5})?/?") {
            if let Ok(one) = text.parse::<Origin>() {
                prop_assert_eq!(&one.as_str().parse::<Origin>().unwrap(), &one);
                let json = serde_json::to_string(&one).unwrap();
                prop_assert_eq!(serde_json::from_str::<Origin>(&json).unwrap(), one);
            }
        }
    }
}
