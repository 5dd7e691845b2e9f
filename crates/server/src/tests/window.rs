//! The window over HTTP: its files, the way in, and who is kept out.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;
use test_support::http::{Reply, Request};

use super::gate::assert_forbidden;
use super::{Instance, assert_headers};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Instance {
    /// A page that lets in.
    fn page(&self) -> PathBuf {
        let reply = self.control("POST", "/-/open-window").send().unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        answer["page"].as_str().unwrap().into()
    }

    /// What a browser sends for a page's form.
    fn enter(&self, code: &str) -> Request {
        Request::new("POST", &self.url("/-/window/enter"))
            .header("Origin", "null")
            .header("Sec-Fetch-Site", "cross-site")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("code={code}"))
    }

    /// A key, as a page gets it.
    fn key(&self) -> String {
        let page = fs::read_to_string(self.page()).unwrap();
        let reply = self.enter(between(&page, "name=\"code\" value=\"")).send();
        key_in(&reply.unwrap())
    }

    /// What the window sends.
    fn of_window(&self, method: &str, path: &str, key: &str) -> Request {
        Request::new(method, &self.url(path))
            .header("Sec-Fetch-Site", "same-origin")
            .header("Sec-Fetch-Mode", "cors")
            .header("Authorization", &format!("Bearer {key}"))
    }
}

/// What stands between this and the next quote.
fn between<'a>(text: &'a str, before: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once('"').unwrap().0
}

fn key_in(entered: &Reply) -> String {
    assert_eq!(entered.status, 200, "{}", entered.text());
    between(&entered.text(), "name=\"larder-key\" content=\"").to_owned()
}

#[track_caller]
fn assert_hardened(reply: &Reply) {
    assert_headers(
        reply,
        &[
            ("Content-Security-Policy", Some(POLICY)),
            ("X-Content-Type-Options", Some("nosniff")),
            ("Referrer-Policy", Some("no-referrer")),
            ("Cross-Origin-Opener-Policy", Some("same-origin")),
            ("Cross-Origin-Resource-Policy", Some("same-origin")),
        ],
    );
}

#[test]
fn a_page_lets_in_once_and_its_key_asks_what_it_likes() {
    let larder = Instance::start();
    let page = larder.page();
    assert_eq!(page.parent(), Some(larder.places().runtime.as_path()));
    let mode = fs::metadata(&page).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else may read it");
    let text = fs::read_to_string(&page).unwrap();
    let (code, address) = (
        between(&text, "name=\"code\" value=\""),
        larder.url("/-/window/enter"),
    );
    assert!(text.contains(&format!("method=\"post\" action=\"{address}\"")));
    assert!(
        !page.to_string_lossy().contains(code),
        "no code in a file's name"
    );

    let entered = larder.enter(code).send().unwrap();
    assert_hardened(&entered);
    assert_headers(
        &entered,
        &[("Cache-Control", Some("no-store")), ("Set-Cookie", None)],
    );
    let key = key_in(&entered);
    assert_ne!(key, code);
    until_gone(&page);
    let again = larder.enter(code).send().unwrap();
    assert_eq!(again.status, 403);
    assert!(again.text().contains("open the window anew"));

    for _ in 0..2 {
        let reply = larder.of_window("POST", "/-/call/status", &key).send();
        assert_eq!(reply.unwrap().status, 200, "a key works again and again");
    }
    let own = format!("http://127.0.0.1:{}", larder.port);
    let with_origin = larder.of_window("POST", "/-/call/status", &key);
    let reply = with_origin.header("Origin", &own).send().unwrap();
    assert_eq!(reply.status, 200);
    assert_headers(&reply, &[("Access-Control-Allow-Origin", None)]);
}

