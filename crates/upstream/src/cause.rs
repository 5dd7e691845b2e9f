//! What an error of the HTTP client means here.

use std::error::Error;
use std::io;

use crate::resolver::OnlyPrivate;
use crate::retry::{Again, Failure};
use crate::{Deadlines, RedirectRefusal, Stage, Step, UpstreamError, text};

/// Reads an error from before the head of an answer.
pub(crate) fn before_head(error: &reqwest::Error, limits: &Deadlines) -> Failure {
    if find::<OnlyPrivate>(error).is_some() {
        return Failure::last(UpstreamError::Redirect {
            reason: RedirectRefusal::Private,
        });
    }
    let io_kind = find::<io::Error>(error).map(io::Error::kind);
    if error.is_connect() {
        let unreachable = |step, again| Failure {
            error: UpstreamError::Unreachable {
                step,
                cause: cause(error),
            },
            again,
        };
        return if error.is_dns() {
            unreachable(Step::Name, Again::No)
        } else if find::<rustls::Error>(error).is_some() {
            unreachable(Step::Tls, Again::No)
        } else if error.is_timeout() {
            Failure::last(UpstreamError::Timeout {
                stage: Stage::Connect,
                after: limits.connect,
            })
        } else if io_kind == Some(io::ErrorKind::ConnectionRefused) {
            unreachable(Step::Connect, Again::Once)
        } else if io_kind.is_some_and(is_reset) {
            unreachable(Step::Connect, Again::Yes)
        } else {
            unreachable(Step::Connect, Again::No)
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
