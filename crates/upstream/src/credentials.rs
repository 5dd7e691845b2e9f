//! What is presented to an upstream: where it comes from, to whom it goes, and what happens when it is refused.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use secret::{SafeUrl, Secret};
use tokio::time::timeout;

use crate::address::names_this_machine;
use crate::{ChainParts, UpstreamError, text};

/// Brings credentials for an origin. Implemented above; asked before each request to an http(s) upstream whose URL has no
/// user info.
///
/// An origin is `https://host[:port]`: lower case, the port only where it is not the scheme's own, no path. Plain http is
/// asked about only for this machine itself: anywhere else a credential would travel in the open.
pub trait Credentials: Send + Sync + 'static {
    /// What this origin is to be shown; none where there is nothing for it.
    ///
    /// # Errors
    /// Why it could not be had (a locked keyring, a helper that failed), for a person to read; never a secret.
    fn present<'a>(
        &'a self,
        origin: &'a str,
    ) -> BoxFuture<'a, Result<Option<Authorization>, String>>;

    /// The origin answered 401 to `presented`. Tells whether another [`Credentials::present`] is worth it: a short-lived
    /// token was renewed, or a newer one is there already. The same value given again is not sent again.
    fn refused<'a>(&'a self, origin: &'a str, presented: &'a Authorization) -> BoxFuture<'a, bool>;
}

/// The value of an `Authorization` header (RFC 9110, section 11.6.2). Nothing prints it.
#[derive(Clone)]
pub struct Authorization {
    value: Secret,
    /// Its parts, which no text from the other side may repeat.
    hidden: Vec<Secret>,
}

/// A token or header value with characters that no header can carry; it is not quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the token is empty, or holds a line break or a character beyond ASCII; give the token alone"
)]
pub struct UnfitAuthorization;

impl Authorization {
    /// User and password (RFC 7617).
    pub fn basic(user: &str, password: &Secret) -> Self {
        let pair = Secret::new(format!("{user}:{}", password.expose()));
        let encoded = BASE64.encode(pair.expose().as_bytes());
        Self {
            value: Secret::new(format!("Basic {encoded}")),
            hidden: text::worth_hiding(vec![
                Secret::new(encoded),
                Secret::new(user),
                password.clone(),
            ]),
        }
    }

    /// A bearer token (RFC 6750).
    ///
    /// # Errors
    /// [`UnfitAuthorization`] where no header can carry it.
    pub fn bearer(token: &Secret) -> Result<Self, UnfitAuthorization> {
        if token.is_empty() {
            return Err(UnfitAuthorization);
        }
        Self::header(Secret::new(format!("Bearer {}", token.expose())))
    }

    /// A whole header value: a scheme, a space and what belongs to it.
    ///
    /// # Errors
    /// [`UnfitAuthorization`] where no header can carry it.
    pub fn header(value: Secret) -> Result<Self, UnfitAuthorization> {
        let text = value.expose();
        let printable = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if text.trim().is_empty() || !printable {
            return Err(UnfitAuthorization);
        }
        let (scheme, rest) = text.split_once(' ').unwrap_or(("", text));
        let rest = rest.trim();
        let mut hidden = vec![Secret::new(rest)];
        if scheme.eq_ignore_ascii_case("basic")
            && let Ok(pair) = BASE64.decode(rest.as_bytes())
            && let Ok(pair) = String::from_utf8(pair)
            && let Some((user, password)) = pair.split_once(':')
        {
            hidden.extend([Secret::new(user), Secret::new(password)]);
        }
        let hidden = text::worth_hiding(hidden);
        Ok(Self { value, hidden })
    }

    /// The value to send, marked so that no log of the HTTP client shows it.
    pub(crate) fn to_value(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.value.expose()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    pub(crate) fn hidden(&self) -> &[Secret] {
        &self.hidden
    }
}

impl PartialEq for Authorization {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Authorization {}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization([hidden])")
    }
}

