//! Modules as `go` gets them: headers of each kind, HEAD, errors, and what is not served.

use test_support::http::Reply;
use test_support::{Behaviour, FakeDatabase};

use super::{FOR_EVER, Instance, assert_headers, large, small};
use crate::deadlines::Deadlines;

#[test]
fn each_kind_has_its_headers() {
    let larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    larder
        .proxy
        .set_query("example.com/Hello", "main", "v1.2.3");
    let upstream = format!("upstream {}", larder.proxy.addr());
    let base = "/example.com/!hello";
    for (path, content_type, cache_control) in [
        (
            format!("{base}/@v/list"),
            "text/plain; charset=utf-8",
            "public, max-age=60",
        ),
        (
            format!("{base}/@latest"),
            "application/json",
            "public, max-age=60",
        ),
        (
            format!("{base}/@v/main.info"),
            "application/json",
            "public, max-age=60",
        ),
        (
            format!("{base}/@v/v1.2.3.info"),
            "application/json",
            FOR_EVER,
        ),
        (
            format!("{base}/@v/v1.2.3.mod"),
            "text/plain; charset=utf-8",
            FOR_EVER,
        ),
        (format!("{base}/@v/v1.2.3.zip"), "application/zip", FOR_EVER),
    ] {
        let first = larder.get(&path).send().unwrap();
        let length = first.body.len().to_string();
        assert_headers(
            &first,
            &[
                ("Content-Type", Some(content_type)),
                ("Cache-Control", Some(cache_control)),
                ("X-Larder-Version", Some(app::VERSION)),
                ("Content-Length", Some(&length)),
            ],
        );
        // A version's other files come along of themselves, so one of them may be there already.
        let source = first.header("X-Larder-Source").unwrap();
        assert!(source == upstream || source == "cache", "{path}: {source}");
        let again = larder.cached(&path);
        assert_eq!(again.body, first.body, "{path}");
        let is_file = cache_control == FOR_EVER;
        assert_eq!(again.header("ETag").is_some(), is_file, "{path}");
        assert_eq!(
            again.header("Accept-Ranges"),
            is_file.then_some("bytes"),
            "{path}"
        );
    }
    assert_eq!(larder.cached(&module.url_path("zip")).body, module.zip());
}

#[test]
fn a_tag_is_the_hash_of_the_bytes_in_quotes() {
    let larder = Instance::start();
    let module = large();
    larder.proxy.add(&module);
    for extension in ["mod", "zip"] {
        let reply = larder.cached(&module.url_path(extension));
        let tag = reply.header("ETag").unwrap();
        let hex = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        assert!(
            hex.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())),
            "{tag}"
        );
    }
}

#[test]
fn go_writes_its_capitals_with_percent_and_gets_them_from_memory() {
    let larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    larder.cached(&module.url_path("mod"));
    let reply = larder
        .get("/example.com/%21hello/@v/v1.2.3.mod")
        .send()
        .unwrap();
    assert_eq!(reply.header("X-Larder-Source"), Some("cache"));
    assert_eq!(reply.whole(), module.go_mod());
}

#[test]
fn head_has_the_head_of_get_and_no_body() {
    let larder = Instance::start();
    let module = large();
    larder.proxy.add(&module);
    for path in [
        module.url_path("zip"),
        module.url_path("mod"),
        "/example.com/large/@v/list".to_owned(),
        "/example.com/none/@v/list".to_owned(),
        "/".to_owned(),
    ] {
        let get = match path.ends_with(".zip") || path.ends_with(".mod") {
            true => larder.cached(&path),
            false => {
                larder.get(&path).send().unwrap();
                larder.get(&path).send().unwrap()
            }
        };
        // On one connection: a body that was sent after all would be taken for the next reply.
        let mut connection = larder.connect();
        for _ in 0..2 {
            connection.send(&larder.ask("HEAD", &path)).unwrap();
            let head = connection.reply("HEAD").unwrap();
            assert_eq!(head.status, get.status, "{path}");
            let relevant = |reply: &Reply| -> Vec<(String, String)> {
                let mut headers = reply.headers.clone();
                headers.retain(|(name, _)| !name.eq_ignore_ascii_case("date"));
                headers
            };
            assert_eq!(relevant(&head), relevant(&get), "{path}");
            assert!(head.header("Content-Length").is_some(), "{path}");
        }
    }
}

