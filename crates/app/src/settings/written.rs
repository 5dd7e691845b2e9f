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

impl FromStr for HttpProxy {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let value = match text {
            "off" => ProxyWish::Off,
            url => ProxyWish::Url(SafeUrl::parse(url)?),
        };
        Ok(Self {
            value,
            text: Secret::new(text),
        })
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

impl FromStr for DatabaseChoice {
    type Err = ChecksumDbError;

    fn from_str(text: &str) -> Result<Self, ChecksumDbError> {
        Ok(Self {
            value: ChecksumDb::parse(text)?,
            text: Secret::new(text),
        })
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
