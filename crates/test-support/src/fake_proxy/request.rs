//! The little of HTTP/1.1 that the fake reads: a request's head, and its body where a length is given.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use tokio::{io::AsyncReadExt as _, net::TcpStream};

/// A request as it came, and how much of an answer went out.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `GET` and such.
    pub method: String,
    /// The request target as sent: still percent-encoded, with the query string.
    pub path: String,
    /// Headers in their order, names as sent.
    pub headers: Vec<(String, String)>,
    /// The body, empty for GET.
    pub body: Vec<u8>,
    /// When its head was read.
    pub at: Instant,
    /// Which connection it came on, counted from 1.
    pub connection: u64,
    pub(crate) sent: Arc<AtomicU64>,
}

impl Recorded {
    /// The value of a header, its name in any case; the first where there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// How many bytes of the answer's body went out so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn wants_close(&self) -> bool {
        self.header("Connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Reads the next request of a connection; `None` when the client is done. `buffer` holds what was read too far.
pub(crate) async fn read(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    connection: u64,
) -> io::Result<Option<Recorded>> {
    const LONGEST_HEAD: usize = 1 << 20;
    let head_len = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if buffer.len() > LONGEST_HEAD {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a request head of more than 1 MiB",
            ));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head: Vec<u8> = buffer.drain(..head_len).collect();
    let mut request = parse_head(&String::from_utf8_lossy(&head), connection)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP request"))?;
    let body_len = request
        .header("Content-Length")
        .and_then(|len| len.parse().ok())
        .unwrap_or(0);
    while buffer.len() < body_len {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    request.body = buffer.drain(..body_len).collect();
    Ok(Some(request))
}

fn parse_head(head: &str, connection: u64) -> Option<Recorded> {
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path, version) = (first.next()?, first.next()?, first.next()?);
    if !version.starts_with("HTTP/1.") || first.next().is_some() {
        return None;
    }
    let headers = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            line.split_once(':')
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Recorded {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: Vec::new(),
        at: Instant::now(),
        connection,
        sent: Arc::default(),
    })
}
