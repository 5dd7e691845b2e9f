//! One credential: a user and password, or a token, and the one origin it may be shown to.

use std::fmt;

use data_encoding::BASE64;
use secret::{SafeUrl, Secret};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use zeroize::Zeroizing;

use crate::origin::Origin;

/// What Larder presents to one origin.
///
/// It is made for an origin and can be had for that origin only ([`Credential::authorization`] asks whom it is for), so
/// that no redirect, fall-through or mix-up of upstreams carries it elsewhere. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    origin: Origin,
    form: Form,
}

#[derive(Clone, PartialEq, Eq)]
enum Form {
    Basic { user: String, password: Secret },
    Bearer(Secret),
}

/// What sort of credential it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(rename = "CredentialKind")]
pub enum Kind {
    /// A user and a password (RFC 7617).
    Basic,
    /// A bearer token (RFC 6750).
    Bearer,
}

/// Why a user, password or token can't be sent in a header. Quotes none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A colon ends the user (RFC 7617, section 2).
    #[error("the user name holds a colon, which Basic authentication cannot express")]
    Colon,
    /// RFC 7617, section 2: no control characters in either part.
    #[error("the user name or password holds a control character (a line break?); give it without")]
    Control,
    /// RFC 6750, section 2.1: a bearer token is of visible ASCII characters, without spaces.
    #[error(
        "the token holds a space, a line break or a character beyond ASCII; give the token alone"
    )]
    Token,
    /// Nothing was given.
    #[error("there is no password or token in it; give one")]
    Empty,
}

impl Credential {
    /// A user and a password. One of the two may be empty: some servers take a token as the user.
    ///
    /// # Errors
    /// [`Unfit`] where the two cannot be sent by Basic authentication.
    pub fn basic(origin: Origin, user: impl Into<String>, password: Secret) -> Result<Self, Unfit> {
        let user = user.into();
        if user.is_empty() && password.is_empty() {
            return Err(Unfit::Empty);
        }
        if user.contains(':') {
            return Err(Unfit::Colon);
        }
        if user
            .chars()
            .chain(password.expose().chars())
            .any(char::is_control)
        {
            return Err(Unfit::Control);
        }
        let form = Form::Basic { user, password };
        Ok(Self { origin, form })
    }

    /// A bearer token.
    ///
    /// # Errors
    /// [`Unfit`] where it cannot stand in a header.
    pub fn bearer(origin: Origin, token: Secret) -> Result<Self, Unfit> {
        if token.is_empty() {
            return Err(Unfit::Empty);
        }
        if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Unfit::Token);
        }
        let form = Form::Bearer(token);
        Ok(Self { origin, form })
    }

    /// The user info of an upstream's URL, for its import; none where the URL has none.
    ///
    /// # Errors
    /// [`Unfit`] as for [`Credential::basic`]; a `file://` URL has no origin and so none either.
    pub fn of_url(url: &SafeUrl) -> Result<Option<Self>, Unfit> {
        match (Origin::of(url), url.user_info()) {
            (Ok(origin), Some((user, password))) => {
                Self::basic(origin, user.expose(), password).map(Some)
            }
            (Ok(_), None) | (Err(_), _) => Ok(None),
        }
    }

    /// The one origin it belongs to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A user and password, or a token.
    pub fn kind(&self) -> Kind {
        match self.form {
            Form::Basic { .. } => Kind::Basic,
            Form::Bearer(_) => Kind::Bearer,
        }
    }

    /// The user's name where it may be shown. Without a password beside it, or with GitHub's `x-oauth-basic`, the name is
    /// the token itself and is kept back.
    pub fn user(&self) -> Option<&str> {
        match &self.form {
            Form::Basic { password, .. }
                if password.is_empty() || password.expose() == "x-oauth-basic" =>
            {
                None
            }
            Form::Basic { user, .. } => Some(user),
            Form::Bearer(_) => None,
        }
    }

    /// The value of the header `Authorization` for a request to this origin, and nothing for any other: `Basic …`
    /// (RFC 7617, in UTF-8) or `Bearer …` (RFC 6750).
    pub fn authorization(&self, origin: &Origin) -> Option<Secret> {
        self.for_origin(origin).map(|form| match form {
            Form::Basic { user, password } => {
                // Each made in one piece, so that no shorter copy stays behind in memory.
                let pair = Zeroizing::new([user, ":", password.expose()].concat());
                let mut value =
                    String::with_capacity("Basic ".len() + BASE64.encode_len(pair.len()));
                value.push_str("Basic ");
                BASE64.encode_append(pair.as_bytes(), &mut value);
                Secret::new(value)
            }
            Form::Bearer(token) => Secret::new(["Bearer ", token.expose()].concat()),
        })
    }

    fn for_origin(&self, origin: &Origin) -> Option<&Form> {
        (self.origin == *origin).then_some(&self.form)
    }
}

