//! `larder cache`: what is kept, with an instance and without.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use test_support::{TempHome, run};

use crate::{bin, fetch, json, larder, proxy, serve};

/// A home whose cache holds two versions of one module and one of another; no instance runs.
fn filled() -> TempHome {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    fetch(&larder, "example.com/hello", "v1.0.0");
    fetch(&larder, "example.com/hello", "v1.1.0");
    fetch(&larder, "example.com/other", "v0.1.0");
    larder.run(&["stop"]).success();
    home
}

/// Does the same without an instance and with one.
fn either_way(test: impl Fn(&TempHome)) {
    let home = filled();
    test(&home);
    let home = filled();
    let running = serve(&home, &proxy());
    test(&home);
    running.run(&["stop"]).success();
}

/// The files of this name below a folder.
fn find(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if entry.is_dir() {
            found.extend(find(&entry, name));
        } else if entry.file_name().is_some_and(|found| found == name) {
            found.push(entry);
        }
    }
    found
}

fn modules(listed: &Value) -> Vec<String> {
    let name = |entry: &Value| {
        format!(
            "{}@{}",
            entry["module"].as_str().unwrap(),
            entry["version"].as_str().unwrap()
        )
    };
    let mut names: Vec<String> = listed.as_array().unwrap().iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn list_and_size() {
    either_way(|home| {
        let all = json(&larder(home, &["cache", "list", "--json"]).success());
        assert_eq!(
            modules(&all),
            [
                "example.com/hello@v1.0.0",
                "example.com/hello@v1.1.0",
                "example.com/other@v0.1.0"
            ]
        );
        let some =
            json(&larder(home, &["cache", "list", "example.com/h*@v1.1.*", "--json"]).success());
        assert_eq!(modules(&some), ["example.com/hello@v1.1.0"]);
        let shown = larder(home, &["cache", "list", "example.com/other"])
            .success()
            .stdout;
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 2, "{shown}");
        assert!(
            lines[0].starts_with("MODULE") && lines[1].contains("info mod zip"),
            "{shown}"
        );
        let none = larder(home, &["cache", "list", "example.org"]).success();
        assert_eq!(
            (none.stdout.as_str(), none.stderr.as_str()),
            ("", "Nothing of that is kept.\n")
        );

        let size = json(&larder(home, &["cache", "size", "--json"]).success());
        assert_eq!((&size["versions"], &size["files"]), (&3.into(), &9.into()));
        let bytes: u64 = all
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["bytes"].as_u64().unwrap())
            .sum();
        assert_eq!(size["bytes"], bytes);
        let hello =
            json(&larder(home, &["cache", "size", "example.com/hello", "--json"]).success());
        assert_eq!(hello["versions"], 2);
        assert!(
            larder(home, &["cache", "size"])
                .success()
                .stdout
                .starts_with("TREE")
        );
    });
}

#[test]
fn verify_names_what_is_damaged_and_repairs_it() {
    either_way(|home| {
        assert!(
            larder(home, &["cache", "verify"])
                .success()
                .stdout
                .contains("9 files")
        );
        let zip = find(&home.larder_home().join("cache"), "v1.0.0.zip").remove(0);
        let mut bytes = fs::read(&zip).unwrap();
        bytes[40] ^= 1;
        fs::write(&zip, bytes).unwrap();

        let found = larder(home, &["cache", "verify"]).code(4);
        assert!(
            found.stdout.contains("example.com/hello/@v/v1.0.0.zip"),
            "{found}"
        );
        assert!(
            found.stdout.contains("SHA-256") && found.stdout.contains("1 damaged"),
            "{found}"
        );
        let report = json(&larder(home, &["cache", "verify", "--json"]).code(4));
        assert_eq!(report["damaged"].as_array().unwrap().len(), 1);
        assert_eq!(report["repaired"], false);
        assert!(zip.exists(), "looking changes nothing");

        let repaired = json(&larder(home, &["cache", "verify", "--repair", "--json"]).success());
        assert_eq!(repaired["repaired"], true);
        assert!(!zip.exists());
        assert!(
            larder(home, &["cache", "verify"])
                .success()
                .stdout
                .contains("All is whole: 8 files")
        );
    });
}

#[test]
fn clear_removes_what_the_pattern_says() {
    either_way(|home| {
        let cleared = larder(home, &["cache", "clear", "example.com/hello@v1.0.*"]).success();
        assert!(
            cleared
                .stdout
                .starts_with("Removed 1 module version in 3 files"),
            "{cleared}"
        );
        let left = json(&larder(home, &["cache", "list", "--json"]).success());
        assert_eq!(
            modules(&left),
            ["example.com/hello@v1.1.0", "example.com/other@v0.1.0"]
        );
        let again = larder(home, &["cache", "clear", "example.com/hello@v1.0.*"]).success();
        assert_eq!(again.stdout, "There was nothing of that to remove.\n");

        let all = json(&larder(home, &["cache", "clear", "--yes", "--json"]).success());
        assert_eq!(all["versions"], 2);
        assert_eq!(
            json(&larder(home, &["cache", "size", "--json"]).success())["files"],
            0
        );
        assert_eq!(
            find(&home.larder_home().join("cache"), "v1.1.0.zip"),
            [] as [PathBuf; 0]
        );
    });
}

#[test]
fn what_was_cleared_is_not_served_from_memory() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    fetch(&larder, "example.com/hello", "v1.0.0");
    larder
        .run(&["cache", "clear", "example.com/hello"])
        .success();
    proxy.clear_log();
    fetch(&larder, "example.com/hello", "v1.0.0");
    assert_eq!(proxy.count("/example.com/hello/@v/v1.0.0.zip"), 1);
}

#[test]
fn everything_is_removed_only_by_somebodys_word() {
    let home = filled();
    let refused = larder(&home, &["cache", "clear"]).code(2);
    assert!(
        refused
            .stderr
            .contains("hint: say that it is meant: larder cache clear --yes"),
        "{refused}"
    );
    assert_eq!(
        json(&larder(&home, &["cache", "size", "--json"]).success())["versions"],
        3
    );

    // On a terminal it asks. `script` gives it one.
    if !run(std::process::Command::new("sh").args(["-c", "command -v script"]))
        .status
        .success()
    {
        return;
    }
    for (answer, left) in [("", 3), ("n", 3), ("y", 0)] {
        let command = format!("{} cache clear", bin().display());
        let line = format!("echo {answer} | script -qec '{command}' /dev/null");
        let mut asked = std::process::Command::new("sh");
        let asked = run(home.apply(asked.args(["-c", &line]))).success();
        assert!(
            asked.stdout.contains("Remove all 3 module versions"),
            "{asked}"
        );
        assert_eq!(
            json(&larder(&home, &["cache", "size", "--json"]).success())["versions"],
            left
        );
    }
}
