//! Zips hashed while they arrive: always as by their directory, and without it where they are as Go writes them.

use std::io::{Cursor, Read, Seek, SeekFrom};

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::testing::{TestEntry, TestZip, TestZip64};
use super::super::{MAX_ENTRIES, MAX_PACKED, ZipError};
use super::{MODULE, bent, good, hashed, named};
use crate::h1::{H1, ZipHasher};

/// How a zip came: the hash that was made meanwhile, if that counts, and the one that was given in the end.
struct Arrival {
    meanwhile: Result<Option<H1>, String>,
    given: Result<H1, String>,
}

/// Pushes a zip in pieces of these lengths, over and over.
fn pushed(bytes: &[u8], pieces: &[usize]) -> ZipHasher {
    let mut hasher = ZipHasher::new();
    let (mut rest, mut pieces) = (bytes, pieces.iter().cycle());
    while !rest.is_empty() {
        let len = (*pieces.next().unwrap()).clamp(1, rest.len());
        hasher.push(&rest[..len]);
        rest = &rest[len..];
    }
    hasher
}

fn arrived(bytes: &[u8], pieces: &[usize]) -> Arrival {
    let len = bytes.len() as u64;
    let meanwhile = pushed(bytes, pieces).finish_streamed(&mut Cursor::new(bytes), len);
    let given = pushed(bytes, pieces).finish(Cursor::new(bytes), len);
    Arrival {
        meanwhile: meanwhile.map_err(|error| error.to_string()),
        given: given.map_err(|error| error.to_string()),
    }
}

/// Sees that a zip has the hash or the refusal that its directory gives, however it comes. Says whether the hash was
/// there without reading the zip again.
#[track_caller]
fn in_time(zip: &TestZip) -> bool {
    let bytes = zip.bytes();
    let by_directory = hashed(&bytes).map_err(|error| error.to_string());
    let mut in_time = Vec::new();
    for pieces in [&[1][..], &[7, 31, 2], &[4096], &[usize::MAX]] {
        let arrival = arrived(&bytes, pieces);
        assert_eq!(arrival.given, by_directory, "{pieces:?}");
        match arrival.meanwhile {
            Ok(Some(hash)) => assert_eq!(Ok(hash), by_directory, "{pieces:?}"),
            Ok(None) => {}
            Err(ref error) => assert_eq!(Err(error), by_directory.as_ref(), "{pieces:?}"),
        }
        in_time.push(matches!(arrival.meanwhile, Ok(Some(_))));
    }
    assert!(in_time.iter().all(|&this| this == in_time[0]));
    in_time[0]
}

/// Sees that a zip of another form is hashed by its directory, or refused.
#[track_caller]
fn later(zip: &TestZip) -> Result<H1, ZipError> {
    assert!(!in_time(zip));
    hashed(&zip.bytes())
}

fn descriptor(fields: &[u32]) -> Vec<u8> {
    fields
        .iter()
        .flat_map(|field| field.to_le_bytes())
        .collect()
}

/// The descriptor that Go writes for an entry.
fn true_descriptor(entry: &TestEntry) -> [u32; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(&entry.contents);
    [
        0x0807_4b50,
        crc.sum(),
        entry.pack().len() as u32,
        entry.contents.len() as u32,
    ]
}

/// Contents of 400 kB that hardly pack.
fn noise() -> Vec<u8> {
    let numbers =
        (0..100_000u32).map(|number| u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 27);
    numbers
        .flat_map(|number| (number as u32).to_le_bytes())
        .collect()
}

#[test]
fn what_go_writes_is_hashed_in_time() {
    assert!(in_time(&good()));
    // Folders as Go writes them, and as files; a name that needs the flag for UTF-8; nothing; more than one buffer full,
    // both hard to pack and easy.
    assert!(in_time(&TestZip::new([
        TestEntry::stored(format!("{MODULE}/"), ""),
        TestEntry::new(named("noise"), noise()),
        TestEntry::new(named("d/"), ""),
        TestEntry {
            flags: 0x0808,
            ..TestEntry::new(named("é"), "e")
        },
        TestEntry::new(named("zeros"), vec![0; 1 << 20]),
        TestEntry::new(named("empty"), ""),
        TestEntry::stored(named("d/"), ""),
    ])));
    let by_go = data_encoding::BASE64
        .decode(include_bytes!("go-made.zip.base64").trim_ascii_end())
        .unwrap();
    let arrival = arrived(&by_go, &[11]);
    assert_eq!(
        arrival.meanwhile.unwrap().unwrap().to_string(),
        "h1:v34RZEl288+3ea/EDDPmKneSAKPq2fUy3YP4GZVIxGg="
    );
}

