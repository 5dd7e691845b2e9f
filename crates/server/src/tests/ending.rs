//! The end of a run, and what a connection may hold.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use test_support::http::Connection;
use test_support::{Behaviour, Gate};

use super::{Instance, large, small};

/// A clean end with nothing under way, on a busy machine.
const QUICK: Duration = Duration::from_millis(500);

const MOD: &str = "/example.com/!hello/@v/v1.2.3.mod";

/// Whether the other side has closed.
fn is_closed(connection: &mut Connection) -> bool {
    match connection.read(1) {
        Ok(bytes) => bytes.is_empty(),
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn with_nothing_under_way_the_end_is_quick() {
    let mut larder = Instance::start();
    larder.proxy.add(&small());
    let mut idle: Vec<Connection> = (0..50).map(|_| larder.connect()).collect();
    for connection in &mut idle {
        connection.send(&larder.get(MOD)).unwrap();
        assert_eq!(connection.reply("GET").unwrap().status, 200);
    }
    let mut fresh = larder.connect();
    let mut half = larder.connect();
    half.write(b"GET / HTTP/1.1\r\nHos").unwrap();
    let mut half_again = larder.connect();
    half_again.send(&larder.get(MOD)).unwrap();
    half_again.reply("GET").unwrap();
    half_again.write(b"GET / HT").unwrap();
    thread::sleep(Duration::from_millis(100));
    let took = larder.stop();
    assert!(took < QUICK, "{took:?}");
    for connection in idle
        .iter_mut()
        .chain([&mut fresh, &mut half, &mut half_again])
    {
        assert!(is_closed(connection));
    }
    let refused = Connection::open(larder.addr()).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn requests_under_way_finish() {
    let mut larder = Instance::start();
    let (small, large) = (small(), large());
    larder.proxy.add(&small);
    larder.proxy.add(&large);
    let gate = Gate::new();
    let (waits, streams) = (small.url_path("info"), large.url_path("zip"));
    larder.proxy.on(&waits, Behaviour::normal().gate(&gate));
    larder
        .proxy
        .on(&streams, Behaviour::normal().gate_body(200_000, &gate));
    let mut before_head = larder.connect();
    before_head.send(&larder.get(&waits)).unwrap();
    let mut in_body = larder.connect();
    in_body.send(&larder.get(&streams)).unwrap();
    assert_eq!(in_body.head().unwrap().status, 200);
    gate.wait_arrived(2);

    larder.end.cancel();
    thread::sleep(Duration::from_millis(300));
    assert!(
        !larder.running.as_ref().unwrap().is_finished(),
        "it waits for them"
    );
    assert!(
        Connection::open(larder.addr()).is_err(),
        "and takes nobody in"
    );
    gate.open();
    let reply = before_head.reply("GET").unwrap();
    assert_eq!(reply.header("Connection"), Some("close"));
    assert_eq!(reply.whole(), small.info());
    assert_eq!(in_body.read(usize::MAX).unwrap(), large.zip());
    assert!(is_closed(&mut before_head));
    larder.wait();
}

#[test]
fn somebody_may_ask_the_instance_to_stop() {
    let mut larder = Instance::start();
    let reply = larder.control("POST", "/-/call/stop").send().unwrap();
    assert_eq!(reply.text(), format!("{{\"pid\":{}}}", std::process::id()));
    let since = Instant::now();
    larder.wait();
    assert!(since.elapsed() < QUICK);
}

#[test]
fn streams_of_lines_hold_up_no_end() {
    let mut larder = Instance::start();
    let mut follower = larder.connect();
    follower
        .send(&larder.control("GET", "/-/feed/activity/follow"))
        .unwrap();
    let head = follower.head().unwrap();
    assert_eq!(head.header("Content-Type"), Some("application/x-ndjson"));
    let took = larder.stop();
    assert!(took < QUICK, "{took:?}");
    assert_eq!(
        follower.read(100).unwrap(),
        b"0\r\n\r\n",
        "ended in good order"
    );
}

#[test]
fn a_connection_that_rests_wakes_with_the_next_byte_and_loses_none() {
    let larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    larder.cached(&module.url_path("mod"));
    let mut connection = larder.connect();
    let head = format!(
        "GET {} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        larder.path(&module.url_path("mod")),
        larder.port
    );
    let (begun, rest) = head.split_at(20);
    let mut ask = |parts: [&str; 2]| {
        for part in parts {
            connection.write(part.as_bytes()).unwrap();
            // Long enough to be put to rest, if nothing holds it awake.
            std::thread::sleep(Duration::from_millis(350));
        }
        assert_eq!(connection.reply("GET").unwrap().whole(), module.go_mod());
    };
    ask(["", &head]);
    ask([begun, rest]);
    // One whole request and the beginning of the next in one piece.
    ask([&format!("{head}{begun}"), ""]);
    ask([rest, ""]);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    larder.cached(&module.url_path("mod"));
    larder.cached(&module.url_path("info"));
    let mut connection = larder.connect();
    let head = |method: &str, path: &str| {
        format!(
            "{method} {} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
            larder.path(path),
            larder.port
        )
    };
    let mut all = String::new();
    for _ in 0..40 {
        all += &head("GET", &module.url_path("mod"));
        all += &head("HEAD", &module.url_path("info"));
        all += &head("GET", "/example.com/!hello/@v/list");
        all += &head("GET", "/example.com/none/@v/list");
    }
    connection.write(all.as_bytes()).unwrap();
    for _ in 0..40 {
        assert_eq!(connection.reply("GET").unwrap().whole(), module.go_mod());
        assert_eq!(connection.reply("HEAD").unwrap().status, 200);
        assert_eq!(connection.reply("GET").unwrap().whole(), b"v1.2.3\n");
        assert_eq!(connection.reply("GET").unwrap().status, 404);
    }
}

#[test]
fn a_head_has_its_limit() {
    let larder = Instance::start();
    let request = |bytes: usize| {
        larder
            .get("/example.com/none/@v/list")
            .header("X-Filler", &"x".repeat(bytes))
    };
    assert_eq!(request(12_000).send().unwrap().status, 404);
    // It is refused before all of it is read, which the client may notice as a reset.
    match request(40_000).send() {
        Ok(reply) => assert_eq!(reply.status, 431),
        Err(error) => assert!(
            matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            ),
            "{error}"
        ),
    }
}

#[test]
fn what_is_no_http_is_sent_away() {
    let larder = Instance::start();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"nonsense\r\n\r\n",
    ] {
        let mut tcp = TcpStream::connect(larder.addr()).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        tcp.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        match tcp.read_to_end(&mut answer) {
            Ok(_) => assert!(
                answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"),
                "{}",
                String::from_utf8_lossy(&answer)
            ),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
}

#[test]
fn an_old_client_gets_its_answer_and_the_end_of_the_connection() {
    let larder = Instance::start();
    let module = large();
    larder.proxy.add(&module);
    let mut connection = larder.connect();
    let path = larder.path(&module.url_path("zip"));
    connection
        .write(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())
        .unwrap();
    let reply = connection.reply("GET").unwrap();
    assert_eq!(reply.header("Transfer-Encoding"), None);
    assert_eq!(reply.whole(), module.zip());
    assert!(is_closed(&mut connection));
}
