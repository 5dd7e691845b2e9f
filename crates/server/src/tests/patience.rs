//! Clients that send nothing, half a head, or take nothing; and more of them than there is room for.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use test_support::http::Connection;
use test_support::{Behaviour, Module};

use super::{Instance, large, small};
use crate::deadlines::Deadlines;

const MOD: &str = "/example.com/!hello/@v/v1.2.3.mod";

fn quick() -> Deadlines {
    Deadlines {
        head: Duration::from_millis(400),
        idle: Duration::from_millis(1200),
        stalled: Duration::from_millis(500),
        ..Deadlines::default()
    }
}

/// How long it takes until the other side closes.
fn until_closed(connection: &mut Connection) -> Duration {
    let since = Instant::now();
    match connection.read(1) {
        Ok(bytes) => assert!(bytes.is_empty(), "nothing was to be said"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    since.elapsed()
}

fn assert_within(took: Duration, from: u64, to: u64) {
    let expected = Duration::from_millis(from)..Duration::from_millis(to);
    assert!(expected.contains(&took), "{took:?} is not in {expected:?}");
}

#[test]
fn a_head_that_does_not_end_is_given_up() {
    let larder = Instance::with(quick(), "off");
    let mut connection = larder.connect();
    connection.write(b"GET / HTTP/1.1\r\n").unwrap();
    assert_within(until_closed(&mut connection), 300, 1100);
}

#[test]
fn a_head_that_drips_is_given_up_too() {
    let larder = Instance::with(quick(), "off");
    let mut tcp = TcpStream::connect(larder.addr()).unwrap();
    let since = Instant::now();
    for byte in b"GET / HTTP/1.1\r\nX-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" {
        if tcp.write_all(&[*byte]).is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    tcp.set_read_timeout(Some(Duration::from_millis(10)))
        .unwrap();
    let end = tcp.read(&mut [0]);
    let is_closed = match &end {
        Ok(read) => *read == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    };
    assert!(is_closed, "{end:?} after {:?}", since.elapsed());
}

#[test]
fn an_idle_connection_is_closed_later_than_a_slow_head() {
    let larder = Instance::with(quick(), "off");
    larder.proxy.add(&small());
    let mut fresh = larder.connect();
    assert_within(until_closed(&mut fresh), 1000, 2400);
    let mut used = larder.connect();
    used.send(&larder.get(MOD)).unwrap();
    used.reply("GET").unwrap();
    assert_within(until_closed(&mut used), 1000, 2400);
}

#[test]
fn a_connection_in_use_stays() {
    let larder = Instance::with(quick(), "off");
    larder.proxy.add(&small());
    let mut connection = larder.connect();
    for _ in 0..6 {
        connection.send(&larder.get(MOD)).unwrap();
        assert_eq!(connection.reply("GET").unwrap().status, 200);
        // Longer than a head may take, shorter than idle; together longer than both.
        thread::sleep(Duration::from_millis(600));
    }
}

#[test]
fn an_answer_that_takes_long_is_waited_for() {
    let larder = Instance::with(quick(), "off");
    let module = small();
    larder.proxy.add(&module);
    let slow = Behaviour::normal().delay_head(Duration::from_millis(2500));
    larder.proxy.on(&module.url_path("info"), slow);
    let reply = larder.get(&module.url_path("info")).send().unwrap();
    assert_eq!(reply.whole(), module.info());
}

#[test]
fn a_client_that_takes_nothing_is_dropped() {
    let larder = Instance::with(quick(), "off");
    // More than the system's buffers on both sides hold.
    let module = Module::simple("example.com/huge", "v1.0.0").bulk("data.bin", 24 << 20);
    larder.proxy.add(&module);
    let path = module.url_path("zip");
    larder.cached(&path);
    let mut connection = larder.connect();
    connection.send(&larder.get(&path)).unwrap();
    assert_eq!(connection.head().unwrap().status, 200);
    thread::sleep(Duration::from_millis(2000));
    let got = connection.read(usize::MAX);
    let is_whole = got
        .as_ref()
        .is_ok_and(|bytes| bytes.len() == module.zip().len());
    assert!(!is_whole, "it was served after all");
}

#[test]
fn a_client_that_takes_little_at_a_time_is_served() {
    let larder = Instance::with(quick(), "off");
    let module = large();
    larder.proxy.add(&module);
    larder.cached(&module.url_path("zip"));
    let slow = larder
        .get(&module.url_path("zip"))
        .slowly(30_000, Duration::from_millis(200));
    assert_eq!(slow.send().unwrap().whole(), module.zip());
}

#[test]
fn further_connections_wait_for_a_place() {
    let larder = Instance::with(
        Deadlines {
            connections: 2,
            ..Deadlines::default()
        },
        "off",
    );
    larder.proxy.add(&small());
    let mut taken: Vec<Connection> = (0..2).map(|_| larder.connect()).collect();
    for connection in &mut taken {
        connection.send(&larder.get(MOD)).unwrap();
        assert_eq!(connection.reply("GET").unwrap().status, 200);
    }
    let waiting = larder.get(MOD).deadline(Duration::from_millis(500));
    assert!(waiting.send().is_err(), "there is no place yet");
    let mut third = larder.connect();
    third.send(&larder.get(MOD)).unwrap();
    taken.clear();
    assert_eq!(third.reply("GET").unwrap().status, 200);
}
