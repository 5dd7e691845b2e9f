//! The fake does what it says, seen through a client that hides nothing.

#![allow(clippy::unwrap_used)]

use std::{
    io::ErrorKind,
    thread,
    time::{Duration, Instant},
};

use test_support::{
    Behaviour, FakeProxy, Gate, Module, Script,
    http::{self, Connection, Ended, Request},
};

const ZIP: &str = "/example.com/hello/@v/v1.0.0.zip";

/// A fake with one module whose zip is some 100 kB, and that zip.
fn proxy() -> (FakeProxy, Vec<u8>) {
    let proxy = FakeProxy::start_blocking();
    let module = Module::simple("example.com/hello", "v1.0.0").bulk("data.bin", 100_000);
    proxy.add(&module);
    (proxy, module.zip())
}

/// The reply to one request for the zip under this behaviour.
fn zip_reply(behaviour: Behaviour) -> (http::Reply, Vec<u8>) {
    let (proxy, zip) = proxy();
    proxy.on(ZIP, behaviour);
    (http::get(&proxy.url_of(ZIP)), zip)
}

/// How a request for the zip fails when no head comes.
fn no_reply(behaviour: Behaviour) -> ErrorKind {
    let (proxy, _) = proxy();
    proxy.on(ZIP, behaviour);
    Request::get(&proxy.url_of(ZIP))
        .send()
        .expect_err("no head was to come")
        .kind()
}

#[test]
fn a_module_is_served_and_each_request_recorded() {
    let (proxy, zip) = proxy();
    let before = Instant::now();
    let reply = Request::get(&proxy.url_of(ZIP))
        .header("X-Larder-Hop", "abc")
        .send()
        .unwrap();
    assert_eq!(reply.header("content-type"), Some("application/zip"));
    assert_eq!(
        reply.header("content-length"),
        Some(zip.len().to_string().as_str())
    );
    assert_eq!(reply.whole(), zip);

    let log = proxy.requests();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].method.as_str(), log[0].path.as_str()), ("GET", ZIP));
    assert_eq!(log[0].header("x-larder-hop"), Some("abc"));
    assert_eq!(log[0].sent(), zip.len() as u64);
    assert!(log[0].at >= before);
    assert_eq!((proxy.count(ZIP), proxy.count("/")), (1, 0));
    proxy.clear_log();
    assert_eq!(proxy.count(ZIP), 0);

    let missing = http::get(&proxy.url_of("/example.com/none/@v/list"));
    assert_eq!(
        (missing.status, missing.text().starts_with("not found")),
        (404, true)
    );
}

#[test]
fn one_connection_serves_many_requests() {
    let (proxy, zip) = proxy();
    let mut connection = Connection::open(proxy.addr()).unwrap();
    for _ in 0..3 {
        connection.send(&Request::get(&proxy.url_of(ZIP))).unwrap();
        assert_eq!(connection.reply("GET").unwrap().whole(), zip);
    }
    connection
        .send(&Request::new("HEAD", &proxy.url_of(ZIP)))
        .unwrap();
    let head = connection.reply("HEAD").unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!((proxy.connections(), proxy.count(ZIP)), (1, 4));
}

#[test]
fn a_request_that_is_none_is_400() {
    let (proxy, _) = proxy();
    let mut connection = Connection::open(proxy.addr()).unwrap();
    connection.write(b"nonsense\r\n\r\n").unwrap();
    assert_eq!(connection.reply("GET").unwrap().status, 400);
}

#[test]
fn behaviours_queue_and_the_last_one_stays() {
    let (proxy, _) = proxy();
    let statuses = |n: usize| -> Vec<u16> {
        (0..n)
            .map(|_| http::get(&proxy.url_of(ZIP)).status)
            .collect()
    };
    proxy.on(
        ZIP,
        [
            Behaviour::status(503, "busy"),
            Behaviour::status(500, "broken"),
            Behaviour::normal(),
        ],
    );
    assert_eq!(statuses(4), [503, 500, 200, 200]);
    proxy.on(
        ZIP,
        Script::cycle([Behaviour::status(503, "busy"), Behaviour::normal()]),
    );
    assert_eq!(statuses(4), [503, 200, 503, 200]);
    proxy.clear_behaviours();
    assert_eq!(statuses(1), [200]);
}

