//! The format: end records, the directory, local headers, and how they are read.

use std::cell::Cell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::super::testing::{TestEntry, TestZip, TestZip64};
use super::super::{MAX_ENTRIES, MAX_PACKED, ZipError, ZipSummary, check};
use super::{bent, checked, good, hashed, module, named, refused};

#[test]
fn what_is_no_zip_is_refused() {
    assert!(matches!(checked(b""), Err(ZipError::NoEnd)));
    assert!(matches!(
        checked(b"<!DOCTYPE html><html></html>"),
        Err(ZipError::NoEnd)
    ));
    let bytes = good().bytes();
    assert!(matches!(
        checked(&bytes[..bytes.len() - 30]),
        Err(ZipError::NoEnd)
    ));
    assert!(matches!(
        check(io::empty(), MAX_PACKED + 1, &module()),
        Err(ZipError::TooLarge(_))
    ));
    let short = check(Cursor::new(&bytes), bytes.len() as u64 + 1, &module()).unwrap_err();
    assert!(short.is_io(), "{short}");
}

#[test]
fn what_lies_around_it_is_refused() {
    let trailing = refused(&TestZip {
        trail: b"x".to_vec(),
        ..good()
    });
    assert!(matches!(
        trailing,
        ZipError::Trailing {
            announced: 0,
            found: 1
        }
    ));
    let bytes = TestZip {
        comment: b"comment".to_vec(),
        ..good()
    }
    .bytes();
    assert!(matches!(
        checked(&bytes[..bytes.len() - 1]),
        Err(ZipError::Trailing {
            announced: 7,
            found: 6
        })
    ));
    assert!(matches!(
        refused(&TestZip {
            lead: b"#!".to_vec(),
            ..good()
        }),
        ZipError::Stray(2)
    ));
    assert!(matches!(
        refused(&TestZip {
            counted_lead: b"#!sh".to_vec(),
            ..good()
        }),
        ZipError::Stray(4)
    ));
    assert!(matches!(
        refused(&TestZip {
            before_end: b"xyz".to_vec(),
            ..good()
        }),
        ZipError::Stray(3)
    ));
    assert!(matches!(
        refused(&TestZip {
            counted_lead: b"x".to_vec(),
            ..TestZip::default()
        }),
        ZipError::Stray(1)
    ));
    // A second end record within the comment: the last one counts, and its directory is not where it should be.
    let hidden = TestZip {
        comment: TestZip::default().bytes(),
        ..good()
    };
    assert!(matches!(refused(&hidden), ZipError::Stray(_)));
}

#[test]
fn several_parts_are_refused() {
    assert!(matches!(
        refused(&TestZip { disk: 1, ..good() }),
        ZipError::MultiDisk
    ));
    assert!(matches!(
        refused(&bent(|entry| entry.disk = 1)),
        ZipError::MultiDisk
    ));
    let zip64 = TestZip64 {
        disks: Some(1),
        ..TestZip64::default()
    };
    assert!(matches!(
        refused(&TestZip {
            zip64: Some(zip64),
            ..good()
        }),
        ZipError::MultiDisk
    ));
}

#[test]
fn zip64_is_taken_where_it_is_consistent() {
    let zip64 = |zip64: TestZip64| TestZip {
        zip64: Some(zip64),
        ..good()
    };
    assert!(checked(&zip64(TestZip64::default()).bytes()).is_ok());
    assert!(
        checked(
            &zip64(TestZip64 {
                short_is_true: true,
                ..TestZip64::default()
            })
            .bytes()
        )
        .is_ok()
    );
    let all = bent(|entry| entry.zip64 = true).bytes();
    assert_eq!(hashed(&all).unwrap(), hashed(&good().bytes()).unwrap());
    assert!(checked(&all).is_ok());

    for broken in [
        TestZip64 {
            locator_offset: Some(3),
            ..TestZip64::default()
        },
        TestZip64 {
            locator_offset: Some(u64::MAX),
            ..TestZip64::default()
        },
        TestZip64 {
            record_len: Some(45),
            ..TestZip64::default()
        },
        TestZip64 {
            record_len: Some(u64::MAX),
            ..TestZip64::default()
        },
        TestZip64 {
            count: Some(3),
            short_is_true: true,
            ..TestZip64::default()
        },
    ] {
        let error = refused(&zip64(broken));
        assert!(matches!(error, ZipError::Zip64(_)), "{error}");
    }
    let hidden = TestZip {
        count: Some(7),
        ..zip64(TestZip64 {
            short_is_true: true,
            ..TestZip64::default()
        })
    };
    assert!(matches!(refused(&hidden), ZipError::Zip64(_)));
    // Of the short record's numbers, the count of all ones makes Go look for the long one; the size does not.
    let announced = |count, size| TestZip {
        count,
        size,
        ..zip64(TestZip64 {
            short_is_true: true,
            ..TestZip64::default()
        })
    };
    assert!(checked(&announced(Some(0xffff), None).bytes()).is_ok());
    let error = refused(&announced(None, Some(0xffff_ffff)));
    assert!(matches!(error, ZipError::Zip64(_)), "{error}");
    // A size of all ones that no zip64 field explains.
    let unexplained = bent(|entry| entry.packed = Some(u64::from(u32::MAX)));
    assert!(matches!(refused(&unexplained), ZipError::Zip64(_)));
}

