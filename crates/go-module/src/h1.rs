//! `h1:` hashes, by which go.sum and the checksum database know a module (x/mod `sumdb/dirhash/hash.go`, `Hash1`).
//!
//! A hash covers names and contents of files alone: the SHA-256 of lines `<SHA-256 of the content in hex>  <name>\n`,
//! sorted by name. How a zip is packed does not matter to it.

mod zip_hasher;

use std::fmt;
use std::io::{Read, Seek};
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::zip::{self, ZipError};
pub use zip_hasher::ZipHasher;

/// An `h1:` hash. Its Display form is `h1:` and base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct H1([u8; 32]);

impl H1 {
    /// The SHA-256 itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The hash of a module zip: every entry is unpacked, and its CRC and size are checked (`dirhash.HashZip`). Memory is
/// bounded by the zip's directory, which [`zip::MAX_DIRECTORY`] bounds.
///
/// It holds a zip to the rules of the format and to [`zip::MAX_UNPACKED`], not to those of a module: that is
/// [`zip::check`].
///
/// # Errors
/// Where the zip is malformed or damaged, or can't be read.
pub fn of_zip<R: Read + Seek>(reader: R, len: u64) -> Result<H1, ZipError> {
    let mut lines = Vec::new();
    let mut content = Sha256::new();
    zip::unpack(reader, len, |piece| match piece {
        zip::Piece::Content(bytes) => content.update(bytes),
        zip::Piece::End(name) => lines.push((name.to_owned(), content.finalize_reset().into())),
    })?;
    Ok(of_lines(lines))
}

/// The hash of a go.mod file, as go.sum has it behind `<version>/go.mod`.
#[must_use]
pub fn of_mod(go_mod: &[u8]) -> H1 {
    of_lines(vec![("go.mod".to_owned(), Sha256::digest(go_mod).into())])
}

/// The hash of files, each a name (`path@version/name` in a module) and its content, in any order.
///
/// # Errors
/// [`H1Error::NameWithNewline`], since such a name could stand for two lines.
pub fn of_files<N: AsRef<str>, C: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (N, C)>,
) -> Result<H1, H1Error> {
    let mut lines = Vec::new();
    for (name, content) in files {
        let name = name.as_ref();
        if name.contains('\n') {
            return Err(H1Error::NameWithNewline(name.to_owned()));
        }
        lines.push((name.to_owned(), Sha256::digest(content).into()));
    }
    Ok(of_lines(lines))
}

fn of_lines(mut lines: Vec<(String, [u8; 32])>) -> H1 {
    lines.sort_unstable();
    let mut hash = Sha256::new();
    for (name, sum) in lines {
        hash.update(HEXLOWER.encode(&sum));
        hash.update("  ");
        hash.update(name);
        hash.update("\n");
    }
    H1(hash.finalize().into())
}

/// Why there is no `h1:` hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum H1Error {
    /// The text is not `h1:` and the base64 of 32 bytes.
    #[error("{0:?} is no hash of a module: it must be h1: and the base64 of 32 bytes")]
    Text(String),
    /// A file's name holds a newline.
    #[error("a module with the file name {0:?} has no hash: names may not hold a newline")]
    NameWithNewline(String),
}

impl fmt::Display for H1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h1:{}", BASE64.encode(&self.0))
    }
}

impl fmt::Debug for H1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "H1({self})")
    }
}

impl FromStr for H1 {
    type Err = H1Error;

    fn from_str(text: &str) -> Result<Self, H1Error> {
        let bytes = text
            .strip_prefix("h1:")
            .and_then(|base64| BASE64.decode(base64.as_bytes()).ok());
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| H1Error::Text(text.to_owned()))
    }
}

impl Serialize for H1 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for H1 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{H1, H1Error, of_files};

    #[test]
    fn a_name_with_a_newline_has_no_hash() {
        assert_eq!(
            of_files([("a\nb", "")]),
            Err(H1Error::NameWithNewline("a\nb".to_owned()))
        );
    }

    #[test]
    fn only_the_exact_text_is_read() {
        let good = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(good.parse::<H1>().unwrap().to_string(), good);
        let json = serde_json::to_string(&good.parse::<H1>().unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<H1>(&json).unwrap().to_string(), good);
        for bad in [
            "",
            "h1:",
            "h2:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
            "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hS",
        ] {
            assert_eq!(
                bad.parse::<H1>(),
                Err(H1Error::Text(bad.to_owned())),
                "{bad:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn both_forms_agree(bytes in any::<[u8; 32]>()) {
            let hash = H1(bytes);
            prop_assert_eq!(hash.to_string().parse(), Ok(hash));
        }

        #[test]
        fn order_does_not_matter_and_names_and_contents_do(
            files in prop::collection::btree_map("[a-z/]{1,6}", any::<Vec<u8>>(), 1..5),
        ) {
            let hash = of_files(&files).unwrap();
            prop_assert_eq!(of_files(files.iter().rev()).unwrap(), hash);
            prop_assert_ne!(of_files(files.iter().map(|(name, content)| (format!("{name}x"), content))).unwrap(), hash);
            prop_assert_ne!(of_files(files.iter().skip(1)).unwrap(), hash);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = text.parse::<H1>();
        }
    }
}
