//! How the encrypted file is sealed: argon2id makes a key of the passphrase, XChaCha20-Poly1305 encrypts with it.
//!
//! ```text
//!  0  18  "larder-credential\n"
//! 18   2  version, 1                       numbers are little-endian
//! 20   4  argon2id: memory in KiB          RFC 9106
//! 24   4  argon2id: passes
//! 28   4  argon2id: lanes
//! 32  16  salt
//! 48  32  check: the second half of the 64 bytes that argon2id gives; the first half is the key
//! 80  24  nonce, new at every write
//! 104  …  encrypted text and its tag, with all that stands before it as associated data
//!  …  32  SHA-256 of all that stands before it
//! ```
//!
//! The check tells a wrong passphrase from a damaged file, and gives nothing away of the key: both are parts of one
//! output of a hash. The SHA-256 is no protection, it tells damage of any byte from a wrong passphrase; what an attacker
//! changes and hashes anew, the tag shows.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secret::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const MAGIC: &[u8; 18] = b"larder-credential\n";
const VERSION: u16 = 1;
pub(super) const SALT: usize = 16;
pub(super) const NONCE: usize = 24;
const HALF: usize = 32;
const SEALED_FROM: usize = 104;
const SUM: usize = 32;

/// What it costs to try one passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// The second choice of RFC 9106, section 4: 64 MiB, three passes, four lanes.
    pub(super) const NOW: Self = Self {
        memory: 64 << 10,
        passes: 3,
        lanes: 4,
    };
    /// For tests of all but the cost.
    #[cfg(test)]
    pub(super) const LITTLE: Self = Self {
        memory: 32,
        passes: 1,
        lanes: 1,
    };

    /// Nothing beyond this is computed: a file that somebody else wrote must not take all memory, or for ever.
    fn is_bearable(self) -> bool {
        self.memory <= 1 << 20 && self.passes <= 16 && self.lanes <= 16
    }
}

/// Why a file did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    WrongPassphrase,
    Damaged(&'static str),
    Unknown,
}

/// A key, and what makes it again from the same passphrase.
pub(super) struct Key {
    cost: Cost,
    salt: [u8; SALT],
    check: [u8; HALF],
    key: Zeroizing<[u8; HALF]>,
}

impl Key {
    /// A key of this passphrase. Slow by design.
    pub(super) fn new(passphrase: &Secret, cost: Cost, salt: [u8; SALT]) -> Self {
        let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(2 * HALF))
            .expect("the cost was made here, or read from a file and found bearable");
        let mut both = Zeroizing::new([0; 2 * HALF]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose().as_bytes(), &salt, &mut *both)
            .expect("the lengths of salt and output are within argon2's bounds");
        let mut key = Zeroizing::new([0; HALF]);
        let mut check = [0; HALF];
        key.copy_from_slice(&both[..HALF]);
        check.copy_from_slice(&both[HALF..]);
        Self {
            cost,
            salt,
            check,
            key,
        }
    }

    /// The key of this file, when the passphrase is its own. Slow by design.
    pub(super) fn of_file(bytes: &[u8], passphrase: &Secret) -> Result<Self, Open> {
        let header = Header::read(bytes)?;
        let key = Self::new(passphrase, header.cost, header.salt);
        if key.check == header.check {
            Ok(key)
        } else {
            Err(Open::WrongPassphrase)
        }
    }

    /// The text of a file that was sealed with this key.
    pub(super) fn open(&self, bytes: &[u8]) -> Result<Zeroizing<String>, Open> {
        let header = Header::read(bytes)?;
        if (header.cost, header.salt, header.check) != (self.cost, self.salt, self.check) {
            // Sealed anew, with another passphrase.
            return Err(Open::WrongPassphrase);
        }
        let (associated, sealed) = bytes[..bytes.len() - SUM].split_at(SEALED_FROM);
        let payload = Payload {
            msg: sealed,
            aad: associated,
        };
        let text = XChaCha20Poly1305::new(&(*self.key).into())
            .decrypt(&XNonce::from(header.nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| Open::Damaged("what is encrypted was changed"))?;
        str::from_utf8(&text)
            .map(|text| Zeroizing::new(text.to_owned()))
            .map_err(|_| Open::Damaged("its content is no text"))
    }

    /// The whole file for this text. A nonce is used once.
    pub(super) fn seal(&self, text: &str, nonce: [u8; NONCE]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SEALED_FROM + text.len() + 16 + SUM);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        for number in [self.cost.memory, self.cost.passes, self.cost.lanes] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.check);
        bytes.extend_from_slice(&nonce);
        let payload = Payload {
            msg: text.as_bytes(),
            aad: &bytes,
        };
        let sealed = XChaCha20Poly1305::new(&(*self.key).into())
            .encrypt(&XNonce::from(nonce), payload)
            .expect("the text is far shorter than what one nonce can encrypt");
        bytes.extend_from_slice(&sealed);
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }
}

/// What stands before the encrypted text.
struct Header {
    cost: Cost,
    salt: [u8; SALT],
    check: [u8; HALF],
    nonce: [u8; NONCE],
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Open> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Err(Open::Damaged("it does not begin as Larder's"));
        };
        let Some((said, sum)) = bytes
            .split_last_chunk::<SUM>()
            .filter(|_| bytes.len() >= SEALED_FROM + SUM)
        else {
            return Err(Open::Damaged("it is cut short"));
        };
        // The version first: a later one may end otherwise.
        let (version, mut rest) = take::<2>(rest);
        if u16::from_le_bytes(version) != VERSION {
            return Err(Open::Unknown);
        }
        if Sha256::digest(said).as_slice() != sum {
            return Err(Open::Damaged("its checksum does not hold"));
        }
        let mut number = || {
            let (bytes, behind) = take::<4>(rest);
            rest = behind;
            u32::from_le_bytes(bytes)
        };
        let cost = Cost {
            memory: number(),
            passes: number(),
            lanes: number(),
        };
        if !cost.is_bearable() || Params::new(cost.memory, cost.passes, cost.lanes, None).is_err() {
            return Err(Open::Unknown);
        }
        let (salt, rest) = take(rest);
        let (check, rest) = take(rest);
        let (nonce, _) = take(rest);
        Ok(Self {
            cost,
            salt,
            check,
            nonce,
        })
    }
}

/// The first `N` bytes, and what stands behind them.
fn take<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    let (first, rest) = bytes
        .split_first_chunk()
        .expect("the length of the whole was checked");
    (*first, rest)
}
