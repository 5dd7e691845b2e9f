//! `larder env` where something is gone that it goes by: go itself, and Larder's own record of what go env was.

use std::fs;
use std::path::Path;

use test_support::disk::{Disk, runs_where_it_may_mount};

use super::{env_file, everything, go_reads, home, state, write};
use crate::{larder, proxy, serve};

#[test]
fn without_any_go_it_says_where_it_looked_and_changes_nothing() {
    let name = "env::lost::without_any_go_it_says_where_it_looked_and_changes_nothing";
    if !runs_where_it_may_mount(name) {
        return;
    }
    let (home, proxy) = (home(), proxy());
    write(&env_file(&home), b"GOPROXY=direct\n", 0o644);
    let serving = serve(&home, &proxy);
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    home.set_env("PATH", &empty);
    let before = everything(&home.path().join("config"));
    // Wherever there is one on this computer, there is none now.
    let mut hidden = Vec::new();
    let refused = loop {
        let shown = larder(&home, &["env", "show", "--json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        let Some(path) = shown["go"]["path"].as_str() else {
            break larder(&home, &["env", "on"]).code(1);
        };
        hidden.push(Disk::mount(Path::new(path).parent().unwrap(), 1 << 20));
        assert!(hidden.len() < 10, "{shown}");
    };
    let looked = empty.join("go").display().to_string();
    for part in ["no working go command", &looked, "install Go"] {
        assert!(refused.stderr.contains(part), "{part} not in {refused}");
    }
    assert_eq!(refused.stdout, "");
    larder(&home, &["env", "off"]).success();
    assert_eq!(everything(&home.path().join("config")), before);
    serving.run(&["stop"]).success();
}

#[test]
fn without_its_record_what_is_larders_is_taken_out_and_nothing_else() {
    let (home, proxy) = (home(), proxy());
    let file = env_file(&home);
    let mine = "GOFLAGS=-v\nGOPRIVATE=corp.example\n";
    write(&file, mine.as_bytes(), 0o644);
    let serving = serve(&home, &proxy);
    serving.run(&["env", "on"]).success();
    fs::remove_dir_all(state(&home)).unwrap();
    let shown = serving.run(&["env", "show"]).success();
    let told = shown.to_string();
    assert!(told.contains("no record of what it was before"), "{shown}");
    let off = serving.run(&["env", "off"]).success();
    assert!(
        off.stdout.contains("There is no record of what") && off.stdout.contains("GOPROXY"),
        "{off}"
    );
    let left = fs::read_to_string(&file).unwrap();
    assert!(
        left.contains("GOFLAGS=-v\n") && left.contains("GOPRIVATE="),
        "{left}"
    );
    assert!(
        !left.contains("127.0.0.1") && !left.contains("goauth"),
        "{left}"
    );
    assert!(!go_reads(&home, "GOPROXY").contains("127.0.0.1"));
    let again = serving.run(&["env", "off"]).success();
    assert!(again.stdout.contains("nothing to do"), "{again}");

    // The same where it ends without it: what was left behind can still be taken out.
    serving.run(&["env", "on"]).success();
    fs::remove_dir_all(state(&home)).unwrap();
    serving.run(&["stop"]).success();
    let off = larder(&home, &["env", "off"]).success();
    assert!(off.stdout.contains("GOPROXY"), "{off}");
    assert_eq!(fs::read_to_string(&file).unwrap(), left);
}
