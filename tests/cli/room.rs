//! Room in the cache: a quota, what goes for it, and what stays.

use std::fs;

use serde_json::Value;
use test_support::{FakeProxy, Larder, Module, TempHome};

use crate::{fetch, json, larder, serve, until};

/// A module version of a good megabyte that no packing makes smaller.
const BULK: usize = 1_500_000;

fn version(number: usize) -> String {
    format!("v1.{number}.0")
}

fn proxy(versions: usize) -> FakeProxy {
    let proxy = FakeProxy::start_blocking();
    for number in 0..versions {
        proxy.add(&Module::simple("example.com/bulk", &version(number)).bulk("bulk.bin", BULK));
    }
    proxy
}

/// The minor versions that are kept.
fn kept(larder: &Larder) -> Vec<String> {
    let listed = json(&larder.run(&["cache", "list", "--json"]).success());
    let version = |found: &Value| found["version"].as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(version).collect()
}

fn quota(home: &TempHome, args: &[&str]) -> Value {
    json(&larder(home, &[&["cache", "quota", "--json"], args].concat()).success())
}

#[test]
fn what_was_used_longest_ago_goes_and_what_is_pinned_stays() {
    let (home, proxy) = (TempHome::new(), proxy(7));
    let set = quota(&home, &["9 MB"]);
    assert_eq!(set["quota"], 9_000_000);
    let settings = fs::read_to_string(home.larder_home().join("config/settings.toml")).unwrap();
    assert!(settings.contains("\nquota = \"9 MB\"\n"), "{settings}");
    assert!(
        settings.contains("# reserve = \"1 GB\""),
        "comments stay: {settings}"
    );

    let running = serve(&home, &proxy);
    let pinned = running.run(&["pin", "example.com/bulk@v1.0.0"]).success();
    assert!(
        pinned.stdout.contains("example.com/bulk@v1.0.0     0"),
        "{pinned}"
    );
    for number in 0..7 {
        fetch(&running, "example.com/bulk", &version(number));
    }
    // Nothing goes that came a moment ago; then the oldest go, all but the one that must stay.
    until("room is made", || !kept(&running).contains(&version(2)));
    let left = kept(&running);
    assert!(left.contains(&version(0)), "it is pinned: {left:?}");
    assert!(
        !left.contains(&version(1)) && left.contains(&version(6)),
        "{left:?}"
    );
    let status = json(&running.run(&["status", "--json"]).success());
    let used = status["room"]["used"].as_u64().unwrap();
    assert!(used <= 9_000_000, "{used}");
    assert_eq!(status["warnings"], Value::Array(Vec::new()));
    assert!(
        running
            .run(&["status"])
            .success()
            .stdout
            .contains("of 9 MB")
    );

    // Both logs say what went, and why.
    let log = running.run(&["log", "--json"]).success().stdout;
    let gone: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|item: &Value| item["outcome"] == "evicted")
        .collect();
    assert_eq!(gone[0]["version"], "v1.1.0");
    assert_eq!(gone.len() + left.len(), 7);
    assert!(
        gone[0]["detail"]
            .as_str()
            .unwrap()
            .contains("over its quota of 9 MB"),
        "{gone:?}"
    );
    assert!(
        running.log().contains("gone to make room"),
        "{}",
        running.log()
    );

    // What went comes again when it is asked for.
    proxy.clear_log();
    fetch(&running, "example.com/bulk", &version(1));
    assert_eq!(proxy.count("/example.com/bulk/@v/v1.1.0.zip"), 1);
    assert!(
        running
            .run(&["cache", "verify"])
            .success()
            .stdout
            .contains("All is whole")
    );
    running.run(&["stop"]).success();
}

