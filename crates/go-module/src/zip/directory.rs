//! The end record and the directory of a zip (APPNOTE.TXT 4.3.12 to 4.3.16; Go's `archive/zip/reader.go`).

use std::io::{Read, Seek, SeekFrom};

use super::{MAX_DIRECTORY, MAX_ENTRIES, MAX_PACKED, ZipError};

pub(super) const ENTRY_SIGNATURE: u32 = 0x0201_4b50;
const END_SIGNATURE: u32 = 0x0605_4b50;
const END64_SIGNATURE: u32 = 0x0606_4b50;
const LOCATOR64_SIGNATURE: u32 = 0x0706_4b50;

const ENTRY_LEN: usize = 46;
const END_LEN: usize = 22;
const END64_LEN: u64 = 56;
const LOCATOR64_LEN: u64 = 20;
/// The end record and the longest comment.
const TAIL_LEN: u64 = END_LEN as u64 + 0xffff;

/// Encrypted, strongly encrypted, or with masked headers.
pub(super) const FLAGS_ENCRYPTED: u16 = 0x0001 | 0x0040 | 0x2000;
/// Sizes and checksum stand in a descriptor behind the contents.
pub(super) const FLAG_DESCRIPTOR: u16 = 0x0008;

/// The directory as it stands in the file.
pub(super) struct Directory {
    bytes: Vec<u8>,
    count: u64,
    /// Where in the file it begins; entries lie in front of it.
    pub(super) offset: u64,
}

/// How an entry is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Store,
    Deflate,
}

impl Method {
    pub(super) fn code(self) -> u16 {
        match self {
            Self::Store => 0,
            Self::Deflate => 8,
        }
    }
}

/// One entry of the directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) flags: u16,
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) unpacked: u64,
    /// Where in the file its local header begins.
    pub(super) header: u64,
    /// Where its packed contents begin; known when its local header was read.
    pub(super) contents: u64,
}

impl Entry<'_> {
    pub(super) fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & FLAG_DESCRIPTOR != 0
    }
}

/// Where the directory is, by one end record or the other.
#[derive(Clone, Copy, PartialEq, Eq)]
struct End {
    count: u64,
    size: u64,
    offset: u64,
}

impl Directory {
    /// Finds the directory of a zip of `len` bytes and reads it.
    pub(super) fn read<R: Read + Seek>(reader: &mut R, len: u64) -> Result<Self, ZipError> {
        if len > MAX_PACKED {
            return Err(ZipError::TooLarge(len));
        }
        let tail = read_at(reader, len.saturating_sub(TAIL_LEN), len.min(TAIL_LEN))?;
        // As in Go, the last signature counts.
        let at = tail
            .windows(END_LEN)
            .rposition(|window| window.starts_with(&END_SIGNATURE.to_le_bytes()));
        let at = at.ok_or(ZipError::NoEnd)?;
        let end_offset = len - (tail.len() - at) as u64;
        let (end, comment) = end_record(&tail[at..]).ok_or(ZipError::NoEnd)??;
        let found = (tail.len() - at - END_LEN) as u64;
        if found != comment {
            return Err(ZipError::Trailing {
                announced: comment,
                found,
            });
        }
        let (end, directory_end) = end64(reader, end, end_offset)?;
        let space = directory_end
            .checked_sub(end.offset)
            .ok_or(ZipError::DirectoryOutside)?;
        let stray = space
            .checked_sub(end.size)
            .ok_or(ZipError::DirectoryOutside)?;
        if stray > 0 {
            return Err(ZipError::Stray(stray));
        }
        if end.size > MAX_DIRECTORY {
            return Err(ZipError::DirectoryTooLarge(end.size));
        }
        if end.count > MAX_ENTRIES {
            return Err(ZipError::TooManyEntries);
        }
        Ok(Self {
            bytes: read_at(reader, end.offset, end.size)?,
            count: end.count,
            offset: end.offset,
        })
    }

    /// Whether nothing but an end record lies between the directory and the end of the file, of `len` bytes: neither
    /// zip64 records nor a comment.
    pub(super) fn has_plain_end(&self, len: u64) -> bool {
        self.offset + (self.bytes.len() + END_LEN) as u64 == len
    }

