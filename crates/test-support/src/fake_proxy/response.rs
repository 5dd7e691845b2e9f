//! One answer going out, with all that befalls it: written to the bare socket, so that a fault is a real one.

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{Instant, sleep, sleep_until},
};

use super::{
    Recorded,
    behaviour::{Answer, Behaviour, Event, Framing, Point, Tag},
    catalogue::Found,
};
use crate::h1;

/// Bytes of the body that go out at once; one chunk where the body is chunked.
const SLICE: usize = 16 << 10;

/// A response made up and ready to go out.
struct Response {
    head: Vec<u8>,
    body: Body,
    framing: Framing,
    /// The connection cannot serve another request after this.
    close: bool,
}

enum Body {
    None,
    Bytes(Bytes),
    Endless,
}

impl Body {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Bytes(bytes) => bytes.len(),
            Self::Endless => usize::MAX,
        }
    }
}

/// Sends the answer to `request`. `Ok(true)` when the connection may go on; an error ends it, and is how both a
/// told fault and a client that left come out.
pub(crate) async fn send(
    stream: &mut TcpStream,
    request: &Recorded,
    behaviour: &Behaviour,
    found: impl FnOnce() -> Found,
) -> io::Result<bool> {
    let mut events = behaviour.events.clone();
    events.sort_by_key(|(point, _)| *point);
    let mut sender = Sender {
        stream,
        events: events.into_iter().peekable(),
        sent: &request.sent,
    };
    sender.play_until(Point::BeforeHead).await?;
    let response = match &behaviour.answer {
        Answer::EndlessHeaders => return sender.endless_headers().await,
        Answer::Raw(bytes) => {
            sender.stream.write_all(bytes).await?;
            return sender.close().await;
        }
        // Looked up after a delay or gate, so that it is what the proxy has when it answers.
        Answer::Normal => respond(request, behaviour, found()),
        Answer::Whole {
            status,
            content_type,
            body,
        } => {
            let found = Found {
                status: *status,
                content_type: content_type.clone(),
                body: body.clone(),
            };
            respond(request, behaviour, found)
        }
        Answer::EndlessBody => {
            let headers = head_lines(behaviour, "application/octet-stream");
            Response::new(200, headers, Body::Endless, behaviour, request)
        }
    };
    sender.head(&response.head).await?;
    sender.body(&response, behaviour.bytes_per_second).await?;
    if response.close || request.wants_close() {
        sender.close().await
    } else {
        Ok(true)
    }
}

/// Applies what is about content: damage, validators, ranges.
fn respond(request: &Recorded, behaviour: &Behaviour, found: Found) -> Response {
    let mut headers = head_lines(behaviour, &found.content_type);
    let mut status = found.status;
    let mut body = found.body;
    let etag = behaviour.etag.as_ref().map(|tag| match tag {
        Tag::OfBody => format!("\"{}\"", &h1::hex_of(&body)[..32]),
        Tag::Fixed(tag) => tag.clone(),
    });
    if status == 200 {
        headers.extend(etag.iter().map(|tag| ("ETag".to_owned(), tag.clone())));
        headers.extend(
            behaviour
                .last_modified
                .iter()
                .map(|date| ("Last-Modified".to_owned(), date.clone())),
        );
        if not_modified(request, etag.as_deref(), behaviour.last_modified.as_deref()) {
            return Response::new(304, headers, Body::None, behaviour, request);
        }
        if behaviour.ranges {
            headers.push(("Accept-Ranges".to_owned(), "bytes".to_owned()));
            let whole = body.len();
            match asked_range(request, etag.as_deref(), whole) {
                None => {}
                Some(Some((from, to))) => {
                    status = 206;
                    headers.push((
                        "Content-Range".to_owned(),
                        format!("bytes {from}-{}/{whole}", to - 1),
                    ));
                    body = body.slice(from..to);
                }
                Some(None) => {
                    status = 416;
                    headers.push(("Content-Range".to_owned(), format!("bytes */{whole}")));
                    body = Bytes::new();
                }
            }
        }
    }
    if let Some(at) = behaviour.corrupt_at
        && !body.is_empty()
    {
        let mut damaged = body.to_vec();
        let at = at.min(damaged.len() - 1);
        damaged[at] ^= 0xff;
        body = damaged.into();
    }
    Response::new(status, headers, Body::Bytes(body), behaviour, request)
}

fn head_lines(behaviour: &Behaviour, content_type: &str) -> Vec<(String, String)> {
    let given = behaviour
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
    let own = (!given).then(|| ("Content-Type".to_owned(), content_type.to_owned()));
    own.into_iter()
        .chain(behaviour.headers.iter().cloned())
        .collect()
}

fn not_modified(request: &Recorded, etag: Option<&str>, last_modified: Option<&str>) -> bool {
    match request.header("If-None-Match") {
        Some(asked) => etag.is_some_and(|tag| asked.split(',').any(|one| one.trim() == tag)),
        None => last_modified.is_some() && request.header("If-Modified-Since") == last_modified,
    }
}

