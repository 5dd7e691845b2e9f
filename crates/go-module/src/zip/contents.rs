//! The contents of a zip's entries, unpacked and checked (Go's `checksumReader`, `archive/zip/reader.go`).

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::directory::{Directory, Entry, Method};
use super::{ZipError, headers, unpacked};

pub(super) const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;

/// How much is read, and how much is unpacked, at once.
const BUFFER: usize = 128 << 10;

/// What comes out of a zip.
pub(crate) enum Piece<'a> {
    /// A part of the contents of an entry.
    Content(&'a [u8]),
    /// The entry with this name is complete, and in order.
    End(&'a str),
}

/// Unpacks a zip of `len` bytes, entry by entry as they lie in the file. A folder has no contents.
pub(crate) fn unpack<R: Read + Seek>(
    mut reader: R,
    len: u64,
    mut sink: impl FnMut(Piece<'_>),
) -> Result<(), ZipError> {
    let directory = Directory::read(&mut reader, len)?;
    let mut entries = directory.entries()?;
    check_names(&entries)?;
    unpacked(&entries)?;
    headers::check(&mut reader, &mut entries, directory.offset)?;

    reader.seek(SeekFrom::Start(0))?;
    let mut source = Source {
        reader: BufReader::with_capacity(BUFFER, reader),
        at: 0,
    };
    let mut unpacker = Unpacker {
        inflate: Decompress::new(false),
        crc: Crc::new(),
        buffer: vec![0; BUFFER],
    };
    for entry in &entries {
        if !entry.is_folder() {
            unpacker.unpack(&mut source, entry, &mut sink)?;
        } else if entry.unpacked > 0 {
            return Err(ZipError::FolderWithContents(entry.name.to_owned()));
        }
        sink(Piece::End(entry.name));
    }
    Ok(())
}

/// Without these two rules a list of names and sums is no hash of the files: no newline, no file twice.
pub(super) fn check_names(entries: &[Entry<'_>]) -> Result<(), ZipError> {
    let mut names: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    if let Some(name) = names.iter().find(|name| name.contains('\n')) {
        return Err(ZipError::Newline((*name).to_owned()));
    }
    match names
        .windows(2)
        .find(|pair| pair[0] == pair[1] && !pair[0].ends_with('/'))
    {
        Some(pair) => Err(ZipError::Duplicate(pair[0].to_owned())),
        None => Ok(()),
    }
}

struct Unpacker {
    inflate: Decompress,
    crc: Crc,
    buffer: Vec<u8>,
}

impl Unpacker {
    fn unpack<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        entry: &Entry<'_>,
        sink: &mut impl FnMut(Piece<'_>),
    ) -> Result<(), ZipError> {
        source.go_to(entry.contents)?;
        self.crc.reset();
        let size = match entry.method {
            Method::Store => self.copy(source, entry, sink)?,
            Method::Deflate => self.inflate(source, entry, sink)?,
        };
        if size != entry.unpacked {
            return Err(wrong_size(entry));
        }
        let crc = if entry.has_descriptor() {
            source.go_to(entry.contents + entry.packed)?;
            source.descriptor_crc()?
        } else {
            entry.crc
        };
        // As in Go, a checksum of 0 without a descriptor means that there is none.
        let known = entry.has_descriptor() || crc != 0;
        if crc != entry.crc || known && crc != self.crc.sum() {
            return Err(ZipError::Checksum(entry.name.to_owned()));
        }
        Ok(())
    }

    fn copy<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        entry: &Entry<'_>,
        sink: &mut impl FnMut(Piece<'_>),
    ) -> Result<u64, ZipError> {
        if entry.packed != entry.unpacked {
            return Err(wrong_size(entry));
        }
        let mut left = entry.packed;
        while left > 0 {
            let bytes = source.available(left)?;
            self.crc.update(bytes);
            sink(Piece::Content(bytes));
            let len = bytes.len();
            source.consume(len);
            left -= len as u64;
        }
        Ok(entry.packed)
    }

    fn inflate<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        entry: &Entry<'_>,
        sink: &mut impl FnMut(Piece<'_>),
    ) -> Result<u64, ZipError> {
        let broken = || ZipError::Deflate(entry.name.to_owned());
        self.inflate.reset(false);
        let (mut left, mut size) = (entry.packed, 0u64);
        loop {
            let input = if left > 0 {
                source.available(left)?
            } else {
                &[]
            };
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(input, &mut self.buffer, FlushDecompress::None)
                .map_err(|_| broken())?;
            let read = self.inflate.total_in() - read;
            let written = self.inflate.total_out() - written;
            source.consume(read as usize);
            left -= read;
            size += written;
            // A bomb is stopped here: no entry gives more than it says, and all together say no more than the limit.
            if size > entry.unpacked {
                return Err(wrong_size(entry));
            }
            let content = &self.buffer[..written as usize];
            self.crc.update(content);
            sink(Piece::Content(content));
            match status {
                Status::StreamEnd => return Ok(size),
                Status::Ok | Status::BufError if read == 0 && written == 0 => return Err(broken()),
                Status::Ok | Status::BufError => {}
            }
        }
    }
}

fn wrong_size(entry: &Entry<'_>) -> ZipError {
    ZipError::Size {
        name: entry.name.to_owned(),
        announced: entry.unpacked,
    }
}

/// The file, read forward.
struct Source<R> {
    reader: BufReader<R>,
    at: u64,
}

impl<R: Read + Seek> Source<R> {
    fn go_to(&mut self, at: u64) -> Result<(), ZipError> {
        // Offsets lie within the file, which has no more than MAX_PACKED bytes.
        let step = at as i64 - self.at as i64;
        self.reader.seek_relative(step)?;
        self.at = at;
        Ok(())
    }

    /// Some bytes, at most `limit` and at least one.
    fn available(&mut self, limit: u64) -> Result<&[u8], ZipError> {
        let bytes = self.reader.fill_buf()?;
        if bytes.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let len = usize::try_from(limit).map_or(bytes.len(), |limit| bytes.len().min(limit));
        Ok(&bytes[..len])
    }

    fn consume(&mut self, len: usize) {
        self.reader.consume(len);
        self.at += len as u64;
    }

    fn u32(&mut self) -> Result<u32, ZipError> {
        let mut bytes = [0; 4];
        self.reader.read_exact(&mut bytes)?;
        self.at += 4;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The checksum in a descriptor, which may begin with a signature or not (`readDataDescriptor`).
    fn descriptor_crc(&mut self) -> Result<u32, ZipError> {
        let first = self.u32()?;
        if first == DESCRIPTOR_SIGNATURE {
            self.u32()
        } else {
            Ok(first)
        }
    }
}
