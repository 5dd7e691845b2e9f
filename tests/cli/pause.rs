//! `larder pause`, `larder resume`: go env is what it was until somebody resumes, whatever happens to Larder meanwhile.

use std::fs;

use serde_json::Value;
use test_support::{FakeProxy, Larder, TempHome, http, run};

use crate::env::{env_file, everything, go_reads, home, write};
use crate::{json, larder, proxy, serve, until};

/// A home with a go env file of its own, what stands in it, and a Larder that go is pointed at.
fn pointed(proxy: &FakeProxy) -> (TempHome, impl Fn(&TempHome) -> bool, Larder) {
    let home = home();
    write(
        &env_file(&home),
        b"# mine\r\nGOPROXY=direct\nGOFLAGS=-v",
        0o640,
    );
    let before = everything(&home.path().join("config"));
    let is_as_before = move |home: &TempHome| everything(&home.path().join("config")) == before;
    let serving = serve(&home, proxy);
    serving.run(&["env", "on"]).success();
    (home, is_as_before, serving)
}

fn state(home: &TempHome) -> Value {
    json(&larder(home, &["status", "--json"]))
}

#[track_caller]
fn points_here(home: &TempHome, serving: &Larder) {
    let reads = go_reads(home, "GOPROXY");
    assert!(reads.starts_with(serving.goproxy()), "{reads}");
}

#[test]
fn pausing_gives_go_env_back_and_the_port_goes_on_answering() {
    let proxy = proxy();
    let (home, is_as_before, serving) = pointed(&proxy);
    assert_eq!(state(&home)["points_here"], true);
    let paused = serving.run(&["pause"]).success();
    assert!(paused.stdout.contains("Paused"), "{paused}");
    let file = env_file(&home).display().to_string();
    assert!(paused.stdout.contains(&file), "{paused}");
    assert!(is_as_before(&home), "byte for byte");
    let list = format!("{}/example.com/hello/@v/list", serving.goproxy());
    assert_eq!(http::get(&list).status, 200);
    let shown = serving.run(&["status"]).success();
    assert!(
        shown.stdout.contains("go            paused since "),
        "{shown}"
    );
    let shown = serving.run(&["env", "show"]).success();
    assert!(shown.stdout.contains("larder resume"), "{shown}");

    // Nothing else points go here meanwhile.
    serving.run(&["token", "rotate"]).success();
    serving.run(&["offline", "on"]).success();
    serving.run(&["offline", "auto"]).success();
    assert!(is_as_before(&home));
    // Twice is once.
    let again = json(&serving.run(&["pause", "--json"]).success());
    assert_eq!(again["mood"], "paused", "{again}");
    assert_eq!(again["status"], "Paused · go env given back", "{again}");
    assert_eq!(again["files"], Value::Array(Vec::new()), "{again}");

    let resumed = json(&serving.run(&["resume", "--json"]).success());
    assert_eq!(resumed["files"], serde_json::json!([file]), "{resumed}");
    assert_eq!(
        (&resumed["mood"], &resumed["points_here"]),
        (&Value::from("serving"), &Value::Bool(true)),
        "{resumed}"
    );
    let reads = go_reads(&home, "GOPROXY");
    let address = serving.run(&["goproxy"]).success();
    assert!(
        reads.starts_with(address.stdout.trim()),
        "with the token of now: {reads}"
    );
    serving.run(&["resume"]).success();
    serving.run(&["env", "off"]).success();
    assert!(is_as_before(&home), "what it was is still known");
}

#[test]
fn a_pause_outlives_restarts_and_kill_9() {
    let proxy = proxy();
    let (home, is_as_before, serving) = pointed(&proxy);
    serving.run(&["pause"]).success();
    serving.terminate();
    assert!(is_as_before(&home));
    assert!(state(&home)["paused_since"].is_string());
    let refused = larder(&home, &["resume"]).code(3);
    assert!(
        refused.stderr.contains("still paused") && refused.stderr.contains("larder serve"),
        "{refused}"
    );
    assert!(is_as_before(&home) && state(&home)["paused_since"].is_string());

    let serving = serve(&home, &proxy);
    assert!(is_as_before(&home), "a start does not end a pause");
    serving.kill9();
    assert!(is_as_before(&home));
    let serving = serve(&home, &proxy);
    assert!(is_as_before(&home));
    serving.run(&["resume"]).success();
    points_here(&home, &serving);
    serving.terminate();
    assert!(is_as_before(&home), "as nobody holds the port");
}

