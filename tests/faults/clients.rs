//! Clients that are slow, rude, malformed or foreign: each is sent away or waited for, and holds back nobody else.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use test_support::{Behaviour, Module, http};

use crate::{PATIENCE, World, until};

/// What an undisturbed request never takes, even on a busy machine.
const QUICK: Duration = Duration::from_secs(5);
/// A client must have sent its request's head within 10 seconds.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);

impl World {
    fn addr(&self) -> SocketAddr {
        let address = self.larder.goproxy().strip_prefix("http://").unwrap();
        address.split('/').next().unwrap().parse().unwrap()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A request's head, up to the lines that the caller adds.
    fn head(&self, method: &str, path: &str) -> String {
        let token = self.larder.goproxy().rsplit('/').next().unwrap();
        format!(
            "{method} /{token}{path} HTTP/1.1\r\nHost: {}\r\n",
            self.addr()
        )
    }

    /// How many files the process has open, connections included.
    fn open_files(&self) -> usize {
        let listed = fs::read_dir(format!("/proc/{}/fd", self.larder.pid()));
        listed.unwrap().count()
    }

    #[track_caller]
    fn assert_quick(&self, module: &Module) {
        let since = Instant::now();
        self.assert_served(module);
        let took = since.elapsed();
        assert!(took < QUICK, "{took:?}");
    }
}

/// All that comes until the connection ends, however it ends.
fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return all,
            Ok(n) => all.extend_from_slice(&piece[..n]),
            Err(error) => {
                let kind = error.kind();
                assert!(kind == std::io::ErrorKind::ConnectionReset, "{error}");
                return all;
            }
        }
    }
}

fn large() -> Module {
    Module::simple("example.com/large", "v1.0.0").bulk("data.bin", 8 << 20)
}

#[test]
fn slow_readers_hold_back_nobody() {
    let world = World::new();
    let (large, small) = (large(), Module::simple("example.com/small", "v1.0.0"));
    world.proxy.add(&large);
    world.proxy.add(&small);
    let path = large.url_path("zip");
    let head = world.head("GET", &path) + "\r\n";
    // Half of them join the download, half come when it is kept. None reads.
    let ask = || {
        let mut stream = world.connect();
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let mut waiting: Vec<_> = (0..25).map(|_| ask()).collect();
    assert!(world.get(&path).whole() == large.zip());
    waiting.extend((0..25).map(|_| ask()));
    world.assert_quick(&large);
    world.assert_quick(&small);
    world.assert_well();
    // One that takes up reading gets all of it.
    let got = read_while(&waiting[0], large.zip().len());
    assert!(got.ends_with(&large.zip()));
}

/// Reads until the end of a head and so many bytes have come.
fn read_while(mut stream: &TcpStream, body: usize) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = vec![0; 64 << 10];
    let whole = |all: &[u8]| {
        let end = all.windows(4).position(|four| four == b"\r\n\r\n");
        end.is_some_and(|end| all.len() >= end + 4 + body)
    };
    while !whole(&all) {
        let n = stream.read(&mut piece).unwrap();
        assert_ne!(n, 0, "it ended after {} bytes", all.len());
        all.extend_from_slice(&piece[..n]);
    }
    all
}

#[test]
fn slow_heads_are_given_up_and_hold_back_nobody() {
    let world = World::new();
    let small = Module::simple("example.com/small", "v1.0.0");
    world.proxy.add(&small);
    let head = world.head("GET", &small.url_path("mod"));
    let slow: Vec<_> = (0..200)
        .map(|number| {
            let mut stream = world.connect();
            // As far into the head as chance has it, and not a byte more.
            let part = &head.as_bytes()[..1 + number % (head.len() - 1)];
            stream.write_all(part).unwrap();
            stream
        })
        .collect();
    let since = Instant::now();
    world.assert_quick(&small);
    for stream in &slow {
        read_to_end(stream);
    }
    let took = since.elapsed();
    assert!(took < HEAD_DEADLINE + QUICK, "{took:?}");
    world.assert_quick(&small);
}

#[test]
fn a_thousand_that_connect_and_leave_leave_nothing() {
    let world = World::new();
    let large = large();
    world.keep(&large);
    let before = world.open_files();
    let head = world.head("GET", &large.url_path("zip"));
    for number in 0..1000 {
        let mut stream = world.connect();
        match number % 5 {
            0 => {}
            1 => stream.write_all(&head.as_bytes()[..20]).unwrap(),
            2 => stream.write_all(format!("{head}\r\n").as_bytes()).unwrap(),
            3 => {
                stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
                stream.read_exact(&mut [0; 100]).unwrap();
            }
            _ => stream.shutdown(Shutdown::Write).unwrap(),
        }
    }
    world.assert_quick(&large);
    until("their connections are gone", || {
        world.open_files() < before + 10
    });
    world.assert_well();
}

