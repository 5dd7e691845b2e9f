//! The GOPROXY protocol, whole, as raw HTTP sees it.

use std::time::Duration;

use test_support::{FakeDatabase, Module, http};

use crate::{World, log_of};

#[test]
fn every_kind_of_request_is_answered_as_the_protocol_says() {
    let world = World::new();
    // Its `.info` says where it came from, in an order and with a field of its own: passed on byte for byte.
    let origin =
        r#"{"VCS":"git", "URL":"https://git.example.test/m","X":1,"Ref":"refs/tags/v1.2.3"}"#;
    let module = Module::simple("example.com/Upper/m", "v1.2.3").origin(origin);
    assert!(String::from_utf8_lossy(&module.info()).contains(origin));
    let old = Module::new(
        "example.com/old",
        "v2.0.0+incompatible",
        "-- old.go --\npackage old\n",
    );
    world.proxy.add(&module);
    world.proxy.add(&old);
    world
        .proxy
        .set_query("example.com/Upper/m", "main", "v1.2.3");
    world.proxy.set_latest("example.com/Upper/m", "v1.2.3");

    for (path, kind, body) in [
        (
            "example.com/!upper/m/@v/list",
            "text/plain; charset=utf-8",
            b"v1.2.3\n".to_vec(),
        ),
        (
            "example.com/!upper/m/@v/v1.2.3.info",
            "application/json",
            module.info().to_vec(),
        ),
        (
            "example.com/!upper/m/@v/v1.2.3.mod",
            "text/plain; charset=utf-8",
            module.go_mod().to_vec(),
        ),
        (
            "example.com/!upper/m/@v/v1.2.3.zip",
            "application/zip",
            module.zip().to_vec(),
        ),
        (
            "example.com/!upper/m/@latest",
            "application/json",
            module.info().to_vec(),
        ),
        (
            "example.com/!upper/m/@v/main.info",
            "application/json",
            module.info().to_vec(),
        ),
        (
            "example.com/old/@v/v2.0.0+incompatible.zip",
            "application/zip",
            old.zip().to_vec(),
        ),
    ] {
        let got = http::get(&world.url(path));
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        assert_eq!(got.header("content-type"), Some(kind), "{path}");
        assert!(
            got.header("x-larder-version").is_some() && got.header("x-larder-source").is_some(),
            "{path}"
        );
        assert_eq!(got.whole(), body, "{path}");
        let head = http::Request::new("HEAD", &world.url(path)).send().unwrap();
        assert_eq!(head.status, 200, "HEAD {path}");
        assert_eq!(
            head.header("content-length"),
            Some(body.len().to_string().as_str()),
            "HEAD {path}"
        );
        assert!(head.body.is_empty(), "HEAD {path}");
    }
    world.tripwire.assert_untouched();
}

#[test]
fn what_is_no_request_is_404_with_the_reason_in_plain_text() {
    let world = World::new();
    for path in [
        "example.com/Upper/m/@v/list",
        "example.com/!!m/@v/list",
        "example.com/../m/@v/list",
        "example.com/m/@v/..%2f..%2fetc.info",
        "example.com/m/@v/%00.info",
        "example.com/m/@v/main.zip",
        "example.com/m/@v/v1.2.zip",
        "example.com/m/@v/",
        "example.com/m",
        "%zz/@v/list",
        "sumdb/x",
        &format!("example.com/{}/@v/list", "a".repeat(9000)),
    ] {
        let got = http::get(&world.url(path));
        assert_eq!(got.status, 404, "{path}: {}", got.text());
        assert_eq!(
            got.header("content-type"),
            Some("text/plain; charset=utf-8"),
            "{path}"
        );
        let text = got.text();
        assert!(
            text.len() > 10 && text.lines().count() <= 8 && text.ends_with('\n'),
            "{path}: {text:?}"
        );
    }
    assert!(
        world.proxy.requests().is_empty(),
        "nothing malformed reaches an upstream"
    );
}

#[test]
fn cache_only_is_honoured() {
    let world = World::new();
    let module = Module::simple("example.com/m", "v1.0.0");
    world.proxy.add(&module);
    let cold = http::Request::get(&world.url("example.com/m/@v/v1.0.0.zip"))
        .header("Disable-Module-Fetch", "true");
    assert_eq!(cold.send().unwrap().status, 404);
    assert!(world.proxy.requests().is_empty());
    http::get(&world.url("example.com/m/@v/v1.0.0.zip")).whole();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(cold.send().unwrap().status, 200);
}