#[test]
fn rules_apply_in_their_order() {
    let (proxy, _) = proxy();
    let status = |path: &str| http::get(&proxy.url_of(path)).status;
    proxy.otherwise(Behaviour::status(410, "gone"));
    proxy.on_match(
        |request| request.path.ends_with(".zip"),
        Behaviour::status(502, "bad"),
    );
    assert_eq!((status(ZIP), status("/other")), (502, 410));
    proxy.on(ZIP, Behaviour::normal());
    assert_eq!(status(ZIP), 200, "the rule set last is asked first");
}

#[test]
fn truncated_keeps_the_promise_of_its_length() {
    let (reply, zip) = zip_reply(Behaviour::normal().truncate_after(1000));
    assert_eq!(
        reply.ended,
        Ended::Short {
            missing: zip.len() as u64 - 1000
        }
    );
    assert_eq!(reply.body, zip[..1000]);
}

#[test]
fn chunked_has_no_length_and_may_lack_its_last_chunk() {
    let (reply, zip) = zip_reply(Behaviour::normal().chunked());
    assert_eq!(
        (reply.header("content-length"), &reply.ended),
        (None, &Ended::Complete)
    );
    assert_eq!(reply.body, zip);

    let (reply, zip) = zip_reply(Behaviour::normal().chunked().truncate_after(40_000));
    assert_eq!(reply.ended, Ended::NoLastChunk);
    assert_eq!(reply.body, zip[..40_000]);
}

#[test]
fn until_close_tells_no_end() {
    let (reply, zip) = zip_reply(Behaviour::normal().until_close());
    assert_eq!(reply.ended, Ended::AtClose);
    assert_eq!(reply.body, zip);
}

#[test]
fn lengths_lie_both_ways() {
    let (reply, zip) = zip_reply(Behaviour::normal().length_too_long(7));
    assert_eq!(reply.ended, Ended::Short { missing: 7 });
    assert_eq!(reply.body, zip);

    let (proxy, zip) = proxy();
    proxy.on(ZIP, Behaviour::normal().length_too_short(7));
    let mut connection = Connection::open(proxy.addr()).unwrap();
    connection.send(&Request::get(&proxy.url_of(ZIP))).unwrap();
    let reply = connection.reply("GET").unwrap();
    assert_eq!(reply.body, zip[..zip.len() - 7]);
    assert_eq!(
        connection.read(100).unwrap(),
        zip[zip.len() - 7..],
        "the rest comes all the same"
    );
}

#[test]
fn resets_are_resets() {
    assert_eq!(
        no_reply(Behaviour::reset_before_head()),
        ErrorKind::ConnectionReset
    );
    assert_eq!(
        no_reply(Behaviour::reset_in_head()),
        ErrorKind::ConnectionReset
    );
    assert_eq!(
        no_reply(Behaviour::close_before_head()),
        ErrorKind::UnexpectedEof
    );

    let (reply, zip) = zip_reply(Behaviour::normal().reset_after(1000));
    assert_eq!(reply.ended, Ended::Reset);
    assert!(reply.body.len() <= 1000 && zip.starts_with(&reply.body));
}

#[test]
fn delays_come_where_they_were_asked_for() {
    let pause = Duration::from_millis(150);
    let (proxy, zip) = proxy();
    let behaviours = [
        Behaviour::normal().delay_head(pause),
        Behaviour::normal().delay_in_head(pause),
        Behaviour::normal().delay_body(500, pause),
    ];
    proxy.on(ZIP, Script::new(behaviours));
    // How long each request's head, and then the rest of its body, lets wait.
    let waits: Vec<(Duration, Duration)> = (0..3)
        .map(|_| {
            let started = Instant::now();
            let mut connection = Connection::open(proxy.addr()).unwrap();
            connection.send(&Request::get(&proxy.url_of(ZIP))).unwrap();
            connection.head().unwrap();
            let head = started.elapsed();
            assert_eq!(connection.read(zip.len()).unwrap(), zip);
            (head, started.elapsed() - head)
        })
        .collect();
    assert!(waits[0].0 >= pause && waits[1].0 >= pause, "{waits:?}");
    // Half, since a busy machine may see the head late.
    assert!(waits[2].1 >= pause / 2, "{waits:?}");
}

