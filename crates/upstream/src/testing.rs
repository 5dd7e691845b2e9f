//! A fake upstream on loopback for this crate's tests: it speaks raw TCP, so that it can misbehave in any way.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use go_module::{ProxyList, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{
    Ask, Chain, ChainParts, Deadlines, HttpClients, Privacy, Reply, Upstream, UpstreamError,
};

/// The file that most tests ask for.
pub(crate) const ZIP: &str = "/example.com/m/@v/v1.0.0.zip";

/// The header of an error text that is passed on.
pub(crate) const PLAIN: &str = "Content-Type: text/plain; charset=utf-8\r\n";

/// What the fake does with one request.
pub(crate) enum Act {
    /// Sends these bytes and takes the next request of the connection.
    Answer(String),
    /// Sends these bytes and closes.
    Close(String),
    /// Sends these bytes, then resets the connection (RST).
    Reset(String),
    /// Sends these bytes, then nothing more.
    Stall(String),
    /// Sends these bytes, then the others for ever.
    Endless(String, &'static str),
}

/// An answer with a body of known length.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Act {
    Act::Answer(head_and(
        status,
        &format!("Content-Length: {}\r\n{headers}", body.len()),
        body,
    ))
}

/// A head, and what comes after it.
pub(crate) fn head_and(status: u16, headers: &str, rest: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\n{headers}\r\n{rest}")
}

/// A redirect.
pub(crate) fn redirect(to: &str) -> Act {
    answer(302, &format!("Location: {to}\r\n"), "")
}

/// A request as the fake saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A fake upstream; it ends with its value.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Fake {
    /// Serves with `act`, which is told how many requests came before, and the request.
    pub(crate) async fn start(act: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static) -> Self {
        Self::on("127.0.0.1:0".parse().unwrap(), act).await
    }

    /// The same at an address of the caller's choice.
    pub(crate) async fn on(
        address: SocketAddr,
        act: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let act = Arc::new(act);
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (act, seen) = (Arc::clone(&act), Arc::clone(&shared));
                connections.spawn(async move { serve(stream, connection, &*act, &seen).await });
            }
        });
        Self {
            address,
            seen,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    act: &(impl Fn(usize, &Seen) -> Act + Sync),
    all: &Mutex<Vec<Seen>>,
) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let seen = Seen {
            head: String::from_utf8(head).unwrap(),
            connection,
        };
        let before = {
            let mut all = all.lock().unwrap();
            all.push(seen.clone());
            all.len() - 1
        };
        match act(before, &seen) {
            Act::Answer(bytes) => stream.write_all(bytes.as_bytes()).await.ok()?,
            Act::Close(bytes) => {
                stream.write_all(bytes.as_bytes()).await.ok()?;
                return None;
            }
            Act::Reset(bytes) => {
                stream.write_all(bytes.as_bytes()).await.ok()?;
                // What was sent shall arrive before the reset, which may overtake it.
                tokio::time::sleep(Duration::from_millis(50)).await;
                stream.set_zero_linger().unwrap();
                return None;
            }
            Act::Stall(bytes) => {
                stream.write_all(bytes.as_bytes()).await.ok()?;
                std::future::pending::<()>().await;
            }
            Act::Endless(begin, again) => {
                stream.write_all(begin.as_bytes()).await.ok()?;
                loop {
                    stream.write_all(again.as_bytes()).await.ok()?;
                }
            }
        }
    }
}

/// Deadlines that a test can wait for.
pub(crate) fn limits() -> Deadlines {
    Deadlines {
        connect: Duration::from_secs(1),
        first_byte: Duration::from_millis(400),
        idle: Duration::from_millis(300),
        overall: Duration::from_secs(5),
        retry_pause: Duration::from_millis(10),
        retry_after: Duration::from_secs(2),
        ..Deadlines::default()
    }
}

pub(crate) fn parts() -> ChainParts {
    parts_with(limits())
}

pub(crate) fn parts_with(limits: Deadlines) -> ChainParts {
    ChainParts::new(HttpClients::new(&limits), limits, "this-one")
}

pub(crate) fn chain(list: &str, parts: &ChainParts) -> Chain {
    Chain::build(&ProxyList::parse(list).unwrap(), parts).unwrap()
}

pub(crate) fn upstream(url: &str, parts: &ChainParts) -> Upstream {
    chain(url, parts).upstreams().next().unwrap().clone()
}

pub(crate) fn ask(path: &str) -> Ask {
    Ask::new(Request::parse(path).unwrap(), Privacy::Public, 1 << 20)
}

/// Asks for [`ZIP`] and reads all of it.
pub(crate) async fn get(upstream: &Upstream) -> Result<Bytes, UpstreamError> {
    read(upstream.fetch(ask(ZIP)).await?).await
}

pub(crate) async fn read(reply: Reply) -> Result<Bytes, UpstreamError> {
    reply.body.read_all().await
}

/// A fake that does the same with every request, and the upstream for it.
pub(crate) async fn always(act: impl Fn() -> Act + Send + Sync + 'static) -> (Fake, Upstream) {
    let fake = Fake::start(move |_, _| act()).await;
    let upstream = upstream(&fake.url(), &parts());
    (fake, upstream)
}
