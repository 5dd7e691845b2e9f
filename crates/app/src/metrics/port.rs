//! How it is with the port of the metrics.

use std::net::SocketAddr;

/// How it is with the port of the metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MetricsPort {
    /// Nobody listens.
    #[default]
    Closed,
    /// They are served there.
    Open(SocketAddr),
    /// They were to be served there.
    Refused {
        /// Where.
        at: SocketAddr,
        /// Why they are not.
        why: String,
    },
}

impl MetricsPort {
    /// What a person should know, a sentence.
    pub(crate) fn trouble(&self) -> Option<String> {
        match self {
            Self::Closed | Self::Open(_) => None,
            Self::Refused { at, why } => Some(format!(
                "the metrics are not served at {at}: {why}; choose another port: larder metrics on --port N"
            )),
        }
    }

    /// Whether it is as wanted, or can't be.
    pub(crate) fn is_settled(&self, wanted: Option<SocketAddr>) -> bool {
        match self {
            Self::Closed => wanted.is_none(),
            Self::Open(at) | Self::Refused { at, .. } => wanted == Some(*at),
        }
    }
}
