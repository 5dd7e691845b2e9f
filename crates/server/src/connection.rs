//! The life of one connection: HTTP/1.1 over its bytes, until the client leaves, a deadline passes or the end is asked for.

use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::deadlines::Deadlines;
use crate::pulse::Pulse;
use crate::site::{Site, Visit};
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
pub(crate) async fn serve(
    http: &http1::Builder,
    tcp: TcpStream,
    site: Arc<Site>,
    stop: &CancellationToken,
    deadlines: &Deadlines,
) {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!("a connection has no TCP_NODELAY: {error}");
    }
    let pulse = Arc::<Pulse>::default();
    let stream = Stream::new(tcp, Arc::clone(&pulse), deadlines);
    let visit = Visit {
        site,
        pulse: Arc::clone(&pulse),
    };
    let mut connection = pin!(http.serve_connection(stream, visit));
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            pulse.end();
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(deadlines.grace, connection).await {
                Ok(ended) => ended,
                Err(_) => return tracing::warn!("a request was still under way after {} s; its connection is cut", deadlines.grace.as_secs()),
            }
        }
    };
    if let Err(error) = ended {
        // Clients leave as they like; what matters is in the activity log.
        tracing::debug!("a connection ended: {error}");
    }
}
