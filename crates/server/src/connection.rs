//! The life of one connection: HTTP/1.1 over its bytes, until the client leaves, a deadline passes or the end is asked for.
//!
//! `go` keeps connections open that it seldom uses, and HTTP keeps some 16 KiB of buffers for each. So a connection rests
//! between two requests: once an answer is out and nothing more has come, its HTTP state is dropped, and only the socket
//! is waited for. The next byte begins HTTP anew. What thousands of connections cost is then what is under way on them.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::server::conn::http1;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::deadlines::Deadlines;
use crate::pulse::Pulse;
use crate::site::{Answers, Visit};
use crate::stream::Stream;

/// How much of a request's head is read, and how much of an answer is gathered, in bytes.
const BUFFER: usize = 16 * 1024;

/// HTTP as it is spoken on loopback: `go` speaks HTTP/1.1 to a plain http proxy.
pub(crate) fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    // The deadlines are Stream's.
    http.max_buf_size(BUFFER).header_read_timeout(None);
    http
}

/// Serves one connection to its end.
pub(crate) async fn serve<S: Answers>(
    http: &http1::Builder,
    tcp: TcpStream,
    site: Arc<S>,
    stop: &CancellationToken,
    deadlines: &Deadlines,
) {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!("a connection has no TCP_NODELAY: {error}");
    }
    let pulse = Arc::<Pulse>::default();
    let mut resting = Stream::new(tcp, Arc::clone(&pulse), deadlines);
    loop {
        tokio::select! {
            woken = resting.wakes() => if !woken { return },
            () = stop.cancelled() => return,
        }
        let visit = Visit {
            site: Arc::clone(&site),
            pulse: Arc::clone(&pulse),
        };
        // In a box of its own: at rest a connection's task is to be small, and HTTP's state is some KiB.
        let attending = Box::pin(attend(http, resting, visit, stop, deadlines));
        match attending.await {
            Some(quiet) => resting = quiet,
            None => return,
        }
    }
}

/// Speaks HTTP until the connection is quiet, and gives it back; or until its end.
async fn attend<S: Answers>(
    http: &http1::Builder,
    stream: Stream,
    visit: Visit<S>,
    stop: &CancellationToken,
    deadlines: &Deadlines,
) -> Option<Stream> {
    let pulse = Arc::clone(&visit.pulse);
    let before = pulse.beats();
    let mut connection = http.serve_connection(stream, visit);
    let until_quiet = poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if pulse.beats() != before && pulse.is_quiet() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    let ended = tokio::select! {
        biased;
        ended = until_quiet => match ended {
            Some(ended) => ended,
            None => {
                let parts = connection.into_parts();
                return Some(parts.io.resting(parts.read_buf));
            }
        },
        () = stop.cancelled() => {
            pulse.end();
            Pin::new(&mut connection).graceful_shutdown();
            match timeout(deadlines.grace, connection).await {
                Ok(ended) => ended,
                Err(_) => {
                    tracing::warn!("a request was still under way after {} s; its connection is cut", deadlines.grace.as_secs());
                    return None;
                }
            }
        }
    };
    if let Err(error) = ended {
        // Clients leave as they like; what matters is in the activity log.
        tracing::debug!("a connection ended: {error}");
    }
    None
}
