//! GOPROXY lists: `https://a.example,https://b.example|direct` (cmd/go `internal/modfetch/proxy.go`, `proxyList`).

use std::fmt;
use std::str::FromStr;

/// A GOPROXY list with at least one entry. Its Display form is a GOPROXY value again, without user info.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyList {
    /// In the order in which they are asked.
    pub entries: Vec<ProxyEntry>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyEntry {
    /// Who is asked.
    pub source: ProxySource,
    /// When the next entry is asked; `None` for the last.
    pub then: Option<Fall>,
}

/// Who an entry of a list stands for.
#[derive(Clone, PartialEq, Eq)]
pub enum ProxySource {
    /// A proxy's base URL: `http`, `https` or `file`. It may hold a password: Debug and Display leave user info out.
    Url(String),
    /// Version control itself.
    Direct,
    /// Nobody.
    Off,
}

/// Which answers lead on to the next entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fall {
    /// `,`: 404 and 410 only.
    OnNotFound,
    /// `|`: any error.
    OnAnyError,
}

impl ProxyList {
    /// Reads a list as `go` does: entries are trimmed, empty ones skipped, nothing is read behind `direct` or `off`,
    /// and a host without a scheme gets `https://`.
    ///
    /// Unlike `go`, which notices at the first request, a URL must name a host here.
    ///
    /// # Errors
    /// Where there is no entry, or one that is no proxy URL. Messages hold no user info.
    pub fn parse(list: &str) -> Result<Self, ProxyListError> {
        let mut entries: Vec<ProxyEntry> = Vec::new();
        for piece in list.split_inclusive([',', '|']) {
            let then = match piece.chars().next_back() {
                Some(',') => Some(Fall::OnNotFound),
                Some('|') => Some(Fall::OnAnyError),
                _ => None,
            };
            let source = match piece.trim_end_matches([',', '|']).trim() {
                "" => continue,
                "off" => ProxySource::Off,
                "direct" => ProxySource::Direct,
                url => ProxySource::Url(proxy_url(url)?),
            };
            let ends = matches!(source, ProxySource::Off | ProxySource::Direct);
            entries.push(ProxyEntry { source, then });
            if ends {
                break;
            }
        }
        let last = entries.last_mut().ok_or(ProxyListError::Empty)?;
        last.then = None;
        Ok(Self { entries })
    }
}

impl FromStr for ProxyList {
    type Err = ProxyListError;

    fn from_str(list: &str) -> Result<Self, ProxyListError> {
        Self::parse(list)
    }
}

impl fmt::Display for ProxyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, entry) in self.entries.iter().enumerate() {
            write!(f, "{}", entry.source)?;
            if at + 1 < self.entries.len() {
                f.write_str(match entry.then {
                    Some(Fall::OnAnyError) => "|",
                    Some(Fall::OnNotFound) | None => ",",
                })?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ProxySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(&redacted(url)),
            Self::Direct => f.write_str("direct"),
            Self::Off => f.write_str("off"),
        }
    }
}

impl fmt::Debug for ProxySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(f, "Url({:?})", redacted(url)),
            Self::Direct => f.write_str("Direct"),
            Self::Off => f.write_str("Off"),
        }
    }
}

/// Why a text is no GOPROXY list. The entries in messages are without user info.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyListError {
    /// No entry at all. `go` refuses such a value too.
    #[error("the GOPROXY list has no entries: name a proxy URL, or write direct or off")]
    Empty,
    /// A word that is neither a URL nor `direct` nor `off`, or a path of a file without `file://`.
    #[error(
        "{0:?} in the GOPROXY list has no scheme: write a URL (https://…, http://…, file:///…), direct or off"
    )]
    NoScheme(String),
    /// A scheme that no proxy has.
    #[error(
        "{0:?} in the GOPROXY list has a scheme that no proxy has: it must be https, http or file"
    )]
    Scheme(String),
    /// The host or the port of a URL is missing or malformed.
    #[error("{0:?} in the GOPROXY list has no valid host and port")]
    Host(String),
    /// User info with a character that must be percent-encoded there.
    #[error(
        "the user name or password for {0:?} in the GOPROXY list holds a character that must be \
         percent-encoded"
    )]
    UserInfo(String),
    /// A `file:` URL that is more, or less, than `file:///` and an absolute path.
    #[error(
        "{0:?} in the GOPROXY list must be file:/// and an absolute path, without host, query or fragment"
    )]
    File(String),
    /// A control character, or a `%` that begins no escape.
    #[error("{0:?} in the GOPROXY list holds a control character or a malformed % escape")]
    Malformed(String),
}

