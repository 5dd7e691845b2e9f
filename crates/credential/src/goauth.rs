//! The protocol between `go` and a command of its `GOAUTH` list: pure functions for `larder goauth`.
//!
//! `go` (1.24 and later; `cmd/go/internal/auth/userauth.go`, `go help goauth`) runs the command once without an argument
//! before its first fetch over https, and again whenever a server answered 4xx, then with the URL as an argument and the
//! head of the response on standard input. It reads URLs, an empty line, headers, an empty line, and sends those headers
//! to everything below those URLs from then on.

use secret::{SafeUrl, Secret};
use zeroize::Zeroizing;

use crate::credential::Credential;
use crate::origin::{Origin, OriginError};

/// What `go` wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Before the first fetch: whatever is known for any origin.
    AtStart,
    /// A server answered 4xx to a request: the credential for its origin.
    Answered {
        /// Of the URL that was asked for.
        origin: Origin,
        /// The status of the answer; none where standard input was empty, as when a person runs the command.
        status: Option<u16>,
    },
}

/// Why the command can't tell what `go` wants. Quotes neither the URL nor the response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoAuthError {
    /// More than one argument.
    #[error(
        "give no argument, or the one URL that was refused, as go does with the commands in GOAUTH"
    )]
    Arguments,
    /// The argument is no URL.
    #[error("the URL can't be used: {0}")]
    Url(#[from] OriginError),
    /// `go` asks only about https, and takes credentials for nothing else.
    #[error("the URL is not https; go sends credentials over https only")]
    NotHttps,
    /// Standard input does not begin with a status line.
    #[error(
        "standard input does not begin with the status line of an HTTP response, such as \"HTTP/1.1 401 Unauthorized\""
    )]
    Response,
}

impl Invocation {
    /// Reads the arguments behind the command's own, and what stands on standard input: of that, the first line is enough.
    ///
    /// # Errors
    /// [`GoAuthError`] for what `go` would never give.
    pub fn parse<S: AsRef<str>>(arguments: &[S], stdin: &str) -> Result<Self, GoAuthError> {
        let url = match arguments {
            [] => return Ok(Self::AtStart),
            [url] => url.as_ref(),
            _ => return Err(GoAuthError::Arguments),
        };
        let origin = Origin::of(&SafeUrl::parse(url).map_err(OriginError::from)?)?;
        if origin.scheme() != "https" {
            return Err(GoAuthError::NotHttps);
        }
        let status = match stdin.lines().next() {
            None | Some("") => None,
            Some(line) => Some(status(line).ok_or(GoAuthError::Response)?),
        };
        Ok(Self::Answered { origin, status })
    }

    /// Whether what was sent before, if anything, was refused: a status of 401. `go` also asks after a 404, which says
    /// nothing about the credential.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Answered {
                status: Some(401),
                ..
            }
        )
    }
}

/// The status of `HTTP/1.1 401 Unauthorized`.
fn status(line: &str) -> Option<u16> {
    let (protocol, rest) = line.split_once(' ')?;
    let digits = rest.split(' ').next()?;
    if !protocol.starts_with("HTTP/") || digits.len() != 3 {
        return None;
    }
    digits
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))
}

