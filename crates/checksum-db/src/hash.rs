//! Hashes of the log's Merkle tree (RFC 6962 section 2.1; x/mod `sumdb/tlog/tlog.go`).

use std::fmt;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// A SHA-256 that stands for a record, a subtree or a whole tree. Its Display form is base64, as in the text of a tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Bytes of a hash.
    pub const LEN: usize = 32;

    /// The hash of the tree without records: the SHA-256 of nothing (RFC 6962 section 2.1).
    pub const EMPTY: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);

    /// The hash of a record: SHA-256(0x00 ‖ text) (`tlog.RecordHash`). The first byte keeps a record from being taken
    /// for a node, and the other way round.
    #[must_use]
    pub fn leaf(text: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update([0])
                .chain_update(text)
                .finalize()
                .into(),
        )
    }

    /// The hash of a node: SHA-256(0x01 ‖ left ‖ right) (`tlog.NodeHash`).
    #[must_use]
    pub fn node(left: Self, right: Self) -> Self {
        let mut bytes = [1; 1 + 2 * Self::LEN];
        bytes[1..=Self::LEN].copy_from_slice(&left.0);
        bytes[1 + Self::LEN..].copy_from_slice(&right.0);
        Self(Sha256::digest(bytes).into())
    }

    /// Reads the base64 of 32 bytes; `None` for any other text. Unlike Go's, this base64 has one form for each hash.
    #[must_use]
    pub fn parse(base64: &str) -> Option<Self> {
        let bytes = BASE64.decode(base64.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The hash of the complete subtree over `hashes`, of which there must be a power of two (`tileHash`, x/mod
    /// `sumdb/tlog/tile.go`).
    pub(crate) fn subtree(hashes: &[[u8; Self::LEN]]) -> Self {
        match hashes {
            [] => Self::EMPTY,
            [one] => Self(*one),
            more => {
                let (left, right) = more.split_at(more.len() / 2);
                Self::node(Self::subtree(left), Self::subtree(right))
            }
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::Hash;

    #[test]
    fn the_empty_tree_is_the_hash_of_nothing() {
        assert_eq!(Hash::EMPTY.0, <[u8; 32]>::from(Sha256::digest(b"")));
    }

    #[test]
    fn a_record_is_no_node() {
        let (left, right) = (Hash::leaf(b"left"), Hash::leaf(b"right"));
        let both = [left.0, right.0].concat();
        assert_ne!(Hash::leaf(&both), Hash::node(left, right));
        assert_ne!(Hash::node(left, right), Hash::node(right, left));
    }

    #[test]
    fn only_the_exact_base64_is_a_hash() {
        let text = Hash::EMPTY.to_string();
        assert_eq!(Hash::parse(&text), Some(Hash::EMPTY));
        // The last digit has two idle bits; `V` sets one of them.
        for bad in [
            "",
            &text[1..],
            &text[..43],
            &format!("{text}\n"),
            &text.replace("FU=", "FV="),
        ] {
            assert_eq!(Hash::parse(bad), None, "{bad:?}");
        }
    }
}
