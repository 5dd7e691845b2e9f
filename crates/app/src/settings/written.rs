//! A value together with the text it was written as, which is never shown: it may hold a password.

use std::fmt;
use std::str::FromStr;

use delivery::{ChecksumDb, ChecksumDbError};
use go_module::{ProxyList, ProxyListError};
use secret::{SafeUrl, Secret, UrlError};

/// A value, and the text that it was read from; shown as the value shows itself, without user info.
#[derive(Clone, PartialEq, Eq)]
pub struct Written<T> {
    text: Secret,
    value: T,
}

/// An upstream list in GOPROXY's grammar.
pub type UpstreamList = Written<ProxyList>;

/// A checksum database in GOSUMDB's grammar.
pub type DatabaseChoice = Written<ChecksumDb>;

/// What requests go through.
#[derive(Clone, PartialEq, Eq)]
pub enum ProxyWish {
    /// No HTTP proxy, whatever the environment says.
    Off,
    /// This one.
    Url(SafeUrl),
}

/// An HTTP proxy: its URL, or `off`.
pub type HttpProxy = Written<ProxyWish>;

impl fmt::Display for ProxyWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Url(url) => url.fmt(f),
        }
    }
}

/// Why a text names no HTTP proxy. Never quotes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpProxyError {
    /// It is no URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// It has user info.
    #[error(
        "a user name and a password would stand in settings.toml in plain text; a proxy that wants them is named where \
         Larder is started, in HTTPS_PROXY and HTTP_PROXY of its environment, by a profile without `http-proxy`"
    )]
    UserInfo,
}

impl FromStr for HttpProxy {
    type Err = HttpProxyError;

    fn from_str(text: &str) -> Result<Self, HttpProxyError> {
        let value = match text {
            "off" => ProxyWish::Off,
            url => ProxyWish::Url(SafeUrl::parse(url)?),
        };
        if matches!(&value, ProxyWish::Url(url) if url.user_info().is_some()) {
            return Err(HttpProxyError::UserInfo);
        }
        Ok(Self {
            value,
            text: Secret::new(text),
        })
    }
}

/// An origin to which the names of private modules may go along with a redirect: `https://host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectOrigin(SafeUrl);

/// Why a text is no such origin. Never quotes it, for it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectOriginError {
    /// It is no URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// It is the URL of a folder.
    #[error("no redirect leads to a folder; write it as https://host")]
    Folder,
    /// It says more than an origin.
    #[error("it is no more than https://host, with :port if need be: any path there is meant")]
    More,
}

impl RedirectOrigin {
    /// As a URL.
    pub fn url(&self) -> &SafeUrl {
        &self.0
    }
}

impl fmt::Display for RedirectOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin())
    }
}

impl FromStr for RedirectOrigin {
    type Err = RedirectOriginError;

    fn from_str(text: &str) -> Result<Self, RedirectOriginError> {
        let safe = SafeUrl::parse(text)?;
        let url = safe.as_url();
        if safe.scheme() == "file" {
            return Err(RedirectOriginError::Folder);
        }
        let says_more = url.query().is_some() || url.fragment().is_some() || url.path() != "/";
        if says_more || safe.user_info().is_some() {
            return Err(RedirectOriginError::More);
        }
        Ok(Self(safe))
    }
}

impl<T> Written<T> {
    /// What it means.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The text, user info included: for what uses it and for the settings file, not for eyes.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl FromStr for UpstreamList {
    type Err = ProxyListError;

    fn from_str(text: &str) -> Result<Self, ProxyListError> {
        Ok(Self {
            value: ProxyList::parse(text)?,
            text: Secret::new(text),
        })
    }
}

/// Why a text names no checksum database. Never quotes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseChoiceError {
    /// It is not GOSUMDB's grammar.
    #[error(transparent)]
    Grammar(#[from] ChecksumDbError),
    /// Its URL has user info.
    #[error(
        "a user name and a password would stand in settings.toml in plain text; leave them out of the URL, and keep them \
         where they are safe: larder login {origin}"
    )]
    UserInfo {
        /// The origin of the URL.
        origin: String,
    },
}

impl FromStr for DatabaseChoice {
    type Err = DatabaseChoiceError;

    fn from_str(text: &str) -> Result<Self, DatabaseChoiceError> {
        match Self::without_user_info(text)? {
            (choice, None) => Ok(choice),
            (_, Some(origin)) => Err(DatabaseChoiceError::UserInfo { origin }),
        }
    }
}

impl DatabaseChoice {
    /// Reads a GOSUMDB value that go may have been told, and leaves out the user info of its URL: then the origin that
    /// wants it is told too.
    ///
    /// # Errors
    /// [`ChecksumDbError`].
    pub(crate) fn without_user_info(text: &str) -> Result<(Self, Option<String>), ChecksumDbError> {
        let value = ChecksumDb::parse(text)?;
        if let ChecksumDb::Named { key, url, .. } = &value
            && let Some(safe) = url.as_deref().and_then(|url| SafeUrl::parse(url).ok())
            && safe.user_info().is_some()
        {
            let text = format!("{key} {}", safe.as_url());
            let bare = Self {
                value: ChecksumDb::parse(&text)?,
                text: Secret::new(text),
            };
            return Ok((bare, Some(safe.origin())));
        }
        let text = Secret::new(text);
        Ok((Self { value, text }, None))
    }
}

impl<T: fmt::Display> fmt::Display for Written<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Debug for Written<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Written({})", self.value)
    }
}
