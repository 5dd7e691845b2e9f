//! Module zips for the upstream, deflated as Go does it; one packed block may stand under many names, so that a large
//! one costs no time.

use std::io::Write;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::Crc;
use flate2::write::DeflateEncoder;

/// The content of a file, packed once.
pub(crate) struct Packed {
    bytes: Vec<u8>,
    crc: u32,
    unpacked: u32,
}

impl Packed {
    pub(crate) fn new(content: &[u8]) -> Result<Self> {
        let mut crc = Crc::new();
        crc.update(content);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content)?;
        Ok(Self {
            bytes: encoder.finish()?,
            crc: crc.sum(),
            unpacked: size(content.len())?,
        })
    }

    /// How many bytes it takes in a zip.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// A zip of these files.
pub(crate) fn write(files: &[(String, &Packed)]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, packed) in files {
        let offset = size(out.len())?;
        let length = size(packed.len())?;
        let name_length = u16::try_from(name.len()).context("a name of a zip is too long")?;
        let sizes = [packed.crc, length, packed.unpacked];

        put32(&mut out, &[0x0403_4b50]);
        // Version, flags (sizes follow the content), deflate, no time, no date; then no sizes yet.
        put16(&mut out, &[20, 8, 8, 0, 0]);
        put32(&mut out, &[0, 0, 0]);
        put16(&mut out, &[name_length, 0]);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&packed.bytes);
        put32(&mut out, &[0x0807_4b50]);
        put32(&mut out, &sizes);

        put32(&mut directory, &[0x0201_4b50]);
        put16(&mut directory, &[20, 20, 8, 8, 0, 0]);
        put32(&mut directory, &sizes);
        put16(&mut directory, &[name_length, 0, 0, 0, 0]);
        put32(&mut directory, &[0, offset]);
        directory.extend_from_slice(name.as_bytes());
    }
    let start = size(out.len())?;
    let count = u16::try_from(files.len()).context("a zip has too many files")?;
    out.extend_from_slice(&directory);
    put32(&mut out, &[0x0605_4b50]);
    put16(&mut out, &[0, 0, count, count]);
    put32(&mut out, &[size(directory.len())?, start]);
    put16(&mut out, &[0]);
    Ok(out)
}

fn size(length: usize) -> Result<u32> {
    u32::try_from(length).context("a zip is too large")
}

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}