#[test]
fn a_quota_below_what_is_pinned_is_said_and_nothing_of_it_goes() {
    let (home, proxy) = (TempHome::new(), proxy(3));
    let running = serve(&home, &proxy);
    for number in 0..3 {
        fetch(&running, "example.com/bulk", &version(number));
    }
    running.run(&["pin", "example.com/*"]).success();
    running.run(&["stop"]).success();

    let set = larder(&home, &["cache", "quota", "2MB"]).success();
    assert!(
        set.stdout.contains("of 2 MB") && set.stdout.contains("must stay     4.5 MB"),
        "{set}"
    );
    let said = "the quota of the cache, 2 MB, is less than what must stay, 4.5 MB";
    assert!(set.stdout.contains(said), "{set}");
    for args in [["status"], ["pin"], ["doctor"]] {
        let shown = larder(&home, &args);
        assert!(shown.stdout.contains(said), "{args:?}: {shown}");
    }
    assert_eq!(
        json(&larder(&home, &["cache", "size", "--json"]).success())["versions"],
        3
    );

    // Taken back, it goes as far as it must.
    let unpinned = larder(&home, &["unpin", "example.com/*"]).success();
    assert_eq!(unpinned.stdout, "1 pattern is no longer pinned.\n");
    until("what was used just now may go", || {
        larder(&home, &["cache", "quota", "5 MB"]).success();
        quota(&home, &["2 MB"])["used"].as_u64().unwrap() <= 2_000_000
    });
}

#[test]
fn pins_are_listed_and_nonsense_changes_nothing() {
    let home = TempHome::new();
    assert_eq!(
        larder(&home, &["pin"]).success().stderr,
        "Nothing is pinned.\n"
    );
    larder(&home, &["pin", "corp.example/*", "example.com/a@v1.2.*"]).success();
    let pins = || json(&larder(&home, &["pin", "--json"]).success())["pins"].clone();
    assert_eq!(pins().as_array().unwrap().len(), 2);
    assert_eq!(pins()[0]["pattern"], "corp.example/*");
    assert_eq!(pins()[0]["owner"], "person");
    let unknown = larder(&home, &["unpin", "corp.example/*", "example.com/b"]).code(1);
    assert!(
        unknown.stderr.contains("example.com/b is not pinned"),
        "{unknown}"
    );
    assert_eq!(pins().as_array().unwrap().len(), 2, "all or none");
    larder(&home, &["pin", "corp.example/[", "example.org"]).code(2);
    assert_eq!(pins().as_array().unwrap().len(), 2);
    for size in ["10", "lots", "1 KB", "-1 GB"] {
        let args = ["cache", "quota", "--", size];
        let refused = larder(&home, &args).code(2);
        assert!(refused.stderr.contains("error:"), "{refused}");
    }
    assert_eq!(quota(&home, &[])["quota"], 10_000_000_000u64);
    assert_eq!(quota(&home, &["unlimited"])["quota"], Value::Null);
    assert_eq!(
        quota(&home, &["--reserve", "2GB"])["reserve"],
        2_000_000_000u64
    );
}

#[test]
fn a_reserve_that_the_disk_does_not_have_lets_all_go_and_is_said() {
    let (home, proxy) = (TempHome::new(), proxy(1));
    let running = serve(&home, &proxy);
    fetch(&running, "example.com/bulk", &version(0));
    let set = running
        .run(&["cache", "quota", "--reserve", "900 TB"])
        .success();
    assert!(
        set.stdout.contains("less than the reserve of 900 TB"),
        "{set}"
    );
    until("all goes", || kept(&running).is_empty());
    let status = running.run(&["status"]).success();
    assert!(
        status.stdout.contains("nothing that Larder keeps may go"),
        "{status}"
    );
    assert!(
        running.log().contains("gone to make room"),
        "{}",
        running.log()
    );
    running.run(&["stop"]).success();
}

#[test]
fn what_was_stocked_for_a_project_stays_when_room_is_made() {
    let (home, proxy) = (TempHome::new(), proxy(4));
    let archive =
        "-- go.mod --\nmodule example.test/app\n\ngo 1.24\n\nrequire example.com/bulk v1.1.0\n";
    let app = home.project("app", archive).to_str().unwrap().to_owned();
    let running = serve(&home, &proxy);
    running.run(&["stock", &app]).success();
    // It needs v1.1.0, and the newest to upgrade to.
    for number in [0, 2] {
        fetch(&running, "example.com/bulk", &version(number));
    }
    until("what nobody needs went", || {
        larder(&home, &["cache", "quota", "5 MB"]).success();
        quota(&home, &["1 MB"]);
        kept(&running) == [version(1), version(3)]
    });
    let ready = running.run(&["ready", &app]).success();
    assert!(
        ready.stdout.contains("ready for offline: 1 of 1"),
        "{ready}"
    );
    assert!(
        ready.stdout.contains("upgrades within reach: 2 of 2"),
        "{ready}"
    );
}
