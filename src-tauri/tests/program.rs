//! The program `larder-tray` where there is no display. What it does on one: tests/desktop.

#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

/// Runs it to its end, on no display.
fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_larder-tray"));
    program.args(arguments);
    program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    program.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn without_a_display_it_names_the_headless_program() {
    let done = run(&[]);
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done.stderr);
    assert!(
        said.contains("no display") && said.contains("larder serve"),
        "{said}"
    );
}

#[test]
fn it_says_its_version_and_what_it_takes() {
    let version = run(&["--version"]);
    assert!(version.status.success());
    assert_eq!(
        text(&version.stdout),
        format!("larder-tray {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = run(&["--help"]);
    assert!(text(&help.stdout).contains("--at-login"), "{help:?}");
    let wrong = run(&["--loud"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        text(&wrong.stderr).contains("unexpected argument --loud"),
        "{wrong:?}"
    );
}