#[test]
fn a_directory_that_is_not_as_announced_is_refused() {
    let error = refused(&TestZip {
        offset: Some(1 << 30),
        ..good()
    });
    assert!(matches!(error, ZipError::DirectoryOutside), "{error}");
    let error = refused(&TestZip {
        size: Some(1 << 30),
        ..good()
    });
    assert!(matches!(error, ZipError::DirectoryOutside), "{error}");
    let error = refused(&TestZip {
        count: Some(1),
        ..good()
    });
    assert!(
        matches!(
            error,
            ZipError::EntryCount {
                announced: 1,
                found: 2
            }
        ),
        "{error}"
    );
    let error = refused(&TestZip {
        count: Some(3),
        ..good()
    });
    assert!(
        matches!(
            error,
            ZipError::EntryCount {
                announced: 3,
                found: 2
            }
        ),
        "{error}"
    );
    let many = TestZip64 {
        count: Some(MAX_ENTRIES + 1),
        ..TestZip64::default()
    };
    assert!(matches!(
        refused(&TestZip {
            zip64: Some(many),
            ..good()
        }),
        ZipError::TooManyEntries
    ));
    let mut bytes = good().bytes();
    let second = bytes
        .windows(4)
        .rposition(|window| window == b"PK\x01\x02")
        .unwrap();
    bytes[second] = b'Q';
    assert!(matches!(checked(&bytes), Err(ZipError::Entry(1))));
}

#[test]
fn what_go_can_not_unpack_is_refused() {
    assert!(matches!(
        refused(&bent(|entry| entry.flags |= 1)),
        ZipError::Encrypted(_)
    ));
    assert!(matches!(
        refused(&bent(|entry| entry.flags |= 0x40)),
        ZipError::Encrypted(_)
    ));
    assert!(matches!(
        refused(&bent(|entry| entry.flags |= 0x2000)),
        ZipError::Encrypted(_)
    ));
    for method in [1, 9, 12, 14, 93, 99] {
        let error = refused(&bent(|entry| entry.method = method));
        assert!(
            matches!(error, ZipError::Method { method: found, .. } if found == method),
            "{error}"
        );
    }
}

#[test]
fn headers_that_disagree_are_refused() {
    let other_name = bent(|entry| entry.local_name = Some(named("go.sum").into_bytes()));
    assert!(matches!(refused(&other_name), ZipError::HeaderName(_)));
    let longer_name = bent(|entry| entry.local_name = Some(named("go.mods").into_bytes()));
    assert!(matches!(refused(&longer_name), ZipError::HeaderName(_)));
    assert!(matches!(
        refused(&bent(|entry| entry.local_method = Some(0))),
        ZipError::HeaderMethod(_)
    ));
}