#[test]
fn throttled_flows_slowly() {
    let started = Instant::now();
    let (reply, zip) = zip_reply(Behaviour::normal().throttle(400_000));
    assert_eq!(reply.whole(), zip);
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(230),
        "{took:?} for {} bytes",
        zip.len()
    );
}

#[test]
fn corrupt_changes_one_byte() {
    let (reply, zip) = zip_reply(Behaviour::normal().corrupt(500));
    assert_eq!(reply.ended, Ended::Complete);
    let differing: Vec<usize> = (0..zip.len())
        .filter(|at| zip[*at] != reply.body[*at])
        .collect();
    assert_eq!(differing, [500]);
}

#[test]
fn other_answers_in_place_of_the_module() {
    let (reply, _) = zip_reply(Behaviour::html());
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(reply.text().starts_with("<!DOCTYPE html>"));

    let (reply, _) = zip_reply(Behaviour::redirect("http://127.0.0.1:1/x", 302));
    assert_eq!(
        (reply.status, reply.header("location")),
        (302, Some("http://127.0.0.1:1/x"))
    );

    let (reply, _) = zip_reply(Behaviour::status(429, "slow down").header("Retry-After", "2"));
    assert_eq!(
        (
            reply.status,
            reply.header("retry-after"),
            reply.text().as_str()
        ),
        (429, Some("2"), "slow down")
    );

    assert_eq!(
        no_reply(Behaviour::raw("SSH-2.0-nothing\r\n\r\n")),
        ErrorKind::InvalidData
    );
}

#[test]
fn endless_means_until_the_client_leaves() {
    let (proxy, _) = proxy();
    proxy.on(ZIP, Behaviour::endless_body());
    let reply = Request::get(&proxy.url_of(ZIP))
        .at_most(5_000_000)
        .send()
        .unwrap();
    assert_eq!((reply.ended, reply.body.len()), (Ended::Left, 5_000_000));
    assert!(proxy.requests()[0].sent() >= 5_000_000);

    proxy.on(ZIP, Behaviour::endless_headers());
    let mut connection = Connection::open(proxy.addr()).unwrap();
    connection.send(&Request::get(&proxy.url_of(ZIP))).unwrap();
    let head = connection.read(3_000_000).unwrap();
    assert_eq!(head.len(), 3_000_000);
    assert!(!head.windows(4).any(|window| window == b"\r\n\r\n"));
}

#[test]
fn validators_are_answered_with_304() {
    let (proxy, zip) = proxy();
    let date = "Tue, 02 Jan 2024 03:04:05 GMT";
    proxy.on(ZIP, Behaviour::normal().etag().last_modified(date));
    let url = proxy.url_of(ZIP);
    let first = http::get(&url);
    let etag = first.header("etag").unwrap().to_owned();
    assert_eq!(first.header("last-modified"), Some(date));
    let status = |name: &str, value: &str| {
        Request::get(&url)
            .header(name, value)
            .send()
            .unwrap()
            .status
    };
    assert_eq!(status("If-None-Match", &etag), 304);
    assert_eq!(status("If-None-Match", "\"other\""), 200);
    assert_eq!(status("If-Modified-Since", date), 304);
    assert_eq!(
        status("If-Modified-Since", "Tue, 02 Jan 2024 03:04:06 GMT"),
        200
    );
    assert_eq!(first.whole(), zip);
}

#[test]
fn ranges_are_answered_with_206() {
    let (proxy, zip) = proxy();
    proxy.on(ZIP, Behaviour::normal().fixed_etag("\"one\"").ranges());
    let ask = |range: &str, tag: &str| {
        Request::get(&proxy.url_of(ZIP))
            .header("Range", range)
            .header("If-Range", tag)
            .send()
            .unwrap()
    };
    let tail = ask("bytes=1000-", "\"one\"");
    assert_eq!((tail.status, tail.body.as_slice()), (206, &zip[1000..]));
    let range = format!("bytes 1000-{}/{}", zip.len() - 1, zip.len());
    assert_eq!(tail.header("content-range"), Some(range.as_str()));
    assert_eq!(ask("bytes=10-19", "\"one\"").body, zip[10..20]);
    assert_eq!(ask("bytes=99999999-", "\"one\"").status, 416);
    assert_eq!(
        ask("bytes=1000-", "\"two\"").whole(),
        zip,
        "another file: the whole of it"
    );
}