    /// The entries, in the directory's order.
    pub(super) fn entries(&self) -> Result<Vec<Entry<'_>>, ZipError> {
        let mut entries = Vec::with_capacity(
            self.bytes
                .len()
                .div_ceil(ENTRY_LEN)
                .min(self.count as usize),
        );
        let mut fields = Fields(&self.bytes);
        while !fields.0.is_empty() {
            let index = entries.len() as u64;
            if index >= self.count {
                return Err(ZipError::EntryCount {
                    announced: self.count,
                    found: index + 1,
                });
            }
            entries.push(entry(&mut fields, index)?);
        }
        if entries.len() as u64 != self.count {
            return Err(ZipError::EntryCount {
                announced: self.count,
                found: entries.len() as u64,
            });
        }
        Ok(entries)
    }
}

/// Reads an end record and the length of its comment.
fn end_record(bytes: &[u8]) -> Option<Result<(End, u64), ZipError>> {
    let mut fields = Fields(bytes);
    fields.u32()?;
    let disks = [fields.u16()?, fields.u16()?];
    let here = fields.u16()?;
    let end = End {
        count: fields.u16()?.into(),
        size: fields.u32()?.into(),
        offset: fields.u32()?.into(),
    };
    let comment = fields.u16()?.into();
    // Where there are zip64 records, these numbers may be left to them.
    let single =
        disks.iter().all(|&disk| disk == 0 || disk == 0xffff) && u64::from(here) == end.count;
    Some(if single {
        Ok((end, comment))
    } else {
        Err(ZipError::MultiDisk)
    })
}

/// Follows an end record to the zip64 records in front of it, where there are any and they are meant. Gives back where
/// the directory is and where it must end.
fn end64<R: Read + Seek>(
    reader: &mut R,
    end: End,
    end_offset: u64,
) -> Result<(End, u64), ZipError> {
    // Go looks for zip64 records in these cases only (the second one compares with 0xffff there, for 0xffffffff).
    let go_looks = end.count == 0xffff || end.size == 0xffff || end.offset == 0xffff_ffff;
    let ends_here = end.offset.checked_add(end.size) == Some(end_offset);
    if !go_looks && ends_here {
        return Ok((end, end_offset));
    }
    let Some(locator_offset) = end_offset.checked_sub(LOCATOR64_LEN) else {
        return Ok((end, end_offset));
    };
    let locator = read_at(reader, locator_offset, LOCATOR64_LEN)?;
    let Some(end64_offset) = locator64(&locator).transpose()? else {
        return Ok((end, end_offset));
    };
    let (end64, record_len) = end64_record(reader, end64_offset, locator_offset)?;
    if end64_offset.checked_add(record_len) != Some(locator_offset) {
        return Err(ZipError::Zip64(
            "the end record is not in front of its locator",
        ));
    }
    let agrees = |short: u64, limit: u64, long: u64| short == long || short == limit;
    if !(agrees(end.count, 0xffff, end64.count)
        && agrees(end.size, 0xffff_ffff, end64.size)
        && agrees(end.offset, 0xffff_ffff, end64.offset))
    {
        return Err(ZipError::Zip64("the two end records contradict each other"));
    }
    if !go_looks && end != end64 {
        return Err(ZipError::Zip64("the end record does not announce them"));
    }
    Ok((end64, end64_offset))
}

/// The offset in a zip64 locator; `None` where the bytes are none.
fn locator64(bytes: &[u8]) -> Option<Result<u64, ZipError>> {
    let mut fields = Fields(bytes);
    if fields.u32()? != LOCATOR64_SIGNATURE {
        return None;
    }
    let (disk, offset, disks) = (fields.u32()?, fields.u64()?, fields.u32()?);
    Some(if disk == 0 && disks == 1 {
        Ok(offset)
    } else {
        Err(ZipError::MultiDisk)
    })
}

