//! Where a redirect may lead.

use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use secret::SafeUrl;
use url::{Origin, Url};

use crate::RedirectRefusal;
use crate::address::is_written_private;

/// The most redirects that are followed in a row.
pub(crate) const MOST: usize = 5;

/// Whether a status is a redirect of a GET (RFC 9110, section 15.4).
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The target of a redirect from `from`. `from_public` says that a public host sent it, or one before it.
///
/// User info in the target is dropped: credentials are the person's to give.
pub(crate) fn target(
    from: &Url,
    from_public: bool,
    location: Option<&HeaderValue>,
) -> Result<Url, RedirectRefusal> {
    let location = location
        .and_then(|value| value.to_str().ok())
        .ok_or(RedirectRefusal::NoTarget)?;
    let mut target = from.join(location).map_err(|_| RedirectRefusal::NoTarget)?;
    match target.scheme() {
        "https" => {}
        "http" if from.scheme() == "https" => return Err(RedirectRefusal::Downgrade),
        "http" => {}
        _ => return Err(RedirectRefusal::Scheme),
    }
    if from_public && is_written_private(&target) {
        return Err(RedirectRefusal::Private);
    }
    // Both fail only for a URL without a host.
    let _ = target.set_username("");
    let _ = target.set_password(None);
    target.set_fragment(None);
    Ok(target)
}

/// The origins to which a private name may go along with a redirect, besides the upstream's own; none unless somebody has
/// named them. Clones share them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrivateRedirects(Arc<[Origin]>);

impl PrivateRedirects {
    /// The origins of these URLs, of which folders have none.
    pub fn to<'a>(urls: impl IntoIterator<Item = &'a SafeUrl>) -> Self {
        let origins = urls.into_iter().map(|url| url.as_url().origin());
        Self(origins.filter(Origin::is_tuple).collect())
    }

    /// The same, and the origin of this URL.
    pub(crate) fn and(&self, url: &SafeUrl) -> Self {
        let origins = self.0.iter().cloned();
        Self(origins.chain([url.as_url().origin()]).collect())
    }

    /// Whether a request of the upstream at `base` may go on to `target`.
    pub(crate) fn allow(&self, base: &Url, target: &Url) -> Result<(), RedirectRefusal> {
        let origin = target.origin();
        if origin == base.origin() || is_upgrade(base, target) || self.0.contains(&origin) {
            return Ok(());
        }
        Err(RedirectRefusal::PrivateName {
            to: origin.ascii_serialization(),
        })
    }
}

/// From http to https at the same host, both at their usual ports: the same place, better protected.
fn is_upgrade(base: &Url, target: &Url) -> bool {
    let usual = |url: &Url, scheme: &str| url.scheme() == scheme && url.port().is_none();
    usual(base, "http") && usual(target, "https") && base.host() == target.host()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn follow(from: &str, from_public: bool, location: &str) -> Result<String, RedirectRefusal> {
        let location = HeaderValue::from_str(location).unwrap();
        target(&Url::parse(from).unwrap(), from_public, Some(&location)).map(String::from)
    }

    #[test]
    fn targets() {
        let from = "https://proxy.corp.example/go/m/@v/v1.0.0.zip";
        for (location, want) in [
            (
                "v1.0.0.zip?sig=1",
                "https://proxy.corp.example/go/m/@v/v1.0.0.zip?sig=1",
            ),
            ("/other", "https://proxy.corp.example/other"),
            ("../x", "https://proxy.corp.example/go/m/x"),
            ("//cdn.corp.example/x", "https://cdn.corp.example/x"),
            (
                "https://bob:pw@cdn.corp.example/x#y",
                "https://cdn.corp.example/x",
            ),
        ] {
            assert_eq!(follow(from, true, location).unwrap(), want, "{location}");
        }
    }

    #[test]
    fn refusals() {
        let public = "https://proxy.corp.example/";
        for (from, location, why) in [
            (
                public,
                "http://proxy.corp.example/",
                RedirectRefusal::Downgrade,
            ),
            (public, "file:///etc/passwd", RedirectRefusal::Scheme),
            (public, "ftp://proxy.corp.example/", RedirectRefusal::Scheme),
            (public, "https://", RedirectRefusal::NoTarget),
            (public, "https://127.0.0.1/", RedirectRefusal::Private),
            (public, "https://localhost/", RedirectRefusal::Private),
            (
                public,
                "https://[::ffff:10.0.0.1]/",
                RedirectRefusal::Private,
            ),
            (
                public,
                "https://169.254.169.254/latest",
                RedirectRefusal::Private,
            ),
            (
                "http://proxy.corp.example/",
                "http://192.168.0.1/",
                RedirectRefusal::Private,
            ),
        ] {
            assert_eq!(follow(from, true, location), Err(why), "{location}");
        }
        assert_eq!(
            target(&Url::parse(public).unwrap(), true, None),
            Err(RedirectRefusal::NoTarget)
        );
    }

    #[test]
    fn a_private_host_may_point_to_another() {
        assert!(follow("http://10.0.0.1/", false, "http://10.0.0.2/").is_ok());
        assert!(
            follow("https://10.0.0.1/", false, "http://10.0.0.2/").is_err(),
            "but not in the open"
        );
    }

    #[test]
    fn a_private_name_goes_to_its_own_origin_and_to_those_that_were_named() {
        let named = ["https://storage.example", "http://10.0.0.2:9000/bucket"];
        let named = named.map(|url| SafeUrl::parse(url).unwrap());
        let named = PrivateRedirects::to(&named);
        let may = |of: &PrivateRedirects, base: &str, target: &str| {
            of.allow(&Url::parse(base).unwrap(), &Url::parse(target).unwrap())
                .is_ok()
        };
        let own = "https://proxy.corp.example/go";
        for (base, target, by_itself, by_name) in [
            (own, "https://proxy.corp.example/elsewhere", true, true),
            (own, "https://proxy.corp.example:443/", true, true),
            (own, "https://proxy.corp.example:8443/", false, false),
            (own, "https://storage.corp.example/", false, false),
            (own, "https://corp.example/", false, false),
            (own, "https://storage.example/x?sig=1", false, true),
            (own, "https://storage.example:444/", false, false),
            (own, "https://a.storage.example/", false, false),
            (own, "http://storage.example/", false, false),
            (own, "http://10.0.0.2:9000/another", false, true),
            ("http://h.example/", "https://h.example/", true, true),
            ("http://h.example:80/", "https://h.example/", true, true),
            ("http://h.example:81/", "https://h.example/", false, false),
            ("http://h.example/", "https://h.example:81/", false, false),
            ("http://h.example/", "https://g.example/", false, false),
        ] {
            let found = may(&PrivateRedirects::default(), base, target);
            assert_eq!(found, by_itself, "{base} to {target}");
            assert_eq!(may(&named, base, target), by_name, "{base} to {target}");
        }
    }

    proptest! {
        #[test]
        fn no_location_leads_astray(location in "(https?:|file:|//)?[ -~]{0,40}", from_public: bool) {
            let from = Url::parse("https://proxy.corp.example/go/m").unwrap();
            let header = HeaderValue::from_str(&location).unwrap();
            if let Ok(url) = target(&from, from_public, Some(&header)) {
                prop_assert_eq!(url.scheme(), "https");
                prop_assert!(url.username().is_empty() && url.password().is_none());
                prop_assert!(!(from_public && is_written_private(&url)));
            }
        }
    }
}
