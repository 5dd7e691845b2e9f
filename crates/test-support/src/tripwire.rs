//! A guard against foreign dials: an HTTP proxy on loopback that writes down whom it was asked for and refuses.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Put into a process's environment ([`Tripwire::env`], or [`crate::TempHome::watch`]), it sees every dial
/// outside loopback that respects proxy variables: those of Larder, `go` and `git` do.
pub struct Tripwire {
    addr: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    dials: Mutex<Vec<String>>,
    stop: AtomicBool,
}

impl Tripwire {
    /// Starts on a free port of 127.0.0.1.
    pub fn start() -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let addr = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::<Shared>::default();
        let for_thread = shared.clone();
        let accept = move || {
            for stream in listener.incoming() {
                if for_thread.stop.load(Ordering::SeqCst) {
                    break;
                }
                let shared = for_thread.clone();
                // One thread a dial: a client that opens a connection and says nothing must not hide the next.
                thread::spawn(move || stream.map(|stream| refuse(stream, &shared)));
            }
        };
        let thread = thread::Builder::new()
            .name("tripwire".to_owned())
            .spawn(accept)
            .expect("a thread");
        Self {
            addr,
            shared,
            thread: Some(thread),
        }
    }

    /// The variables that send dials here, in both spellings; loopback is exempt.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let here = format!("http://{}", self.addr);
        let exempt = "127.0.0.1,localhost,::1".to_owned();
        let mut env = Vec::new();
        for name in [
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ] {
            env.push((name, here.clone()));
        }
        env.extend(["NO_PROXY", "no_proxy"].map(|name| (name, exempt.clone())));
        env
    }

    /// What was dialled: the first line of each request, such as `CONNECT example.com:443 HTTP/1.1`.
    pub fn dials(&self) -> Vec<String> {
        self.shared.dials.lock().unwrap().clone()
    }

    /// Forgets the dials so far.
    pub fn clear(&self) {
        self.shared.dials.lock().unwrap().clear();
    }

    /// Panics where anything outside loopback was dialled.
    #[track_caller]
    pub fn assert_untouched(&self) {
        let dials = self.dials();
        assert!(
            dials.is_empty(),
            "dialled outside loopback:\n{}",
            dials.join("\n")
        );
    }
}

impl Drop for Tripwire {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the thread out of its accept.
        let _ = TcpStream::connect_timeout(&self.addr, Duration::from_secs(1));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn refuse(mut stream: TcpStream, shared: &Shared) {
    let mut head = [0; 4096];
    let mut len = 0;
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    while len < head.len() && !head[..len].contains(&b'\n') {
        match stream.read(&mut head[len..]) {
            Ok(n) if n > 0 => len += n,
            Ok(_) | Err(_) => break,
        }
    }
    let first_line = String::from_utf8_lossy(&head[..len])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    let dial = if first_line.is_empty() {
        "a connection without a request".to_owned()
    } else {
        first_line
    };
    shared.dials.lock().unwrap().push(dial);
    let text = "refused: tests dial nothing outside loopback\n";
    let answer = format!(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // A client that left has been written down all the same.
    let _ = stream.write_all(answer.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::Tripwire;
    use crate::http::Connection;

    fn dial(tripwire: &Tripwire, request: &str) -> u16 {
        let mut connection = Connection::open(tripwire.addr).unwrap();
        connection.write(request.as_bytes()).unwrap();
        connection.reply("GET").unwrap().status
    }

    #[test]
    fn a_dial_is_written_down_and_refused() {
        let tripwire = Tripwire::start();
        tripwire.assert_untouched();
        assert_eq!(
            dial(&tripwire, "CONNECT example.com:443 HTTP/1.1\r\n\r\n"),
            502
        );
        assert_eq!(
            dial(&tripwire, "GET http://example.com/x HTTP/1.1\r\n\r\n"),
            502
        );
        assert_eq!(
            tripwire.dials(),
            [
                "CONNECT example.com:443 HTTP/1.1",
                "GET http://example.com/x HTTP/1.1"
            ]
        );
    }

    #[test]
    #[should_panic(expected = "CONNECT example.com:443")]
    fn a_touched_wire_panics_with_the_name() {
        let tripwire = Tripwire::start();
        dial(&tripwire, "CONNECT example.com:443 HTTP/1.1\r\n\r\n");
        tripwire.assert_untouched();
    }
}