#[test]
fn errors_are_texts_for_a_person_and_are_not_kept() {
    let larder = Instance::start();
    let path = |name: &str| format!("/example.com/{name}/@v/list");
    larder
        .proxy
        .on(&path("gone"), Behaviour::status(410, "taken down"));
    larder
        .proxy
        .on(&path("secret"), Behaviour::status(403, "not for you"));
    larder
        .proxy
        .on(&path("login"), Behaviour::status(401, "who are you"));
    larder
        .proxy
        .on(&path("broken"), Behaviour::status(500, "oh no"));
    larder.proxy.on(&path("page"), Behaviour::html());
    larder.proxy.on(
        &path("chatty"),
        Behaviour::status(404, &"a line of some length, and then another\n".repeat(30)),
    );
    for (asked, status, says) in [
        (path("none"), 404, "not found"),
        (path("gone"), 410, "taken down"),
        (path("secret"), 403, "not for you"),
        (path("login"), 401, "who are you"),
        (path("broken"), 502, "500"),
        (path("page"), 502, "not usable"),
        (path("chatty"), 404, "not found"),
        (
            "/example.com/m/@v/v1.0.0.exe".to_owned(),
            404,
            "no request of a module proxy",
        ),
        ("/example.com/UPPER/@v/list".to_owned(), 404, "not found"),
        ("/example.com/m/@v/%zz.info".to_owned(), 404, "'%'"),
        (
            "/sumdb/other.example.com/supported".to_owned(),
            404,
            "not served here",
        ),
        ("/".to_owned(), 404, "this is Larder"),
        (String::new(), 404, "this is Larder"),
    ] {
        let reply = larder.get(&asked).send().unwrap();
        let text = reply.text();
        assert_eq!(reply.status, status, "{asked}: {text}");
        assert!(text.contains(says), "{asked}: {text}");
        assert!(
            text.ends_with('\n') && text.lines().count() <= 8,
            "{asked}: {text}"
        );
        assert!(
            !text.contains(larder.app.tokens().module().expose()),
            "{asked}"
        );
        assert_headers(
            &reply,
            &[
                ("Content-Type", Some("text/plain; charset=utf-8")),
                ("Cache-Control", Some("no-store")),
                ("X-Larder-Version", Some(app::VERSION)),
                ("X-Larder-Source", Some("none")),
                ("Content-Length", Some(&text.len().to_string())),
            ],
        );
    }
}

#[test]
fn an_unreachable_upstream_is_an_outage_and_a_404_only_where_larder_may_be_offline() {
    let larder = Instance::start();
    larder.proxy.stop();
    let delivery = larder.app.serving().unwrap().delivery();
    delivery.set_offline_mode(app::OfflineMode::Off);
    let reply = larder.get("/example.com/m/@v/v1.0.0.info").send().unwrap();
    assert_eq!(reply.status, 502, "{}", reply.text());
    delivery.set_offline_mode(app::OfflineMode::Auto);
    let reply = larder.get("/example.com/m/@v/v1.0.0.info").send().unwrap();
    assert_eq!(reply.status, 404, "{}", reply.text());
    assert!(
        reply.text().contains("Larder is offline since"),
        "{}",
        reply.text()
    );
}

#[test]
fn a_module_proxy_is_only_read() {
    let larder = Instance::start();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        let reply = larder.ask(method, "/example.com/m/@v/list").send().unwrap();
        assert_eq!(
            (reply.status, reply.header("Allow")),
            (405, Some("GET, HEAD")),
            "{method}"
        );
    }
    assert!(larder.proxy.requests().is_empty());
}

#[test]
fn a_request_that_has_come_through_here_is_refused() {
    let larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    let own = larder.app.serving().unwrap().instance().to_owned();
    let path = module.url_path("info");
    for hops in [own.clone(), format!("abc, {own}"), format!("{own},abc")] {
        let reply = larder
            .get(&path)
            .header("X-Larder-Hop", &hops)
            .send()
            .unwrap();
        assert_eq!(reply.status, 508, "{hops}");
        assert!(reply.text().contains("come back"), "{}", reply.text());
    }
    assert!(larder.proxy.requests().is_empty());
    let reply = larder
        .get(&path)
        .header("X-Larder-Hop", "abc")
        .send()
        .unwrap();
    assert_eq!(reply.status, 200);
    let sent: Vec<_> = larder
        .proxy
        .requests()
        .iter()
        .filter_map(|request| request.header("x-larder-hop").map(str::to_owned))
        .collect();
    assert!(sent.contains(&format!("abc, {own}")), "{sent:?}");
}

#[test]
fn a_client_may_ask_for_kept_files_only() {
    let larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    let path = module.url_path("mod");
    let kept_only = || {
        larder
            .get(&path)
            .header("Disable-Module-Fetch", "True")
            .send()
            .unwrap()
    };
    let reply = kept_only();
    assert_eq!(reply.status, 404);
    assert!(
        reply.text().contains("Disable-Module-Fetch"),
        "{}",
        reply.text()
    );
    assert!(larder.proxy.requests().is_empty());
    larder.cached(&path);
    assert_eq!(kept_only().whole(), module.go_mod());
}

#[test]
fn the_checksum_database_is_plain_text_that_no_cache_keeps() {
    let database = FakeDatabase::start_blocking("sums.example.com");
    database.pad(10);
    database.publish();
    let larder = Instance::with(Deadlines::default(), &database.gosumdb_at_url());
    let latest = database.latest();
    for (rest, text) in [("supported", ""), ("latest", latest.as_str())] {
        let reply = larder
            .get(&format!("/sumdb/sums.example.com/{rest}"))
            .send()
            .unwrap();
        assert_headers(
            &reply,
            &[
                ("Cache-Control", Some("no-store")),
                ("Content-Type", Some("text/plain; charset=utf-8")),
                ("ETag", None),
            ],
        );
        assert_eq!(reply.whole(), text.as_bytes());
    }
}
