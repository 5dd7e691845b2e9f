//! The local headers of a zip's entries: that they are there, agree with the directory, and do not overlap
//! (APPNOTE.TXT 4.3.7 and 4.3.9).

use std::io::{Read, Seek, SeekFrom};

use super::ZipError;
use super::directory::{Entry, FLAGS_ENCRYPTED, Fields};

pub(super) const SIGNATURE: u32 = 0x0403_4b50;
/// A local header without its name.
pub(super) const LEN: u64 = 30;
/// The shortest data descriptor: checksum and two sizes, 32 bits each, without a signature.
const DESCRIPTOR_LEN: u64 = 12;

/// Headers this near to one another are read with what lies between them.
const GAP: u64 = 16 << 10;
/// The most that is read at once.
const READ: u64 = 128 << 10;

/// Puts the entries into the order in which they lie in the file, checks their headers, and notes where their contents
/// begin. `end` is where the directory begins.
pub(super) fn check<R: Read + Seek>(
    reader: &mut R,
    entries: &mut [Entry<'_>],
    end: u64,
) -> Result<(), ZipError> {
    entries.sort_by_key(|entry| entry.header);
    let first = entries.first().map_or(end, |entry| entry.header);
    if first > 0 && first <= end {
        return Err(ZipError::Stray(first));
    }
    let mut window = Window {
        reader,
        bytes: Vec::new(),
        begin: 0,
    };
    for at in 0..entries.len() {
        let entry = &entries[at];
        if header_end(entry) > end {
            return Err(ZipError::NoHeader(entry.name.to_owned()));
        }
        let header = window.header(&entries[at..], end)?;
        let extra = check_header(header, entry)?;
        entries[at].contents = header_end(entry) + extra;
    }
    for (at, entry) in entries.iter().enumerate() {
        let descriptor = if entry.has_descriptor() {
            DESCRIPTOR_LEN
        } else {
            0
        };
        let entry_end = entry
            .contents
            .saturating_add(entry.packed)
            .saturating_add(descriptor);
        match entries.get(at + 1) {
            Some(next) if entry_end > next.header => {
                return Err(ZipError::Overlap {
                    name: entry.name.to_owned(),
                    next: next.name.to_owned(),
                });
            }
            None if entry_end > end => return Err(ZipError::Outside(entry.name.to_owned())),
            Some(_) | None => {}
        }
    }
    Ok(())
}

/// Where the header ends that such an entry should have, without its extra field.
fn header_end(entry: &Entry<'_>) -> u64 {
    entry.header.saturating_add(LEN + entry.name.len() as u64)
}

/// Checks a header against the directory's entry; gives back the length of the extra field behind it.
fn check_header(bytes: &[u8], entry: &Entry<'_>) -> Result<u64, ZipError> {
    let read = || {
        let mut fields = Fields(bytes);
        let signature = fields.u32()?;
        fields.take(2)?; // version
        let (flags, method) = (fields.u16()?, fields.u16()?);
        fields.take(16)?; // time, checksum and sizes, which may be left to the descriptor
        let (name_len, extra_len) = (fields.u16()?, fields.u16()?);
        let same_name =
            usize::from(name_len) == entry.name.len() && fields.0 == entry.name.as_bytes();
        Some((signature, flags, method, same_name, extra_len))
    };
    match read() {
        Some((SIGNATURE, flags, method, true, extra_len)) => {
            if method != entry.method.code() || flags & FLAGS_ENCRYPTED != 0 {
                return Err(ZipError::HeaderMethod(entry.name.to_owned()));
            }
            Ok(extra_len.into())
        }
        Some((SIGNATURE, _, _, false, _)) => Err(ZipError::HeaderName(entry.name.to_owned())),
        Some(_) | None => Err(ZipError::NoHeader(entry.name.to_owned())),
    }
}

/// The part of the file that was read last. A seek and a read for each of fifteen thousand small entries cost more than
/// reading the small contents between them.
struct Window<'r, R> {
    reader: &'r mut R,
    bytes: Vec<u8>,
    /// Where in the file it begins.
    begin: u64,
}

impl<R: Read + Seek> Window<'_, R> {
    /// The header of the first of these entries, which lies in front of `end`.
    fn header(&mut self, entries: &[Entry<'_>], end: u64) -> Result<&[u8], ZipError> {
        let (from, to) = (entries[0].header, header_end(&entries[0]));
        if from < self.begin || to > self.begin + self.bytes.len() as u64 {
            // How far to read: up to the last header that is near the one before it.
            let mut until = to;
            for entry in &entries[1..] {
                let entry_end = header_end(entry).min(end);
                if entry.header > until.saturating_add(GAP) || entry_end > from + READ {
                    break;
                }
                until = until.max(entry_end);
            }
            self.reader.seek(SeekFrom::Start(from))?;
            self.bytes.resize((until - from) as usize, 0);
            self.reader.read_exact(&mut self.bytes)?;
            self.begin = from;
        }
        Ok(&self.bytes[(from - self.begin) as usize..(to - self.begin) as usize])
    }
}