/// Checks one URL and gives it its scheme where it has none (`newProxyRepo`).
fn proxy_url(entry: &str) -> Result<String, ProxyListError> {
    let bare = !entry.contains(":/") && !entry.starts_with('/') && entry.contains(['.', ':', '/']);
    let url = if bare {
        format!("https://{entry}")
    } else {
        entry.to_owned()
    };
    let shown = || redacted(&url);
    if url.contains(char::is_control) || !escapes_are_valid(&url) {
        return Err(ProxyListError::Malformed(shown()));
    }
    let (scheme, rest) = split_scheme(&url).ok_or_else(|| ProxyListError::NoScheme(shown()))?;
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => {
            let authority = rest
                .strip_prefix("//")
                .map(authority)
                .ok_or_else(|| ProxyListError::Host(shown()))?;
            let (user_info, host) = authority.rsplit_once('@').unwrap_or(("", authority));
            if !is_host(host) {
                return Err(ProxyListError::Host(shown()));
            }
            if !user_info.chars().all(is_user_info) {
                return Err(ProxyListError::UserInfo(shown()));
            }
        }
        "file" => {
            if !rest.starts_with("///") || rest.contains(['?', '#']) {
                return Err(ProxyListError::File(shown()));
            }
        }
        _ => return Err(ProxyListError::Scheme(shown())),
    }
    Ok(url)
}

fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    valid.then_some((scheme, rest))
}

/// User info, host and port: all up to the path, query or fragment.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// `host`, `host:port`, `[address]` or `[address]:port`.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            // A zone is written as %25 and its name.
            let address = address.split('%').next().unwrap_or_default();
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            ("v6", port)
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port_ok = match port.strip_prefix(':') {
        Some(number) => {
            number.is_empty()
                || number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse::<u16>().is_ok()
        }
        None => port.is_empty(),
    };
    let name_char = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    port_ok && !name.is_empty() && name.chars().all(name_char)
}

/// The characters that Go lets user info have (`validUserinfo`, `net/url/url.go`).
fn is_user_info(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c)
}

