//! Contents and hashes, and zips made or changed at random.

use std::io::Cursor;

use proptest::prelude::*;

use super::super::testing::{TestEntry, TestZip};
use super::super::{Piece, ZipError, ZipSummary, unpack};
use super::{MODULE, bent, checked, good, hashed, named};
use crate::h1;

#[test]
fn a_zip_as_go_writes_it_is_in_order() {
    let bytes = good().bytes();
    assert_eq!(
        checked(&bytes).unwrap(),
        ZipSummary {
            entries: 2,
            unpacked: 4021
        }
    );
    let files = [
        (named("go.mod"), b"module example.com/m\n".to_vec()),
        (named("a/b.go"), vec![b'x'; 4000]),
    ];
    assert_eq!(hashed(&bytes).unwrap(), h1::of_files(files).unwrap());
}

/// Made by `zip.Create` of x/mod from two files; the hash is `dirhash.HashZip`'s.
#[test]
fn a_zip_that_go_wrote_has_the_hash_that_go_gives() {
    let bytes = data_encoding::BASE64
        .decode(include_bytes!("go-made.zip.base64").trim_ascii_end())
        .unwrap();
    assert_eq!(
        checked(&bytes).unwrap(),
        ZipSummary {
            entries: 3,
            unpacked: 82
        }
    );
    assert_eq!(
        hashed(&bytes).unwrap().to_string(),
        "h1:v34RZEl288+3ea/EDDPmKneSAKPq2fUy3YP4GZVIxGg="
    );
}

#[test]
fn stored_entries_folders_and_gaps_are_taken() {
    let zip = TestZip {
        comment: b"0123456789abcdef".to_vec(),
        ..TestZip::new([
            TestEntry::stored(format!("{MODULE}/"), ""),
            TestEntry {
                gap: b"between".to_vec(),
                ..TestEntry::stored(named("a.txt"), "text")
            },
            TestEntry {
                local_extra: b"UT\x05\0\0\0\0\0\0".to_vec(),
                ..TestEntry::new(named("d/"), "")
            },
            TestEntry::new(named("d/é.txt"), ""),
            TestEntry::new(named("d/"), ""),
        ])
    };
    assert_eq!(
        checked(&zip.bytes()).unwrap(),
        ZipSummary {
            entries: 5,
            unpacked: 4
        }
    );
    // As in Go, a folder's entry counts as an empty file, as often as it is there.
    let names = ["", "a.txt", "d/", "d/é.txt", "d/"];
    let files = names.map(|name| (named(name), if name == "a.txt" { "text" } else { "" }));
    assert_eq!(hashed(&zip.bytes()).unwrap(), h1::of_files(files).unwrap());
    assert_eq!(
        checked(&TestZip::default().bytes()).unwrap(),
        ZipSummary {
            entries: 0,
            unpacked: 0
        }
    );
    assert_eq!(
        hashed(&TestZip::default().bytes()).unwrap(),
        h1::of_files([("", ""); 0]).unwrap()
    );
}