#[test]
fn a_zip_in_time_is_not_read_again() {
    struct Tail<R>(R, u64);
    impl<R: Read> Read for Tail<R> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }
    impl<R: Seek> Seek for Tail<R> {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            let SeekFrom::Start(at) = to else {
                panic!("{to:?}")
            };
            assert!(at >= self.1, "a seek to {at}");
            self.0.seek(to)
        }
    }
    let bytes = TestZip::new([TestEntry::new(named("a"), noise())]).bytes();
    let hasher = pushed(&bytes, &[16 << 10]);
    assert!(hasher.is_streaming());
    let len = bytes.len() as u64;
    let hash = hasher.finish(Tail(Cursor::new(&bytes), len - 70_000), len);
    assert_eq!(hash.unwrap(), hashed(&bytes).unwrap());
}

#[test]
fn other_forms_are_hashed_by_the_directory() {
    let plain = hashed(&good().bytes()).unwrap();
    let same = |zip: &TestZip| assert_eq!(later(zip).unwrap(), plain);
    let entry = good().entries[0].clone();
    let [signature, crc, packed, unpacked] = true_descriptor(&entry);
    // Stored, with a descriptor and without.
    for flags in [0, 8] {
        same(&bent(|entry| (entry.method, entry.flags) = (0, flags)));
    }
    // Sizes in the header.
    same(&bent(|entry| entry.flags = 0));
    // The level of compression, as other writers note it.
    same(&bent(|entry| entry.flags |= 4));
    same(&bent(|entry| {
        entry.local_extra = b"UT\x05\0\0\0\0\0\0".to_vec()
    }));
    // No signature; sizes of 64 bits; sizes that are wrong, which `go` does not look at.
    for fields in [
        &[crc, packed, unpacked][..],
        &[signature, crc, packed, 0, unpacked, 0],
        &[signature, crc, packed + 1, unpacked],
        &[signature, crc, packed, unpacked + 1],
    ] {
        same(&bent(|entry| entry.descriptor = Some(descriptor(fields))));
    }
    // Bytes that belong to no entry.
    same(&bent(|entry| entry.gap = b"between".to_vec()));
    let mut gap = good();
    gap.entries[1].gap = b"PK\x03\x04".to_vec();
    same(&gap);
    // Contents that go on behind the end of deflate.
    same(&bent(|entry| {
        entry.raw = Some([entry.pack(), b"more".to_vec()].concat())
    }));
    for zip in [
        TestZip {
            comment: b"comment".to_vec(),
            ..good()
        },
        TestZip {
            zip64: Some(TestZip64::default()),
            ..good()
        },
    ] {
        same(&zip);
    }
    assert!(later(&TestZip::default()).is_ok());
    assert!(later(&TestZip::new([TestEntry::stored("a", "x")])).is_ok());
    // What looks like an entry of the directory, in front of it.
    let mut gap = good();
    gap.entries[1].gap = [b"PK\x01\x02".as_slice(), &[0; 40]].concat();
    same(&gap);
    // The directory does not know of the descriptor.
    same(&bent(|entry| {
        (entry.flags, entry.local_flags) = (0, Some(8));
    }));
    // An extra field that could be the beginning of the contents. If it were taken for that, one of four bytes could
    // give an entry two contents, since its descriptor could be read from its checksum on.
    let extra = bent(|entry| entry.local_extra = b"\0\0\0\xff\xff".to_vec());
    same(&extra);
    let mut header = pushed(&extra.bytes()[..29], &[64]);
    assert!(header.is_streaming());
    header.push(&extra.bytes()[29..30]);
    assert!(!header.is_streaming());
    // The directory's reader skips a byte of the contents where the header says so.
    let mut bytes = good().bytes();
    bytes[28] = 1;
    let refusal = hashed(&bytes).unwrap_err();
    assert_eq!(arrived(&bytes, &[64]).given, Err(refusal.to_string()));
}

