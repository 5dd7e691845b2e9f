//! A URL whose printed form is free of user info, query and fragment.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::Secret;

/// The URL of an upstream, a redirect target or a checksum database.
///
/// User info is taken out at the door and kept apart as [`Secret`]s: neither `Display`, `Debug`, `Serialize` nor the
/// [`Url`] from [`SafeUrl::as_url`] holds it. Schemes are those that Go's `cmd/go/internal/modfetch/proxy.go` takes:
/// `https`, `http` and `file`.
#[derive(Clone, PartialEq, Eq)]
pub struct SafeUrl {
    /// Never holds user info.
    url: Url,
    user_info: Option<(Secret, Secret)>,
}

/// Why a text is no URL that Larder can use. Never quotes the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The text is no URL at all.
    #[error("this is not a URL ({0}); write it as https://host/path")]
    Syntax(#[from] url::ParseError),
    /// A scheme that no upstream has.
    #[error("the URL has the scheme \"{0}\"; use https, http or file")]
    Scheme(String),
    /// The text reads as `name:...`, whose name may be a user's, so it is not quoted.
    #[error("the URL has no scheme; begin it with https://, http:// or file://")]
    NoScheme,
    /// User info whose percent-encoding does not give UTF-8.
    #[error("the user name or password in the URL is not UTF-8; check its percent-encoding")]
    UserInfo,
}

/// What may not stand as itself in a path that is appended: `url` would read `\` as `/` and drop tabs and newlines.
const NOT_IN_PATH: &AsciiSet = &CONTROLS.add(b'\\');

impl SafeUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`UrlError`], which quotes nothing that could be a secret.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Url::parse(text.trim())
            .map_err(|error| match error {
                url::ParseError::RelativeUrlWithoutBase => UrlError::NoScheme,
                error => UrlError::Syntax(error),
            })?
            .try_into()
    }

    /// `https`, `http` or `file`.
    pub fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The host as the URL writes it (an IPv6 address in brackets); none for `file`.
    pub fn host_str(&self) -> Option<&str> {
        self.url.host_str()
    }

    /// `https://host`, with `:port` where it is not the scheme's own; `file://` for files.
    pub fn origin(&self) -> String {
        match self.url.origin() {
            url::Origin::Opaque(_) => format!("{}://", self.url.scheme()),
            origin => origin.ascii_serialization(),
        }
    }

    /// User name and password, percent-decoded. The name is hidden as well: it is often the token itself.
    pub fn user_info(&self) -> Option<(Secret, Secret)> {
        self.user_info.clone()
    }

    /// The same URL without user info.
    pub fn without_user_info(&self) -> Self {
        Self {
            url: self.url.clone(),
            user_info: None,
        }
    }

    /// The URL without user info, with query and fragment: to be asked, not to be shown.
    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// The whole URL as it is stored where secrets may be, user info, query and all.
    pub fn expose(&self) -> Secret {
        let mut whole = self.url.clone();
        if let Some((name, password)) = &self.user_info {
            // Both fail only for a URL without a host, and such a one has no user info.
            let _ = whole.set_username(name.expose());
            let _ = whole.set_password((!password.is_empty()).then(|| password.expose()));
        }
        Secret::new(String::from(whole))
    }

    /// Appends a relative path to this URL's path, with exactly one slash between, its percent-encoding kept as given.
    ///
    /// The result is always below this URL: `.`, `..` and empty elements are left out, and `?`, `#` and `\` are encoded.
    pub fn join_path(&self, relative: &str) -> Self {
        let base = self.url.path().trim_end_matches('/');
        let mut path = String::with_capacity(base.len() + relative.len() + 1);
        path.push_str(base);
        for element in relative.split('/').filter(|element| !is_dots(element)) {
            path.push('/');
            path.extend(utf8_percent_encode(element, NOT_IN_PATH));
        }
        let mut joined = self.clone();
        joined.url.set_path(&path);
        joined
    }
}

/// An element that `url` would resolve instead of keeping: `.` and `..` in all their encoded forms, and nothing at all.
fn is_dots(element: &str) -> bool {
    let plain = element.replace("%2e", ".").replace("%2E", ".");
    matches!(plain.as_str(), "" | "." | "..")
}

impl TryFrom<Url> for SafeUrl {
    type Error = UrlError;

    fn try_from(mut url: Url) -> Result<Self, UrlError> {
        match url.scheme() {
            "https" | "http" | "file" => {}
            // `token:secret@host` reads as a URL of the scheme `token`.
            _ if url.cannot_be_a_base() || !url.has_host() => return Err(UrlError::NoScheme),
            other => return Err(UrlError::Scheme(other.to_owned())),
        }
        let decoded = |text: &str| {
            percent_decode_str(text)
                .decode_utf8()
                .map(Secret::new)
                .map_err(|_| UrlError::UserInfo)
        };
        let user_info = match (url.username(), url.password()) {
            ("", None) => None,
            (name, password) => Some((decoded(name)?, decoded(password.unwrap_or_default())?)),
        };
        if user_info.is_some() {
            // Both fail only for a URL without a host, and such a one has no user info.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        Ok(Self { url, user_info })
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url[..url::Position::AfterPath])
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeUrl({self})")
    }
}

