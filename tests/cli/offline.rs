//! `larder offline`: noticed by itself or told, shown in status, and what was missed is kept.

use std::time::Instant;

use test_support::{Larder, Module, TempHome, http};

use crate::profile::{profiles, serve, settings, written};
use crate::{json, larder, proxy, until};

fn get(larder: &Larder, path: &str) -> (u16, String) {
    let reply = http::get(&format!("{}/{path}", larder.goproxy()));
    (reply.status, reply.text())
}

const LIST: &str = "example.com/hello/@v/list";
const ZIP: &str = "example.com/hello/@v/v1.0.0.zip";

/// Fetches a version whole.
fn fetch(larder: &Larder) {
    let kept = |kind: &str| {
        let url = format!("{}/example.com/hello/@v/v1.0.0.{kind}", larder.goproxy());
        http::get(&url).header("X-Larder-Source") == Some("cache")
    };
    for kind in ["info", "mod", "zip"] {
        until("it is kept", || kept(kind));
    }
}

#[test]
fn the_end_of_the_network_is_noticed_shown_and_over_again_when_it_is_back() {
    let (home, upstream) = (TempHome::new(), proxy());
    settings(
        &home,
        &format!("fresh-for = \"0s\"\n{}", profiles(&[("public", &upstream)])),
    );
    let running = serve(&home);
    fetch(&running);
    assert_eq!(get(&running, LIST).1, "v1.0.0\nv1.1.0\n");
    let shown = running.run(&["offline"]).success();
    assert!(shown.stdout.starts_with("● Online\n"), "{shown}");

    upstream.stop();
    assert_eq!(get(&running, LIST), (200, "v1.0.0\n".to_owned()));
    let (status, text) = get(&running, "example.com/hello/@v/v1.1.0.zip");
    assert_eq!(status, 404, "{text}");
    assert!(
        text.contains("offline since") && text.contains("larder stock --missed"),
        "{text}"
    );
    assert_eq!(get(&running, ZIP).0, 200);
    let shown = running.run(&["offline"]).success();
    assert!(
        shown.stdout.starts_with("○ Offline since ")
            && shown.stdout.contains("could not be reached"),
        "{shown}"
    );
    until("it is noted what was missed", || {
        json(&running.run(&["status", "--json"]).success())["network"]["missed"] == 1
    });
    let status = running.run(&["status"]).success().stdout;
    assert!(status.contains("network       offline since "), "{status}");
    assert!(
        status.contains("missed        1 thing asked for and not there"),
        "{status}"
    );
    let log = running.run(&["log"]).success().stdout;
    assert!(log.contains("missing"), "{log}");

    upstream.restart();
    until("it is online again", || {
        running
            .run(&["offline"])
            .success()
            .stdout
            .starts_with("● Online")
    });
    assert_eq!(get(&running, "example.com/hello/@v/v1.1.0.zip").0, 200);
    running.run(&["stop"]).success();
    let kept = json(&larder(&home, &["offline", "--json"]).success());
    assert_eq!(kept["missed"], 1, "over restarts too");
}

#[test]
fn a_person_may_say_so_and_it_holds_until_told_otherwise() {
    let (home, upstream) = (TempHome::new(), proxy());
    upstream.add(&Module::simple("example.com/other", "v1.0.0"));
    settings(
        &home,
        &format!("# mine\n{}", profiles(&[("public", &upstream)])),
    );
    let running = serve(&home);
    fetch(&running);
    let told = running.run(&["offline", "on"]).success();
    assert!(
        told.stdout
            .contains("told to be, until larder offline auto"),
        "{told}"
    );
    upstream.clear_log();
    let begun = Instant::now();
    for n in 0..50 {
        let (status, text) = get(&running, &format!("example.com/none{n}/@latest"));
        assert_eq!(status, 404, "{text}");
        assert!(text.contains("was told to be offline"), "{text}");
    }
    assert!(begun.elapsed().as_secs() < 20, "nothing waits");
    assert_eq!(get(&running, "example.com/other/@v/list").0, 404);
    assert_eq!(get(&running, LIST), (200, "v1.0.0\n".to_owned()));
    running.run(&["stop"]).success();
    assert!(written(&home).unwrap().contains("offline = \"on\""));
    assert!(written(&home).unwrap().contains("# mine"));

    let running = serve(&home);
    assert_eq!(
        get(&running, "example.com/other/@v/list").0,
        404,
        "over restarts"
    );
    assert_eq!(upstream.paths(), Vec::<String>::new());
    running.run(&["offline", "off"]).success();
    assert_eq!(get(&running, "example.com/other/@v/list").0, 200);
    upstream.stop();
    let (status, text) = get(&running, "example.com/another/@v/list");
    assert_eq!(status, 502, "never offline: an outage stays one. {text}");
    running.run(&["offline", "auto"]).success();
    assert_eq!(get(&running, "example.com/another/@v/list").0, 404);
}

#[test]
fn nonsense_changes_nothing() {
    let home = TempHome::new();
    larder(&home, &["offline", "maybe"]).code(2);
    assert_eq!(written(&home), None);
    settings(&home, "offline = \"sometimes\"\n");
    let refused = larder(&home, &["offline", "on"]).code(6);
    assert!(
        refused.stderr.contains("settings.toml:1:") && refused.stderr.contains("`offline` must be"),
        "{refused}"
    );
    assert_eq!(written(&home).unwrap(), "offline = \"sometimes\"\n");
}