/// What is printed: for each credential its origin and its header. Those for plain http are left out, as `go` would not
/// send them. Without any it is empty, which says that there are none.
pub fn render<'a>(credentials: impl IntoIterator<Item = &'a Credential>) -> Secret {
    let sets: Vec<_> = credentials
        .into_iter()
        .filter(|credential| credential.origin().scheme() == "https")
        .filter_map(|credential| {
            let origin = credential.origin();
            let value = credential.authorization(origin)?;
            let parts = [
                origin.as_str(),
                "\n\nAuthorization: ",
                value.expose(),
                "\n\n",
            ];
            Some(Zeroizing::new(parts.concat()))
        })
        .collect();
    let mut text = String::with_capacity(sets.iter().map(|set| set.len()).sum());
    for set in &sets {
        text.push_str(set);
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn credential(origin: &str, user: &str, password: &str) -> Credential {
        Credential::basic(origin.parse().unwrap(), user, Secret::new(password)).unwrap()
    }

    #[test]
    fn invocations() {
        let none: [&str; 0] = [];
        assert_eq!(Invocation::parse(&none, "").unwrap(), Invocation::AtStart);
        let url = "https://user:hunter2@corp.example/acme/tools?go-get=1";
        for (stdin, status, refusal) in [
            ("", None, false),
            ("\n", None, false),
            (
                "HTTP/1.1 401 Unauthorized\nContent-Length: 19\n\n",
                Some(401),
                true,
            ),
            ("HTTP/2.0 401 Unauthorized\n\n", Some(401), true),
            ("HTTP/1.1 404 Not Found\n\n", Some(404), false),
            ("HTTP/1.1 403 \n\n", Some(403), false),
            ("HTTP/1.1 401", Some(401), true),
        ] {
            let read = Invocation::parse(&[url], stdin).unwrap();
            assert_eq!(read.is_refusal(), refusal, "{stdin:?}");
            assert!(!format!("{read:?}").contains("hunter2"));
            let origin = "https://corp.example".parse().unwrap();
            assert_eq!(read, Invocation::Answered { origin, status });
        }
    }

    #[test]
    fn what_go_never_gives_is_an_error_that_quotes_nothing() {
        for (arguments, stdin, error) in [
            (
                &["https://a.example", "https://b.example"][..],
                "",
                GoAuthError::Arguments,
            ),
            (&["http://a.example"], "", GoAuthError::NotHttps),
            (
                &["file:///hunter2"],
                "",
                GoAuthError::Url(OriginError::File),
            ),
            (&["https://a.example"], "hunter2\n", GoAuthError::Response),
            (
                &["https://a.example"],
                "HTTP/1.1 4011 x\n",
                GoAuthError::Response,
            ),
            (
                &["https://a.example"],
                "HTTP/1.1 999 x\n",
                GoAuthError::Response,
            ),
            (
                &["https://a.example"],
                "HTTP/1.1 +40 x\n",
                GoAuthError::Response,
            ),
        ] {
            let found = Invocation::parse(arguments, stdin).unwrap_err();
            assert!(!found.to_string().contains("hunter2"));
            assert_eq!(found, error);
        }
        let no_url = Invocation::parse(&["hunter2"], "").unwrap_err();
        assert!(matches!(no_url, GoAuthError::Url(_)) && !no_url.to_string().contains("hunter2"));
    }

    #[test]
    fn what_is_printed() {
        let bearer = Credential::bearer(
            "https://b.example:8443".parse().unwrap(),
            Secret::new("t0k3n"),
        )
        .unwrap();
        let all = [
            credential("https://a.example", "Aladdin", "open sesame"),
            credential("http://plain.example", "bob", "hunter2"),
            bearer,
        ];
        assert_eq!(
            render(&all).expose(),
            "https://a.example\n\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n\n\
             https://b.example:8443\n\nAuthorization: Bearer t0k3n\n\n"
        );
        assert_eq!(render(&[]).expose(), "");
    }

    type Headers = Vec<(String, String)>;

    /// Reads as `parseUserAuth` in `cmd/go/internal/auth/userauth.go` does: prefixes, and the headers for them.
    fn read_as_go(mut data: &str) -> Result<Vec<(String, Headers)>, &'static str> {
        let mut sets = Vec::new();
        while !data.is_empty() {
            let mut prefixes = Vec::new();
            let mut headers = Vec::new();
            for section in 0..2 {
                loop {
                    let (line, rest) = data.split_once('\n').ok_or("missing empty line")?;
                    data = rest;
                    if line.is_empty() {
                        break;
                    }
                    if section == 0 {
                        prefixes.push(line.strip_prefix("https://").ok_or("no https")?.to_owned());
                    } else {
                        let (name, value) = line.split_once(": ").ok_or("invalid header line")?;
                        headers.push((name.to_owned(), value.trim().to_owned()));
                    }
                }
            }
            sets.extend(prefixes.into_iter().map(|prefix| (prefix, headers.clone())));
        }
        Ok(sets)
    }

    proptest! {
        #[test]
        fn go_reads_what_is_printed(all in proptest::collection::vec(("[a-z]{1,8}\\.example(:[1-9][0-9]{3})?", "[^:\\p{Cc}]{1,8}", "[^\\p{Cc}]{0,12}"), 0..5)) {
            let all: Vec<_> = all
                .iter()
                .map(|(host, user, password)| credential(&format!("https://{host}"), user, password))
                .collect();
            let want: Vec<_> = all
                .iter()
                .map(|one| {
                    let value = one.authorization(one.origin()).unwrap().expose().to_owned();
                    (one.origin().authority().to_owned(), vec![("Authorization".to_owned(), value)])
                })
                .collect();
            prop_assert_eq!(read_as_go(render(&all).expose()), Ok(want));
        }

        #[test]
        fn no_input_is_too_odd(url in "\\PC{0,30}", stdin in "(?s).{0,60}") {
            let _ = Invocation::parse(&[url], &stdin);
        }
    }
}
