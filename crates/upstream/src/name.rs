//! What an upstream is called: a name for people, an id for folders.

use data_encoding::HEXLOWER;
use secret::SafeUrl;
use sha2::{Digest, Sha256};

/// Longest readable part of an id, in bytes: module paths below it must still fit a file system's limits.
const SLUG: usize = 48;

/// `host[:port][/path]`, or `file:///path`. What looks like a token in the path is shown as `*`.
pub fn name(url: &SafeUrl) -> String {
    let path: Vec<&str> = url
        .as_url()
        .path()
        .trim_end_matches('/')
        .split('/')
        .map(|element| if is_token(element) { "*" } else { element })
        .collect();
    let origin = url.origin();
    let host = match url.scheme() {
        "file" => &origin,
        scheme => origin.trim_start_matches(scheme).trim_start_matches("://"),
    };
    format!("{host}{}", path.join("/"))
}

/// A readable slug and 8 hex digits of the SHA-256 of origin and path: one for each upstream, the same for every user
/// info, fit to name a folder on every system.
pub(crate) fn id(url: &SafeUrl) -> String {
    let identity = format!(
        "{}{}",
        url.origin(),
        url.as_url().path().trim_end_matches('/')
    );
    let hash = HEXLOWER.encode(&Sha256::digest(identity.as_bytes())[..4]);
    let mut slug = String::new();
    for c in name(url).chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            // A dot neither begins the name nor follows another: no `..`, nothing hidden.
            '.' if slug.ends_with(|c: char| c.is_ascii_alphanumeric()) => slug.push('.'),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
        if slug.len() >= SLUG {
            break;
        }
    }
    format!("{}-{hash}", slug.trim_end_matches(['-', '.']))
}

/// Whether an element of a path is a token rather than a word: another Larder's GOPROXY ends in one.
pub(crate) fn is_token(element: &str) -> bool {
    element.len() >= 20
        && element
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        && element.bytes().any(|b| b.is_ascii_digit())
        && element.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> SafeUrl {
        SafeUrl::parse(text).unwrap()
    }

    #[test]
    fn names_are_what_a_person_knows_the_upstream_by() {
        for (text, want) in [
            ("https://proxy.corp.example", "proxy.corp.example"),
            ("https://proxy.corp.example:443/", "proxy.corp.example"),
            (
                "http://proxy.corp.example:8081/api/go/",
                "proxy.corp.example:8081/api/go",
            ),
            (
                "https://bob:hunter2@proxy.corp.example/go?k=s3cret",
                "proxy.corp.example/go",
            ),
            (
                "http://127.0.0.1:4677/uZ8sT0kqPpVtW4mE9aX2bQ",
                "127.0.0.1:4677/*",
            ),
            ("http://[::1]:8080/x", "[::1]:8080/x"),
            ("file:///srv/go/mirror", "file:///srv/go/mirror"),
        ] {
            assert_eq!(name(&url(text)), want, "{text}");
        }
    }

    #[test]
    fn an_id_tells_upstreams_apart_but_not_their_users() {
        let same = [
            "https://proxy.corp.example/go",
            "https://proxy.corp.example:443/go/",
            "https://bob:pw@proxy.corp.example/go",
        ];
        for text in same {
            assert_eq!(id(&url(text)), id(&url(same[0])), "{text}");
        }
        let others = [
            "http://proxy.corp.example/go",
            "https://proxy.corp.example/Go",
            "https://proxy.corp.example",
            "https://proxy.corp.example/go-",
        ];
        for text in others {
            assert_ne!(id(&url(text)), id(&url(same[0])), "{text}");
        }
    }

    #[test]
    fn an_id_names_a_folder_everywhere() {
        for text in [
            "https://proxy.corp.example/a/b",
            "http://[::1]:8080/..x/%2e%2f",
            "file:///",
            "file:///srv/Go",
            "https://xn--bcher-kva.example/\u{e9}",
            &format!("https://h.example/{}", "long/".repeat(60)),
        ] {
            let id = id(&url(text));
            assert!(id.len() <= SLUG + 9, "{id}");
            assert!(
                id.bytes().all(|b| b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || b == b'.'
                    || b == b'-'),
                "{id}"
            );
            assert!(
                !id.contains("..") && id.starts_with(|c: char| c.is_ascii_alphanumeric()),
                "{id}"
            );
        }
        assert!(id(&url("https://proxy.corp.example/a/b")).starts_with("proxy.corp.example-a-b-"));
    }

    #[test]
    fn words_are_not_taken_for_tokens() {
        for word in [
            "api",
            "go-virtual",
            "a-repository-with-a-long-name",
            "20240101020304050607",
        ] {
            assert!(!is_token(word), "{word}");
        }
        assert!(is_token("uZ8sT0kqPpVtW4mE9aX2bQ"));
    }
}
