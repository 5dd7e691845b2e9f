//! An answer: its head, and a body that is counted as it goes out.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::body::Body;
use crate::event::{Kind, Outcome, Source, Tally};

/// For how long an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// For ever: a file of a canonical version.
    Immutable,
    /// For a while: a list, latest, a branch.
    Fresh(Duration),
    /// Not to be kept by others: the checksum database's answers depend on its newest head.
    Now,
}

/// An answer: its head, and a body that is counted as it goes out.
#[derive(Debug)]
pub struct Answer {
    /// What was asked.
    pub kind: Kind,
    /// Where it came from.
    pub source: Source,
    /// The body's length in bytes, where it is known before the end.
    pub length: Option<u64>,
    /// The SHA-256 of the body in hex, of what is committed.
    pub etag: Option<Arc<str>>,
    /// For how long it holds.
    pub lifetime: Lifetime,
    pub(crate) content: Content,
    pub(crate) tally: Tally,
}

/// Where the body is.
#[derive(Debug)]
pub(crate) enum Content {
    Small(Bytes),
    File(Arc<File>, u64),
    Stream(Body),
}

impl Answer {
    /// Whether parts of it can be asked for: only of what is committed.
    pub fn has_ranges(&self) -> bool {
        self.etag.is_some()
    }

    /// The whole body, to be handed to the client.
    pub fn into_body(self) -> Body {
        let body = match self.content {
            Content::Small(bytes) => Body::Bytes(bytes),
            Content::File(file, length) => Body::of_file(file, length),
            Content::Stream(body) => body,
        };
        body.counted(self.tally)
    }

    /// The bytes `from..until` of the body.
    pub fn into_range(self, from: u64, until: u64) -> Body {
        let body = match self.content {
            Content::Small(bytes) => {
                let end = usize::try_from(until)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                let start = usize::try_from(from).unwrap_or(usize::MAX).min(end);
                Body::Bytes(bytes.slice(start..end))
            }
            Content::File(file, length) => Body::of_range(file, from, until.min(length)),
            Content::Stream(body) => body,
        };
        body.counted(self.tally)
    }

    /// The client wants the head only (HEAD, or 304).
    pub fn without_body(mut self) {
        self.tally.end(Outcome::Delivered, None);
    }
}
