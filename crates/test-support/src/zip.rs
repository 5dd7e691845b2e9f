//! Zips in the shape Go's `archive/zip` writes them: deflate, flag 8, no sizes in the local header, a data
//! descriptor of 16 bytes with its signature, no extra fields, no times.
//!
//! [`Entry`]'s fields are open, so that a test can make each of them lie.

use flate2::{Compress, Compression, Crc, FlushCompress};

/// One entry of a zip. What is in the fields is written as it is.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The full name, `path@version/file` in a module zip.
    pub name: Vec<u8>,
    /// The bytes between the local header and the descriptor.
    pub packed: Vec<u8>,
    /// CRC-32 written to the descriptor and the central directory.
    pub crc: u32,
    /// Unpacked size written to the descriptor and the central directory.
    pub unpacked: u32,
    /// External attributes of the central directory: the Unix mode in the upper half, 0 as Go has it.
    pub external_attrs: u32,
    /// Where the central directory says that the local header is, if not where it is.
    pub header_at: Option<u32>,
}

impl Entry {
    /// An honest entry that holds `content`.
    pub fn new(name: impl Into<Vec<u8>>, content: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        Self {
            name: name.into(),
            packed: deflate(content),
            crc: crc.sum(),
            unpacked: size32(content.len()),
            external_attrs: 0,
            header_at: None,
        }
    }

    /// An honest entry of `len` zero bytes, about a thousandth of that when packed. Costs neither the memory
    /// nor the time of `len` bytes: one packed block is repeated.
    pub fn zeros(name: impl Into<Vec<u8>>, len: u32) -> Self {
        const BLOCK: usize = 1 << 20;
        let block = vec![0; BLOCK];
        let packed_block = compress(&block, FlushCompress::Full);
        let mut block_crc = Crc::new();
        block_crc.update(&block);

        let mut packed = Vec::new();
        let mut crc = Crc::new();
        for _ in 0..len as usize / BLOCK {
            packed.extend_from_slice(&packed_block);
            crc.combine(&block_crc);
        }
        let rest = &block[..len as usize % BLOCK];
        packed.extend(deflate(rest));
        crc.update(rest);
        Self {
            name: name.into(),
            packed,
            crc: crc.sum(),
            unpacked: len,
            external_attrs: 0,
            header_at: None,
        }
    }

    /// The entry as a symbolic link (its content is then the target).
    #[must_use]
    pub fn as_symlink(mut self) -> Self {
        self.external_attrs = 0o120_777 << 16;
        self
    }
}

/// Writes `entries` in the order given.
pub fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let offset = size32(out.len());
        let flags = flags(&entry.name);
        let name_len = name_len(&entry.name);
        let packed = size32(entry.packed.len());

        out.extend_from_slice(&local_header(&entry.name));
        out.extend_from_slice(&entry.packed);
        for value in [0x0807_4b50, entry.crc, packed, entry.unpacked] {
            put32(&mut out, value);
        }

        put32(&mut directory, 0x0201_4b50);
        put16(&mut directory, &[20, 20, flags, 8, 0, 0]);
        for value in [entry.crc, packed, entry.unpacked] {
            put32(&mut directory, value);
        }
        put16(&mut directory, &[name_len, 0, 0, 0, 0]);
        put32(&mut directory, entry.external_attrs);
        put32(&mut directory, entry.header_at.unwrap_or(offset));
        directory.extend_from_slice(&entry.name);
    }
    let start = size32(out.len());
    let count = u16::try_from(entries.len())
        .ok()
        .filter(|n| *n < u16::MAX)
        .expect("fewer than 65535 entries");
    out.extend_from_slice(&directory);
    put32(&mut out, 0x0605_4b50);
    put16(&mut out, &[0, 0, count, count]);
    put32(&mut out, size32(directory.len()));
    put32(&mut out, start);
    put16(&mut out, &[0]);
    out
}

/// The local header of an entry as [`write()`] begins it.
pub fn local_header(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put32(&mut out, 0x0403_4b50);
    put16(&mut out, &[20, flags(name), 8, 0, 0]);
    out.extend_from_slice(&[0; 12]);
    put16(&mut out, &[name_len(name), 0]);
    out.extend_from_slice(name);
    out
}

/// Where the central directory of a zip made by [`write()`] begins.
pub fn directory_offset(zip: &[u8]) -> usize {
    let end = zip.len() - 22;
    u32::from_le_bytes(zip[end + 16..end + 20].try_into().unwrap()) as usize
}

fn deflate(content: &[u8]) -> Vec<u8> {
    if content.is_empty() {
        // An empty stored block, then the final one: what Go's compress/flate writes for nothing at all.
        return vec![1, 0, 0, 0xff, 0xff];
    }
    compress(content, FlushCompress::Finish)
}

fn compress(content: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut packed = Vec::with_capacity(content.len() + content.len() / 100 + 128);
    let mut compress = Compress::new(Compression::default(), false);
    compress
        .compress_vec(content, &mut packed, flush)
        .expect("deflate takes any bytes");
    assert_eq!(
        compress.total_in(),
        content.len() as u64,
        "the buffer was too small"
    );
    packed
}

fn name_len(name: &[u8]) -> u16 {
    u16::try_from(name.len()).expect("a name of at most 64 KiB")
}

fn flags(name: &[u8]) -> u16 {
    if needs_utf8_flag(name) { 0x808 } else { 0x8 }
}

/// Go sets the UTF-8 flag for a name that is not plain in every code page (`archive/zip`, `detectUTF8`).
fn needs_utf8_flag(name: &[u8]) -> bool {
    let plain = name
        .iter()
        .all(|b| (0x20..=0x7d).contains(b) && *b != b'\\');
    !plain && std::str::from_utf8(name).is_ok()
}

fn size32(len: usize) -> u32 {
    u32::try_from(len).expect("fixtures stay below 4 GiB")
}

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    for value in values {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::{Entry, write};
    use std::io::Read as _;

    /// What Go 1.26's `archive/zip` writes for one empty entry `a@v1/x`, byte for byte.
    #[test]
    fn an_empty_entry_is_byte_for_byte_what_go_writes() {
        let want = [
            "504b03041400080008000000000000000000000000000000000006000000614076312f78010000ffff504b0708000000",
            "000500000000000000504b01021400140008000800000000000000000005000000000000000600000000000000000000",
            "00000000000000614076312f78504b0506000000000100010034000000390000000000",
        ]
        .concat();
        assert_eq!(
            data_encoding::HEXLOWER.encode(&write(&[Entry::new("a@v1/x", b"")])),
            want
        );
    }

    #[test]
    fn a_bomb_unpacks_to_all_its_zeros_with_the_right_crc() {
        let bomb = Entry::zeros("z", (3 << 20) + 17);
        assert!(bomb.packed.len() < 8192, "{} bytes", bomb.packed.len());
        let mut unpacked = Vec::new();
        flate2::read::DeflateDecoder::new(&bomb.packed[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked.len(), (3 << 20) + 17);
        assert!(unpacked.iter().all(|b| *b == 0));
        let mut crc = flate2::Crc::new();
        crc.update(&unpacked);
        assert_eq!(crc.sum(), bomb.crc);
    }
}