#[test]
fn entries_that_overlap_or_lie_outside_are_refused() {
    let mut quine = good();
    quine.entries[1].header = Some(0);
    let error = refused(&quine);
    assert!(matches!(error, ZipError::HeaderName(_)), "{error}");

    let mut same = TestZip::new([
        TestEntry::stored(named("a"), "x"),
        TestEntry::stored(named("b"), "x"),
    ]);
    same.entries[1] = TestEntry {
        header: Some(0),
        local_name: Some(named("a").into()),
        ..same.entries[1].clone()
    };
    same.entries[1].name = named("a").into();
    assert!(matches!(hashed(&same.bytes()), Err(ZipError::Duplicate(_))));

    // The first entry's contents hold the header of the second.
    let inner = TestZip::new([TestEntry::stored(named("b"), "inner")]).bytes();
    let mut nested = TestZip::new([
        TestEntry::stored(named("a"), inner),
        TestEntry::stored(named("b"), "inner"),
    ]);
    nested.entries[1].header = Some(30 + named("a").len() as u64);
    let error = refused(&nested);
    assert!(matches!(error, ZipError::Overlap { .. }), "{error}");
    assert!(matches!(
        hashed(&nested.bytes()),
        Err(ZipError::Overlap { .. })
    ));

    let reaching = |packed| bent(|entry| entry.packed = Some(packed));
    assert!(matches!(refused(&reaching(100)), ZipError::Overlap { .. }));
    assert!(matches!(
        refused(&reaching(1 << 30)),
        ZipError::Overlap { .. }
    ));
    // Behind the contents there must be room for the shortest descriptor, of 12 bytes; Go writes 16.
    let packed = |zip: &TestZip, at: usize, more| {
        let mut zip = zip.clone();
        zip.entries[at].packed = Some(zip.entries[at].pack().len() as u64 + more);
        zip
    };
    assert!(checked(&packed(&good(), 0, 4).bytes()).is_ok());
    assert!(matches!(
        refused(&packed(&good(), 0, 5)),
        ZipError::Overlap { .. }
    ));
    assert!(checked(&packed(&good(), 1, 4).bytes()).is_ok());
    assert!(matches!(
        refused(&packed(&good(), 1, 5)),
        ZipError::Outside(_)
    ));
    let mut last = good();
    last.entries[1].packed = Some(4000);
    assert!(matches!(refused(&last), ZipError::Outside(_)));
    last.entries[1].packed = None;
    for header in [7, 1 << 30, u64::MAX] {
        last.entries[1].header = Some(header);
        last.entries[1].zip64 = true;
        assert!(matches!(refused(&last), ZipError::NoHeader(_)), "{header}");
    }
}

/// Counts calls, each of which is a system call on a file.
struct Counted<'c, R>(R, &'c Cell<u32>);

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.update(|calls| calls + 1);
        self.0.read(buffer)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.1.update(|calls| calls + 1);
        self.0.seek(to)
    }
}

#[test]
fn many_small_entries_take_few_reads() {
    let entries = (0..15_000u32).map(|number| {
        // As compressible as source text, about: a kilobyte or two packed.
        let contents: Vec<u8> = (0..400)
            .flat_map(|word: u32| ((word * 40503) ^ number).to_le_bytes())
            .collect();
        TestEntry::stored(
            named(&format!("internal/package{}/file{number}.go", number % 300)),
            contents,
        )
    });
    let bytes = TestZip::new(entries).bytes();
    let calls = Cell::new(0);
    let summary = check(
        Counted(Cursor::new(&bytes), &calls),
        bytes.len() as u64,
        &module(),
    )
    .unwrap();
    assert_eq!(
        summary,
        ZipSummary {
            entries: 15_000,
            unpacked: 24_000_000
        }
    );
    assert!(calls.get() < 600, "{} calls", calls.get());
}

#[test]
fn large_entries_are_not_read_through() {
    struct Sum<'c, R>(R, &'c Cell<usize>);
    impl<R: Read> Read for Sum<'_, R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0
                .read(buffer)
                .inspect(|len| self.1.update(|sum| sum + len))
        }
    }
    impl<R: Seek> Seek for Sum<'_, R> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }
    for size in [40 << 10, 1 << 20] {
        let entries =
            (0..20).map(|number| TestEntry::stored(named(&number.to_string()), vec![0; size]));
        let bytes = TestZip::new(entries).bytes();
        let sum = Cell::new(0);
        check(
            Sum(Cursor::new(&bytes), &sum),
            bytes.len() as u64,
            &module(),
        )
        .unwrap();
        // The end of the file, where the directory is, and the headers.
        assert!(sum.get() < 80_000, "{} bytes", sum.get());
    }
}
