//! Zips for tests: shaped as Go writes them, and then bent in every way that a hostile one could be.

use std::io::Write;

use flate2::Crc;
use flate2::write::DeflateEncoder;

/// An entry. What it claims of itself follows from its contents, unless one of the options says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct TestEntry {
    pub(crate) name: Vec<u8>,
    pub(crate) contents: Vec<u8>,
    pub(crate) method: u16,
    /// Go's writer leaves sizes to a descriptor: flag 8.
    pub(crate) flags: u16,
    /// In the local header alone.
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) local_method: Option<u16>,
    pub(crate) local_flags: Option<u16>,
    pub(crate) local_extra: Vec<u8>,
    /// In the directory alone.
    pub(crate) unpacked: Option<u64>,
    pub(crate) packed: Option<u64>,
    pub(crate) crc: Option<u32>,
    pub(crate) header: Option<u64>,
    pub(crate) disk: u16,
    /// Sizes and offset of the directory's entry stand in a zip64 field.
    pub(crate) zip64: bool,
    /// The checksum in the descriptor.
    pub(crate) descriptor_crc: Option<u32>,
    /// The whole descriptor.
    pub(crate) descriptor: Option<Vec<u8>>,
    /// Whether the directory leaves it out.
    pub(crate) hidden: bool,
    /// What lies behind the entry.
    pub(crate) gap: Vec<u8>,
    /// The packed bytes, whatever the contents are.
    pub(crate) raw: Option<Vec<u8>>,
}

impl TestEntry {
    /// A file as Go's writer has it.
    pub(crate) fn new(name: impl Into<Vec<u8>>, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            contents: contents.into(),
            method: 8,
            flags: 8,
            local_name: None,
            local_method: None,
            local_flags: None,
            local_extra: Vec::new(),
            unpacked: None,
            packed: None,
            crc: None,
            header: None,
            disk: 0,
            zip64: false,
            descriptor_crc: None,
            descriptor: None,
            hidden: false,
            gap: Vec::new(),
            raw: None,
        }
    }

    /// A file that is not compressed and has no descriptor.
    pub(crate) fn stored(name: impl Into<Vec<u8>>, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            method: 0,
            flags: 0,
            ..Self::new(name, contents)
        }
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        match (&self.raw, self.method) {
            (Some(raw), _) => raw.clone(),
            (None, 8) => {
                let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(&self.contents).unwrap();
                encoder.finish().unwrap()
            }
            (None, _) => self.contents.clone(),
        }
    }
}

/// A whole zip.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestZip {
    pub(crate) entries: Vec<TestEntry>,
    /// In front of all else; offsets do not count it.
    pub(crate) lead: Vec<u8>,
    /// The same, but offsets do.
    pub(crate) counted_lead: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) trail: Vec<u8>,
    /// The directory lists the last entry first.
    pub(crate) backward: bool,
    /// Between the directory and the end record.
    pub(crate) before_end: Vec<u8>,
    /// What the end record claims.
    pub(crate) count: Option<u64>,
    pub(crate) size: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) disk: u16,
    /// Whether there are zip64 records, with numbers that replace the true ones.
    pub(crate) zip64: Option<TestZip64>,
}

/// Zip64 records. As Go does, the short end record then holds ones only, unless told otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestZip64 {
    pub(crate) count: Option<u64>,
    pub(crate) locator_offset: Option<u64>,
    pub(crate) record_len: Option<u64>,
    pub(crate) disks: Option<u32>,
    /// The short end record holds the true numbers.
    pub(crate) short_is_true: bool,
}