#[test]
fn what_does_not_matter_does_not_matter() {
    let plain = hashed(&good().bytes()).unwrap();
    let same = |zip: &TestZip| assert!(in_time(zip) && hashed(&zip.bytes()).unwrap() == plain);
    same(&TestZip {
        backward: true,
        ..good()
    });
    // A zip64 field says in another way what the entry says.
    same(&bent(|entry| entry.zip64 = true));
    assert!(in_time(&TestZip::new([TestEntry::stored("empty", "")])));
}

#[test]
fn entries_that_the_directory_does_not_list_do_not_count() {
    let plain = hashed(&good().bytes()).unwrap();
    let secret = TestEntry {
        hidden: true,
        ..TestEntry::new(named("secret.go"), "package secret\n")
    };
    for at in 0..3 {
        let mut zip = good();
        zip.entries.insert(at, secret.clone());
        match later(&zip) {
            Ok(hash) => assert_eq!(hash, plain),
            Err(error) => assert!(at == 0 && matches!(error, ZipError::Stray(_)), "{error}"),
        }
    }
    // The same within the packed contents of another, behind the end of deflate and a descriptor. Its contents are those
    // of the other, so that its descriptor has the checksum that one must have.
    let smuggled = bent(|entry| {
        let inner = TestEntry {
            hidden: true,
            ..TestEntry::new(named("inner.go"), entry.contents.clone())
        };
        let inner = TestZip::new([inner]).bytes();
        let (inner, _) = inner.split_at(inner.len() - 22);
        let (inner, last) = inner.split_at(inner.len() - 16);
        let own = descriptor(&true_descriptor(entry));
        entry.raw = Some([&entry.pack(), &own, inner].concat());
        entry.descriptor = Some(last.to_vec());
    });
    assert_eq!(later(&smuggled).unwrap(), plain);
    let mut stale = good();
    stale.entries[1].hidden = true;
    assert_ne!(later(&stale).unwrap(), plain);
}

#[test]
fn a_directory_that_says_otherwise_wins() {
    assert!(matches!(
        later(&bent(|entry| entry.crc = Some(1))),
        Err(ZipError::Checksum(_))
    ));
    assert!(matches!(
        later(&bent(|entry| entry.descriptor_crc = Some(1))),
        Err(ZipError::Checksum(_))
    ));
    // Both agree, and the contents are others.
    assert!(matches!(
        later(&bent(
            |entry| (entry.crc, entry.descriptor_crc) = (Some(1), Some(1))
        )),
        Err(ZipError::Checksum(_))
    ));
    for unpacked in [20, 22] {
        let refusal = later(&bent(|entry| entry.unpacked = Some(unpacked)));
        assert!(matches!(refusal, Err(ZipError::Size { .. })));
    }
    // The signature of the descriptor counted with the contents: the rest is a descriptor too.
    let more = |more| bent(|entry| entry.packed = Some(entry.pack().len() as u64 + more));
    assert!(later(&more(4)).is_ok());
    assert!(matches!(later(&more(1)), Err(ZipError::Checksum(_))));
    assert!(matches!(
        later(&bent(
            |entry| entry.packed = Some(entry.pack().len() as u64 - 1)
        )),
        Err(ZipError::Deflate(_))
    ));
    assert!(matches!(
        later(&bent(
            |entry| entry.local_name = Some(named("go.sum").into())
        )),
        Err(ZipError::HeaderName(_))
    ));
    assert!(matches!(
        later(&bent(|entry| entry.local_method = Some(0))),
        Err(ZipError::HeaderMethod(_))
    ));
    let stored = bent(|entry| {
        entry.raw = Some(entry.pack());
        (entry.method, entry.local_method) = (0, Some(8));
    });
    assert!(matches!(later(&stored), Err(ZipError::HeaderMethod(_))));
    let signature = bent(|entry| {
        let [_, fields @ ..] = true_descriptor(entry);
        entry.descriptor = Some([descriptor(&[1]), descriptor(&fields)].concat());
    });
    assert!(matches!(later(&signature), Err(ZipError::Checksum(_))));
    // Entries one within another, or on top of each other, or in another order.
    let mut twice = good();
    twice.entries[1].header = Some(0);
    assert!(matches!(later(&twice), Err(ZipError::HeaderName(_))));
    let same = TestZip::new([
        TestEntry::new(named("a"), "1"),
        TestEntry::new(named("a"), "2"),
    ]);
    assert!(matches!(later(&same), Err(ZipError::Duplicate(_))));
    let folder = TestZip::new([TestEntry::new(named("a/"), "1")]);
    assert!(matches!(
        later(&folder),
        Err(ZipError::FolderWithContents(_))
    ));
    let newline = TestZip::new([TestEntry::new("a\nb", "")]);
    assert!(matches!(later(&newline), Err(ZipError::Newline(_))));
    let bytes = TestZip::new([TestEntry::new(*b"\xff", "")]);
    assert!(matches!(later(&bytes), Err(ZipError::NotUtf8(0))));
    for zip in [
        TestZip {
            lead: b"#!".to_vec(),
            ..good()
        },
        TestZip {
            counted_lead: b"#!".to_vec(),
            ..good()
        },
        TestZip {
            before_end: b"#!".to_vec(),
            ..good()
        },
    ] {
        assert!(matches!(later(&zip), Err(ZipError::Stray(2))));
    }
    let hidden = TestZip {
        comment: TestZip::default().bytes(),
        ..good()
    };
    assert!(matches!(later(&hidden), Err(ZipError::Stray(_))));
    let trailing = TestZip {
        trail: b"x".to_vec(),
        ..good()
    };
    assert!(matches!(later(&trailing), Err(ZipError::Trailing { .. })));
}

