//! Marks of bytes: how a file or value is known again without being kept, as it may hold a token.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, in hex. What it was made of can't be had back: a token is random and long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark(String);

impl Mark {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)))
    }
}

/// What `cksum` prints for some bytes: the CRC and the length. POSIX has it everywhere, so a shell can compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cksum {
    crc: u32,
    length: u64,
}

impl Cksum {
    /// POSIX, Shell and Utilities, `cksum`: polynomial 0x04C11DB7, the length fed after the bytes, then the complement.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let length = bytes.len() as u64;
        let tail = length.to_le_bytes();
        let significant = tail.len() - (length.leading_zeros() / 8) as usize;
        let crc = bytes
            .iter()
            .chain(&tail[..significant])
            .fold(0, |crc, byte| step(crc, *byte));
        Self { crc: !crc, length }
    }
}

fn step(crc: u32, byte: u8) -> u32 {
    (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
        let shifted = crc << 1;
        if crc >> 31 == 1 {
            shifted ^ 0x04C1_1DB7
        } else {
            shifted
        }
    })
}

impl fmt::Display for Cksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.crc, self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_checksum_is_what_the_command_prints() {
        for bytes in [
            b"".as_slice(),
            b"a",
            b"GOPROXY=off\n",
            &[0xff; 255],
            &[7; 256],
            &[b'x'; 70_000],
        ] {
            let mut child = Command::new("cksum")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(bytes).unwrap();
            let output = child.wait_with_output().unwrap();
            assert_eq!(
                String::from_utf8(output.stdout).unwrap().trim_end(),
                Cksum::of(bytes).to_string()
            );
        }
    }
}