/// `None`: no range applies. `Some(None)`: it cannot be satisfied. Else from (included) and to (excluded).
fn asked_range(
    request: &Recorded,
    etag: Option<&str>,
    len: usize,
) -> Option<Option<(usize, usize)>> {
    if request
        .header("If-Range")
        .is_some_and(|asked| Some(asked) != etag)
    {
        return None;
    }
    let (from, to) = request
        .header("Range")?
        .strip_prefix("bytes=")?
        .split_once('-')?;
    let from: usize = from.parse().ok()?;
    let to = if to.is_empty() {
        len
    } else {
        to.parse::<usize>().ok()?.saturating_add(1).min(len)
    };
    Some((from < to).then_some((from, to)))
}

impl Response {
    fn new(
        status: u16,
        headers: Vec<(String, String)>,
        body: Body,
        behaviour: &Behaviour,
        request: &Recorded,
    ) -> Self {
        let bodiless = status == 304 || status == 204;
        let mut close = behaviour.framing == Framing::UntilClose || behaviour.length_lie != 0;
        let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match (bodiless, behaviour.framing, &body) {
            (true, ..) => {}
            (false, Framing::Chunked, _) => head.push_str("Transfer-Encoding: chunked\r\n"),
            (false, Framing::Length, Body::None | Body::Bytes(_)) => {
                let told = i64::try_from(body.len()).expect("bodies fit") + behaviour.length_lie;
                head.push_str(&format!("Content-Length: {}\r\n", told.max(0)));
            }
            (false, Framing::UntilClose, _) | (false, Framing::Length, Body::Endless) => {
                close = true
            }
        }
        if close && behaviour.length_lie == 0 {
            head.push_str("Connection: close\r\n");
        }
        head.push_str("\r\n");
        let body = if bodiless || request.method == "HEAD" {
            Body::None
        } else {
            body
        };
        let framing = if matches!(body, Body::None) {
            Framing::Length
        } else {
            behaviour.framing
        };
        Self {
            head: head.into_bytes(),
            body,
            framing,
            close,
        }
    }
}

struct Sender<'a> {
    stream: &'a mut TcpStream,
    events: std::iter::Peekable<std::vec::IntoIter<(Point, Event)>>,
    sent: &'a AtomicU64,
}

impl Sender<'_> {
    /// Plays the events up to and at `point`.
    async fn play_until(&mut self, point: Point) -> io::Result<()> {
        while let Some((_, event)) = self.events.next_if(|(at, _)| *at <= point) {
            match event {
                Event::Delay(delay) => sleep(delay).await,
                Event::Hold(gate) => gate.pass().await,
                Event::Close => {
                    self.stream.shutdown().await?;
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                Event::Reset => {
                    // What was written is on its way to the client before the reset overtakes it.
                    sleep(Duration::from_millis(5)).await;
                    self.stream.set_zero_linger()?;
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
            }
        }
        Ok(())
    }

    async fn head(&mut self, head: &[u8]) -> io::Result<()> {
        let (first, rest) = head.split_at(head.len() / 2);
        let interrupted = self
            .events
            .peek()
            .is_some_and(|(at, _)| *at == Point::InHead);
        if interrupted {
            self.stream.write_all(first).await?;
            self.play_until(Point::InHead).await?;
            self.stream.write_all(rest).await
        } else {
            self.stream.write_all(head).await
        }
    }

    async fn body(&mut self, response: &Response, bytes_per_second: Option<u64>) -> io::Result<()> {
        static ZEROS: [u8; SLICE] = [0; SLICE];
        let len = response.body.len();
        // Some twenty slices a second, so that a throttled body flows rather than hops.
        let slice = bytes_per_second.map_or(SLICE, |rate| {
            usize::try_from(rate / 20).unwrap_or(SLICE).clamp(1, SLICE)
        });
        let started = Instant::now();
        let mut at = 0;
        loop {
            self.play_until(Point::Body(if at == len { usize::MAX } else { at }))
                .await?;
            if at == len {
                break;
            }
            let mut to = at.saturating_add(slice).min(len);
            if let Some((Point::Body(next), _)) = self.events.peek() {
                to = to.min(*next);
            }
            let piece = match &response.body {
                Body::None => &[],
                Body::Bytes(bytes) => &bytes[at..to],
                Body::Endless => &ZEROS[..to - at],
            };
            self.piece(piece, response.framing).await?;
            at = to;
            self.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if let Some(rate) = bytes_per_second {
                sleep_until(started + Duration::from_secs_f64(at as f64 / rate as f64)).await;
            }
        }
        if response.framing == Framing::Chunked {
            self.stream.write_all(b"0\r\n\r\n").await?;
        }
        Ok(())
    }

    async fn piece(&mut self, piece: &[u8], framing: Framing) -> io::Result<()> {
        if framing != Framing::Chunked {
            return self.stream.write_all(piece).await;
        }
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        self.stream.write_all(&chunk).await
    }

    async fn endless_headers(&mut self) -> io::Result<bool> {
        self.stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
        for n in 0_u64.. {
            let line = format!("X-Filler-{n}: {}\r\n", "x".repeat(200));
            self.stream.write_all(line.as_bytes()).await?;
        }
        Ok(false)
    }

    async fn close(&mut self) -> io::Result<bool> {
        self.stream.shutdown().await?;
        Ok(false)
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        410 => "Gone",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Whatever",
    }
}