#[test]
fn a_cut_or_longer_file_is_not_what_arrived() {
    let bytes = good().bytes();
    let len = bytes.len() as u64;
    // Something got lost on the way here; the file is whole.
    for lost in [1, 30, bytes.len()] {
        let hasher = pushed(&bytes[..bytes.len() - lost], &[64]);
        let meanwhile = hasher.finish_streamed(&mut Cursor::new(&bytes), len);
        assert_eq!(meanwhile.unwrap(), None, "{lost}");
    }
    let mut hasher = pushed(&bytes, &[64]);
    hasher.push(b"more");
    let meanwhile = hasher.finish_streamed(&mut Cursor::new(&bytes), len);
    assert_eq!(meanwhile.unwrap(), None);
    // The file was cut off; all of it had arrived.
    let cut = &bytes[..bytes.len() - 1];
    let refusal = pushed(&bytes, &[64]).finish(Cursor::new(cut), len - 1);
    assert!(matches!(refusal, Err(ZipError::NoEnd)));
}

#[test]
fn a_bomb_is_given_up_at_the_limit() {
    let zeros = |name: &str| TestEntry::new(named(name), vec![0; 300_000]);
    let bytes = TestZip::new([zeros("a"), zeros("b")]).bytes();
    for (limit, streaming) in [(600_000, true), (599_999, false)] {
        let mut hasher = ZipHasher::with_limit(limit);
        hasher.push(&bytes);
        assert_eq!(hasher.is_streaming(), streaming, "{limit}");
    }
}

#[test]
fn a_zip_that_is_too_large_is_given_up() {
    let mut hasher = pushed(&good().bytes(), &[64]);
    // The rest of the directory is not looked at.
    let zeros = vec![0; (MAX_PACKED / 10) as usize];
    for _ in 0..9 {
        hasher.push(&zeros);
    }
    hasher.push(&zeros[good().bytes().len()..]);
    assert!(hasher.is_streaming());
    hasher.push(b"x");
    assert!(!hasher.is_streaming());
}

#[test]
fn names_are_bounded_in_number_and_in_length() {
    let header = |len: usize| {
        let mut header = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
        header.extend([0; 16]);
        header.extend((len as u16).to_le_bytes());
        header.extend([0; 2]);
        header.extend(std::iter::repeat_n(b'/', len));
        header
    };
    for (len, most) in [(1, MAX_ENTRIES as usize), (65_535, (16 << 20) / 65_535)] {
        let header = header(len);
        let mut hasher = ZipHasher::new();
        for _ in 0..most {
            hasher.push(&header);
        }
        assert!(hasher.is_streaming(), "{len}");
        hasher.push(&header);
        assert!(!hasher.is_streaming(), "{len}");
    }
}

#[test]
fn it_can_be_fed_from_any_thread() {
    fn is_send<T: Send>() {}
    is_send::<ZipHasher>();
}