/// The zip64 end record and its length.
fn end64_record<R: Read + Seek>(
    reader: &mut R,
    offset: u64,
    before: u64,
) -> Result<(End, u64), ZipError> {
    if offset.checked_add(END64_LEN).is_none_or(|end| end > before) {
        return Err(ZipError::Zip64("the end record lies outside of the file"));
    }
    let bytes = read_at(reader, offset, END64_LEN)?;
    let read = || {
        let mut fields = Fields(&bytes);
        let signature = fields.u32()?;
        let len = fields.u64()?;
        fields.take(4)?; // versions
        let disks = [fields.u32()?, fields.u32()?];
        let here = fields.u64()?;
        let end = End {
            count: fields.u64()?,
            size: fields.u64()?,
            offset: fields.u64()?,
        };
        Some((signature, len, disks == [0, 0] && here == end.count, end))
    };
    match read() {
        Some((END64_SIGNATURE, len, true, end)) => Ok((end, len.saturating_add(12))),
        Some((END64_SIGNATURE, _, false, _)) => Err(ZipError::MultiDisk),
        Some(_) | None => Err(ZipError::Zip64(
            "there is no end record where the locator says",
        )),
    }
}

/// Reads one entry of the directory.
fn entry<'a>(fields: &mut Fields<'a>, index: u64) -> Result<Entry<'a>, ZipError> {
    let raw = RawEntry::read(fields).ok_or(ZipError::Entry(index))?;
    let name = std::str::from_utf8(raw.name).map_err(|_| ZipError::NotUtf8(index))?;
    if raw.disk != 0 {
        return Err(ZipError::MultiDisk);
    }
    if raw.flags & FLAGS_ENCRYPTED != 0 {
        return Err(ZipError::Encrypted(name.to_owned()));
    }
    let method = match raw.method {
        0 => Method::Store,
        8 => Method::Deflate,
        method => {
            return Err(ZipError::Method {
                name: name.to_owned(),
                method,
            });
        }
    };
    let [unpacked, packed, header] = raw
        .sizes()
        .ok_or(ZipError::Zip64("an entry lacks a size or an offset"))?;
    Ok(Entry {
        name,
        flags: raw.flags,
        method,
        crc: raw.crc,
        packed,
        unpacked,
        header,
        contents: 0,
    })
}

/// The fields of an entry as they stand there.
struct RawEntry<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    unpacked: u32,
    disk: u16,
    header: u32,
    name: &'a [u8],
    extra: &'a [u8],
}

impl<'a> RawEntry<'a> {
    fn read(fields: &mut Fields<'a>) -> Option<Self> {
        if fields.u32()? != ENTRY_SIGNATURE {
            return None;
        }
        fields.take(4)?; // versions
        let (flags, method) = (fields.u16()?, fields.u16()?);
        fields.take(4)?; // time and date
        let (crc, packed, unpacked) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let lens = [fields.u16()?, fields.u16()?, fields.u16()?].map(usize::from);
        let disk = fields.u16()?;
        fields.take(6)?; // attributes
        let header = fields.u32()?;
        let (name, extra) = (fields.take(lens[0])?, fields.take(lens[1])?);
        fields.take(lens[2])?; // comment
        Some(Self {
            flags,
            method,
            crc,
            packed,
            unpacked,
            disk,
            header,
            name,
            extra,
        })
    }

    /// Unpacked size, packed size and offset of the header: where a field is all ones, from the zip64 extra field, which
    /// holds those alone, in this order. `None` where it lacks one.
    fn sizes(&self) -> Option<[u64; 3]> {
        let short = [self.unpacked, self.packed, self.header];
        if !short.contains(&u32::MAX) {
            return Some(short.map(u64::from));
        }
        let mut long = Fields(self.zip64_extra()?);
        let mut sizes = [0; 3];
        for (size, short) in sizes.iter_mut().zip(short) {
            *size = if short == u32::MAX {
                long.u64()?
            } else {
                short.into()
            };
        }
        Some(sizes)
    }

    fn zip64_extra(&self) -> Option<&'a [u8]> {
        let mut extra = Fields(self.extra);
        loop {
            let (tag, len) = (extra.u16()?, extra.u16()?);
            let field = extra.take(len.into())?;
            if tag == 1 {
                return Some(field);
            }
        }
    }
}

/// Reads fields of little-endian bytes off the front; `None` where there are too few.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(field)
    }

    fn array<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// Reads `len` bytes at `offset`; both were checked against the file's length, so `len` is no one's wild claim.
fn read_at<R: Read + Seek>(reader: &mut R, offset: u64, len: u64) -> Result<Vec<u8>, ZipError> {
    reader.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| ZipError::TooLarge(len))?];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}