/// A page is removed a moment after its code was spent.
#[track_caller]
fn until_gone(page: &std::path::Path) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while page.exists() {
        assert!(std::time::Instant::now() < until, "{page:?} is still there");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn a_wrong_code_lets_nobody_in() {
    let larder = Instance::start();
    let page = larder.page();
    for code in ["", "x", &"a".repeat(32), &"a".repeat(300)] {
        let reply = larder.enter(code).send().unwrap();
        assert_eq!(reply.status, 403, "{code}");
        assert!(!reply.text().contains("larder-key"));
    }
    assert!(page.exists(), "the right one still works");
}

#[test]
fn only_a_local_page_that_is_shown_by_itself_may_enter() {
    let larder = Instance::start();
    let text = fs::read_to_string(larder.page()).unwrap();
    let code = between(&text, "name=\"code\" value=\"");
    let port = larder.port;
    for (name, value) in [
        ("Origin", "http://example.com".to_owned()),
        ("Origin", format!("http://127.0.0.1:{port}")),
        ("Host", "example.com".to_owned()),
        ("Host", format!("example.com:{port}")),
        ("Sec-Fetch-Mode", "cors".to_owned()),
        ("Sec-Fetch-Mode", "no-cors".to_owned()),
        ("Sec-Fetch-Dest", "iframe".to_owned()),
        ("Sec-Fetch-Dest", "embed".to_owned()),
    ] {
        let request = larder.enter(code).header(name, &value);
        assert_forbidden(&request.send().unwrap(), &format!("{name}: {value}"));
    }
    let get = Request::get(&larder.url(&format!("/-/window/enter?code={code}")));
    assert_eq!(get.send().unwrap().status, 404, "never in an address");
    assert_eq!(larder.enter(code).send().unwrap().status, 200);
}

#[test]
fn the_window_is_shown_to_a_person_and_to_itself_and_never_inside_another_page() {
    let larder = Instance::start();
    for (path, kind, cache) in [
        ("/-/window/", "text/html; charset=utf-8", "no-store"),
        (
            "/-/window/index.html",
            "text/html; charset=utf-8",
            "no-store",
        ),
        (
            "/-/window/enter.js",
            "text/javascript; charset=utf-8",
            "no-store",
        ),
        (
            "/-/window/assets/index-abc.js",
            "text/javascript; charset=utf-8",
            "private, max-age=31536000, immutable",
        ),
    ] {
        for method in ["GET", "HEAD"] {
            let reply = Request::new(method, &larder.url(path)).send().unwrap();
            assert_eq!(reply.status, 200, "{path}");
            assert_hardened(&reply);
            assert_headers(
                &reply,
                &[("Content-Type", Some(kind)), ("Cache-Control", Some(cache))],
            );
        }
        for (name, value) in [
            ("Host", "example.com"),
            ("Origin", "http://example.com"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Sec-Fetch-Dest", "iframe"),
            ("Sec-Fetch-Dest", "object"),
        ] {
            let request = Request::get(&larder.url(path)).header(name, value);
            assert_forbidden(&request.send().unwrap(), &format!("{path} {name}: {value}"));
        }
    }
    for path in [
        "/-/window/no",
        "/-/window/../call/status",
        "/-/window/assets/",
        "/-/window/%2e%2e/x",
    ] {
        let reply = Request::get(&larder.url(path)).send().unwrap();
        assert_eq!(reply.status, 404, "{path}");
        assert_hardened(&reply);
    }
    let moved = Request::get(&larder.url("/-/window")).send().unwrap();
    assert_eq!(moved.status, 308);
    assert_headers(&moved, &[("Location", Some("/-/window/"))]);
    let put = Request::new("PUT", &larder.url("/-/window/"))
        .send()
        .unwrap();
    assert_eq!(put.status, 405);
}

#[test]
fn control_wants_a_key_from_the_window_and_the_token_from_programs() {
    let larder = Instance::start();
    let key = larder.key();
    let status = "/-/call/status";
    let wrong = [
        larder.of_window("POST", status, ""),
        larder.of_window("POST", status, &"a".repeat(32)),
        larder.of_window("POST", status, &key[..31]),
        Request::new("POST", &larder.url(status)).header("Sec-Fetch-Site", "same-origin"),
        // A program with the window's key, and the window with the programs' token.
        Request::new("POST", &larder.url(status)).header("Authorization", &format!("Bearer {key}")),
        larder
            .control("POST", status)
            .header("Sec-Fetch-Site", "same-origin"),
        larder
            .of_window("POST", status, &key)
            .header("Origin", "http://example.com"),
        larder
            .of_window("POST", status, &key)
            .header("Origin", "null"),
        larder
            .of_window("POST", status, &key)
            .header("Host", "example.com"),
        larder
            .of_window("POST", status, &key)
            .header("Sec-Fetch-Site", "cross-site"),
        larder
            .of_window("POST", status, &key)
            .header("Sec-Fetch-Site", "none"),
    ];
    for request in wrong {
        assert_forbidden(&request.send().unwrap(), &format!("{request:?}"));
    }
    let module = format!("/{key}{}", "/example.com/!hello/@v/v1.2.3.info");
    assert_forbidden(
        &Request::get(&larder.url(&module)).send().unwrap(),
        "a key reads no modules",
    );
}

#[test]
fn pages_go_with_the_instance_and_with_the_next_one() {
    let mut larder = Instance::start();
    let page = larder.page();
    larder.stop();
    assert!(!page.exists());
    // As one that was killed leaves it.
    fs::write(&page, "left").unwrap();
    let window = crate::window::Window::new(
        page.parent().unwrap(),
        larder.port,
        tokio_util::sync::CancellationToken::new(),
        crate::deadlines::Deadlines::default(),
    );
    assert!(!page.exists());
    drop(window);
}
