//! What the fake does with a request: one answer, and what befalls it on the way.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;

use super::Gate;

/// How one request is answered. Starts as an answer ([`Behaviour::normal`], [`Behaviour::status`], …) and is
/// then given its faults; faults combine, at most one of each kind except delays and gates.
///
/// ```
/// # use std::time::Duration;
/// # use test_support::Behaviour;
/// Behaviour::normal().delay_head(Duration::from_millis(50)).truncate_after(1000);
/// Behaviour::status(503, "busy").header("Retry-After", "1");
/// ```
#[derive(Clone)]
pub struct Behaviour {
    pub(crate) answer: Answer,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) framing: Framing,
    /// Added to the true length in `Content-Length`.
    pub(crate) length_lie: i64,
    pub(crate) corrupt_at: Option<usize>,
    pub(crate) etag: Option<Tag>,
    pub(crate) last_modified: Option<String>,
    pub(crate) ranges: bool,
    pub(crate) bytes_per_second: Option<u64>,
    pub(crate) events: Vec<(Point, Event)>,
}

/// Where the answer comes from.
#[derive(Clone)]
pub(crate) enum Answer {
    /// What the proxy has for this path.
    Normal,
    Whole {
        status: u16,
        content_type: String,
        body: Bytes,
    },
    EndlessBody,
    EndlessHeaders,
    /// These bytes instead of any HTTP, then the end.
    Raw(Bytes),
}

/// How the end of the body is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length,
    Chunked,
    UntilClose,
}

#[derive(Clone)]
pub(crate) enum Tag {
    /// The SHA-256 of the body.
    OfBody,
    Fixed(String),
}

/// A place in the answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Point {
    BeforeHead,
    /// After half of the head's bytes.
    InHead,
    /// After so many bytes of the body, or at its end where it is shorter.
    Body(usize),
}

/// What happens at a place in the answer.
#[derive(Clone)]
pub(crate) enum Event {
    Delay(Duration),
    Hold(Gate),
    /// The connection ends in good order, as when a server process goes away.
    Close,
    /// The connection is reset.
    Reset,
}

impl Behaviour {
    /// What the proxy has for the path, 404 with a line of text for what it does not have.
    pub fn normal() -> Self {
        Self::answering(Answer::Normal)
    }

    /// A status with a line of plain text.
    pub fn status(status: u16, text: &str) -> Self {
        Self::body(status, "text/plain; charset=utf-8", text.to_owned())
    }

    /// A status with any body.
    pub fn body(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::answering(Answer::Whole {
            status,
            content_type: content_type.to_owned(),
            body: body.into(),
        })
    }

    /// 200 with a page for people, as a captive portal or a login page sends it.
    pub fn html() -> Self {
        Self::body(
            200,
            "text/html; charset=utf-8",
            "<!DOCTYPE html>\n<html><title>Sign in</title><body>Sign in to go on.</body></html>\n",
        )
    }

    /// A redirect (`status` 301, 302, 303, 307 or 308) to an absolute or relative URL.
    pub fn redirect(to: &str, status: u16) -> Self {
        Self::status(status, "over there").header("Location", to)
    }

    /// 200 and a chunked body of zero bytes that never ends.
    pub fn endless_body() -> Self {
        Self::answering(Answer::EndlessBody).chunked()
    }

    /// 200 and header lines that never end.
    pub fn endless_headers() -> Self {
        Self::answering(Answer::EndlessHeaders)
    }

