//! `larder notices`: what needs attention is shown until it is put away, whatever becomes of the instance.

use serde_json::Value;
use test_support::{FakeDatabase, FakeProxy, Larder, Module, TempHome, http};

use crate::{bin, json, larder, until};

/// A home, a proxy whose zips of `example.com/hello` are not those of the database, and that database.
fn world() -> (TempHome, FakeProxy, FakeDatabase) {
    let (proxy, database) = (
        FakeProxy::start_blocking(),
        FakeDatabase::start_blocking("sums.example.com"),
    );
    proxy.offer(&database);
    for minor in 0..7 {
        let honest = honest(minor);
        database.add_module(&honest);
        proxy.add(&honest.file("planted.go", "package hello\n"));
    }
    database.publish();
    (TempHome::new(), proxy, database)
}

fn honest(minor: u32) -> Module {
    Module::simple("example.com/hello", &format!("v1.{minor}.0"))
}

fn serve(home: &TempHome, proxy: &FakeProxy, database: &FakeDatabase) -> Larder {
    let (url, key) = (proxy.url(), database.gosumdb());
    let args = ["--port", "0", "--upstreams", &url, "--sumdb", &key];
    Larder::start(bin(), home, &args)
}

/// Asks for an altered zip, and waits until there are so many notices.
#[track_caller]
fn ask(larder: &Larder, home: &TempHome, minor: u32, notices: usize) {
    let path = honest(minor).url_path("zip");
    let reply = http::Request::get(&format!("{}{path}", larder.goproxy())).send();
    if let Ok(reply) = reply {
        assert!(
            reply.status != 200 || reply.ended != http::Ended::Complete,
            "an altered zip is never whole"
        );
    }
    until("it is noted", || listed(home).len() == notices);
}

#[track_caller]
fn listed(home: &TempHome) -> Vec<Value> {
    let notices = json(&larder(home, &["notices", "--json"]).success());
    notices.as_array().unwrap().clone()
}

#[test]
fn an_altered_zip_is_shown_until_it_is_put_away() {
    let (home, proxy, database) = world();
    let running = serve(&home, &proxy, &database);
    let none = larder(&home, &["notices"]).success();
    assert_eq!(
        (none.stdout.as_str(), none.stderr.as_str()),
        ("", "Nothing needs attention.\n")
    );
    ask(&running, &home, 0, 1);

    let altered = honest(0).file("planted.go", "package hello\n");
    let is_shown = |text: &str| {
        for part in [
            "example.com/hello@v1.0.0 (zip)",
            &honest(0).zip_h1(),
            &altered.zip_h1(),
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    };
    let status = larder(&home, &["status"]).success().stdout;
    assert!(status.starts_with("Needs attention:\n"), "{status}");
    is_shown(&status);
    is_shown(&larder(&home, &["notices"]).success().stdout);
    let notice = &listed(&home)[0];
    assert_eq!(notice["kind"], "mismatch");
    assert_eq!(
        &json(&larder(&home, &["status", "--json"]).success())["notices"][0],
        notice
    );

    // It stays over a restart, and is there while nothing runs.
    running.run(&["stop"]).success();
    is_shown(&larder(&home, &["status"]).code(3).stdout);
    let running = serve(&home, &proxy, &database);
    is_shown(&larder(&home, &["status"]).success().stdout);

    let id = notice["id"].to_string();
    let gone = larder(&home, &["notices", "dismiss", &id]).success();
    assert_eq!(gone.stdout, "Put away 1 notice.\n");
    assert!(
        !larder(&home, &["status"])
            .success()
            .stdout
            .contains("attention")
    );
    running.run(&["stop"]).success();
    assert_eq!(listed(&home), [] as [Value; 0]);
    let running = serve(&home, &proxy, &database);
    assert_eq!(listed(&home), [] as [Value; 0]);
    // What happens again is told again, under another number.
    ask(&running, &home, 0, 1);
    assert_ne!(listed(&home)[0]["id"].to_string(), id);
}

#[test]
fn many_are_counted_and_put_away_at_once() {
    let (home, proxy, database) = world();
    let running = serve(&home, &proxy, &database);
    for minor in 0..7 {
        ask(&running, &home, minor, minor as usize + 1);
    }
    let status = larder(&home, &["status"]).success().stdout;
    assert_eq!(status.matches("was not kept").count(), 5, "{status}");
    assert!(status.contains("and 2 more: larder notices\n"), "{status}");
    let report = json(&larder(&home, &["status", "--json"]).success());
    assert_eq!(report["notices"].as_array().unwrap().len(), 7);
    let all = larder(&home, &["notices"]).success().stdout;
    assert_eq!(all.matches("was not kept").count(), 7, "{all}");
    assert!(
        all.find("hello@v1.6.0") < all.find("hello@v1.0.0"),
        "the newest come first: {all}"
    );

    let gone = larder(&home, &["notices", "dismiss", "--all"]).success();
    assert_eq!(gone.stdout, "Put away 7 notices.\n");
    let gone = larder(&home, &["notices", "dismiss", "--all"]).success();
    assert_eq!(gone.stdout, "There was nothing to put away.\n");
}

#[test]
fn nonsense_puts_nothing_away() {
    let (home, proxy, database) = world();
    let running = serve(&home, &proxy, &database);
    ask(&running, &home, 0, 1);
    for args in [
        &["notices", "dismiss"][..],
        &["notices", "dismiss", "first"],
        &["notices", "dismiss", "-1"],
        &["notices", "dismiss", "1", "--all"],
        &["notices", "1"],
    ] {
        let refused = larder(&home, args).code(2);
        assert_eq!(refused.stdout, "", "{refused}");
        assert!(!refused.stderr.is_empty(), "{refused}");
    }
    let unknown = larder(&home, &["notices", "dismiss", "99"]).code(1);
    assert!(
        unknown.stderr.contains("error: there is no notice 99")
            && unknown.stderr.contains("hint: "),
        "{unknown}"
    );
    assert_eq!(listed(&home).len(), 1);
}