#[test]
fn a_gate_holds_until_it_is_opened() {
    let (proxy, zip) = proxy();
    let gate = Gate::new();
    proxy.on(ZIP, Behaviour::normal().gate(&gate));
    let url = proxy.url_of(ZIP);
    let clients: Vec<_> = (0..5)
        .map(|_| {
            thread::spawn({
                let url = url.clone();
                move || http::get(&url)
            })
        })
        .collect();
    gate.wait_arrived(5);
    assert!(clients.iter().all(|client| !client.is_finished()));
    gate.open();
    for client in clients {
        assert_eq!(client.join().unwrap().whole(), zip);
    }
    assert_eq!(gate.arrived(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_gate_in_the_body_lets_the_beginning_through_under_a_paused_clock() {
    let proxy = FakeProxy::start().await;
    let module = Module::simple("example.com/hello", "v1.0.0").bulk("data.bin", 50_000);
    proxy.add(&module);
    let gate = Gate::new();
    proxy.on(ZIP, Behaviour::normal().gate_body(1000, &gate));
    let (addr, url) = (proxy.addr(), proxy.url_of(ZIP));
    let client = tokio::task::spawn_blocking(move || {
        let mut connection = Connection::open(addr).unwrap();
        connection.send(&Request::get(&url)).unwrap();
        connection.head().unwrap();
        (connection.read(1000).unwrap(), connection)
    });
    gate.until_arrived(1).await;
    let (beginning, mut connection) = client.await.unwrap();
    assert_eq!(beginning, module.zip()[..1000]);
    assert_eq!(proxy.requests()[0].sent(), 1000);
    gate.open();
    let left = module.zip().len() - 1000;
    let rest = tokio::task::spawn_blocking(move || connection.read(left).unwrap());
    assert_eq!(rest.await.unwrap(), module.zip()[1000..]);
}

#[test]
fn stop_refuses_and_restart_serves_on_the_same_port() {
    let (proxy, zip) = proxy();
    let mut idle = Connection::open(proxy.addr()).unwrap();
    idle.send(&Request::get(&proxy.url_of(ZIP))).unwrap();
    idle.reply("GET").unwrap();

    proxy.stop();
    assert_eq!(idle.read(1).unwrap(), b"", "an idle connection ends");
    let refused = Request::get(&proxy.url_of(ZIP)).send().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    proxy.restart();
    assert_eq!(http::get(&proxy.url_of(ZIP)).whole(), zip);
    assert_eq!(proxy.count(ZIP), 2, "the log goes on");
}

#[test]
fn under_a_prefix_nothing_lies_beside_it() {
    let (proxy, zip) = proxy();
    proxy.serve_under("/goproxy/public");
    assert_eq!(http::get(&proxy.url_of(ZIP)).whole(), zip);
    assert_eq!(proxy.count(&format!("/goproxy/public{ZIP}")), 1);
    assert_eq!(
        http::get(&format!("http://{}{ZIP}", proxy.addr())).status,
        404
    );
}

#[test]
fn a_slow_reader_takes_its_time() {
    let (proxy, _) = proxy();
    let started = Instant::now();
    let list = proxy.url_of("/example.com/hello/@v/list");
    let reply = Request::get(&list)
        .slowly(1, Duration::from_millis(20))
        .send()
        .unwrap();
    assert_eq!(reply.text(), "v1.0.0\n");
    assert!(started.elapsed() >= Duration::from_millis(140));
    let silent = Behaviour::normal().delay_body(2, Duration::from_secs(60));
    proxy.on("/example.com/hello/@v/list", silent);
    let reply = Request::get(&list)
        .deadline(Duration::from_millis(100))
        .send()
        .unwrap();
    assert_eq!(
        (reply.ended, reply.body.as_slice()),
        (Ended::Silent, b"v1".as_slice())
    );
}