/// What one upstream's own origin is shown. No other origin is shown anything: that is up to whoever sends.
#[derive(Clone)]
pub(crate) enum Presenting {
    /// The user info of its URL, which the person wrote there for it.
    OfUrl(Authorization),
    /// What the person keeps for its origin.
    Kept {
        origin: String,
        credentials: Arc<dyn Credentials>,
        deadline: Duration,
    },
    Nothing,
}

impl Presenting {
    pub(crate) fn new(base: &SafeUrl, parts: &ChainParts) -> Self {
        if let Some((user, password)) = base.user_info() {
            return Self::OfUrl(Authorization::basic(user.expose(), &password));
        }
        let covered = base.scheme() == "https" || names_this_machine(base.as_url());
        match &parts.credentials {
            Some(credentials) if covered => Self::Kept {
                origin: base.origin(),
                credentials: Arc::clone(credentials),
                deadline: parts.limits.credentials,
            },
            Some(_) | None => Self::Nothing,
        }
    }

    /// What to present now.
    pub(crate) async fn present(&self) -> Result<Option<Authorization>, UpstreamError> {
        match self {
            Self::OfUrl(authorization) => Ok(Some(authorization.clone())),
            Self::Kept {
                origin,
                credentials,
                deadline,
            } => timeout(*deadline, credentials.present(origin))
                .await
                .unwrap_or_else(|_| Err(format!("nothing came within {} s", deadline.as_secs())))
                .map_err(|text| UpstreamError::CredentialsMissing { text }),
            Self::Nothing => Ok(None),
        }
    }

    /// What to present in place of what was refused; none where there is nothing else.
    pub(crate) async fn renewed(
        &self,
        refused: &Authorization,
    ) -> Result<Option<Authorization>, UpstreamError> {
        let Self::Kept {
            origin,
            credentials,
            deadline,
        } = self
        else {
            return Ok(None);
        };
        let worth_it = timeout(*deadline, credentials.refused(origin, refused)).await;
        if worth_it != Ok(true) {
            return Ok(None);
        }
        let renewed = self.present().await?;
        // A wrong password that is sent twice for each request would lock the account sooner.
        Ok(renewed.filter(|renewed| renewed != refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_an_authorization() {
        let all = [
            Authorization::basic("bobby", &Secret::new("hunter2")),
            Authorization::bearer(&Secret::new("t0k3n-0001")).unwrap(),
            Authorization::header(Secret::new("Basic Ym9iYnk6aHVudGVyMg==")).unwrap(),
        ];
        let shown = format!("{all:?} {all:#?} {:?}", all[0].to_value());
        for hidden in ["bobby", "hunter2", "t0k3n", "Ym9iYnk", "Basic", "Bearer"] {
            assert!(!shown.contains(hidden), "{hidden} is shown in {shown}");
        }
    }

    #[test]
    fn the_value_is_what_the_standards_say() {
        let basic = Authorization::basic("bobby", &Secret::new("hunter2"));
        let bearer = Authorization::bearer(&Secret::new("t0k3n-0001")).unwrap();
        assert_eq!(basic.to_value().unwrap(), "Basic Ym9iYnk6aHVudGVyMg==");
        assert_eq!(bearer.to_value().unwrap(), "Bearer t0k3n-0001");
        let same = Authorization::header(Secret::new("Basic Ym9iYnk6aHVudGVyMg==")).unwrap();
        assert_eq!(basic, same);
        assert_ne!(basic, bearer);
        assert_eq!(
            basic.hidden(),
            same.hidden(),
            "user and password are known from the value too"
        );
        let everything = Authorization::basic("\u{e9}", &Secret::new("p\u{e4}ss\n")).to_value();
        assert!(everything.is_some());
    }

    #[test]
    fn what_no_header_can_carry_is_refused_and_not_quoted() {
        for token in ["", "t0k3n\n", "t0k\u{e9}n", "a\0b"] {
            let error = Authorization::bearer(&Secret::new(token)).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("t0k"));
        }
        for value in ["", " ", "Token a\r\nb"] {
            assert!(Authorization::header(Secret::new(value)).is_err());
        }
    }
}
