//! A process killed in the middle of its work: what it leaves is the old file or the new one, and can be given back.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Signal, getpid, kill_process};

use super::super::replace::Step;
use super::super::{EnvLocation, EnvRecord};
use super::{Home, wishes};
use crate::caller::CallerEnv;

/// The step at which a child of these tests is to die.
const DIE_AT: &str = "LARDER_TEST_DIE_AT";
/// What the child is to do: `on` or `off`.
const DO: &str = "LARDER_TEST_DO";
/// Where the child keeps its record.
const RECORD: &str = "LARDER_TEST_RECORD";

/// Dies here, if this process is such a child.
pub(in crate::go_env) fn at(step: Step) {
    die_at(&format!("{step:?}"));
}

fn die_at(step: &str) {
    if std::env::var_os(DIE_AT).is_some_and(|wished| wished == step) {
        kill_process(getpid(), Signal::KILL).unwrap();
    }
}

/// The child: does the work of a caller, in the documented order.
#[test]
#[ignore = "run by the other tests here, as a process of its own"]
fn child() {
    let kept = PathBuf::from(std::env::var_os(RECORD).unwrap());
    let keep = |record: &EnvRecord| {
        let draft = kept.with_extension("draft");
        fs::write(&draft, serde_json::to_vec(record).unwrap()).unwrap();
        fs::rename(draft, &kept).unwrap();
    };
    match std::env::var(DO).unwrap().as_str() {
        "on" => {
            let mut record = read(&kept).unwrap_or_else(|| {
                let location = EnvLocation::of(&CallerEnv::of_process()).unwrap();
                EnvRecord::before_first_write(location).unwrap()
            });
            // A second enabling comes with another port.
            let port = if kept.exists() { 4678 } else { 4677 };
            let plan = record.plan(&wishes(port), true).unwrap();
            die_at("Planned");
            keep(&record);
            die_at("Kept");
            record.write(plan).unwrap();
            die_at("Written");
            record.settle();
            keep(&record);
        }
        "off" => {
            read(&kept).unwrap().give_back().unwrap();
            die_at("GivenBack");
        }
        other => panic!("{other}"),
    }
}

fn read(kept: &Path) -> Option<EnvRecord> {
    let bytes = fs::read(kept).ok()?;
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// Runs the child to its death at the step; `false` when it came to its end without reaching it.
fn killed(home: &Home, kept: &Path, what: &str, step: &str) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "go_env::tests::killed::child", "--ignored"])
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("GOENV")
        .env(RECORD, kept)
        .env(DO, what)
        .env(DIE_AT, step)
        .output()
        .unwrap();
    let died = output.status.signal() == Some(9);
    assert!(died || output.status.success(), "{what} {step}: {output:?}");
    died
}

fn new_contents(home: &Home, port: u16) -> Vec<u8> {
    let mut file = home.record().original().file();
    for (key, wish) in wishes(port).iter() {
        match wish {
            super::super::Wish::Set(value) => file.set(key, value.expose()).unwrap(),
            super::super::Wish::Unset => drop(file.unset(key).unwrap()),
        }
    }
    file.into_bytes()
}

#[test]
fn killed_while_enabling() {
    let steps = [
        "Planned",
        "FoldersMade",
        "Kept",
        "DraftMade",
        "DraftWritten",
        "DraftSynced",
        "Renamed",
        "Written",
        "none",
    ];
    for step in steps {
        for (name, home) in Home::odd() {
            let before = home.everything();
            let old = fs::read(home.file()).ok();
            let new = new_contents(&home, 4677);
            let state = tempfile::tempdir().unwrap();
            let kept = state.path().join("record");
            assert_eq!(
                killed(&home, &kept, "on", step),
                step != "none",
                "{name}, {step}"
            );

            let now = fs::read(home.file()).ok();
            assert!(
                now == old || now.as_ref() == Some(&new),
                "{name}, {step}: torn"
            );
            if matches!(step, "Renamed" | "Written" | "none") {
                assert_eq!(now, Some(new), "{name}, {step}");
            }
            match read(&kept) {
                Some(record) => drop(record.give_back().unwrap()),
                None => assert_eq!(step, "Planned"),
            }
            assert_eq!(home.everything(), before, "{name}, {step}");
        }
    }
}

#[test]
fn killed_while_enabling_again() {
    for step in ["Kept", "DraftWritten", "Renamed", "Written"] {
        for (name, home) in Home::odd() {
            let before = home.everything();
            let state = tempfile::tempdir().unwrap();
            let kept = state.path().join("record");
            let (first, second) = (new_contents(&home, 4677), new_contents(&home, 4678));
            assert!(!killed(&home, &kept, "on", "none"));
            assert_eq!(home.bytes(), first);
            assert!(killed(&home, &kept, "on", step), "{name}, {step}");
            assert!(
                [first, second].contains(&home.bytes()),
                "{name}, {step}: torn"
            );
            // Whichever of the two it is: it is known as ours.
            read(&kept).unwrap().give_back().unwrap();
            assert_eq!(home.everything(), before, "{name}, {step}");
        }
    }
}

#[test]
fn killed_while_giving_back() {
    for step in [
        "DraftMade",
        "DraftWritten",
        "DraftSynced",
        "Renamed",
        "FileRemoved",
        "GivenBack",
    ] {
        let mut died = 0;
        for (name, home) in Home::odd() {
            let before = home.everything();
            let old = fs::read(home.file()).ok();
            let state = tempfile::tempdir().unwrap();
            let kept = state.path().join("record");
            assert!(!killed(&home, &kept, "on", "none"));
            let new = home.bytes();
            died += u32::from(killed(&home, &kept, "off", step));
            let now = fs::read(home.file()).ok();
            assert!(now == old || now == Some(new), "{name}, {step}: torn");
            read(&kept).unwrap().give_back().unwrap();
            assert_eq!(home.everything(), before, "{name}, {step}");
        }
        assert!(died > 0, "{step} is never reached");
    }
}
