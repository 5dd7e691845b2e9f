//! A small blocking HTTP/1.1 client for tests that look at what really came: raw headers, and how a body ended.
//!
//! It follows no redirect, decodes no encoding, keeps no cookie and adds no header but `Host`.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

/// A reply as far as it came.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers in their order, names as sent.
    pub headers: Vec<(String, String)>,
    /// The body without its chunk framing, as much of it as came.
    pub body: Vec<u8>,
    /// How the body ended.
    pub ended: Ended,
}

/// How a body ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As its `Content-Length` or its last chunk said; also where there can be none.
    Complete,
    /// Neither length nor chunks: the connection closed, and nobody can tell whether that was all.
    AtClose,
    /// The connection closed this many bytes before `Content-Length`.
    Short {
        /// Bytes that did not come.
        missing: u64,
    },
    /// The connection closed without the last chunk.
    NoLastChunk,
    /// A chunk that is none.
    BadChunk,
    /// The connection was reset.
    Reset,
    /// Nothing more came until the deadline.
    Silent,
    /// The reader had enough ([`Request::at_most`]) and left.
    Left,
}

impl Reply {
    /// The value of a header, its name in any case; the first where there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Panics unless the status is 200 and the body came whole; gives the body.
    #[track_caller]
    pub fn whole(self) -> Vec<u8> {
        assert_eq!(self.status, 200, "{}", self.text());
        assert!(
            matches!(self.ended, Ended::Complete | Ended::AtClose),
            "the body ended {:?}",
            self.ended
        );
        self.body
    }
}

/// GETs a URL `http://host:port/path`; panics where no reply's head comes.
#[track_caller]
pub fn get(url: &str) -> Reply {
    Request::get(url)
        .send()
        .unwrap_or_else(|error| panic!("GET {url}: no reply came: {error}"))
}

/// A request to be sent on a connection of its own.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    addr: SocketAddr,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    limits: Limits,
}

/// How a reply is read.
#[derive(Clone, Copy, Debug)]
struct Limits {
    deadline: Duration,
    at_most: usize,
    /// So many bytes, then a pause.
    pace: Option<(usize, Duration)>,
}

impl Limits {
    const DEFAULT: Self = Self {
        deadline: Duration::from_secs(30),
        at_most: usize::MAX,
        pace: None,
    };
}

impl Request {
    /// A GET of `http://host:port/path`.
    pub fn get(url: &str) -> Self {
        Self::new("GET", url)
    }

    /// A request with any method.
    pub fn new(method: &str, url: &str) -> Self {
        let (host, target) = split_url(url);
        let addr = host.parse().unwrap_or_else(|_| {
            panic!("{url}: an address and a port are wanted, such as 127.0.0.1:80")
        });
        Self {
            method: method.to_owned(),
            addr,
            target,
            headers: vec![("Host".to_owned(), host)],
            body: Vec::new(),
            limits: Limits::DEFAULT,
        }
    }

