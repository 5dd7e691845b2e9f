//! What may be in the zip of a module: names, and sizes by the directory.

use super::super::testing::{TestEntry, TestZip};
use super::super::{MAX_GO_MOD, MAX_LICENSE, MAX_UNPACKED, ZipError};
use super::{MODULE, checked, hashed, named, names, refused};
use crate::path::PathReason;

#[test]
fn names_outside_of_the_module_are_refused() {
    for name in [
        "go.mod",
        "example.com/m@v1.2.4/go.mod",
        "example.com/m@v1.2.3",
        "/example.com/m@v1.2.3/x",
        "../x",
        "",
    ] {
        let error = refused(&TestZip::new([TestEntry::new(name, "")]));
        assert!(matches!(error, ZipError::Prefix { .. }), "{name}: {error}");
    }
}

#[test]
fn malformed_names_are_refused() {
    for (name, reason) in [
        ("../x", PathReason::OnlyDots("..".to_owned())),
        ("a/../../x", PathReason::OnlyDots("..".to_owned())),
        ("./x", PathReason::OnlyDots(".".to_owned())),
        ("/etc/passwd", PathReason::EmptyElement),
        ("a//b", PathReason::DoubleSlash),
        ("a//", PathReason::TrailingSlash),
        ("a\\b", PathReason::Char('\\')),
        ("c:x", PathReason::Char(':')),
        ("a\0b", PathReason::Char('\0')),
        ("a\nb", PathReason::Char('\n')),
        ("nul.txt", PathReason::WindowsDevice("nul".to_owned())),
        ("a.", PathReason::TrailingDot),
        ("a\u{301}", PathReason::Char('\u{301}')),
    ] {
        match refused(&names(&[name])) {
            ZipError::Path { reason: ours, .. } => assert_eq!(ours, reason, "{name:?}"),
            error => panic!("{name:?}: {error}"),
        }
    }
    let error = refused(&TestZip::new([TestEntry::new(
        [MODULE.as_bytes(), b"/\xff"].concat(),
        "",
    )]));
    assert!(matches!(error, ZipError::NotUtf8(0)));
}

#[test]
fn names_that_collide_are_refused() {
    let twice = TestZip::new([
        TestEntry::new(named("a"), "1"),
        TestEntry::new(named("a"), "2"),
    ]);
    assert!(matches!(refused(&twice), ZipError::Duplicate(_)));
    assert!(matches!(
        hashed(&twice.bytes()),
        Err(ZipError::Duplicate(_))
    ));
    for both in [["a", "a/b"], ["a/b", "a"], ["a/", "a"], ["a", "a/"]] {
        assert!(
            matches!(refused(&names(&both)), ZipError::FileAndFolder(_)),
            "{both:?}"
        );
    }
    for twins in [
        ["a/x", "A/y"],
        ["README", "readme"],
        ["é", "É"],
        ["k", "\u{212a}"],
        ["σ", "ς"],
        ["a/b/c", "a/B"],
    ] {
        assert!(
            matches!(refused(&names(&twins)), ZipError::CaseTwins { .. }),
            "{twins:?}"
        );
    }
    assert!(checked(&names(&["a/x", "a/y", "b/x", "x", "aa", "ß", "ss"]).bytes()).is_ok());
}

#[test]
fn go_mod_has_rules_of_its_own() {
    assert!(matches!(
        refused(&names(&["Go.Mod"])),
        ZipError::GoModCase(_)
    ));
    assert!(matches!(
        refused(&names(&["sub/go.mod"])),
        ZipError::GoModNested(_)
    ));
    assert!(matches!(
        refused(&names(&["sub/GO.MOD"])),
        ZipError::GoModNested(_)
    ));
    assert!(checked(&names(&["go.mod/x", "go.modx"]).bytes()).is_ok());
}

#[test]
fn sizes_are_bounded() {
    let sized = |name: &str, size| {
        let large = TestEntry {
            unpacked: Some(size),
            ..TestEntry::new(named(name), "")
        };
        checked(&TestZip::new([large]).bytes())
    };
    assert!(sized("go.mod", MAX_GO_MOD).is_ok());
    assert!(matches!(
        sized("go.mod", MAX_GO_MOD + 1),
        Err(ZipError::GoModTooLarge(_))
    ));
    assert!(sized("LICENSE", MAX_LICENSE).is_ok());
    assert!(matches!(
        sized("LICENSE", MAX_LICENSE + 1),
        Err(ZipError::LicenseTooLarge(_))
    ));
    assert!(sized("sub/LICENSE", MAX_LICENSE + 1).is_ok());
    assert!(sized("large", MAX_UNPACKED).is_ok());
    assert!(matches!(
        sized("large", MAX_UNPACKED + 1),
        Err(ZipError::UnpackedTooLarge)
    ));
    assert!(matches!(
        sized("folder/", 1),
        Err(ZipError::FolderWithContents(_))
    ));
    let half = |name: &str| TestEntry {
        unpacked: Some(MAX_UNPACKED / 2 + 1),
        ..TestEntry::new(named(name), "")
    };
    let both = TestZip::new([half("a"), half("b")]).bytes();
    assert!(matches!(checked(&both), Err(ZipError::UnpackedTooLarge)));
    assert!(matches!(hashed(&both), Err(ZipError::UnpackedTooLarge)));
    let endless = TestEntry {
        unpacked: Some(u64::MAX),
        zip64: true,
        ..TestEntry::new(named("a"), "")
    };
    assert!(matches!(
        refused(&TestZip::new([endless.clone(), endless])),
        ZipError::Duplicate(_)
    ));
}

#[test]
fn folders_are_counted_too() {
    // 2,000 names with 101 folders each: few entries, many folders.
    let deep = "x/".repeat(99);
    let entries = (0..2000).map(|number| TestEntry::new(named(&format!("{number}/{deep}x")), ""));
    assert!(matches!(
        refused(&TestZip::new(entries)),
        ZipError::TooManyEntries
    ));
}
