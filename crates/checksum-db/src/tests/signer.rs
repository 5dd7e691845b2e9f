//! A key that signs notes, for tests: the crate itself only verifies.

use data_encoding::BASE64;
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};

use crate::VerifierKey;

pub(crate) struct Signer {
    name: String,
    key: Ed25519KeyPair,
}

impl Signer {
    /// A name's key; another seed makes another key.
    pub(crate) fn new(name: &str, seed: u8) -> Self {
        Self {
            name: name.to_owned(),
            key: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap(),
        }
    }

    /// The public half, made by the formula and read as any other.
    pub(crate) fn key(&self) -> VerifierKey {
        let key = BASE64.encode(&self.public());
        let hash = u32::from_be_bytes(self.hash());
        format!("{}+{hash:08x}+{key}", self.name).parse().unwrap()
    }

    /// A note of this text.
    pub(crate) fn sign(&self, text: &str) -> String {
        format!("{text}\n{}", self.line(text))
    }

    /// The line of the signature alone.
    pub(crate) fn line(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes());
        let bytes = [self.hash().as_slice(), signature.as_ref()].concat();
        format!("\u{2014} {} {}\n", self.name, BASE64.encode(&bytes))
    }

    fn public(&self) -> Vec<u8> {
        [&[1], self.key.public_key().as_ref()].concat()
    }

    fn hash(&self) -> [u8; 4] {
        let named = [self.name.as_bytes(), b"\n", &self.public()].concat();
        Sha256::digest(named)[..4].try_into().unwrap()
    }
}