#[test]
fn what_a_kill_left_half_paused_is_given_back_by_the_next_start() {
    let proxy = proxy();
    let (home, is_as_before, serving) = pointed(&proxy);
    serving.kill9();
    points_at_something_of_larders(&home);
    // It was paused, and killed before the file was given back.
    let state_file = home.larder_home().join("data/go-env");
    let aside = home.path().join("aside");
    let copied = |from: &std::path::Path, to: &std::path::Path| {
        run(std::process::Command::new("cp").arg("-a").arg(from).arg(to)).success();
    };
    copied(&state_file, &aside);
    let written = fs::read(env_file(&home)).unwrap();
    larder(&home, &["pause"]).success();
    assert!(is_as_before(&home), "without an instance too");
    fs::remove_dir_all(&state_file).unwrap();
    copied(&aside, &state_file);
    write(&env_file(&home), &written, 0o600);

    let serving = serve(&home, &proxy);
    until("it is given back", || is_as_before(&home));
    serving.run(&["resume"]).success();
    points_here(&home, &serving);
}

fn points_at_something_of_larders(home: &TempHome) {
    let reads = go_reads(home, "GOPROXY");
    assert!(reads.starts_with("http://127.0.0.1:"), "{reads}");
}

#[test]
fn env_on_ends_a_pause_and_env_off_makes_it_hold_for_that_file() {
    let proxy = proxy();
    let (home, is_as_before, serving) = pointed(&proxy);
    // Another file of the same person, as another shell has it.
    let usual = env_file(&home);
    let other = home.path().join("config/other/goenv");
    write(&other, b"GOFLAGS=-x\n", 0o600);
    let other_before = fs::read(&other).unwrap();
    home.set_env("GOENV", &other);
    serving.run(&["env", "on"]).success();
    points_here(&home, &serving);
    home.remove_env("GOENV");

    let paused = json(&serving.run(&["pause", "--json"]).success());
    assert_eq!(paused["files"].as_array().unwrap().len(), 2, "{paused}");
    assert_eq!(fs::read(&other).unwrap(), other_before);
    let on = serving.run(&["env", "on"]).success();
    assert!(on.stdout.contains("was paused"), "{on}");
    points_here(&home, &serving);
    home.set_env("GOENV", &other);
    points_here(&home, &serving);
    assert_eq!(state(&home)["paused_since"], Value::Null);

    serving.run(&["pause"]).success();
    let off = serving.run(&["env", "off"]).success();
    assert!(off.stdout.contains("Larder is paused"), "{off}");
    let resumed = json(&serving.run(&["resume", "--json"]).success());
    assert_eq!(resumed["files"].as_array().unwrap().len(), 1, "{resumed}");
    assert_eq!(fs::read(&other).unwrap(), other_before);
    home.remove_env("GOENV");
    points_here(&home, &serving);
    serving.run(&["env", "off"]).success();
    fs::remove_dir_all(other.parent().unwrap()).unwrap();
    assert!(is_as_before(&home) && usual.exists());
    // That is not paused.
    let shown = serving.run(&["status"]).success();
    assert!(shown.stdout.contains("does not ask here"), "{shown}");
}

#[test]
fn where_a_file_cannot_be_written_nothing_is_changed() {
    let proxy = proxy();
    let (home, _, serving) = pointed(&proxy);
    let file = env_file(&home);
    let bytes = fs::read(&file).unwrap();
    write(&file, &bytes, 0o400);
    let refused = serving.run(&["pause"]).failure();
    assert!(refused.stderr.contains("read-only"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    assert_eq!(state(&home)["paused_since"], Value::Null);
    write(&file, &bytes, 0o600);
    serving.run(&["pause"]).success();
    let bytes = fs::read(&file).unwrap();
    write(&file, &bytes, 0o400);
    let refused = serving.run(&["resume"]).failure();
    assert!(refused.stderr.contains("still paused"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    assert!(state(&home)["paused_since"].is_string());
}