    /// Adds a header; a `Host` replaces the one of the URL.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if name.eq_ignore_ascii_case("Host") {
            self.headers
                .retain(|(other, _)| !other.eq_ignore_ascii_case("Host"));
        }
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a body, with its `Content-Length`.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.headers
            .push(("Content-Length".to_owned(), self.body.len().to_string()));
        self
    }

    /// How long the whole reply may take; 30 seconds where not set.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = deadline;
        self
    }

    /// Leaves after so many bytes of the body.
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.limits.at_most = bytes;
        self
    }

    /// Reads `bytes` of the body at a time and pauses after each, as a client on a slow line.
    #[must_use]
    pub fn slowly(mut self, bytes: usize, pause: Duration) -> Self {
        self.limits.pace = Some((bytes.max(1), pause));
        self
    }

    /// Sends it and reads the reply.
    ///
    /// # Errors
    /// Where no whole head came: `UnexpectedEof` when the connection closed, `ConnectionReset`, `TimedOut`,
    /// `ConnectionRefused`, or `InvalidData` when it is no HTTP.
    pub fn send(&self) -> io::Result<Reply> {
        let mut connection = Connection::open(self.addr)?;
        connection.send(self)?;
        connection.reply_within(&self.method, self.limits)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// A connection that stays: for keep-alive, for requests that are none, and for half-read replies.
pub struct Connection {
    stream: TcpStream,
    /// Read from the socket and not yet consumed.
    buffer: Vec<u8>,
    until: Instant,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Where no connection comes about within 10 seconds.
    pub fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, Duration::from_secs(10))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
            until: Instant::now() + Limits::DEFAULT.deadline,
        })
    }

    /// Sends a request as it stands.
    ///
    /// # Errors
    /// Where the other side has gone.
    pub fn send(&mut self, request: &Request) -> io::Result<()> {
        self.write(&request.bytes())
    }

    /// Sends any bytes.
    ///
    /// # Errors
    /// Where the other side has gone.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more will be sent; replies can still be read.
    ///
    /// # Errors
    /// Where the other side has gone.
    pub fn finish_sending(&mut self) -> io::Result<()> {
        self.stream.shutdown(std::net::Shutdown::Write)
    }

    /// Reads the next reply, to a request with this method (a reply to HEAD has no body).
    ///
    /// # Errors
    /// As [`Request::send`].
    pub fn reply(&mut self, method: &str) -> io::Result<Reply> {
        self.reply_within(method, Limits::DEFAULT)
    }

    /// Reads only the head of the next reply: its body is then read with [`Connection::read`] or not at all.
    ///
    /// # Errors
    /// As [`Request::send`].
    pub fn head(&mut self) -> io::Result<Reply> {
        self.until = Instant::now() + Limits::DEFAULT.deadline;
        self.read_head()
    }

    /// Reads exactly `len` raw bytes, or fewer where the connection ends before.
    ///
    /// # Errors
    /// Where the connection is reset or silent.
    pub fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < len && self.fill()? > 0 {}
        Ok(self.buffer.drain(..len.min(self.buffer.len())).collect())
    }

    fn reply_within(&mut self, method: &str, limits: Limits) -> io::Result<Reply> {
        self.until = Instant::now() + limits.deadline;
        let mut reply = self.read_head()?;
        reply.ended = match self.read_body(method, &mut reply, limits) {
            Ok(ended) => ended,
            Err(error) => match error.kind() {
                ErrorKind::ConnectionReset
                | ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted => Ended::Reset,
                ErrorKind::TimedOut | ErrorKind::WouldBlock => Ended::Silent,
                ErrorKind::InvalidData => Ended::BadChunk,
                _ => return Err(error),
            },
        };
        Ok(reply)
    }

    fn read_head(&mut self) -> io::Result<Reply> {
        let mut head = Vec::new();
        loop {
            let line = self.read_line()?.ok_or(ErrorKind::UnexpectedEof)?;
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        let malformed = || {
            io::Error::new(
                ErrorKind::InvalidData,
                format!("no HTTP reply: {:?}", head.first()),
            )
        };
        let mut lines = head.iter();
        let status = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok())
            .ok_or_else(malformed)?;
        let headers = lines
            .map(|line| {
                line.split_once(':')
                    .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(malformed)?;
        Ok(Reply {
            status,
            headers,
            body: Vec::new(),
            ended: Ended::Left,
        })
    }

    fn read_body(&mut self, method: &str, reply: &mut Reply, limits: Limits) -> io::Result<Ended> {
        if method == "HEAD" || matches!(reply.status, 204 | 304) {
            return Ok(Ended::Complete);
        }
        if reply
            .header("Transfer-Encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
        {
            return self.read_chunks(&mut reply.body, limits);
        }
        let length = reply
            .header("Content-Length")
            .map(|value| value.parse::<usize>());
        let length = length
            .transpose()
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "Content-Length is no number"))?;
        let ended = self.read_into(&mut reply.body, length.unwrap_or(usize::MAX), limits)?;
        Ok(match (ended, length) {
            (Piece::Left, _) => Ended::Left,
            (Piece::Whole, _) => Ended::Complete,
            (Piece::Closed, None) => Ended::AtClose,
            (Piece::Closed, Some(length)) => Ended::Short {
                missing: (length - reply.body.len()) as u64,
            },
        })
    }

    fn read_chunks(&mut self, body: &mut Vec<u8>, limits: Limits) -> io::Result<Ended> {
        loop {
            let Some(line) = self.read_line()? else {
                return Ok(Ended::NoLastChunk);
            };
            let Ok(len) =
                usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16)
            else {
                return Ok(Ended::BadChunk);
            };
            if len == 0 {
                // Trailers, if any, up to the empty line.
                while let Some(line) = self.read_line()? {
                    if line.is_empty() {
                        return Ok(Ended::Complete);
                    }
                }
                return Ok(Ended::NoLastChunk);
            }
            match self.read_into(body, body.len() + len, limits)? {
                Piece::Whole => {}
                Piece::Closed => return Ok(Ended::NoLastChunk),
                Piece::Left => return Ok(Ended::Left),
            }
            match self.read_line()? {
                Some(line) if line.is_empty() => {}
                Some(_) => return Ok(Ended::BadChunk),
                None => return Ok(Ended::NoLastChunk),
            }
        }
    }

    /// Reads until `body` is `until` bytes long.
    fn read_into(&mut self, body: &mut Vec<u8>, until: usize, limits: Limits) -> io::Result<Piece> {
        loop {
            if body.len() >= limits.at_most {
                return Ok(Piece::Left);
            }
            let wanted = until.min(limits.at_most) - body.len();
            if wanted == 0 {
                return Ok(Piece::Whole);
            }
            if self.buffer.is_empty() && self.fill()? == 0 {
                return Ok(Piece::Closed);
            }
            let step = limits.pace.map_or(usize::MAX, |(bytes, _)| bytes);
            body.extend(self.buffer.drain(..wanted.min(self.buffer.len()).min(step)));
            if let Some((_, pause)) = limits.pace {
                thread::sleep(pause);
            }
        }
    }

    /// A line without its end; `None` when the connection closed before the end of one.
    fn read_line(&mut self) -> io::Result<Option<String>> {
        const LONGEST: usize = 1 << 20;
        loop {
            if let Some(at) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=at).collect();
                return Ok(Some(
                    String::from_utf8_lossy(&line)
                        .trim_end_matches(['\r', '\n'])
                        .to_owned(),
                ));
            }
            if self.buffer.len() > LONGEST {
                return Err(io::Error::new(
                    ErrorKind::InvalidData,
                    "a line of more than 1 MiB",
                ));
            }
            if self.fill()? == 0 {
                return Ok(None);
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut piece = [0; 16 << 10];
        let n = loop {
            match self.stream.read(&mut piece) {
                // A machine that was suspended says so; with a deadline set, the system does not go on by itself.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.buffer.extend_from_slice(&piece[..n]);
        Ok(n)
    }
}

enum Piece {
    Whole,
    Closed,
    Left,
}

/// `http://host:port/path` as `host:port` and `/path`.
fn split_url(url: &str) -> (String, String) {
    let rest = url
        .strip_prefix("http://")
        .unwrap_or_else(|| panic!("{url}: only plain http is spoken here"));
    match rest.find('/') {
        Some(at) => (rest[..at].to_owned(), rest[at..].to_owned()),
        None => (rest.to_owned(), "/".to_owned()),
    }
}
