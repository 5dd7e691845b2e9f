//! `larder log`: what was asked for, as a table, as JSON, and as it comes.

use std::process::Stdio;

use serde_json::Value;
use test_support::{TempHome, http};

use crate::{Running, bin, fetch, larder, proxy, serve, until};

/// The entries of `log --json`.
fn entries(home: &TempHome, args: &[&str]) -> Vec<Value> {
    let output = larder(home, &[&["log", "--json"], args].concat()).success();
    output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Waits until this many entries are written.
fn wait_for(home: &TempHome, count: usize) {
    until("the log has it all", || {
        entries(home, &["-n", "1000"]).len() >= count
    });
}

#[test]
fn it_tells_where_each_file_came_from_with_and_without_an_instance() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    let zip = format!("{}/example.com/hello/@v/v1.0.0.zip", larder.goproxy());
    http::get(&zip).whole();
    wait_for(&home, 3);
    http::get(&zip).whole();
    http::get(&format!("{}/example.com/nothing/@v/list", larder.goproxy()));
    wait_for(&home, 5);

    for running in [true, false] {
        let all = entries(&home, &[]);
        let zips: Vec<&Value> = all.iter().filter(|entry| entry["kind"] == "zip").collect();
        assert_eq!(zips.len(), 2, "{all:#?}");
        assert_eq!(
            (&zips[0]["source"], &zips[1]["source"]),
            (&"upstream".into(), &"cache".into())
        );
        assert_eq!(zips[0]["module"], "example.com/hello");
        assert!(
            all.iter()
                .any(|entry| entry["kind"] == "info" && entry["background"] == true)
        );
        let last = all.last().unwrap();
        assert_eq!(
            (&last["outcome"], &last["kind"]),
            (&"not-found".into(), &"list".into())
        );

        let shown = crate::larder(&home, &["log"]).success().stdout;
        assert!(shown.contains("example.com/hello@v1.0.0  "), "{shown}");
        assert!(shown.contains(&proxy.addr().to_string()), "{shown}");
        assert!(shown.contains("background"), "{shown}");
        // The failed one says why, on a line of its own.
        assert!(shown.lines().last().unwrap().starts_with("    "), "{shown}");

        assert_eq!(entries(&home, &["-n", "1"]), std::slice::from_ref(last));
        assert_eq!(entries(&home, &["-n", "0"]), [] as [Value; 0]);
        if running {
            larder.run(&["stop"]).success();
        }
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    fetch(&larder, "example.com/hello", "v1.0.0");
    wait_for(&home, 3);
    let mut child = home
        .larder(bin())
        .arg("log")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}

#[test]
fn a_full_disk_is_an_error() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let home = TempHome::new();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let ended = home
        .larder(bin())
        .args(["cache", "size"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        String::from_utf8(ended.stderr)
            .unwrap()
            .contains("the output can't be written")
    );
}

#[test]
fn following_goes_on_over_restarts_and_misses_nothing() {
    let (home, proxy) = (TempHome::new(), proxy());
    // Nothing runs yet: it waits, and does not stand in the way of the one that starts.
    let mut log = Running::start(&home, &["log", "-f", "--json"]);
    until("it says that it waits", || {
        log.stderr()
            .contains("Larder is not running; waiting for it.")
    });
    let mut seen: Vec<i64> = Vec::new();
    let mut told = |log: &mut Running, module: &str| {
        loop {
            let entry: Value = serde_json::from_str(&log.line()).unwrap();
            seen.push(entry["seq"].as_i64().unwrap());
            if entry["module"] == module && entry["kind"] == "zip" {
                return seen.clone();
            }
        }
    };

    let first = serve(&home, &proxy);
    http::get(&format!(
        "{}/example.com/hello/@v/v1.0.0.zip",
        first.goproxy()
    ))
    .whole();
    told(&mut log, "example.com/hello");
    first.run(&["stop"]).success();

    let second = serve(&home, &proxy);
    http::get(&format!(
        "{}/example.com/other/@v/v0.1.0.zip",
        second.goproxy()
    ))
    .whole();
    let seen = told(&mut log, "example.com/other");
    assert!(
        seen.is_sorted_by(|one, next| one < next),
        "twice or out of order: {seen:?}"
    );
    wait_for(&home, seen.len());
    let all: Vec<i64> = entries(&home, &[])
        .iter()
        .map(|entry| entry["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(seen, all[..seen.len()], "all that is written was told");

    log.signal("INT");
    assert_eq!(log.end().code(), Some(130));
    assert!(!log.stderr().contains("error"), "{}", log.stderr());
}

#[test]
fn following_begins_where_it_is_told() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    fetch(&larder, "example.com/hello", "v1.0.0");
    wait_for(&home, 3);
    let last = entries(&home, &["-n", "1"]).remove(0)["seq"]
        .as_i64()
        .unwrap();
    let mut log = Running::start(&home, &["log", "-f", "-n", "0", "--json"]);
    // It has asked where to go on from once it shows in no other way; what comes later is told in either case.
    fetch(&larder, "example.com/other", "v0.1.0");
    let entry: Value = serde_json::from_str(&log.line()).unwrap();
    assert!(entry["seq"].as_i64().unwrap() > last, "{entry}");
    log.signal("TERM");
    log.end();
}

#[test]
fn the_story_of_an_entry_is_told_by_its_number_and_by_its_words() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    let zip = format!("{}/example.com/hello/@v/v1.0.0.zip", larder.goproxy());
    http::get(&zip).whole();
    wait_for(&home, 3);
    let all = entries(&home, &[]);
    let seq = |of: &dyn Fn(&Value) -> bool| {
        let found = all.iter().find(|entry| of(entry)).unwrap();
        found["seq"].to_string()
    };
    let fetched = seq(&|entry| entry["kind"] == "zip");
    let story = |entry: &str| {
        crate::larder(&home, &["log", "--story", entry])
            .success()
            .stdout
    };
    let text = story(&fetched);
    for part in [
        "example.com/hello@v1.0.0 (zip)\ndelivered, upstream",
        "Asked ",
        "GET …/example.com/hello/@v/v1.0.0.zip\n",
        "everything → ",
        "not kept yet\n",
        "200 · ",
        "is remembered from now on",
        "last bytes let go after verification\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let token = larder.goproxy();
    let token = token.rsplit('/').next().unwrap();
    assert!(!text.contains(token), "{text}");
    assert!(story(&seq(&|entry| entry["background"] == true)).contains("by Larder itself"));

    http::get(&zip).whole();
    wait_for(&home, 4);
    let hit = story("hello@v1.0.0 .zip");
    assert!(hit.contains("delivered, cache"), "the newest one: {hit}");
    assert!(
        hit.contains("everything → ") && hit.contains("kept\n"),
        "{hit}"
    );

    let json = crate::larder(&home, &["log", "--json", "--story", &fetched]).success();
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["at_once"], "kept");
    let kinds: Vec<_> = json["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["kind"])
        .collect();
    let want = [
        "asked", "rule", "cache", "upstream", "verified", "kept", "answered",
    ];
    assert_eq!(kinds, want);
    assert_eq!(json["text"], text);

    let none = crate::larder(&home, &["log", "--story", "999999"]);
    assert!(none.stderr.contains("there is no entry 999999"), "{none:?}");
    let none = crate::larder(&home, &["log", "--story", "no such words"]);
    assert!(
        none.stderr.contains("no entry of the activity log has"),
        "{none:?}"
    );
}
