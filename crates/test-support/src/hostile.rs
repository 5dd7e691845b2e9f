//! What no honest proxy sends: bytes that were damaged on the way, and zips made to hurt.
//!
//! The first half takes any bytes; the second half builds the zip of a [`Module`] with one thing wrong. Each
//! of those is a well-formed zip that Go's own rules refuse (`golang.org/x/mod/zip`), unless it says otherwise.

use crate::{
    Module,
    zip::{self, Entry},
};

/// The first `keep` bytes.
pub fn truncated(bytes: &[u8], keep: usize) -> Vec<u8> {
    bytes[..keep.min(bytes.len())].to_vec()
}

/// One bit flipped: bit `bit` (0 to 7) of the byte at `at`.
pub fn bit_flipped(bytes: &[u8], at: usize, bit: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    bytes
}

/// `garbage` stands before the bytes. Zip readers find the directory from the end and may accept it.
pub fn garbage_before(bytes: &[u8], garbage: &[u8]) -> Vec<u8> {
    [garbage, bytes].concat()
}

/// `garbage` stands after the bytes.
pub fn garbage_after(bytes: &[u8], garbage: &[u8]) -> Vec<u8> {
    [bytes, garbage].concat()
}

/// All files lie under another prefix, such as `example.com/other@v1.0.0/`.
pub fn wrong_prefix(module: &Module, prefix: &str) -> Vec<u8> {
    let own = module.entry_name("").len();
    let mut entries = module.entries();
    for entry in &mut entries {
        entry.name.splice(..own, prefix.bytes());
    }
    zip::write(&entries)
}

/// A second file differs from the first only in the case of its letters.
pub fn case_twin(module: &Module) -> Vec<u8> {
    with_entries(
        module,
        [
            Entry::new(module.entry_name("twin.txt"), b"one\n"),
            Entry::new(module.entry_name("TWIN.txt"), b"two\n"),
        ],
    )
}

/// The same name stands in the zip twice, with different content.
pub fn duplicate(module: &Module) -> Vec<u8> {
    let name = module.entry_name("twice.txt");
    with_entries(
        module,
        [
            Entry::new(name.clone(), b"one\n"),
            Entry::new(name, b"two\n"),
        ],
    )
}

/// A file whose name climbs out of the folder it is unpacked to.
pub fn escaping_name(module: &Module) -> Vec<u8> {
    with_name(module, &module.entry_name("../../../evil.txt"))
}

/// A file with exactly this full name (absolute, with a backslash, with a NUL, reserved on Windows, …).
pub fn with_name(module: &Module, name: &str) -> Vec<u8> {
    with_entries(module, [Entry::new(name, b"evil\n")])
}

/// A symbolic link to `target`. Go looks at no mode: it takes this as a plain file that holds the target.
pub fn symlink(module: &Module, target: &str) -> Vec<u8> {
    with_entries(
        module,
        [Entry::new(module.entry_name("link"), target.as_bytes()).as_symlink()],
    )
}

/// A file of `unpacked` zero bytes, packed to a thousandth of that and honest about it.
pub fn bomb(module: &Module, unpacked: u32) -> Vec<u8> {
    with_entries(
        module,
        [Entry::zeros(module.entry_name("zeros.bin"), unpacked)],
    )
}

/// As [`bomb`], but the directory claims that the file is `claimed` bytes long.
pub fn lying_bomb(module: &Module, unpacked: u32, claimed: u32) -> Vec<u8> {
    let mut zeros = Entry::zeros(module.entry_name("zeros.bin"), unpacked);
    zeros.unpacked = claimed;
    with_entries(module, [zeros])
}

