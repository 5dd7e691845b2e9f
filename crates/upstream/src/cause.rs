//! What an error of the HTTP client means here.

use std::error::Error;
use std::io;

use crate::client::Way;
use crate::resolver::OnlyPrivate;
use crate::retry::{Again, Failure};
use crate::{Deadlines, RedirectRefusal, Stage, Step, UpstreamError, text};

/// Reads an error from before the head of an answer that was to come this way.
pub(crate) fn before_head(error: &reqwest::Error, way: Way, limits: &Deadlines) -> Failure {
    if find::<OnlyPrivate>(error).is_some() {
        return Failure::last(UpstreamError::Redirect {
            reason: RedirectRefusal::Private,
        });
    }
    let io_kind = find::<io::Error>(error).map(io::Error::kind);
    let unreachable = |step, again| Failure {
        error: UpstreamError::Unreachable {
            step,
            cause: cause(error),
        },
        again,
    };
    // Also after the handshake: only then a server says that it wants a client certificate (RFC 8446, section 4.4.2.4).
    if find::<rustls::Error>(error).is_some() {
        return unreachable(Step::Tls, Again::No);
    }
    if error.is_connect() {
        // Behind an HTTP proxy this machine looks up and reaches nothing but the proxy.
        let (name, connect) = match way {
            Way::Proxied => (Step::Proxy, Step::Proxy),
            Way::Straight | Way::Public => (Step::Name, Step::Connect),
        };
        return if error.is_dns() {
            unreachable(name, Again::No)
        } else if error.is_timeout() {
            Failure::last(UpstreamError::Timeout {
                stage: Stage::Connect,
                after: limits.connect,
            })
        } else if io_kind == Some(io::ErrorKind::ConnectionRefused) {
            unreachable(connect, Again::Once)
        } else if io_kind.is_some_and(is_reset) {
            unreachable(connect, Again::Yes)
        } else {
            unreachable(connect, Again::No)
        };
    }
    let parse = find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse);
    Failure {
        error: broken(error),
        again: if parse || error.is_builder() {
            Again::No
        } else {
            Again::Yes
        },
    }
}

/// Reads an error from within a body.
pub(crate) fn broken(error: &reqwest::Error) -> UpstreamError {
    UpstreamError::Broken {
        cause: cause(error),
    }
}

fn is_reset(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof,
    };
    matches!(
        kind,
        ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected | UnexpectedEof
    )
}

/// The innermost text, which is the system's own; those around it repeat it or, at the outermost, hold the URL.
fn cause(error: &reqwest::Error) -> String {
    let innermost = chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default();
    text::clean(innermost.as_bytes(), &[])
}

/// The causes of an error, those inside of `io::Error` too.
fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let within = |error: &'a (dyn Error + 'static)| {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        inner
            .map(|inner| inner as &(dyn Error + 'static))
            .or_else(|| error.source())
    };
    std::iter::successors(error.source(), move |error| within(*error))
}

fn find<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}