#[test]
fn a_wrong_token_or_a_foreign_host_gets_not_a_word() {
    let world = World::new();
    let good = world.url("example.com/m/@v/list");
    let token = world
        .larder
        .goproxy()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let wrong = good.replace(&token, &"a".repeat(token.len()));
    for request in [
        http::Request::get(&wrong),
        http::Request::get(&good).header("Host", "larder.example.com"),
        http::Request::get(&good).header("Host", "127.0.0.1:1"),
    ] {
        let got = request.send().unwrap();
        assert_eq!(got.status, 403, "{}", got.text());
        assert!(!got.text().contains("example.com"), "{}", got.text());
    }
    let posted = http::Request::new("POST", &good).send().unwrap();
    assert_eq!(posted.status, 405);
    assert!(world.proxy.requests().is_empty());
}

#[test]
fn the_checksum_database_is_served_as_its_protocol_says_or_off() {
    let database = FakeDatabase::start_blocking("sums.example.com");
    let module = Module::simple("example.com/Upper/m", "v1.0.0");
    database.pad(300);
    let id = database.add_module(&module);
    database.publish();
    let world = World::verified_by(&database.gosumdb_at_url());
    let get = |path: &str| http::get(&world.url(&format!("sumdb/{path}")));
    assert!(get("sums.example.com/supported").whole().is_empty());
    let lookup = get("sums.example.com/lookup/example.com/!upper/m@v1.0.0");
    let head = database.latest();
    assert_eq!(lookup.text(), format!("{id}\n{}\n{head}", module.go_sum()));
    assert_eq!(get("sums.example.com/latest").text(), head);
    for (tile, width) in [
        ("8/0/000", 256),
        ("8/0/001.p/45", 45),
        ("8/0/001.p/9", 9),
        ("8/1/000.p/1", 1),
    ] {
        let bytes = get(&format!("sums.example.com/tile/{tile}")).whole();
        let truth = http::get(&format!("{}/tile/{tile}", database.url()));
        assert_eq!(bytes.len(), 32 * width, "{tile}");
        assert_eq!(bytes, truth.whole(), "{tile}");
    }
    for absent in [
        "sums.example.com/lookup/example.com/none@v1.0.0",
        "other.example.com/supported",
        "other.example.com/latest",
    ] {
        let got = get(absent);
        assert_eq!(got.status, 404, "{absent}: {}", got.text());
    }
    assert!(
        world.proxy.requests().is_empty(),
        "it has an address of its own"
    );

    let off = World::new();
    off.proxy.offer(&database);
    database.clear_log();
    let supported = http::get(&off.url("sumdb/sums.example.com/supported"));
    assert_eq!(supported.status, 404);
    assert!(off.proxy.requests().is_empty() && database.asked().is_empty());
}

#[test]
fn the_log_tells_what_was_fetched_and_from_where() {
    let world = World::new();
    let module = Module::simple("example.com/m", "v1.0.0");
    world.proxy.add(&module);
    for path in [
        "example.com/m/@v/v1.0.0.zip",
        "example.com/m/@v/v1.0.0.zip",
        "example.com/none/@v/v1.0.0.mod",
    ] {
        http::get(&world.url(path));
        std::thread::sleep(Duration::from_millis(400));
    }
    let log = log_of(&world.home);
    let zips: Vec<_> = log.iter().filter(|item| item["kind"] == "zip").collect();
    assert_eq!(zips.len(), 2, "{log:#?}");
    assert_eq!(
        (&zips[0]["source"], &zips[0]["outcome"]),
        (&"upstream".into(), &"delivered".into())
    );
    assert_eq!(zips[0]["bytes"], module.zip().len());
    assert_eq!(
        (&zips[0]["module"], &zips[0]["version"]),
        (&"example.com/m".into(), &"v1.0.0".into())
    );
    assert_eq!(zips[1]["source"], "cache");
    let missing = log
        .iter()
        .find(|item| item["module"] == "example.com/none")
        .unwrap();
    assert_eq!(missing["outcome"], "not-found");
    assert!(
        missing["detail"]
            .as_str()
            .is_some_and(|text| text.contains("404")),
        "{missing}"
    );
    let token = world.larder.goproxy().rsplit('/').next().unwrap();
    assert!(
        !world
            .larder
            .log()
            .replace(world.larder.goproxy(), "")
            .contains(token),
        "the token is in the program's own log"
    );
}