/// One of the ways in which an entry may be, most often as Go writes it.
fn entry() -> impl Strategy<Value = TestEntry> {
    let name = prop_oneof![
        6 => "[ab]{1,2}(/[ab]){0,2}",
        1 => "[ab]/",
        1 => Just(String::new()),
    ];
    let contents = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        (any::<u8>(), 0..70_000usize).prop_map(|(byte, len)| vec![byte; len]),
        "(PK\x01\x02|PK\x03\x04|PK\x05\x06|PK\x07\x08){0,3}".prop_map(String::into_bytes),
    ];
    (name, contents, 0..24u8, any::<u32>()).prop_map(|(name, contents, change, number)| {
        let mut entry = TestEntry::new(named(&name), contents);
        let true_fields = true_descriptor(&entry);
        match change {
            0 => entry = TestEntry::stored(entry.name, entry.contents),
            1 => entry.method = 0,
            2 => entry.flags = 0,
            3 => entry.hidden = true,
            4 => entry.gap = number.to_le_bytes()[..number as usize % 5].to_vec(),
            5 => entry.descriptor = Some(descriptor(&true_fields[1..])),
            6 => entry.descriptor_crc = Some(number),
            7 => entry.crc = Some(number),
            8 => entry.unpacked = Some((number % 300).into()),
            9 => entry.packed = Some((number % 300).into()),
            10 => entry.header = Some((number % 300).into()),
            11 => entry.local_extra = vec![0; number as usize % 9],
            12 => entry.zip64 = true,
            13 => entry.raw = Some([entry.pack(), number.to_le_bytes().to_vec()].concat()),
            14 => entry.raw = Some(number.to_le_bytes().to_vec()),
            15 => entry.local_name = Some(named("a").into_bytes()),
            16 => entry.flags |= 0x0800,
            17 => {
                entry.descriptor_crc = Some(number);
                entry.crc = Some(number);
            }
            _ => {}
        }
        entry
    })
}

proptest! {
    #[test]
    fn a_zip_as_go_writes_it_is_in_time(
        files in prop::collection::btree_map("[a-z]{1,3}(/[a-z]{1,3}){0,2}", prop::collection::vec(any::<u8>(), 0..3000), 1..6),
        pieces in prop::collection::vec(1..400usize, 1..8),
    ) {
        let bytes = TestZip::new(files.into_iter().map(|(name, contents)| TestEntry::new(named(&name), contents))).bytes();
        let arrival = arrived(&bytes, &pieces);
        prop_assert_eq!(arrival.meanwhile.unwrap(), Some(hashed(&bytes).unwrap()));
    }

    #[test]
    fn no_zip_has_two_hashes(
        entries in prop::collection::vec(entry(), 0..5),
        order in any::<Index>(),
        lead in prop_oneof![8 => Just(Vec::new()), 1 => prop::collection::vec(any::<u8>(), 1..4)],
        comment in prop_oneof![8 => Just(Vec::new()), 1 => prop::collection::vec(any::<u8>(), 1..30)],
        zip64 in prop::option::weighted(0.1, Just(TestZip64::default())),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..3),
        pieces in prop::collection::vec(1..5000usize, 1..8),
    ) {
        let mut zip = TestZip { counted_lead: lead, comment, zip64, ..TestZip::new(entries) };
        if zip.entries.len() > 1 && order.index(2) == 0 {
            // The directory lists one entry at the place of another.
            let at = order.index(zip.entries.len() - 1);
            zip.entries[at].local_name = Some(zip.entries[at + 1].name.clone());
        }
        let mut bytes = zip.bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let by_directory = hashed(&bytes).map_err(|error| error.to_string());
        let arrival = arrived(&bytes, &pieces);
        prop_assert_eq!(&arrival.given, &by_directory);
        match arrival.meanwhile {
            Ok(None) => {}
            Ok(Some(hash)) => prop_assert_eq!(Ok(hash), by_directory),
            Err(error) => prop_assert_eq!(Err(error), by_directory),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), rest in any::<Vec<u8>>(), name in "[a/]{0,3}") {
        let mut begun = TestZip::new([TestEntry::new(name, "")]).bytes();
        begun.truncate(33);
        begun.extend(&rest);
        for bytes in [bytes, begun] {
            let by_directory = hashed(&bytes).map_err(|error| error.to_string());
            prop_assert_eq!(arrived(&bytes, &[5, 9]).given, by_directory);
        }
    }
}
