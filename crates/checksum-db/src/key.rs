//! Verifier keys: by what name and with which Ed25519 key a checksum database signs (x/mod `sumdb/note/note.go`).

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use ring::signature::{ED25519, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::Error;

/// The algorithm byte of Ed25519, the only one there is (`algEd25519`).
const ED25519_ALGORITHM: u8 = 1;

/// Longer texts are no key.
const MAX_KEY_TEXT: usize = 1024;

/// A verifier key, `<name>+<hash>+<key>`: the name, 8 hex digits, and the base64 of an algorithm byte with the key
/// (`note.NewVerifier`). The hash is the first 4 bytes of SHA-256(name ‖ "\n" ‖ algorithm ‖ key), so that a key that
/// was mistyped, or put under another name, is noticed.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    hash: [u8; 4],
    key: [u8; 32],
}

/// The key of a database that Go knows by name alone (`knownGOSUMDB`, cmd/go `internal/modfetch/key.go`); `None` for
/// all other names, which GOSUMDB must give with their key.
#[must_use]
pub fn known_key(name: &str) -> Option<&'static str> {
    (name == "sum.golang.org")
        .then_some("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
}

impl VerifierKey {
    /// The name that stands in its signatures, and in `/sumdb/<name>/`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 4 bytes by which a signature says which key made it.
    #[must_use]
    pub fn hash(&self) -> [u8; 4] {
        self.hash
    }

    /// Whether `signature` is this key's, over `text`.
    pub(crate) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.key)
            .verify(text, signature)
            .is_ok()
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).unwrap_or(Err(Error::MalformedKey))
    }
}

/// `None` where the text does not have the form of a key.
fn parse(text: &str) -> Option<Result<VerifierKey, Error>> {
    let text = Some(text).filter(|text| text.len() <= MAX_KEY_TEXT)?;
    let (name, rest) = text.split_once('+').filter(|(name, _)| is_name(name))?;
    // The base64 may hold a plus of its own.
    let (stated, base64) = rest.split_once('+')?;
    let bytes = BASE64.decode(base64.as_bytes()).ok()?;
    let (algorithm, key) = bytes.split_first()?;
    let is_hash = stated.len() == 8 && stated.bytes().all(|byte| byte.is_ascii_hexdigit());
    let stated = u32::from_str_radix(stated, 16).ok().filter(|_| is_hash)?;

    let hash = key_hash(name, &bytes);
    if hash != stated.to_be_bytes() {
        return Some(Err(Error::KeyHash {
            name: name.to_owned(),
        }));
    }
    if *algorithm != ED25519_ALGORITHM {
        return Some(Err(Error::KeyAlgorithm {
            name: name.to_owned(),
            algorithm: *algorithm,
        }));
    }
    Some(Ok(VerifierKey {
        name: name.to_owned(),
        hash,
        key: key.try_into().ok()?,
    }))
}

/// Not empty, no white space, no plus (`isValidName`).
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

fn key_hash(name: &str, key: &[u8]) -> [u8; 4] {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update("\n")
        .chain_update(key)
        .finalize()
        .into();
    [hash[0], hash[1], hash[2], hash[3]]
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519_ALGORITHM], self.key.as_slice()].concat();
        let hash = u32::from_be_bytes(self.hash);
        write!(f, "{}+{hash:08x}+{}", self.name, BASE64.encode(&key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use proptest::prelude::*;

    use super::{VerifierKey, key_hash, known_key};
    use crate::Error;

    fn parse(text: &str) -> Result<VerifierKey, Error> {
        text.parse()
    }

    /// A key text whose hash is right, whatever the bytes are.
    fn text(name: &str, bytes: &[u8]) -> String {
        let hash = u32::from_be_bytes(key_hash(name, bytes));
        format!("{name}+{hash:08x}+{}", BASE64.encode(bytes))
    }

    #[test]
    fn the_known_key_is_one() {
        let known = known_key("sum.golang.org").unwrap();
        let key = parse(known).unwrap();
        assert_eq!(key.name(), "sum.golang.org");
        assert_eq!(key.hash(), [0x03, 0x3d, 0xe0, 0xae]);
        assert_eq!(key.to_string(), known);
        assert_eq!(known_key("sums.example.com"), None);
    }

    #[test]
    fn each_fault_of_a_key_is_told_apart() {
        let good = text("sums.example.com", &[1; 33]);
        assert!(parse(&good).is_ok());
        assert_eq!(
            parse(&good.replace("sums", "sumz")),
            Err(Error::KeyHash {
                name: "sumz.example.com".to_owned()
            })
        );
        assert_eq!(
            parse(&text("sums.example.com", &[2; 33])),
            Err(Error::KeyAlgorithm {
                name: "sums.example.com".to_owned(),
                algorithm: 2
            })
        );
        for bad in [
            "",
            "sums.example.com",
            "sums.example.com+01020304",
            "sums.example.com+01020304+",
            "+01020304+AQ==",
            &text("two words", &[1; 33]),
            &text("short.example.com", &[1; 32]),
            &text("long.example.com", &[1; 34]),
            &text(&"n".repeat(1024), &[1; 33]),
            &good.replacen('+', "++", 1),
            &good.replacen('+', "+00", 1),
            &format!("{good}\n"),
        ] {
            assert_eq!(parse(bad), Err(Error::MalformedKey), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_agree(name in "[a-z./]{1,20}", key in any::<[u8; 32]>()) {
            let text = text(&name, &[&[1], key.as_slice()].concat());
            prop_assert_eq!(parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", hash in "[0-9a-f]{8}", rest in "[A-Za-z0-9+/=]*") {
            let _ = parse(&text);
            let _ = parse(&format!("{text}+{hash}+{rest}"));
        }
    }
}