/// Whether each `%` in front of the query begins an escape; within a query Go does not care.
fn escapes_are_valid(url: &str) -> bool {
    let url = url.split('?').next().unwrap_or_default();
    url.split('%').skip(1).all(|piece| {
        piece
            .as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The URL without user info, query and fragment, any of which may hold a secret.
fn redacted(url: &str) -> String {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = shown.split_at(shown.find("://").map_or(0, |at| at + "://".len()));
    let whole = authority(rest);
    let host = whole.rsplit_once('@').map_or(whole, |(_, host)| host);
    let known = if !scheme.is_empty() && is_host(host) {
        &rest[whole.len() - host.len()..]
    } else {
        // Malformed, perhaps by a password with a raw '/': all up to the last '@' is taken for user info.
        rest.rsplit('@').next().unwrap_or_default()
    };
    format!("{scheme}{known}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fall, ProxyEntry, ProxyList, ProxyListError, ProxySource};

    fn url(text: &str, then: Option<Fall>) -> ProxyEntry {
        ProxyEntry {
            source: ProxySource::Url(text.to_owned()),
            then,
        }
    }

    fn parsed(list: &str) -> Vec<ProxyEntry> {
        ProxyList::parse(list).unwrap().entries
    }

    #[test]
    fn separators_and_words_mean_what_they_mean_to_go() {
        assert_eq!(
            parsed("https://a.example,http://b.example:81/p|file:///srv/mod, direct"),
            [
                url("https://a.example", Some(Fall::OnNotFound)),
                url("http://b.example:81/p", Some(Fall::OnAnyError)),
                url("file:///srv/mod", Some(Fall::OnNotFound)),
                ProxyEntry {
                    source: ProxySource::Direct,
                    then: None
                },
            ]
        );
        assert_eq!(
            parsed("off,https://a.example"),
            [ProxyEntry {
                source: ProxySource::Off,
                then: None
            }]
        );
        assert_eq!(
            parsed("direct|https://a.example"),
            [ProxyEntry {
                source: ProxySource::Direct,
                then: None
            }]
        );
        assert_eq!(
            parsed(",|https://a.example|,,"),
            [url("https://a.example", None)]
        );
        assert_eq!(
            parsed("a.example,localhost:80"),
            [
                url("https://a.example", Some(Fall::OnNotFound)),
                url("https://localhost:80", None),
            ]
        );
        // The separator right behind an entry counts, whatever empty entries follow.
        assert_eq!(
            parsed("https://a.example|,https://b.example")[0].then,
            Some(Fall::OnAnyError)
        );
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for empty in ["", " ", ",", "|, ,"] {
            assert_eq!(
                ProxyList::parse(empty),
                Err(ProxyListError::Empty),
                "{empty:?}"
            );
        }
        let error = |list| ProxyList::parse(list).unwrap_err();
        assert!(matches!(error("noproxy"), ProxyListError::NoScheme(_)));
        assert!(matches!(error("/srv/mod"), ProxyListError::NoScheme(_)));
        assert!(matches!(
            error("ftp://a.example"),
            ProxyListError::Scheme(_)
        ));
        assert!(matches!(error("https://"), ProxyListError::Host(_)));
        assert!(matches!(error("https:/a.example"), ProxyListError::Host(_)));
        assert!(matches!(
            error("https://a.example:99999"),
            ProxyListError::Host(_)
        ));
        assert!(matches!(
            error("https://a b.example"),
            ProxyListError::Host(_)
        ));
        assert!(matches!(error("https://[::1"), ProxyListError::Host(_)));
        assert!(matches!(
            error("https://us er@a.example"),
            ProxyListError::UserInfo(_)
        ));
        assert!(matches!(error("file://host/srv"), ProxyListError::File(_)));
        assert!(matches!(error("file:///srv?x"), ProxyListError::File(_)));
        assert!(matches!(
            error("https://a.example/%zz"),
            ProxyListError::Malformed(_)
        ));
        assert!(matches!(
            error("https://a.example/\u{1}"),
            ProxyListError::Malformed(_)
        ));
        assert!(ProxyList::parse("https://[::1]:80/x,https://user:pw@[fe80::1%25eth0]").is_ok());
    }

    #[test]
    fn secrets_are_not_printed() {
        for (list, shown) in [
            (
                "https://user:hunter2@a.example/p,direct",
                "https://a.example/p,direct",
            ),
            ("user:hunter2@a.example|off", "https://a.example|off"),
            ("https://a.example/p?key=hunter2", "https://a.example/p"),
            ("https://a.example/@team/go", "https://a.example/@team/go"),
        ] {
            let list = ProxyList::parse(list).unwrap();
            assert_eq!(list.to_string(), shown);
            assert!(!format!("{list:?}").contains("hunter2"));
        }
        for list in [
            "https://user:hunter2/x@a.example",
            "ftp://user:hunter2@a.example",
            "file://user:hunter2@a.example/x",
            "https://user:hunter2@a.example:port",
            "https://user:hunter2%@a.example",
            "https:/user:hunter2@a.example",
        ] {
            let error = ProxyList::parse(list).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_agree(
            urls in prop::collection::vec(("(https?://[a-z]{1,5}(\\.example)?(:8[0-9])?(/[a-z@!]{0,4}){0,2}|file:///[a-z]{1,4})", "[,|]"), 1..4),
            end in "(direct|off|)",
        ) {
            let list = urls.into_iter().map(|(url, separator)| url + &separator).collect::<String>() + &end;
            let parsed = ProxyList::parse(&list).unwrap();
            prop_assert_eq!(parsed.to_string(), list.trim_end_matches([',', '|']));
            prop_assert_eq!(ProxyList::parse(&parsed.to_string()).unwrap(), parsed);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), tail in "(https?|file)?:?/{0,3}[a-z@:%\\[\\]/?#,|]*") {
            for list in [ProxyList::parse(&text), ProxyList::parse(&tail)] {
                let _ = format!("{list:?}");
            }
        }
    }
}
