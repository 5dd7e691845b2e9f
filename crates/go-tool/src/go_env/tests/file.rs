//! The text of a go env file, against the go command and by properties.

use std::fs;

use proptest::prelude::*;

use super::super::{EnvError, EnvFile};
use super::{ODD, ask_go};

/// Keys for which go has no default of its own, so that what it says is what it read.
const BARE: [&str; 3] = ["GOPRIVATE", "GOINSECURE", "GOVCS"];

fn text(file: &EnvFile, key: &str) -> String {
    file.get_text(key).unwrap_or_default().into_owned()
}

#[test]
fn go_reads_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("env");
    for (name, bytes, _) in ODD {
        // The same oddities, about keys that have no default.
        let bytes = String::from_utf8_lossy(bytes).replace("GOPROXY", "GOVCS");
        let mut bytes = bytes.replace('\u{fffd}', "\u{1}").into_bytes();
        for byte in &mut bytes {
            *byte = if *byte == 1 { 0xff } else { *byte };
        }
        fs::write(&path, &bytes).unwrap();
        let read = EnvFile::new(bytes);
        for (key, value) in ask_go(&path, &BARE) {
            assert_eq!(text(&read, &key), value, "{key} of {name}");
        }
    }
}

/// Pieces that files are made of: what the grammar is about, and any bytes at all.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b"GOPRIVATE".to_vec()),
        3 => Just(b"GOVCS".to_vec()),
        4 => Just(b"=".to_vec()),
        5 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"#".to_vec()),
        1 => Just(b" ".to_vec()),
        2 => Just(b"corp.example".to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn go_reads_the_same_of_anything_and_what_was_set(
        bytes in pieces(),
        value in "[a-z./*,| '\"=#$]{1,20}",
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        fs::write(&path, &bytes).unwrap();
        let mut file = EnvFile::new(bytes);
        // Go writes broken UTF-8 in JSON its own way: a U+FFFD for each byte, where Rust takes some together.
        let plain = |text: String| text.replace('\u{fffd}', "");
        for (key, value) in ask_go(&path, &BARE) {
            prop_assert_eq!(plain(text(&file, &key)), plain(value));
        }
        file.set("GOPRIVATE", &value).unwrap();
        fs::write(&path, file.as_bytes()).unwrap();
        prop_assert_eq!(&ask_go(&path, &["GOPRIVATE"])["GOPRIVATE"], &value);
    }
}

/// The lines, without their newlines, that are not about the key.
fn others<'a>(bytes: &'a [u8], key: &str) -> Vec<&'a [u8]> {
    let begin = format!("{key}=");
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines.retain(|line| !line.starts_with(begin.as_bytes()));
    lines
}

proptest! {
    #[test]
    fn a_set_touches_one_line(bytes in pieces(), value in "\\PC{1,20}") {
        let mut file = EnvFile::new(bytes.clone());
        file.set("GOPRIVATE", &value).unwrap();
        prop_assert_eq!(file.get("GOPRIVATE"), Some(value.as_bytes()));
        prop_assert_eq!(others(file.as_bytes(), "GOPRIVATE"), others(&bytes, "GOPRIVATE"));
        let before = EnvFile::new(bytes);
        prop_assert_eq!(file.get("GOVCS"), before.get("GOVCS"));
        let once = file.clone();
        file.set("GOPRIVATE", &value).unwrap();
        prop_assert_eq!(file, once);
    }

    #[test]
    fn an_unset_takes_out_the_keys_lines_and_no_others(bytes in pieces()) {
        let mut file = EnvFile::new(bytes.clone());
        let was_there = file.get("GOPRIVATE").is_some();
        prop_assert_eq!(file.unset("GOPRIVATE").unwrap(), was_there);
        prop_assert_eq!(file.get("GOPRIVATE"), None);
        prop_assert_eq!(others(file.as_bytes(), "GOPRIVATE"), others(&bytes, "GOPRIVATE"));
        if !was_there {
            prop_assert_eq!(file.as_bytes(), &bytes[..]);
        }
    }

    #[test]
    fn a_new_key_that_goes_again_leaves_no_trace(bytes in pieces()) {
        prop_assume!(EnvFile::new(bytes.clone()).get("GOAUTH").is_none());
        prop_assume!(bytes.is_empty() || bytes.ends_with(b"\n"));
        let mut file = EnvFile::new(bytes.clone());
        file.set("GOAUTH", "netrc").unwrap();
        file.unset("GOAUTH").unwrap();
        prop_assert_eq!(file.as_bytes(), &bytes[..]);
    }
}

#[test]
fn edits_by_example() {
    for (before, after) in [
        ("", "GOPROXY=off\n"),
        ("GOPROXY=direct\n", "GOPROXY=off\n"),
        ("GOPROXY=direct", "GOPROXY=off"),
        ("GOFLAGS=-v", "GOFLAGS=-v\nGOPROXY=off\n"),
        (
            "GOPROXY=a\nX=1\nGOPROXY=b\nY=2\n",
            "GOPROXY=a\nX=1\nGOPROXY=off\nY=2\n",
        ),
        (
            "GOPROXY=direct\r\nGOFLAGS=-v\r\n",
            "GOPROXY=off\nGOFLAGS=-v\r\n",
        ),
        (
            "#GOPROXY=direct\n GOPROXY=x",
            "#GOPROXY=direct\n GOPROXY=x\nGOPROXY=off\n",
        ),
        ("\n\n", "\n\nGOPROXY=off\n"),
    ] {
        let mut file = EnvFile::new(before);
        file.set("GOPROXY", "off").unwrap();
        assert_eq!(file.as_bytes(), after.as_bytes(), "set in {before:?}");
    }
    for (before, after) in [
        ("GOPROXY=a\nX=1\nGOPROXY=b\nY=2\n", "X=1\nY=2\n"),
        ("X=1\nGOPROXY=a", "X=1\n"),
        ("GOPROXY=a", ""),
        ("GOPROXYS=a\n", "GOPROXYS=a\n"),
    ] {
        let mut file = EnvFile::new(before);
        file.unset("GOPROXY").unwrap();
        assert_eq!(file.as_bytes(), after.as_bytes(), "unset in {before:?}");
    }
}

#[test]
fn what_go_refuses_is_refused_and_changes_nothing() {
    let bytes = "GOPROXY=direct\n";
    let mut file = EnvFile::new(bytes);
    for value in ["", "a\nb", "a\rb", "a\u{b}b", "a\0b", "hunter2\n"] {
        let error = file.set("GOPROXY", value).unwrap_err();
        assert!(matches!(error, EnvError::Value { .. }), "{value:?}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    for key in [
        "",
        "goproxy",
        "GO PROXY",
        "GOPROXY=x",
        "#GOPROXY",
        "GOENV",
        "GOVERSION",
        "ÄGO",
        "1GO",
    ] {
        assert!(
            matches!(file.set(key, "x").unwrap_err(), EnvError::Key { .. }),
            "{key}"
        );
        assert!(
            matches!(file.unset(key).unwrap_err(), EnvError::Key { .. }),
            "{key}"
        );
    }
    assert_eq!(file.as_bytes(), bytes.as_bytes());
    assert!(!format!("{file:?}").contains("direct"));
}