impl Serialize for SafeUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SafeUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Secret::deserialize(deserializer)?;
        Self::parse(text.expose()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> SafeUrl {
        SafeUrl::parse(text).unwrap()
    }

    #[test]
    fn what_is_shown_has_no_user_info_query_or_fragment() {
        let safe = url("https://bob:hunter2@proxy.corp.example:8443/go?token=t0k3n#frag");
        let shown = format!("{safe} {safe:?} {}", serde_json::to_string(&safe).unwrap());
        for hidden in ["bob", "hunter2", "t0k3n", "frag"] {
            assert!(!shown.contains(hidden), "{hidden} is shown in {shown}");
        }
        assert_eq!(safe.to_string(), "https://proxy.corp.example:8443/go");
        assert_eq!(safe.origin(), "https://proxy.corp.example:8443");
        assert_eq!(
            safe.as_url().as_str(),
            "https://proxy.corp.example:8443/go?token=t0k3n#frag"
        );
    }

    #[test]
    fn user_info_is_decoded_and_given_only_on_request() {
        let (name, password) = url("https://b%40b:p%2Fw@h.example/").user_info().unwrap();
        assert_eq!((name.expose(), password.expose()), ("b@b", "p/w"));
        let (name, password) = url("https://token@h.example/").user_info().unwrap();
        assert_eq!((name.expose(), password.expose()), ("token", ""));
        assert!(url("https://h.example/").user_info().is_none());
        assert!(
            url("https://a:b@h.example/")
                .without_user_info()
                .user_info()
                .is_none()
        );
        assert_eq!(
            SafeUrl::parse("https://%ff:x@h.example"),
            Err(UrlError::UserInfo)
        );
    }

    #[test]
    fn the_whole_url_comes_back_from_expose() {
        for text in [
            "https://b%40b:p%2Fw@h.example/x",
            "https://token@h.example/",
            "file:///srv/go",
            "http://h.example/?q=1",
        ] {
            assert_eq!(url(text).expose().expose(), text);
        }
    }

    #[test]
    fn an_error_never_quotes_what_could_be_a_password() {
        for text in [
            "bob:hunter2@proxy.corp.example",
            "hunter2:/x@proxy.corp.example",
            "hunter2@proxy.corp.example",
            "https://bob:hunter2@proxy.corp.example:port/",
            "https://bob:hunter2/@proxy.corp.example",
            "https://bob:hunter2@",
            "mailto:bob:hunter2@corp.example",
            "ftp://bob:hunter2@corp.example",
        ] {
            let error = SafeUrl::parse(text).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(
                !shown.contains("hunter2") && !shown.contains("bob"),
                "{text}: {shown}"
            );
        }
    }

    #[test]
    fn origins() {
        assert_eq!(url("https://H.example:443/x").origin(), "https://h.example");
        assert_eq!(url("http://[::1]:8080/").origin(), "http://[::1]:8080");
        assert_eq!(url("file:///srv/go").origin(), "file://");
        assert_eq!(url("file:///srv/go").host_str(), None);
    }

    #[test]
    fn a_path_is_appended_with_one_slash_and_its_encoding_kept() {
        for (base, relative, want) in [
            ("https://h.example", "a/b", "https://h.example/a/b"),
            ("https://h.example/", "/a/b", "https://h.example/a/b"),
            ("https://h.example/x//", "a", "https://h.example/x/a"),
            (
                "https://h.example/x%20y",
                "!a/@v/v1.0.0+incompatible.zip",
                "https://h.example/x%20y/!a/@v/v1.0.0+incompatible.zip",
            ),
            (
                "https://h.example/x",
                "a%2Fb%25",
                "https://h.example/x/a%2Fb%25",
            ),
            (
                "https://h.example/x?k=v",
                "a?b#c",
                "https://h.example/x/a%3Fb%23c?k=v",
            ),
            ("file:///srv/go", "a/b", "file:///srv/go/a/b"),
            (
                "https://h.example/x",
                "../y/%2e%2E/.\t./z\\w",
                "https://h.example/x/y/.%09./z%5Cw",
            ),
        ] {
            assert_eq!(url(base).join_path(relative).as_url().as_str(), want);
        }
    }

    #[test]
    fn user_info_stays_with_the_joined_url() {
        let joined = url("https://bob:pw@h.example/x").join_path("a");
        assert_eq!(joined.user_info().unwrap().1.expose(), "pw");
    }

    #[test]
    fn serde_reads_a_whole_url_and_writes_a_safe_one() {
        let read: SafeUrl = serde_json::from_str("\"https://bob:pw@h.example/x\"").unwrap();
        assert_eq!(read.user_info().unwrap().0.expose(), "bob");
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            "\"https://h.example/x\""
        );
        let error = serde_json::from_str::<SafeUrl>("\"bob:hunter2@h\"")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    proptest! {
        #[test]
        fn a_joined_path_stays_below_its_base(relative in "[a-z./%2eE\\\\?#\\t ]{0,40}") {
            let joined = url("https://h.example/base").join_path(&relative);
            prop_assert!(joined.as_url().path().starts_with("/base"));
            prop_assert!(joined.as_url().path() == "/base" || joined.as_url().path().starts_with("/base/"));
            prop_assert_eq!(joined.origin(), "https://h.example");
            prop_assert_eq!(joined.as_url().query(), None);
        }

        #[test]
        fn no_password_survives_printing(name in "[a-z]{12}", password in "[!-~]{12}") {
            let encoded: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let safe = url(&format!("https://{name}:{encoded}@h.example/x"));
            let shown = format!("{safe} {safe:?}");
            prop_assert!(!shown.contains(&name) && !shown.contains(&password) && !shown.contains(&encoded));
            prop_assert_eq!(safe.user_info().unwrap().1, Secret::new(password));
        }
    }
}
