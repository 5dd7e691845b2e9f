//! Zips read forward while they arrive: the entries, as local headers, contents and descriptors tell of them.
//!
//! Nothing that stands in front of a zip's directory need be true: entries that the directory does not list are none,
//! and those that it lists may lie elsewhere. So what was read here holds only where the directory, once it is there,
//! lists just that, byte for byte ([`Stream::is_all_of`]). Then whoever goes by the directory sees the same.
//!
//! What is taken is the form in which Go's `archive/zip/writer.go` writes modules: each file deflated, its sizes and
//! checksum in a descriptor with a signature, no extra fields, folders without contents, nothing in between. Deflate ends
//! itself, so this form can be read without the directory.

use std::io::{Read, Seek};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::contents::{DESCRIPTOR_SIGNATURE, Piece, check_names};
use super::directory::{Directory, ENTRY_SIGNATURE, Entry, FLAG_DESCRIPTOR, Fields, Method};
use super::{MAX_ENTRIES, MAX_PACKED, ZipError, headers};

/// How much is unpacked at once.
const BUFFER: usize = 64 << 10;

/// The most bytes that names may take, since they are kept; Larder's own bound: 16 MiB. The largest modules in use have
/// a few.
const MAX_NAMES: usize = 16 << 20;

/// A local header without its name.
const HEADER_LEN: usize = headers::LEN as usize;

/// Signature, checksum and two sizes, 32 bits each, as Go writes them.
const DESCRIPTOR_LEN: usize = 16;

/// The name is UTF-8. Go sets it where a name needs it.
const FLAG_UTF8: u16 = 0x0800;

/// A zip that arrives.
pub(crate) struct Stream {
    /// Where in the file the next byte lies.
    at: u64,
    step: Step,
    /// A header, name or descriptor, as far as it is there.
    part: Vec<u8>,
    inflate: Decompress,
    crc: Crc,
    buffer: Vec<u8>,
    entries: Vec<Arrived>,
    names: usize,
    unpacked: u64,
    max_unpacked: u64,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Step {
    /// The header of an entry, or the directory.
    Header,
    /// The name of the entry that was begun, of so many bytes.
    Name(usize),
    Contents,
    Descriptor,
    /// What is left of the directory, which begins there, and of what follows it; nothing of that is read here.
    Directory(u64),
}

/// An entry as it was read.
struct Arrived {
    name: String,
    flags: u16,
    method: Method,
    crc: u32,
    packed: u64,
    unpacked: u64,
    header: u64,
}

impl Arrived {
    /// Whether an entry of the directory says just the same.
    fn is(&self, entry: &Entry<'_>) -> bool {
        self.name == entry.name
            && self.flags == entry.flags
            && self.method == entry.method
            && self.crc == entry.crc
            && self.packed == entry.packed
            && self.unpacked == entry.unpacked
            && self.header == entry.header
    }

    fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

impl Stream {
    /// A zip of which nothing has come, and whose files may unpack to so many bytes in all.
    pub(crate) fn new(max_unpacked: u64) -> Self {
        Self {
            at: 0,
            step: Step::Header,
            part: Vec::new(),
            inflate: Decompress::new(false),
            crc: Crc::new(),
            buffer: vec![0; BUFFER],
            entries: Vec::new(),
            names: 0,
            unpacked: 0,
            max_unpacked,
        }
    }

    /// Takes the next bytes. `None` where the zip is of another form, or too large: then there is no more to push, and
    /// what was read does not count.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl FnMut(Piece<'_>),
    ) -> Option<()> {
        if self.at.saturating_add(bytes.len() as u64) > MAX_PACKED {
            return None;
        }
        while !bytes.is_empty() {
            match self.step {
                Step::Header => {
                    if self.gather(&mut bytes, HEADER_LEN) {
                        self.header()?;
                    }
                }
                Step::Name(len) => {
                    if self.gather(&mut bytes, len) {
                        self.name(sink)?;
                    }
                }
                Step::Contents => self.contents(&mut bytes, sink)?,
                Step::Descriptor => {
                    if self.gather(&mut bytes, DESCRIPTOR_LEN) {
                        self.descriptor(sink)?;
                    }
                }
                Step::Directory(_) => {
                    self.at += bytes.len() as u64;
                    bytes = &[];
                }
            }
        }
        Some(())
    }

    /// Whether `len` bytes of `reader`, which are those that were pushed, are a zip with just the entries that were read:
    /// the directory lists them and no others, begins where the last one ends, and is followed by an end record alone.
    ///
    /// # Errors
    /// Where the directory is one that [`super::unpack`] refuses, in its words.
    pub(crate) fn is_all_of<R: Read + Seek>(
        &self,
        reader: &mut R,
        len: u64,
    ) -> Result<bool, ZipError> {
        let directory = Directory::read(reader, len)?;
        let mut entries = directory.entries()?;
        check_names(&entries)?;
        entries.sort_by_key(|entry| entry.header);
        let begins = matches!(self.step, Step::Directory(at) if at == directory.offset);
        Ok(begins
            && self.at == len
            && directory.has_plain_end(len)
            && self.entries.len() == entries.len()
            && self
                .entries
                .iter()
                .zip(&entries)
                .all(|(arrived, entry)| arrived.is(entry)))
    }

