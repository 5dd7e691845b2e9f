//! The token: rotated when a person wants it, and never in a log.

use std::fs;

use serde_json::Value;
use test_support::{FakeProxy, TempHome, http};

use crate::{Running, fetch, json, larder, proxy, serve};

#[test]
fn a_rotated_token_is_refused_at_once() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    let old = larder.goproxy().to_owned();
    let list = |goproxy: &str| http::get(&format!("{goproxy}/example.com/hello/@v/list"));
    assert_eq!(list(&old).text(), "v1.0.0\nv1.1.0\n");

    let rotated = larder.run(&["token", "rotate"]).success();
    assert!(
        rotated.stdout.contains("export GOPROXY=$(larder goproxy)"),
        "{rotated}"
    );
    let new = larder
        .run(&["goproxy"])
        .success()
        .stdout
        .trim_end()
        .to_owned();
    assert!(
        !rotated.stdout.contains(new.rsplit('/').next().unwrap()),
        "{rotated}"
    );
    assert_eq!(list(&old).status, 403);
    assert_eq!(list(&new).text(), "v1.0.0\nv1.1.0\n");
    larder.run(&["status"]).success();
}

#[test]
fn without_an_instance_it_holds_from_the_next_start_on() {
    let (home, proxy) = (TempHome::new(), proxy());
    let first = serve(&home, &proxy);
    let token =
        |larder: &test_support::Larder| larder.goproxy().rsplit('/').next().unwrap().to_owned();
    let old = token(&first);
    first.run(&["stop"]).success();
    larder(&home, &["token", "rotate"]).success();
    assert_ne!(token(&serve(&home, &proxy)), old);
}

/// Everything that serve wrote to stderr and to its files, after some requests, commands and a stop.
fn logged(home: &TempHome, proxy: &FakeProxy, args: &[&str]) -> (String, String) {
    let upstream = proxy.url().replace("http://", "http://ann:hunter2@");
    let all = [
        &["--port", "0", "--upstreams", &upstream, "--sumdb", "off"],
        args,
    ]
    .concat();
    let (mut running, goproxy) = Running::serve(home, &all);
    http::get(&format!("{goproxy}/example.com/hello/@v/v1.0.0.zip")).whole();
    http::get(&format!("{goproxy}/example.com/nothing/@v/list"));
    http::get(&format!("{goproxy}/not%ZZa/path"));
    http::get(&format!("{goproxy}x/example.com/hello/@v/list"));
    larder(home, &["status"]).success();
    larder(home, &["cache", "verify"]).success();
    larder(home, &["stop"]).success();
    running.end();
    let files = fs::read_dir(home.larder_home().join("data/logs")).unwrap();
    let files = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    (running.stderr(), files.collect())
}

#[test]
fn no_secret_is_ever_logged() {
    let (home, proxy) = (TempHome::new(), proxy());
    home.set_env("LARDER_LOG", "trace");
    let (stderr, files) = logged(&home, &proxy, &[]);
    assert!(
        stderr.contains("example.com/hello/@v/v1.0.0.zip"),
        "{stderr}"
    );
    assert!(files.contains("example.com/hello/@v/v1.0.0.zip"), "{files}");
    for name in ["token.module", "token.control"] {
        let token = fs::read_to_string(home.larder_home().join("data").join(name)).unwrap();
        for text in [&stderr, &files] {
            assert!(!text.contains(token.trim()), "{name} in {text}");
        }
    }
    for text in [&stderr, &files] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    let shown = larder(&home, &["log"]).success().stdout;
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_log_for_machines_is_json_and_nothing_else() {
    let (home, proxy) = (TempHome::new(), proxy());
    let (stderr, files) = logged(&home, &proxy, &["--log-format", "json"]);
    for text in [&stderr, &files] {
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect();
        assert!(
            lines
                .iter()
                .any(|line| line["target"] == "larder::activity"),
            "{text}"
        );
    }
}

#[test]
fn the_user_info_of_an_upstream_shows_nowhere() {
    let (home, proxy) = (TempHome::new(), proxy());
    let upstream = proxy.url().replace("http://", "http://ann:hunter2@");
    let larder = test_support::Larder::start(
        crate::bin(),
        &home,
        &["--port", "0", "--upstreams", &upstream, "--sumdb", "off"],
    );
    fetch(&larder, "example.com/hello", "v1.0.0");
    for args in [
        &["status"][..],
        &["status", "--json"],
        &["log"],
        &["cache", "list"],
        &["cache", "list", "--json"],
    ] {
        let output = larder.run(args).success();
        assert!(!format!("{output}").contains("hunter2"), "{output}");
    }
    assert_eq!(json(&larder.run(&["status", "--json"]))["serving"], true);
}
