//! A connection's bytes, with the deadlines of a client that sends nothing, half a head, or takes nothing.
//!
//! hyper's own deadline for a head runs on idle connections too, and costs a timer for each request. Here is one lazy
//! timer a connection: it is set anew only when it fires, or when an earlier deadline comes up.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::deadlines::Deadlines;
use crate::pulse::Pulse;

/// A client's connection.
pub(crate) struct Stream {
    tcp: TokioIo<TcpStream>,
    pulse: Arc<Pulse>,
    head: Duration,
    idle: Duration,
    stalled: Duration,
    /// The pulse when it was last looked at.
    beats: u32,
    /// When something last happened.
    active: Instant,
    /// When the head that is being read began to come.
    head_since: Option<Instant>,
    /// Since when the client takes nothing.
    stalled_since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
    /// Read before the connection was put to rest, and not looked at yet.
    left_over: Bytes,
    /// Nothing was ever read from it.
    is_new: bool,
}

impl Stream {
    pub(crate) fn new(tcp: TcpStream, pulse: Arc<Pulse>, deadlines: &Deadlines) -> Self {
        Self {
            tcp: TokioIo::new(tcp),
            beats: pulse.beats(),
            pulse,
            head: deadlines.head,
            idle: deadlines.idle,
            stalled: deadlines.stalled,
            active: Instant::now(),
            head_since: None,
            stalled_since: None,
            alarm: None,
            left_over: Bytes::new(),
            is_new: true,
        }
    }

    /// Puts the connection to rest, with what has been read and not looked at.
    pub(crate) fn resting(mut self, left_over: Bytes) -> Self {
        self.left_over = left_over;
        self
    }

    /// Waits at rest for the next byte, or the client's end; false where it stays away for too long.
    pub(crate) async fn wakes(&mut self) -> bool {
        poll_fn(|cx| {
            if !self.left_over.is_empty() || self.has_news(cx) {
                return Poll::Ready(true);
            }
            match self.has_passed(self.active + self.idle, cx) {
                true => Poll::Ready(false),
                false => Poll::Pending,
            }
        })
        .await
    }

    /// Whether bytes have come, or the end. A new socket counts as ready until it was asked once, so that it is asked:
    /// a connection that says nothing is not worth HTTP's buffers.
    fn has_news(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.is_new {
            return self.tcp.inner().poll_read_ready(cx).is_ready();
        }
        let mut one = [MaybeUninit::uninit(); 1];
        let has_news = self
            .tcp
            .inner()
            .poll_peek(cx, &mut ReadBuf::uninit(&mut one));
        self.is_new = has_news.is_pending();
        has_news.is_ready()
    }

    /// Tells the connection whether something in between two requests waits.
    fn tell(&self) {
        let busy = self.head_since.is_some() || self.stalled_since.is_some();
        self.pulse.set_busy(busy);
    }

    /// Forgets what belonged to an earlier request.
    fn look(&mut self) {
        let beats = self.pulse.beats();
        if beats != self.beats {
            self.beats = beats;
            self.head_since = None;
            self.tell();
        }
    }

    fn is_under_way(&self) -> bool {
        !self.beats.is_multiple_of(2)
    }

    /// Bytes have come.
    fn heard(&mut self) {
        self.look();
        self.active = Instant::now();
        if !self.is_under_way() {
            self.head_since.get_or_insert(self.active);
        }
        self.tell();
    }

    /// Nothing came: whether that has lasted too long. Also keeps the timer set, for hyper may not read again before
    /// the request under way has ended.
    fn is_silent_too_long(&mut self, cx: &mut Context<'_>) -> bool {
        self.look();
        let deadline = match self.head_since {
            _ if self.is_under_way() => Instant::now() + self.idle,
            Some(since) => since + self.head,
            None => self.active + self.idle,
        };
        self.has_passed(deadline, cx)
    }

    /// Nothing was taken: whether that has lasted too long.
    fn is_stalled_too_long(&mut self, cx: &mut Context<'_>) -> bool {
        let since = *self.stalled_since.get_or_insert_with(Instant::now);
        self.tell();
        self.has_passed(since + self.stalled, cx)
    }

    /// Whether the deadline has passed; if not, this task is woken by then.
    fn has_passed(&mut self, deadline: Instant, cx: &mut Context<'_>) -> bool {
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if alarm.deadline() > deadline {
            alarm.as_mut().reset(deadline);
        }
        while alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= deadline {
                return true;
            }
            alarm.as_mut().reset(deadline);
        }
        false
    }

    fn written(
        &mut self,
        result: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if result.is_ready() {
            self.active = Instant::now();
            if self.stalled_since.take().is_some() {
                self.tell();
            }
        } else if self.is_stalled_too_long(cx) {
            return Poll::Ready(Err(io::Error::new(
                ErrorKind::TimedOut,
                "the client takes nothing",
            )));
        }
        result
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.pulse.is_over() {
            // For hyper the client has left: half a head holds up no clean end.
            return Poll::Ready(Ok(()));
        }
        if !self.left_over.is_empty() {
            let taken = self.left_over.len().min(buf.remaining());
            buf.put_slice(&self.left_over.split_to(taken));
            self.heard();
            return Poll::Ready(Ok(()));
        }
        let result = Pin::new(&mut self.tcp).poll_read(cx, buf);
        if result.is_ready() {
            self.heard();
        } else if self.is_silent_too_long(cx) {
            return Poll::Ready(Err(io::Error::new(
                ErrorKind::TimedOut,
                "the client sends nothing more",
            )));
        }
        result
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.written(result, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write_vectored(cx, bytes);
        self.written(result, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.pulse.is_cut()
            && let Err(error) = self.tcp.inner().set_zero_linger()
        {
            tracing::debug!("a failed body could not be marked as such: {error}");
        }
    }
}