/// Two entries that share their bytes: the first one's contents are, unpacked, the second one whole (as in the zip bombs
/// of D. Fifield, where thousands do so).
pub fn overlapping(module: &Module) -> Vec<u8> {
    let kernel = Entry::new(module.entry_name("b.txt"), &[0; 1000]);
    let quoted = zip::local_header(&kernel.name);
    let len = u16::try_from(quoted.len()).expect("a header of some bytes");
    let mut quoting = Entry::new(
        module.entry_name("a.txt"),
        &[quoted.as_slice(), &[0; 1000]].concat(),
    );
    // A deflate block that is not packed and not the last one, then the kernel's own blocks (RFC 1951 section 3.2.4).
    quoting.packed = [&[0], &len.to_le_bytes()[..], &(!len).to_le_bytes(), &quoted].concat();
    let header_at = zip::local_header(&quoting.name).len() + quoting.packed.len() - quoted.len();
    quoting.packed.extend_from_slice(&kernel.packed);
    let header_at = Some(u32::try_from(header_at).expect("near the beginning"));
    let mut entries = vec![
        quoting,
        Entry {
            header_at,
            ..kernel
        },
    ];
    entries.extend(module.entries());
    zip::write(&entries)
}

/// So many files, each alone in three folders of its own.
pub fn many_folders(module: &Module, files: u32) -> Vec<u8> {
    let empty = Entry::new("", b"");
    let file = |number: u32| Entry {
        name: module.entry_name(&format!("{number}/a/b/c")).into(),
        ..empty.clone()
    };
    with_entries(module, (0..files).map(file))
}

/// The same zip with a zip64 end record, which says that it has so many entries (the true number where it says none).
/// With the true number Go reads it as any other.
pub fn zip64(bytes: &[u8], claimed: Option<u64>) -> Vec<u8> {
    let (body, end) = bytes.split_at(bytes.len() - 22);
    let at = body.len() as u64;
    let number = |from: usize, len: usize| {
        let mut wide = [0; 8];
        wide[..len].copy_from_slice(&end[from..from + len]);
        u64::from_le_bytes(wide)
    };
    let count = claimed.unwrap_or(number(10, 2));
    let mut out = body.to_vec();
    out.extend_from_slice(b"PK\x06\x06");
    out.extend_from_slice(&44_u64.to_le_bytes());
    out.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for value in [count, count, number(12, 4), number(16, 4)] {
        out.extend_from_slice(&value.to_le_bytes());
    }
    out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&[1, 0, 0, 0]);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&[0xff; 12]);
    out.extend_from_slice(&[0, 0]);
    out
}

/// A well-formed zip whose content differs from the module's: only the `h1:` hash tells.
pub fn other_content(module: &Module) -> Vec<u8> {
    zip::write(
        &module
            .clone()
            .file("added.go", "package added // not what was published\n")
            .entries(),
    )
}

/// The `go.mod` inside the zip is not the one served as `.mod`: only hashes tell.
pub fn other_go_mod(module: &Module) -> Vec<u8> {
    let go_mod = [module.go_mod().as_slice(), b"\n// changed\n"].concat();
    zip::write(&module.clone().file("go.mod", go_mod).entries())
}

/// The honest entries, then these.
pub fn with_entries(module: &Module, more: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    let mut entries = module.entries();
    entries.extend(more);
    zip::write(&entries)
}

#[cfg(test)]
mod tests {
    use super::{bit_flipped, garbage_after, garbage_before, truncated, wrong_prefix};
    use crate::Module;

    #[test]
    fn damage_is_where_it_was_asked_for() {
        assert_eq!(truncated(b"abcd", 2), b"ab");
        assert_eq!(truncated(b"ab", 9), b"ab");
        assert_eq!(bit_flipped(b"aaa", 1, 1), b"aca");
        assert_eq!(garbage_before(b"zip", b"##"), b"##zip");
        assert_eq!(garbage_after(b"zip", b"##"), b"zip##");
    }

    #[test]
    fn the_prefix_is_replaced_in_every_name() {
        let module = Module::simple("example.com/a", "v1.0.0");
        let zip = wrong_prefix(&module, "example.com/other@v9.0.0/");
        let has = |needle: &[u8]| zip.windows(needle.len()).any(|w| w == needle);
        assert!(has(b"example.com/other@v9.0.0/go.mod"));
        assert!(!has(b"example.com/a@v1.0.0/"));
    }
}
