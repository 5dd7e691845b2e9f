//! Requests made up at random, on real connections: whatever comes, it is refused, and the next client is served.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{Instance, small};

/// A request as `go` sends it, without the token.
const HONEST: &str = "GET /token/example.com/m/@v/list HTTP/1.1\r\nHost: localhost:PORT\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n";

/// Bytes that are almost a request: an honest one with some places of it replaced, or none of it.
fn heads() -> impl Strategy<Value = Vec<u8>> {
    let odd = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b": ".to_vec()),
        Just(b"Content-Length: 5\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b"Range: bytes=1-\r\n".to_vec()),
        Just(b"Connection: close\r\n".to_vec()),
        Just(b"Upgrade: h2c\r\n".to_vec()),
        Just(b"%2e%2e/".to_vec()),
        Just(b"/-/call/status".to_vec()),
        Just(vec![b'x'; 20_000]),
    ];
    let change = (any::<prop::sample::Index>(), 0..6_usize, odd);
    prop_oneof![
        9 => prop::collection::vec(change, 0..5).prop_map(|changes| {
            let mut head = HONEST.as_bytes().to_vec();
            for (at, len, odd) in changes {
                let at = at.index(head.len() + 1);
                let end = (at + len).min(head.len());
                head.splice(at..end, odd);
            }
            head
        }),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// What comes back for these bytes, until the connection ends.
fn answer(larder: &Instance, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(larder.addr()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    // It may be refused before all of it is sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
    answer
}

#[test]
fn no_request_is_too_odd() {
    let larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    larder.cached(&module.url_path("mod"));
    let port = larder.port.to_string();
    let refused = Cell::new(0);
    let checked = TestRunner::default().run(&heads(), |head| {
        let text = String::from_utf8_lossy(&head);
        let bytes = match text.contains("PORT") {
            true => text.replace("PORT", &port).into_bytes(),
            false => head.clone(),
        };
        let answer = answer(&larder, &bytes);
        let shown = String::from_utf8_lossy(&answer);
        // Nothing at all is a connection that was closed.
        prop_assert!(
            answer.is_empty() || shown.starts_with("HTTP/1.1 4") || shown.starts_with("HTTP/1.0 4"),
            "{shown}"
        );
        refused.set(refused.get() + usize::from(shown.contains(" 403 ")));
        Ok(())
    });
    checked.unwrap();
    assert!(refused.get() > 0, "some are requests after all");
    let asked = larder.proxy.paths();
    assert!(
        asked
            .iter()
            .all(|path| path.starts_with("/example.com/!hello/")),
        "{asked:?}"
    );
    assert_eq!(larder.cached(&module.url_path("mod")).body, module.go_mod());
}
