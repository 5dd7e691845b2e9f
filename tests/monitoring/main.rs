//! Larder as it is watched from outside: what docs/monitoring says, with the programs it says it for.
//!
//! What takes those programs longer than a moment is run by `make monitoring-test` and `make collector-test`.

#![allow(clippy::unwrap_used)]

mod alerts;
mod collector;
mod files;
mod program;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use test_support::{Output, TempHome, run};

fn bin() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_larder"))
}

/// A file of docs/monitoring.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/monitoring")
        .join(name)
}

#[track_caller]
fn larder(home: &TempHome, args: &[&str]) -> Output {
    run(home.larder(bin()).args(args)).success()
}

/// Waits until it is so.
#[track_caller]
fn until(what: &str, within: Duration, is_so: impl Fn() -> bool) {
    let end = Instant::now() + within;
    while !is_so() {
        assert!(Instant::now() < end, "{what}: not within {within:?}");
        thread::sleep(Duration::from_millis(100));
    }
}