/// How a credential is kept: a few lines of text, as KDE's keyring takes nothing but UTF-8. No part holds a line break,
/// as that is a control character.
///
/// ```text
/// https://proxy.corp.example     https://proxy.corp.example
/// basic                          bearer
/// bob                            t0k3n
/// hunter2
/// ```
impl Credential {
    /// The lines, each with its line break.
    pub(crate) fn to_lines(&self) -> Zeroizing<String> {
        let (kind, parts): (&str, [&str; 2]) = match &self.form {
            Form::Basic { user, password } => ("basic", [user, password.expose()]),
            Form::Bearer(token) => ("bearer", [token.expose(), ""]),
        };
        let length = self.origin.as_str().len() + kind.len() + parts[0].len() + parts[1].len() + 4;
        let mut lines = Zeroizing::new(String::with_capacity(length));
        let parts = &parts[..if kind == "basic" { 2 } else { 1 }];
        for part in [self.origin.as_str(), kind].iter().chain(parts) {
            lines.push_str(part);
            lines.push('\n');
        }
        lines
    }

    /// Reads one credential from the lines; none where they are not what [`Credential::to_lines`] writes.
    pub(crate) fn from_lines<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
        let origin = lines.next()?.parse().ok()?;
        match lines.next()? {
            "basic" => {
                let user = lines.next()?;
                Self::basic(origin, user, Secret::new(lines.next()?)).ok()
            }
            "bearer" => Self::bearer(origin, Secret::new(lines.next()?)).ok(),
            _ => None,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("origin", &self.origin)
            .field("kind", &self.kind())
            .field("user", &self.user())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic => "user and password",
            Self::Bearer => "token",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    fn here() -> Origin {
        origin("https://proxy.corp.example")
    }

    #[test]
    fn the_header_is_as_the_rfcs_write_it() {
        // The examples of RFC 7617, section 2, and its UTF-8 one of section 2.1; RFC 6750, section 2.1.
        let basic = Credential::basic(here(), "Aladdin", Secret::new("open sesame")).unwrap();
        let utf8 = Credential::basic(here(), "test", Secret::new("123\u{a3}")).unwrap();
        let bearer = Credential::bearer(here(), Secret::new("mF_9.B5f-4.1JqM")).unwrap();
        for (credential, value) in [
            (basic, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            (utf8, "Basic dGVzdDoxMjPCow=="),
            (bearer, "Bearer mF_9.B5f-4.1JqM"),
        ] {
            assert_eq!(credential.authorization(&here()).unwrap().expose(), value);
        }
    }

    #[test]
    fn no_other_origin_gets_it() {
        let credential = Credential::bearer(here(), Secret::new("t")).unwrap();
        for other in [
            "http://proxy.corp.example",
            "https://proxy.corp.example:8443",
            "https://corp.example",
            "https://proxy.corp.example.",
            "https://evil.proxy.corp.example",
        ] {
            assert!(
                credential.authorization(&origin(other)).is_none(),
                "{other}"
            );
        }
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_refused() {
        let basic = |user: &str, password: &str| {
            Credential::basic(here(), user, Secret::new(password)).map(|_| ())
        };
        assert_eq!(basic("a:b", "p"), Err(Unfit::Colon));
        assert_eq!(basic("a", "p\r\nX-Header: 1"), Err(Unfit::Control));
        assert_eq!(basic("a\n", "p"), Err(Unfit::Control));
        assert_eq!(basic("", ""), Err(Unfit::Empty));
        assert_eq!(basic("", "p:q"), Ok(()));
        assert_eq!(basic("token", ""), Ok(()));
        let bearer = |token: &str| Credential::bearer(here(), Secret::new(token)).map(|_| ());
        for token in ["a b", "a\n", "a\r\nX: 1", "ä", "\u{7f}"] {
            assert_eq!(bearer(token), Err(Unfit::Token));
        }
        assert_eq!(bearer(""), Err(Unfit::Empty));
    }

    #[test]
    fn nothing_shows_the_secret() {
        let basic = Credential::basic(here(), "bob", Secret::new("hunter2")).unwrap();
        let shown = format!("{basic:?} {basic:#?}");
        assert!(
            !shown.contains("hunter2") && shown.contains("bob"),
            "{shown}"
        );
        for (user, password) in [("ghp_t0k3n", ""), ("ghp_t0k3n", "x-oauth-basic")] {
            let credential = Credential::basic(here(), user, Secret::new(password)).unwrap();
            assert_eq!(credential.user(), None);
            assert!(!format!("{credential:?}").contains("t0k3n"));
        }
        let bearer = Credential::bearer(here(), Secret::new("t0k3n")).unwrap();
        assert!(!format!("{bearer:?}").contains("t0k3n"));
    }

    #[test]
    fn the_user_info_of_a_url_is_taken_for_its_origin() {
        let url = SafeUrl::parse("https://b%40b:p%2Fw@h.example:8443/go").unwrap();
        let credential = Credential::of_url(&url).unwrap().unwrap();
        assert_eq!(credential.origin().as_str(), "https://h.example:8443");
        assert_eq!(credential.user(), Some("b@b"));
        let plain = SafeUrl::parse("https://h.example/").unwrap();
        assert_eq!(Credential::of_url(&plain), Ok(None));
        let colon = SafeUrl::parse("https://a%3Ab:p@h.example/").unwrap();
        assert_eq!(Credential::of_url(&colon), Err(Unfit::Colon));
    }

    #[test]
    fn lines_of_something_else_are_no_credential() {
        for text in [
            "",
            "https://h.example",
            "https://h.example\nbasic\nbob",
            "https://h.example\nnegotiate\nbob\n",
            "https://h.example/path\nbearer\nt\n",
            "https://h.example\nbearer\n\n",
        ] {
            assert_eq!(Credential::from_lines(&mut text.lines()), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_lines_give_the_credential_back(user in "[^:\\p{Cc}]{0,20}", password in "[^\\p{Cc}]{1,30}", token in "[!-~]{1,30}") {
            let basic = Credential::basic(here(), user, Secret::new(password)).unwrap();
            let bearer = Credential::bearer(here(), Secret::new(token)).unwrap();
            let text = [basic.to_lines().as_str(), bearer.to_lines().as_str()].concat();
            let mut lines = text.split_terminator('\n');
            prop_assert_eq!(Credential::from_lines(&mut lines).unwrap(), basic);
            prop_assert_eq!(Credential::from_lines(&mut lines).unwrap(), bearer);
            prop_assert_eq!(lines.next(), None);
        }

        #[test]
        fn whatever_is_accepted_is_one_header_line(user in "\\PC{0,8}|(?s).{0,8}", password in "(?s).{0,12}", token in "(?s).{0,12}") {
            let made = [
                Credential::basic(here(), user, Secret::new(password)),
                Credential::bearer(here(), Secret::new(token)),
            ];
            for credential in made.into_iter().flatten() {
                let value = credential.authorization(&here()).unwrap();
                prop_assert!(value.expose().bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
            }
        }
    }
}