    /// The names of the entries, in the order in which they came.
    pub(crate) fn into_names(self) -> impl Iterator<Item = String> {
        self.entries.into_iter().map(|entry| entry.name)
    }

    /// Moves bytes to the part that is wanted, of `len` bytes, and says whether it is there.
    fn gather(&mut self, bytes: &mut &[u8], len: usize) -> bool {
        let missing = len.saturating_sub(self.part.len());
        let (now, rest) = bytes.split_at(missing.min(bytes.len()));
        self.part.extend_from_slice(now);
        self.at += now.len() as u64;
        *bytes = rest;
        now.len() == missing
    }

    /// Reads a header, and begins the entry; or finds that the directory begins here. An empty zip has less than a
    /// header's length, and so is never read to its end.
    fn header(&mut self) -> Option<()> {
        let begins = self.at - HEADER_LEN as u64;
        let mut fields = Fields(&self.part);
        match fields.u32()? {
            headers::SIGNATURE => {}
            ENTRY_SIGNATURE => {
                self.step = Step::Directory(begins);
                return Some(());
            }
            _ => return None,
        }
        fields.take(2)?; // version
        let (flags, method) = (fields.u16()?, fields.u16()?);
        fields.take(16)?; // time, and what the descriptor or the directory tells
        let (name_len, extra_len) = (fields.u16()?.into(), fields.u16()?);
        let method = match (flags & !FLAG_UTF8, method) {
            (FLAG_DESCRIPTOR, 8) => Method::Deflate,
            (0, 0) => Method::Store,
            _ => return None,
        };
        self.names += name_len;
        let entries = self.entries.len() as u64;
        if extra_len > 0 || self.names > MAX_NAMES || entries >= MAX_ENTRIES {
            return None;
        }
        self.entries.push(Arrived {
            name: String::new(),
            flags,
            method,
            crc: 0,
            packed: 0,
            unpacked: 0,
            header: begins,
        });
        self.part.clear();
        self.step = Step::Name(name_len);
        Some(())
    }

    fn name(&mut self, sink: &mut impl FnMut(Piece<'_>)) -> Option<()> {
        let entry = self.entries.last_mut()?;
        entry.name = std::str::from_utf8(&self.part).ok()?.to_owned();
        self.part.clear();
        match entry.method {
            Method::Deflate => {
                self.inflate.reset(false);
                self.crc.reset();
                self.step = Step::Contents;
            }
            // Where it ends can't be seen, so it is taken for empty, as Go's folders are; else what follows is no header,
            // or the directory says otherwise.
            Method::Store => {
                sink(Piece::End(&entry.name));
                self.step = Step::Header;
            }
        }
        Some(())
    }

    fn contents(&mut self, bytes: &mut &[u8], sink: &mut impl FnMut(Piece<'_>)) -> Option<()> {
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(bytes, &mut self.buffer, FlushDecompress::None)
            .ok()?;
        let read = self.inflate.total_in() - before.0;
        let written = self.inflate.total_out() - before.1;
        *bytes = bytes.get(read as usize..)?;
        self.at += read;
        self.unpacked += written;
        if self.unpacked > self.max_unpacked {
            return None;
        }
        let content = &self.buffer[..written as usize];
        self.crc.update(content);
        sink(Piece::Content(content));
        match status {
            Status::StreamEnd => self.step = Step::Descriptor,
            Status::Ok | Status::BufError if read == 0 && written == 0 => return None,
            Status::Ok | Status::BufError => {}
        }
        Some(())
    }

    /// Reads a descriptor, which must tell what the contents were, and ends the entry.
    fn descriptor(&mut self, sink: &mut impl FnMut(Piece<'_>)) -> Option<()> {
        let entry = self.entries.last_mut()?;
        entry.crc = self.crc.sum();
        entry.packed = self.inflate.total_in();
        entry.unpacked = self.inflate.total_out();
        let mut fields = Fields(&self.part);
        let told = fields.u32()? == DESCRIPTOR_SIGNATURE
            && fields.u32()? == entry.crc
            && u64::from(fields.u32()?) == entry.packed
            && u64::from(fields.u32()?) == entry.unpacked;
        if !told || entry.is_folder() && entry.unpacked > 0 {
            return None;
        }
        self.part.clear();
        sink(Piece::End(&entry.name));
        self.step = Step::Header;
        Some(())
    }
}
