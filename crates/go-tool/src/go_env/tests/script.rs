//! The restore script, run by the shells of this machine.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::super::{EnvLocation, EnvRecord};
use super::{Home, enable, mode, wishes, write};

/// The shells that are here: `sh` always is, the others are other readings of POSIX.
fn shells() -> Vec<&'static str> {
    let is_here = |shell: &&str| {
        let there = Command::new(shell).args(["-c", ":"]).output();
        there.is_ok_and(|output| output.status.success())
    };
    ["sh", "dash", "bash", "ksh", "zsh"]
        .into_iter()
        .filter(is_here)
        .collect()
}

fn run(shell: &str, record: &EnvRecord, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("restore.sh");
    fs::write(&script, record.restore_script()).unwrap();
    Command::new(shell)
        .arg(&script)
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn ok(output: &Output) {
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn it_restores_byte_for_byte_and_the_mode() {
    for shell in shells() {
        for (name, home) in Home::odd() {
            let before = home.everything();
            let mut record = home.record();
            enable(&mut record, &wishes(4677));
            ok(&run(shell, &record, &[]));
            assert_eq!(home.everything(), before, "{name} by {shell}");
            // Again, with nothing left to do.
            ok(&run(shell, &record, &[]));
            assert_eq!(home.everything(), before, "{name} by {shell}, again");
        }
    }
}

#[test]
fn every_byte_comes_back() {
    let every: Vec<u8> = (0..=255)
        .chain(*b"%s%b\\n\\0101'\"$HOME `id` -n\n\\")
        .chain((0..=255).rev())
        .collect();
    for shell in shells() {
        let home = Home::with(&every, 0o604);
        let before = home.everything();
        let mut record = home.record();
        enable(&mut record, &wishes(4677));
        ok(&run(shell, &record, &[]));
        assert_eq!(home.everything(), before, "{shell}");
    }
}

#[test]
fn it_stops_at_a_file_that_others_changed_unless_forced() {
    for shell in shells() {
        let home = Home::with(b"GOPROXY=direct\n", 0o644);
        let mut record = home.record();
        enable(&mut record, &wishes(4677));
        let text = [home.bytes().as_slice(), b"GOFLAGS=-v\n"].concat();
        write(&home.file(), &text, 0o600);
        let changed = home.everything();
        let output = run(shell, &record, &[]);
        assert_eq!(output.status.code(), Some(1), "{shell}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("somebody else has changed it") && said.contains("--force"),
            "{said}"
        );
        assert_eq!(home.everything(), changed);
        // A second enabling does not make their line ours.
        enable(&mut record, &wishes(5000));
        assert_eq!(run(shell, &record, &[]).status.code(), Some(1));
        ok(&run(shell, &record, &["--force"]));
        assert_eq!(home.bytes(), b"GOPROXY=direct\n");
        assert_eq!(mode(&home.file()), 0o644);
    }
}

#[test]
fn a_file_that_is_gone_is_brought_back_when_forced_only() {
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    fs::remove_file(home.file()).unwrap();
    assert_eq!(run("sh", &record, &[]).status.code(), Some(1));
    ok(&run("sh", &record, &["--force"]));
    assert_eq!(home.bytes(), b"GOPROXY=direct\n");
}

#[test]
fn it_knows_both_states_of_a_write_that_was_cut_off() {
    for written in [false, true] {
        let home = Home::with(b"GOPROXY=direct", 0o644);
        let before = home.everything();
        let mut record = home.record();
        enable(&mut record, &wishes(4677));
        let plan = record.plan(&wishes(5000), true).unwrap();
        if written {
            record.write(plan).unwrap();
        }
        ok(&run("sh", &record, &[]));
        assert_eq!(home.everything(), before);
    }
}

#[test]
fn odd_paths_are_quoted() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        b"it's $HOME `id` \"here\"".as_slice(),
        b"-rf",
        b"two\nlines",
        b"\xff\xfe",
    ] {
        let named = folder
            .path()
            .join(OsString::from_vec(name.to_vec()))
            .join("go/env");
        // A path that is not UTF-8 can't come from the environment, but from where a link points to.
        let location: EnvLocation = match named.to_str() {
            Some(text) => {
                EnvLocation::of(&crate::CallerEnv::from_variables([("GOENV", text)])).unwrap()
            }
            None => linked(folder.path(), &named),
        };
        let existed = named.exists();
        let mut record = EnvRecord::before_first_write(location).unwrap();
        enable(&mut record, &wishes(4677));
        assert!(named.exists());
        ok(&run("sh", &record, &[]));
        assert_eq!(named.exists(), existed);
        assert_eq!(named.parent().unwrap().exists(), existed);
    }
}

fn linked(folder: &Path, target: &Path) -> EnvLocation {
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(target, "GOPROXY=direct\n").unwrap();
    let link: PathBuf = folder.join("link");
    std::os::unix::fs::symlink(target, &link).unwrap();
    EnvLocation::of(&crate::CallerEnv::from_variables([("GOENV", link)])).unwrap()
}

#[test]
fn unknown_words_are_refused_and_nothing_is_done() {
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    let before = home.everything();
    let output = run("sh", &record, &["--help"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage"));
    assert_eq!(home.everything(), before);
}