#[test]
fn damaged_contents_have_no_hash() {
    let bend = |change: fn(&mut TestEntry)| hashed(&bent(change).bytes());
    assert!(matches!(
        bend(|entry| entry.unpacked = Some(20)),
        Err(ZipError::Size { announced: 20, .. })
    ));
    assert!(matches!(
        bend(|entry| entry.unpacked = Some(22)),
        Err(ZipError::Size { announced: 22, .. })
    ));
    assert!(matches!(
        bend(|entry| entry.crc = Some(1)),
        Err(ZipError::Checksum(_))
    ));
    assert!(matches!(
        bend(|entry| entry.descriptor_crc = Some(1)),
        Err(ZipError::Checksum(_))
    ));
    assert!(matches!(
        bend(|entry| entry.raw = Some(vec![7; 40])),
        Err(ZipError::Deflate(_))
    ));
    assert!(matches!(
        bend(|entry| entry.raw = Some(Vec::new())),
        Err(ZipError::Deflate(_))
    ));
    assert!(matches!(
        bend(|entry| entry.packed = Some(9)),
        Err(ZipError::Deflate(_))
    ));
    let stored = |change: fn(&mut TestEntry)| {
        let mut entry = TestEntry::stored(named("a"), "text");
        change(&mut entry);
        hashed(&TestZip::new([entry]).bytes())
    };
    assert!(matches!(
        stored(|entry| entry.unpacked = Some(3)),
        Err(ZipError::Size { .. })
    ));
    assert!(matches!(
        stored(|entry| entry.crc = Some(1)),
        Err(ZipError::Checksum(_))
    ));
    // No descriptor, and a checksum of 0: Go takes it for none.
    assert!(stored(|entry| entry.crc = Some(0)).is_ok());
    let newline = TestZip::new([TestEntry::new("a\nb", "")]).bytes();
    assert!(matches!(hashed(&newline), Err(ZipError::Newline(_))));
    let folder = TestZip::new([TestEntry::stored("a/", "x")]).bytes();
    assert!(matches!(
        hashed(&folder),
        Err(ZipError::FolderWithContents(_))
    ));
}

#[test]
fn a_bomb_is_stopped_at_the_size_it_announces() {
    let bomb = TestEntry {
        unpacked: Some(10),
        ..TestEntry::new(named("a"), vec![0; 8 << 20])
    };
    let bytes = TestZip::new([bomb]).bytes();
    let mut seen = 0;
    let stopped = unpack(Cursor::new(&bytes), bytes.len() as u64, |piece| {
        if let Piece::Content(content) = piece {
            seen += content.len();
        }
    });
    assert!(matches!(stopped, Err(ZipError::Size { announced: 10, .. })));
    assert!(seen <= 10, "{seen} bytes");
}

fn file() -> impl Strategy<Value = (String, Vec<u8>)> {
    (
        "[a-z]{1,3}(/[a-z]{1,3}){0,2}\\.go",
        prop::collection::vec(any::<u8>(), 0..300),
    )
}

proptest! {
    #[test]
    fn the_hash_is_that_of_the_files(
        files in prop::collection::btree_map("f[a-z]{1,3}(/d[a-z]{1,3}){0,2}\\.go", prop::collection::vec(any::<u8>(), 0..3000), 0..8),
        stored in any::<bool>(),
        gap in any::<Vec<u8>>(),
    ) {
        let entry = |name: &String, contents: &Vec<u8>| {
            let make = if stored { TestEntry::stored } else { TestEntry::new };
            TestEntry { gap: gap.clone(), ..make(named(name), contents.clone()) }
        };
        let bytes = TestZip::new(files.iter().map(|(name, contents)| entry(name, contents))).bytes();
        let named = files.iter().map(|(name, contents)| (named(name), contents));
        prop_assert_eq!(hashed(&bytes).unwrap(), h1::of_files(named).unwrap());
        let unpacked = files.values().map(|contents| contents.len() as u64).sum();
        prop_assert_eq!(checked(&bytes).unwrap(), ZipSummary { entries: files.len() as u64, unpacked });
    }

    #[test]
    fn random_bytes_are_no_zip(bytes in any::<Vec<u8>>()) {
        prop_assert!(checked(&bytes).is_err());
        prop_assert!(hashed(&bytes).is_err());
    }

    #[test]
    fn a_changed_zip_is_refused_or_has_the_same_files(
        files in prop::collection::vec(file(), 1..5),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let whole = TestZip::of_module(MODULE, files.iter().map(|(name, contents)| (name.as_str(), contents.as_slice()))).bytes();
        let before = hashed(&whole);
        let mut bytes = whole;
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = checked(&bytes);
        // Names stand twice and contents have a checksum, so that damage of a few bytes shows, or does not matter.
        if let (Ok(before), Ok(after)) = (before, hashed(&bytes)) {
            prop_assert_eq!(before, after);
        }
    }
}
