//! Who is let in.

use test_support::http::{Ended, Request};

use super::{Instance, small};

const INFO: &str = "/example.com/!hello/@v/v1.2.3.info";

pub(super) fn assert_forbidden(reply: &test_support::http::Reply, what: &str) {
    assert_eq!(reply.status, 403, "{what}");
    assert_eq!(reply.text(), "forbidden\n", "{what}");
    assert_eq!(reply.ended, Ended::Complete);
    let names: Vec<String> = reply
        .headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    assert_eq!(
        names,
        ["content-type", "content-length", "date"],
        "no word more: {what}"
    );
}

#[test]
fn a_module_request_needs_the_right_token_and_an_own_host() {
    let larder = Instance::start();
    larder.proxy.add(&small());
    let port = larder.port;
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        let request = larder.get(INFO).header("Host", &format!("{host}:{port}"));
        assert_eq!(request.send().unwrap().status, 200, "{host}");
    }
    for host in [
        "example.com".to_owned(),
        format!("example.com:{port}"),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{}", port ^ 1),
    ] {
        for path in [INFO, "/", ""] {
            let reply = larder.get(path).header("Host", &host).send().unwrap();
            assert_forbidden(&reply, &host);
        }
    }
    let token = larder.app.tokens().module();
    let token = token.expose();
    let cut = &token[..31];
    let wrong = [
        INFO.to_owned(),
        format!("/{cut}{INFO}"),
        format!("/{token}x{INFO}"),
        format!("/{}{INFO}", token.to_uppercase()),
        format!("/{cut}%{:02x}{INFO}", token.as_bytes()[31]),
        format!("//{token}{INFO}"),
        format!("/x/{token}{INFO}"),
        "/".to_owned(),
        "/favicon.ico".to_owned(),
        "/-".to_owned(),
    ];
    for path in wrong {
        for method in ["GET", "POST", "OPTIONS"] {
            let reply = Request::new(method, &larder.url(&path)).send().unwrap();
            assert_forbidden(&reply, &path);
        }
    }
    assert_eq!(larder.proxy.count(INFO), 1);
}

#[test]
fn the_control_token_reads_no_modules_and_the_module_token_controls_nothing() {
    let larder = Instance::start();
    let control = larder.bearer();
    let control = control.strip_prefix("Bearer ").unwrap();
    let reply = Request::get(&larder.url(&format!("/{control}{INFO}")))
        .send()
        .unwrap();
    assert_forbidden(&reply, "control token for modules");
    let module = format!("Bearer {}", larder.app.tokens().module().expose());
    let reply = Request::get(&larder.url("/-/instance"))
        .header("Authorization", &module)
        .send()
        .unwrap();
    assert_forbidden(&reply, "module token for control");
}

#[test]
fn a_rotated_token_is_refused_at_once() {
    let larder = Instance::start();
    larder.proxy.add(&small());
    let old = larder.get(INFO);
    assert_eq!(old.send().unwrap().status, 200);
    larder.app.tokens().rotate().unwrap();
    assert_forbidden(&old.send().unwrap(), "old token");
    assert_eq!(larder.get(INFO).send().unwrap().status, 200);
}

#[test]
fn control_wants_its_token_an_own_host_and_no_page() {
    let larder = Instance::start();
    let bearer = larder.bearer();
    let allowed: [&[(&str, &str)]; 2] = [&[], &[("Sec-Fetch-Site", "none")]];
    for headers in allowed {
        let mut request = larder.control("GET", "/-/instance");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let reply = request.send().unwrap();
        assert_eq!(reply.status, 200, "{headers:?}");
        assert!(
            !reply
                .headers
                .iter()
                .any(|(name, _)| name.to_ascii_lowercase().starts_with("access-control")),
            "no page is invited"
        );
    }
    let own = format!("http://127.0.0.1:{}", larder.port);
    for (name, value) in [
        ("Origin", "http://example.com"),
        ("Origin", own.as_str()),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "same-origin"),
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            let request = larder.control(method, "/-/call/status").header(name, value);
            assert_forbidden(&request.send().unwrap(), value);
        }
    }
    let url = larder.url("/-/instance");
    let cut = &bearer[..bearer.len() - 1];
    let without_host = Request::get(&url)
        .header("Host", "example.com")
        .header("Authorization", &bearer);
    let wrong = [
        Request::get(&url),
        Request::get(&url).header("Authorization", cut),
        Request::get(&url).header("Authorization", &bearer.replace("Bearer", "Basic")),
        Request::get(&url).header("Authorization", "Bearer "),
        without_host,
    ];
    for request in wrong {
        assert_forbidden(&request.send().unwrap(), &format!("{request:?}"));
    }
}

#[test]
fn a_client_of_http_1_0_needs_no_host() {
    let larder = Instance::start();
    larder.proxy.add(&small());
    let mut connection = larder.connect();
    connection
        .write(format!("GET {} HTTP/1.0\r\n\r\n", larder.path(INFO)).as_bytes())
        .unwrap();
    assert_eq!(connection.reply("GET").unwrap().status, 200);
    let mut connection = larder.connect();
    connection
        .write(format!("GET {} HTTP/1.1\r\n\r\n", larder.path(INFO)).as_bytes())
        .unwrap();
    assert_forbidden(&connection.reply("GET").unwrap(), "HTTP/1.1 without Host");
}

#[test]
fn the_second_loopback_address_is_the_same_door() {
    let larder = Instance::start();
    larder.proxy.add(&small());
    let addr = std::net::SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, larder.port));
    let Ok(mut connection) = test_support::http::Connection::open(addr) else {
        return;
    };
    let head = format!(
        "GET {} HTTP/1.1\r\nHost: [::1]:{}\r\n\r\n",
        larder.path(INFO),
        larder.port
    );
    connection.write(head.as_bytes()).unwrap();
    assert_eq!(connection.reply("GET").unwrap().status, 200);
}
