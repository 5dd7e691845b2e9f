//! Bodies that arrive while they are handed on, and those that fail midway.

use std::thread;
use std::time::{Duration, Instant};

use test_support::http::Ended;
use test_support::{Behaviour, FakeDatabase, Gate, Module};

use super::{Instance, assert_headers, large};
use crate::deadlines::Deadlines;

#[test]
fn a_file_streams_while_it_arrives() {
    let larder = Instance::start();
    let module = large();
    larder.proxy.add(&module);
    let gate = Gate::new();
    larder.proxy.on(
        &module.url_path("zip"),
        Behaviour::normal().gate_body(200_000, &gate),
    );
    let mut connection = larder.connect();
    connection
        .send(&larder.get(&module.url_path("zip")))
        .unwrap();
    let head = connection.head().unwrap();
    assert_headers(
        &head,
        &[
            ("Content-Length", Some(&module.zip().len().to_string())),
            ("ETag", None),
            ("Accept-Ranges", None),
        ],
    );
    let first = connection.read(50_000).unwrap();
    assert_eq!(first, module.zip()[..50_000]);
    gate.open();
    let rest = connection.read(module.zip().len() - 50_000).unwrap();
    assert_eq!(rest, module.zip()[50_000..]);
}

#[test]
fn a_body_that_fails_ends_visibly_short() {
    let larder = Instance::start();
    let mut cut = 0;
    for (version, behaviour) in [
        ("v1.0.0", Behaviour::normal().truncate_after(200_000)),
        (
            "v1.0.1",
            Behaviour::normal().chunked().truncate_after(200_000),
        ),
        ("v1.0.2", Behaviour::normal().reset_after(200_000)),
        ("v1.0.3", Behaviour::normal().corrupt(usize::MAX)),
    ] {
        let module = Module::simple("example.com/large", version).bulk("data.bin", 300_000);
        larder.proxy.add(&module);
        let path = module.url_path("zip");
        larder.proxy.on(&path, behaviour);
        let reply = larder
            .get(&path)
            .deadline(Duration::from_secs(60))
            .send()
            .unwrap();
        if reply.status == 200 {
            let visible = matches!(reply.ended, Ended::Short { .. } | Ended::NoLastChunk);
            assert!(
                visible,
                "{version}: {:?} after {}",
                reply.ended,
                reply.body.len()
            );
            assert!(reply.body.len() < module.zip().len());
            cut += 1;
        } else {
            assert_eq!(reply.status, 502, "{version}");
        }
    }
    assert!(cut >= 2, "only {cut} of them failed midway");
}

#[test]
fn a_body_without_a_length_that_fails_is_a_reset_for_an_old_client() {
    let larder = Instance::start();
    let module = large();
    larder.proxy.add(&module);
    let path = module.url_path("zip");
    let gate = Gate::new();
    larder.proxy.on(
        &path,
        Behaviour::normal()
            .chunked()
            .gate_body(200_000, &gate)
            .truncate_after(200_000),
    );
    let mut connection = larder.connect();
    connection
        .write(format!("GET {} HTTP/1.0\r\n\r\n", larder.path(&path)).as_bytes())
        .unwrap();
    let head = connection.head().unwrap();
    assert_eq!((head.status, head.header("Content-Length")), (200, None));
    connection.read(50_000).unwrap();
    gate.open();
    let error = connection.read(1 << 30).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_body_that_went_out_whole_is_told_so() {
    let module = large();
    let database = FakeDatabase::start_blocking("sums.example.com");
    database.add_module(&module);
    database.publish();
    let larder = Instance::with(Deadlines::default(), &database.gosumdb_at_url());
    larder
        .get("/sumdb/sums.example.com/supported")
        .send()
        .unwrap()
        .whole();
    larder.proxy.add(&module);
    let zip = larder.get(&module.url_path("zip"));
    assert_eq!(zip.send().unwrap().whole(), module.zip());
    larder.cached(&module.url_path("zip"));
    zip.header("Range", "bytes=0-99999").send().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let told = larder
            .runtime
            .block_on(larder.app.activity().last(100))
            .unwrap();
        let asked: Vec<_> = told.iter().filter(|item| !item.background).collect();
        for item in &asked {
            assert_eq!(item.outcome, "delivered", "{item:?}");
        }
        let bytes: u64 = asked
            .iter()
            .filter(|item| item.kind == "zip")
            .map(|item| item.bytes)
            .sum();
        if bytes >= module.zip().len() as u64 * 2 + 100_000
            && asked.iter().any(|item| item.kind == "checksum-db")
        {
            return;
        }
        assert!(Instant::now() < until, "{told:?}");
        thread::sleep(Duration::from_millis(50));
    }
}