#[test]
fn what_is_no_request_is_sent_away() {
    let world = World::new();
    let small = Module::simple("example.com/small", "v1.0.0");
    world.keep(&small);
    world.proxy.clear_log();
    let list = "/example.com/other/@v/list";
    let get = world.head("GET", list);
    let post = world.head("POST", list);
    let smuggled = format!("{get}\r\n");
    let many: String = (0..1000).map(|n| format!("X-{n}: x\r\n")).collect();
    for (what, bytes) in [
        (
            "a long target",
            world.head("GET", &"/x".repeat(500_000)) + "\r\n",
        ),
        (
            "a long header",
            format!("{get}X: {}\r\n\r\n", "x".repeat(1 << 20)),
        ),
        ("many headers", format!("{get}{many}\r\n")),
        ("a header without a colon", format!("{get}nonsense\r\n\r\n")),
        ("a NUL in a header", format!("{get}X: a\0b\r\n\r\n")),
        ("a folded header", format!("{get}X: a\r\n b\r\n\r\n")),
        ("a space before a colon", format!("{get}X : a\r\n\r\n")),
        ("two Hosts", format!("{get}Host: example.com\r\n\r\n")),
        ("no Host", get.replace("Host:", "Hast:") + "\r\n"),
        ("another HTTP", get.replace("HTTP/1.1", "HTTP/3.0") + "\r\n"),
        ("no HTTP", get.replace(" HTTP/1.1", "") + "\r\n"),
        (
            "a NUL in the target",
            get.replace("/list", "/li\0st") + "\r\n",
        ),
        (
            "a space in the target",
            get.replace("/list", "/li st") + "\r\n",
        ),
        (
            "a target without a slash",
            get.replace("GET /", "GET ") + "\r\n",
        ),
        (
            "a tunnel",
            format!(
                "CONNECT example.com:443 HTTP/1.1\r\nHost: {}\r\n\r\n",
                world.addr()
            ),
        ),
        (
            "all of the server",
            format!("OPTIONS * HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr()),
        ),
        (
            "HTTP/2 at once",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        ),
        (
            "TLS",
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n".to_owned(),
        ),
        (
            "a post",
            format!("{post}Content-Length: 1000000000000\r\n\r\n"),
        ),
        (
            "a negative length",
            format!("{post}Content-Length: -1\r\n\r\n"),
        ),
        (
            "two lengths",
            format!("{post}Content-Length: 0\r\nContent-Length: 9\r\n\r\n{smuggled}"),
        ),
        (
            "a length and chunks",
            format!(
                "{post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
            ),
        ),
        (
            "unknown chunks",
            format!("{post}Transfer-Encoding: chunkd\r\n\r\n0\r\n\r\n{smuggled}"),
        ),
        (
            "a chunk that is none",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{smuggled}"),
        ),
    ] {
        let mut stream = world.connect();
        // It may be refused before all of it is sent.
        let _ = stream.write_all(bytes.as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let answer = read_to_end(&stream);
        let answer = String::from_utf8_lossy(&answer);
        let statuses: Vec<&str> = answer
            .split("HTTP/1.")
            .skip(1)
            .map(|reply| &reply[2..5])
            .collect();
        assert!(
            statuses.iter().all(|status| status.starts_with('4')),
            "{what}: {statuses:?}"
        );
        assert!(statuses.len() <= 1, "{what}: {statuses:?}");
    }
    assert!(world.proxy.paths().is_empty(), "{:?}", world.proxy.paths());
    world.assert_quick(&small);
}

#[test]
fn pipelined_requests_are_answered_in_order_cold_and_warm() {
    let world = World::new();
    let modules: Vec<_> = (0..20)
        .map(|n| Module::simple(&format!("example.com/m{n}"), "v1.0.0").bulk("data.bin", 50_000))
        .collect();
    for (number, module) in modules.iter().enumerate() {
        world.proxy.add(module);
        // The first ones are the slowest.
        let delay = Duration::from_millis(20 * (20 - number as u64));
        let slow = Behaviour::normal().delay_head(delay);
        world.proxy.on(&module.url_path("zip"), [slow]);
    }
    for _ in ["cold", "warm"] {
        let mut connection = http::Connection::open(world.addr()).unwrap();
        let all: String = modules
            .iter()
            .map(|module| world.head("GET", &module.url_path("zip")) + "\r\n")
            .collect();
        connection.write(all.as_bytes()).unwrap();
        for module in &modules {
            assert!(connection.reply("GET").unwrap().whole() == module.zip());
        }
    }
}

#[test]
fn strangers_get_not_a_word() {
    let world = World::new();
    let control = fs::read_to_string(world.home.larder_home().join("data/token.control")).unwrap();
    let module = world.larder.goproxy().rsplit('/').next().unwrap();
    let status = format!("http://{}/-/call/status", world.addr());
    let request = |token: &str| {
        http::Request::new("POST", &status)
            .header("Authorization", &format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .body("{}")
    };
    let good = request(control.trim());
    let replied = good.send().unwrap();
    assert_eq!(replied.status, 200, "{}", replied.text());
    for (what, request) in [
        ("a foreign name", {
            // A Host takes the place of all headers before it.
            let rebound = http::Request::new("POST", &status).header("Host", "larder.example.com");
            rebound
                .header("Authorization", &format!("Bearer {}", control.trim()))
                .body("{}")
        }),
        ("no token", http::Request::new("POST", &status).body("{}")),
        ("the module token", request(module)),
        ("a wrong token", request(&"a".repeat(32))),
        (
            "a page",
            good.clone().header("Origin", "http://example.com"),
        ),
        (
            "an own page",
            good.clone()
                .header("Origin", &format!("http://{}", world.addr())),
        ),
        ("a sandboxed page", good.clone().header("Origin", "null")),
        (
            "a page's form",
            good.clone().header("Sec-Fetch-Site", "cross-site"),
        ),
    ] {
        let reply = request.send().unwrap();
        assert_eq!(reply.status, 403, "{what}: {}", reply.text());
        assert!(!reply.text().contains(env!("CARGO_PKG_VERSION")), "{what}");
        assert_eq!(reply.header("Access-Control-Allow-Origin"), None, "{what}");
    }
    assert!(world.proxy.paths().is_empty());
}