impl TestZip {
    pub(crate) fn new(entries: impl IntoIterator<Item = TestEntry>) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Files of one module version.
    pub(crate) fn of_module<'a>(
        module: &str,
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        Self::new(
            files
                .into_iter()
                .map(|(name, contents)| TestEntry::new(format!("{module}/{name}"), contents)),
        )
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut body = Bytes(self.counted_lead.clone());
        let mut listed = Vec::new();
        for entry in &self.entries {
            let header = body.0.len() as u64;
            let packed = entry.pack();
            let mut crc = Crc::new();
            crc.update(&entry.contents);
            let crc = crc.sum();
            local(&mut body, entry, &packed, crc);
            if !entry.hidden {
                listed.push(central(entry, packed.len() as u64, crc, header));
            }
        }
        if self.backward {
            listed.reverse();
        }
        let directory = listed.concat();
        let (offset, size) = (body.0.len() as u64, directory.len() as u64);
        body.0.extend_from_slice(&directory);
        body.0.extend_from_slice(&self.before_end);
        self.end(&mut body, listed.len() as u64, size, offset);
        [self.lead.as_slice(), &body.0, &self.trail].concat()
    }

    fn end(&self, out: &mut Bytes, count: u64, size: u64, offset: u64) {
        let mut short = [
            self.count.unwrap_or(count),
            self.size.unwrap_or(size),
            self.offset.unwrap_or(offset),
        ];
        if let Some(zip64) = &self.zip64 {
            let at = out.0.len() as u64;
            let count = zip64.count.unwrap_or(count);
            let disks = zip64.disks.unwrap_or(0);
            out.u32(0x0606_4b50)
                .u64(zip64.record_len.unwrap_or(44))
                .u16(45)
                .u16(45)
                .u32(disks)
                .u32(0);
            out.u64(count).u64(count).u64(size).u64(offset);
            out.u32(0x0706_4b50)
                .u32(0)
                .u64(zip64.locator_offset.unwrap_or(at))
                .u32(1);
            if !zip64.short_is_true {
                short = [0xffff, 0xffff_ffff, 0xffff_ffff];
            }
        }
        out.u32(0x0605_4b50).u16(self.disk).u16(0);
        out.u16(short[0] as u16)
            .u16(short[0] as u16)
            .u32(short[1] as u32)
            .u32(short[2] as u32);
        out.u16(self.comment.len() as u16);
        out.0.extend_from_slice(&self.comment);
    }
}

fn local(out: &mut Bytes, entry: &TestEntry, packed: &[u8], crc: u32) {
    let name = entry.local_name.as_ref().unwrap_or(&entry.name);
    let described = entry.local_flags.unwrap_or(entry.flags) & 8 != 0;
    out.u32(0x0403_4b50)
        .u16(20)
        .u16(entry.local_flags.unwrap_or(entry.flags))
        .u16(entry.local_method.unwrap_or(entry.method))
        .u32(0);
    if described {
        out.u32(0).u32(0).u32(0);
    } else {
        out.u32(crc)
            .u32(packed.len() as u32)
            .u32(entry.contents.len() as u32);
    }
    out.u16(name.len() as u16)
        .u16(entry.local_extra.len() as u16);
    out.0.extend_from_slice(name);
    out.0.extend_from_slice(&entry.local_extra);
    out.0.extend_from_slice(packed);
    if let Some(descriptor) = &entry.descriptor {
        out.0.extend_from_slice(descriptor);
    } else if described {
        out.u32(0x0807_4b50)
            .u32(entry.descriptor_crc.unwrap_or(crc));
        out.u32(packed.len() as u32)
            .u32(entry.contents.len() as u32);
    }
    out.0.extend_from_slice(&entry.gap);
}

/// The entry as the directory has it.
fn central(entry: &TestEntry, packed: u64, crc: u32, header: u64) -> Vec<u8> {
    let mut out = Bytes(Vec::new());
    let sizes = [
        entry.unpacked.unwrap_or(entry.contents.len() as u64),
        entry.packed.unwrap_or(packed),
        entry.header.unwrap_or(header),
    ];
    let mut extra = Bytes(Vec::new());
    if entry.zip64 {
        extra.u16(0x5455).u16(1).0.push(0);
        extra
            .u16(1)
            .u16(24)
            .u64(sizes[0])
            .u64(sizes[1])
            .u64(sizes[2]);
    }
    let short = |size: u64| if entry.zip64 { u32::MAX } else { size as u32 };
    out.u32(0x0201_4b50)
        .u16(20)
        .u16(20)
        .u16(entry.flags)
        .u16(entry.method)
        .u32(0);
    out.u32(entry.crc.unwrap_or(crc))
        .u32(short(sizes[1]))
        .u32(short(sizes[0]));
    out.u16(entry.name.len() as u16)
        .u16(extra.0.len() as u16)
        .u16(0);
    out.u16(entry.disk).u16(0).u32(0).u32(short(sizes[2]));
    out.0.extend_from_slice(&entry.name);
    out.0.extend_from_slice(&extra.0);
    out.0
}

/// Little-endian fields, one behind the other.
struct Bytes(Vec<u8>);

impl Bytes {
    fn u16(&mut self, value: u16) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }
}