    /// Exactly these bytes in place of an HTTP answer, then the connection ends.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self::answering(Answer::Raw(bytes.into()))
    }

    /// The connection is reset before a byte of the answer.
    pub fn reset_before_head() -> Self {
        Self::normal().at(Point::BeforeHead, Event::Reset)
    }

    /// The connection is reset after half of the head.
    pub fn reset_in_head() -> Self {
        Self::normal().at(Point::InHead, Event::Reset)
    }

    /// The connection ends, in good order but without a byte of the answer.
    pub fn close_before_head() -> Self {
        Self::normal().at(Point::BeforeHead, Event::Close)
    }

    fn answering(answer: Answer) -> Self {
        Self {
            answer,
            headers: Vec::new(),
            framing: Framing::Length,
            length_lie: 0,
            corrupt_at: None,
            etag: None,
            last_modified: None,
            ranges: false,
            bytes_per_second: None,
            events: Vec::new(),
        }
    }

    /// The connection is reset after `bytes` of the body.
    #[must_use]
    pub fn reset_after(self, bytes: usize) -> Self {
        self.at(Point::Body(bytes), Event::Reset)
    }

    /// The connection ends after `bytes` of the body; `Content-Length` still promises all of it. A chunked body
    /// ends without its last chunk.
    #[must_use]
    pub fn truncate_after(self, bytes: usize) -> Self {
        self.at(Point::Body(bytes), Event::Close)
    }

    /// Silence before the head.
    #[must_use]
    pub fn delay_head(self, delay: Duration) -> Self {
        self.at(Point::BeforeHead, Event::Delay(delay))
    }

    /// Silence after half of the head.
    #[must_use]
    pub fn delay_in_head(self, delay: Duration) -> Self {
        self.at(Point::InHead, Event::Delay(delay))
    }

    /// Silence after `bytes` of the body.
    #[must_use]
    pub fn delay_body(self, bytes: usize, delay: Duration) -> Self {
        self.at(Point::Body(bytes), Event::Delay(delay))
    }

    /// Holds the answer before its head until the gate opens.
    #[must_use]
    pub fn gate(self, gate: &Gate) -> Self {
        self.at(Point::BeforeHead, Event::Hold(gate.clone()))
    }

    /// Holds the answer after `bytes` of the body until the gate opens.
    #[must_use]
    pub fn gate_body(self, bytes: usize, gate: &Gate) -> Self {
        self.at(Point::Body(bytes), Event::Hold(gate.clone()))
    }

    /// `Content-Length` promises `by` bytes more than come; then the connection ends.
    #[must_use]
    pub fn length_too_long(mut self, by: u32) -> Self {
        self.length_lie = i64::from(by);
        self
    }

    /// `Content-Length` promises `by` bytes fewer than come; then the connection ends.
    #[must_use]
    pub fn length_too_short(mut self, by: u32) -> Self {
        self.length_lie = -i64::from(by);
        self
    }

    /// Chunked, without a `Content-Length`.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    /// Neither length nor chunks: the end of the connection is the end of the body.
    #[must_use]
    pub fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self
    }

    /// Flips all bits of one byte of the body: the one at `at`, or the last.
    #[must_use]
    pub fn corrupt(mut self, at: usize) -> Self {
        self.corrupt_at = Some(at);
        self
    }

    /// Sends at most so many bytes of the body a second.
    #[must_use]
    pub fn throttle(mut self, bytes_per_second: u64) -> Self {
        assert!(
            bytes_per_second > 0,
            "use delay_body or gate_body for a body that stands still"
        );
        self.bytes_per_second = Some(bytes_per_second);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends an `ETag` made from the body, and 304 to an `If-None-Match` that has it.
    #[must_use]
    pub fn etag(mut self) -> Self {
        self.etag = Some(Tag::OfBody);
        self
    }

    /// Sends this `ETag` (with its quotes) whatever the body, and 304 to an `If-None-Match` that has it.
    #[must_use]
    pub fn fixed_etag(mut self, tag: &str) -> Self {
        self.etag = Some(Tag::Fixed(tag.to_owned()));
        self
    }

    /// Sends this `Last-Modified`, and 304 to an `If-Modified-Since` that says the same (where no
    /// `If-None-Match` came too).
    #[must_use]
    pub fn last_modified(mut self, date: &str) -> Self {
        self.last_modified = Some(date.to_owned());
        self
    }

    /// Answers `Range: bytes=N-` and `bytes=N-M` with 206, or 416; an `If-Range` must match the `ETag`. Without
    /// this a `Range` is ignored, as many proxies do.
    #[must_use]
    pub fn ranges(mut self) -> Self {
        self.ranges = true;
        self
    }

    fn at(mut self, point: Point, event: Event) -> Self {
        self.events.push((point, event));
        self
    }
}

/// Behaviours to go through, one a request.
#[derive(Clone)]
pub struct Script {
    queue: VecDeque<Behaviour>,
    cycle: bool,
}

impl Script {
    /// One after the other; the last one stays.
    pub fn new(behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        let queue: VecDeque<_> = behaviours.into_iter().collect();
        assert!(!queue.is_empty(), "a script needs at least one behaviour");
        Self {
            queue,
            cycle: false,
        }
    }

    /// One after the other, then from the first again.
    pub fn cycle(behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        Self {
            cycle: true,
            ..Self::new(behaviours)
        }
    }

    pub(crate) fn next(&mut self) -> Behaviour {
        let next = self
            .queue
            .front()
            .cloned()
            .expect("never empty: checked by new");
        if self.cycle {
            self.queue.rotate_left(1);
        } else if self.queue.len() > 1 {
            self.queue.pop_front();
        }
        next
    }
}

impl From<Behaviour> for Script {
    fn from(behaviour: Behaviour) -> Self {
        Self::new([behaviour])
    }
}

impl<const N: usize> From<[Behaviour; N]> for Script {
    fn from(behaviours: [Behaviour; N]) -> Self {
        Self::new(behaviours)
    }
}

impl From<Vec<Behaviour>> for Script {
    fn from(behaviours: Vec<Behaviour>) -> Self {
        Self::new(behaviours)
    }
}
