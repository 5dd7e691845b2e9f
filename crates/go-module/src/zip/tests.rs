//! Tests of zips: what Go writes is taken, and each way to be wrong has its own refusal.

mod arriving;
mod contents;
mod format;
mod module_rules;

use std::io::Cursor;

use super::testing::{TestEntry, TestZip};
use super::{ZipError, ZipSummary, check};
use crate::{H1, ModuleVersion, h1};

const MODULE: &str = "example.com/m@v1.2.3";

fn module() -> ModuleVersion {
    ModuleVersion::parse(MODULE).unwrap()
}

fn named(name: &str) -> String {
    format!("{MODULE}/{name}")
}

fn checked(bytes: &[u8]) -> Result<ZipSummary, ZipError> {
    check(Cursor::new(bytes), bytes.len() as u64, &module())
}

fn hashed(bytes: &[u8]) -> Result<H1, ZipError> {
    h1::of_zip(Cursor::new(bytes), bytes.len() as u64)
}

/// The refusal of a zip by [`check`].
#[track_caller]
fn refused(zip: &TestZip) -> ZipError {
    checked(&zip.bytes()).expect_err("the zip should be refused")
}

/// A zip of two files, to be bent.
fn good() -> TestZip {
    TestZip::of_module(
        MODULE,
        [
            ("go.mod", b"module example.com/m\n".as_slice()),
            ("a/b.go", &[b'x'; 4000]),
        ],
    )
}

/// A zip with one entry that was changed.
fn bent(change: impl FnOnce(&mut TestEntry)) -> TestZip {
    let mut zip = good();
    change(&mut zip.entries[0]);
    zip
}

/// A zip of entries with these names, without contents.
fn names(names: &[&str]) -> TestZip {
    TestZip::new(names.iter().map(|name| TestEntry::new(named(name), "")))
}
