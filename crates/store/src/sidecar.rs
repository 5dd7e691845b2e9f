//! The small file beside each kept file: what its bytes must be, and where they came from.

use std::fmt;
use std::io::Read;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use go_module::H1;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::disk::{Entry, Folder};
use crate::error::StoreError;

/// The layout of a sidecar that this Larder writes.
const SCHEMA: u32 = 1;
/// No sidecar is longer, in bytes.
const MAX: u64 = 16 * 1024;

/// A SHA-256, shown as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

/// A text that is not 64 small hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 is 64 small hex digits")]
pub struct NotSha256;

impl FromStr for Sha256 {
    type Err = NotSha256;

    fn from_str(text: &str) -> Result<Self, NotSha256> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotSha256)?;
        bytes.try_into().map(Self).map_err(|_| NotSha256)
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What a sidecar holds. Fields it does not know are passed over, so that an older Larder reads a newer one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sidecar {
    schema: u32,
    pub(crate) sha256: Sha256,
    pub(crate) size: u64,
    pub(crate) origin: String,
    pub(crate) kept_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) h1: Option<H1>,
}

/// Why a sidecar could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SidecarError {
    #[error("it is not the JSON of a sidecar: {0}")]
    Malformed(String),
    #[error("it is longer than {MAX} bytes")]
    TooLong,
    #[error("it has schema {0}, written by a newer Larder")]
    Newer(u32),
    #[error("it is not a regular file")]
    NotAFile,
}

/// What was found where a sidecar belongs.
#[derive(Debug)]
pub(crate) enum Found {
    Absent,
    Unreadable(SidecarError),
    Sidecar(Sidecar),
}

impl Sidecar {
    pub(crate) fn new(sha256: Sha256, size: u64, origin: &str, kept_at: Timestamp) -> Self {
        Self {
            schema: SCHEMA,
            sha256,
            size,
            origin: origin.to_owned(),
            kept_at,
            h1: None,
        }
    }

    /// Reads a sidecar's bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, SidecarError> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let malformed = |error: serde_json::Error| SidecarError::Malformed(error.to_string());
        // The schema first: all else may mean something different in a newer one.
        let Head { schema } = serde_json::from_slice(bytes).map_err(malformed)?;
        if schema > SCHEMA {
            return Err(SidecarError::Newer(schema));
        }
        serde_json::from_slice(bytes).map_err(malformed)
    }

    /// A sidecar's bytes: one line of JSON.
    pub(crate) fn render(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec(self).expect("a sidecar has no map keys that JSON cannot hold");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the sidecar of that name.
    pub(crate) fn read(folder: &Folder, name: &str) -> Result<Found, StoreError> {
        let file = match folder.open(name)? {
            Entry::Absent => return Ok(Found::Absent),
            Entry::Other => return Ok(Found::Unreadable(SidecarError::NotAFile)),
            Entry::File(file) => file,
        };
        let mut bytes = Vec::new();
        file.take(MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|cause| StoreError::io("read", &folder.path().join(name), cause))?;
        if bytes.len() as u64 > MAX {
            return Ok(Found::Unreadable(SidecarError::TooLong));
        }
        Ok(match Self::parse(&bytes) {
            Ok(sidecar) => Found::Sidecar(sidecar),
            Err(error) => Found::Unreadable(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sidecar() -> Sidecar {
        Sidecar::new(
            Sha256([7; 32]),
            42,
            "proxy.example.com",
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn the_format_is_fixed() {
        let text = String::from_utf8(sidecar().render()).unwrap();
        let hash = "07".repeat(32);
        assert_eq!(
            text,
            format!(
                "{{\"schema\":1,\"sha256\":\"{hash}\",\"size\":42,\"origin\":\"proxy.example.com\",\"kept_at\":\"1970-01-01T00:00:00Z\"}}\n"
            )
        );
    }

    #[test]
    fn unknown_fields_are_passed_over_and_a_newer_schema_is_told() {
        let text = String::from_utf8(sidecar().render()).unwrap();
        let more = text.replacen('{', "{\"colour\":\"blue\",", 1);
        assert_eq!(Sidecar::parse(more.as_bytes()).unwrap(), sidecar());
        let newer = text.replacen("\"schema\":1", "\"schema\":2", 1);
        assert_eq!(
            Sidecar::parse(newer.as_bytes()),
            Err(SidecarError::Newer(2))
        );
        assert_eq!(
            Sidecar::parse(b"{\"schema\":9}"),
            Err(SidecarError::Newer(9))
        );
    }

    #[test]
    fn an_endless_sidecar_is_not_read_to_its_end() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("x.larder"), vec![b' '; MAX as usize + 1]).unwrap();
        let folder = Folder::top(home.path()).unwrap().unwrap();
        assert!(matches!(
            Sidecar::read(&folder, "x.larder").unwrap(),
            Found::Unreadable(SidecarError::TooLong)
        ));
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_read_back(hash: [u8; 32], size: u64, origin: String, seconds in 0i64..4_000_000_000, go_mod: Option<Vec<u8>>) {
            let mut sidecar = Sidecar::new(Sha256(hash), size, &origin, Timestamp::from_second(seconds).unwrap());
            sidecar.h1 = go_mod.map(|bytes| go_module::h1::of_mod(&bytes));
            prop_assert_eq!(Sidecar::parse(&sidecar.render()).unwrap(), sidecar);
        }

        #[test]
        fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
            let _ = Sidecar::parse(&bytes);
        }

        #[test]
        fn a_cut_sidecar_is_refused(cut in 0usize..100) {
            let bytes = sidecar().render();
            let cut = cut.min(bytes.len() - 2);
            prop_assert!(Sidecar::parse(&bytes[..cut]).is_err());
        }

        #[test]
        fn hashes_survive_their_text(hash: [u8; 32]) {
            prop_assert_eq!(Sha256(hash).to_string().parse(), Ok(Sha256(hash)));
        }

        #[test]
        fn other_texts_are_no_hash(text in "[0-9a-fA-F]{0,70}") {
            prop_assume!(text.len() != 64 || text.bytes().any(|b| b.is_ascii_uppercase()));
            prop_assert!(text.parse::<Sha256>().is_err());
        }
    }
}
