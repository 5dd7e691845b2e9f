//! A key that signs notes (`golang.org/x/mod/sumdb/note`).

use data_encoding::{BASE64, HEXLOWER};
use ring::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair as _},
};

/// A name and an Ed25519 key.
pub(super) struct Signer {
    name: String,
    key: Ed25519KeyPair,
}

impl Signer {
    /// The same name and seed make the same key.
    pub(super) fn new(name: &str, seed: &str) -> Self {
        let is_name = |c: char| c != '+' && !c.is_whitespace();
        assert!(
            !name.is_empty() && name.chars().all(is_name),
            "{name:?} can't be the name of a key"
        );
        let seed = digest(&SHA256, seed.as_bytes());
        Self {
            name: name.to_owned(),
            key: Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).expect("32 bytes"),
        }
    }

    /// The public half: `name+hash+base64`.
    pub(super) fn verifier_key(&self) -> String {
        format!(
            "{}+{}+{}",
            self.name,
            HEXLOWER.encode(&self.hash()),
            BASE64.encode(&self.public())
        )
    }

    /// A note of this text.
    pub(super) fn sign(&self, text: &str) -> String {
        self.note(text, text)
    }

    /// A note of this text whose signature is of another.
    pub(super) fn sign_falsely(&self, text: &str) -> String {
        self.note(text, "another text\n")
    }

    fn note(&self, text: &str, signed: &str) -> String {
        let signature = self.key.sign(signed.as_bytes());
        let bytes = [self.hash().as_slice(), signature.as_ref()].concat();
        let bytes = BASE64.encode(&bytes);
        format!("{text}\n\u{2014} {} {bytes}\n", self.name)
    }

    /// The algorithm's byte, which is 1, and the key.
    fn public(&self) -> Vec<u8> {
        [&[1], self.key.public_key().as_ref()].concat()
    }

    fn hash(&self) -> [u8; 4] {
        let named = [self.name.as_bytes(), b"\n", &self.public()].concat();
        let hash = digest(&SHA256, &named);
        hash.as_ref()[..4].try_into().expect("four of 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::Signer;

    #[test]
    fn a_key_is_its_names_and_its_seeds() {
        let key = |name, seed| Signer::new(name, seed).verifier_key();
        let one = key("sums.example.com", "a");
        assert!(one.starts_with("sums.example.com+"), "{one}");
        assert_eq!(one, key("sums.example.com", "a"));
        assert_ne!(one, key("sums.example.com", "b"));
    }

    #[test]
    fn a_false_signature_is_the_keys_and_of_another_text() {
        let signer = Signer::new("sums.example.com", "a");
        let (right, wrong) = (signer.sign("text\n"), signer.sign_falsely("text\n"));
        let start = "text\n\n\u{2014} sums.example.com ";
        assert!(right.starts_with(start) && wrong.starts_with(start));
        // Four bytes of the key's hash are five characters and a part of the next.
        assert_eq!(right[..start.len() + 5], wrong[..start.len() + 5]);
        assert_ne!(right, wrong);
    }
}
