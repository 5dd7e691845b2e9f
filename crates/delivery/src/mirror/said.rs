//! An answer as far as it is compared: whether it is there, its length, and a hash of what it means.

use std::fmt;

use data_encoding::HEXLOWER;
use go_module::{FileKind, Request, info, list};
use sha2::{Digest, Sha256 as Hasher};
use store::Sha256;

use crate::told;

/// The largest body that is hashed, in bytes; of larger ones only the announced length is compared.
pub(super) const LARGEST: u64 = 64 << 20;

/// An answer, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is not there.
    NotFound(u16),
    /// It is there.
    Body {
        /// None where it is too large.
        digest: Option<[u8; 32]>,
        /// Its length in bytes, where that is known.
        length: Option<u64>,
    },
}

impl Said {
    /// A file that was kept, and its bytes where they are at hand.
    pub(crate) fn file(
        request: &Request,
        bytes: Option<&[u8]>,
        sha256: &Sha256,
        length: u64,
    ) -> Self {
        let is_compared_whole = matches!(request, Request::File(_, FileKind::Mod | FileKind::Zip));
        match bytes {
            Some(bytes) if !is_compared_whole => Self::bytes(request, bytes),
            _ => Self::Body {
                digest: (is_compared_whole && length <= LARGEST).then_some(sha256.0),
                length: is_compared_whole.then_some(length),
            },
        }
    }

    pub(super) fn bytes(request: &Request, body: &[u8]) -> Self {
        let digest = match request {
            Request::File(_, FileKind::Mod | FileKind::Zip) => Hasher::digest(body),
            _ => Hasher::digest(meaning(request, body)),
        };
        Self::Body {
            digest: Some(digest.into()),
            length: Some(body.len() as u64),
        }
    }

    pub(super) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::NotFound(_), Self::NotFound(_)) => true,
            (
                Self::Body { digest, length },
                Self::Body {
                    digest: their_digest,
                    length: their_length,
                },
            ) => match (digest, their_digest) {
                (Some(digest), Some(theirs)) => digest == theirs,
                _ => length.is_none() || their_length.is_none() || length == their_length,
            },
            _ => false,
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(status) => write!(f, "not there ({status})"),
            Self::Body { digest, length } => {
                let length = length.map_or_else(|| "an answer".to_owned(), told::bytes);
                match digest {
                    Some(digest) => write!(f, "{length}, {}…", HEXLOWER.encode(&digest[..6])),
                    None => f.write_str(&length),
                }
            }
        }
    }
}

/// What go takes from a small answer: the order of a list and the form of a JSON document mean nothing.
fn meaning(request: &Request, body: &[u8]) -> Vec<u8> {
    match request {
        Request::List(_) => match list::parse(body) {
            Ok(mut versions) => {
                versions.sort_unstable();
                versions.join("\n").into_bytes()
            }
            Err(_) => body.to_vec(),
        },
        Request::Latest(_) | Request::Query { .. } | Request::File(_, FileKind::Info) => {
            match info::parse(body) {
                Ok(said) => format!("{} {}", said.version, said.time.unwrap_or_default()).into(),
                Err(_) => body.to_vec(),
            }
        }
        Request::File(_, FileKind::Mod | FileKind::Zip) | Request::SumDb { .. } => body.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, body: &str) -> Said {
        Said::bytes(&Request::parse(path).unwrap(), body.as_bytes())
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        let list = "/example.com/a/@v/list";
        assert!(said(list, "v1.0.0\nv1.1.0\n").is_as(&said(list, "v1.1.0\nv1.0.0")));
        assert!(!said(list, "v1.0.0\n").is_as(&said(list, "v1.0.0\nv1.1.0\n")));
        let info = "/example.com/a/@v/v1.0.0.info";
        let one = r#"{"Version":"v1.0.0","Time":"2024-01-01T00:00:00Z"}"#;
        let more = r#"{"Time":"2024-01-01T00:00:00Z", "Version":"v1.0.0","Origin":{"VCS":"git"}}"#;
        assert!(said(info, one).is_as(&said(info, more)));
        assert!(!said(info, one).is_as(&said(info, &one.replace("2024", "2025"))));
        let go_mod = "/example.com/a/@v/v1.0.0.mod";
        assert!(!said(go_mod, "module a\n").is_as(&said(go_mod, "module a")));
        assert!(Said::NotFound(404).is_as(&Said::NotFound(410)));
        assert!(!Said::NotFound(404).is_as(&said(go_mod, "")));
    }

    #[test]
    fn of_what_is_too_large_the_length_is_compared() {
        let zip = Request::parse("/example.com/a/@v/v1.0.0.zip").unwrap();
        let file = |byte, length| Said::file(&zip, None, &Sha256([byte; 32]), length);
        let large = file(1, LARGEST + 1);
        let theirs = |length| Said::Body {
            digest: None,
            length,
        };
        assert!(large.is_as(&theirs(Some(LARGEST + 1))) && large.is_as(&theirs(None)));
        assert!(!large.is_as(&theirs(Some(LARGEST + 2))));
        assert!(!file(1, 5).is_as(&file(2, 5)) && file(1, 5).is_as(&file(1, 5)));
    }
}
