//! A body on its way to a client: bytes at hand, a file, a flight's growing file, or an upstream's own stream.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::error::DeliveryError;
use crate::event::{Outcome, Tally};

/// How much of a file is in memory at once for one reader, in bytes.
pub(crate) const CHUNK: u64 = 64 * 1024;

/// A body: small ones whole, others as a stream whose memory is bounded by one chunk.
pub enum Body {
    /// All of it.
    Bytes(Bytes),
    /// Piece by piece; an error means that the body must be ended short, so that nobody takes it for whole.
    Stream(BoxStream<'static, Result<Bytes, BodyError>>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Body::Bytes({})", bytes.len()),
            Self::Stream(_) => f.write_str("Body::Stream"),
        }
    }
}

/// Why a body ends short.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BodyError {
    /// The flight failed.
    #[error("{0}")]
    Delivery(#[from] DeliveryError),
    /// The upstream's own body broke off.
    #[error("{0}")]
    Upstream(Arc<upstream::UpstreamError>),
}

impl Body {
    /// A whole file, read as the client takes it.
    pub(crate) fn of_file(file: Arc<File>, length: u64) -> Self {
        Self::of_range(file, 0, length)
    }

    /// The bytes `from..until` of a file, read as the client takes it.
    pub(crate) fn of_range(file: Arc<File>, from: u64, until: u64) -> Self {
        let chunks = stream::try_unfold(from, move |at| {
            let file = Arc::clone(&file);
            async move {
                if at >= until {
                    return Ok(None);
                }
                let bytes = read_at(file, at, CHUNK.min(until - at)).await?;
                let next = at + bytes.len() as u64;
                Ok(Some((bytes, next)))
            }
        });
        Self::Stream(chunks.boxed())
    }

    /// Counts what the client takes, and tells of the end.
    pub(crate) fn counted(self, mut tally: Tally) -> Self {
        match self {
            Self::Bytes(bytes) => {
                tally.bytes(bytes.len() as u64);
                tally.end(Outcome::Delivered, None);
                Self::Bytes(bytes)
            }
            Self::Stream(chunks) => {
                let counted = stream::unfold(
                    (chunks, Some(tally)),
                    |(mut chunks, mut tally)| async move {
                        // Once it has ended, the tally is gone and so is the stream.
                        tally.as_ref()?;
                        let item = chunks.next().await;
                        match (&item, &mut tally) {
                            (Some(Ok(bytes)), Some(tally)) => tally.bytes(bytes.len() as u64),
                            (Some(Err(error)), Some(told)) => {
                                match error {
                                    BodyError::Delivery(error) => told.fail(error),
                                    BodyError::Upstream(error) => {
                                        told.end(Outcome::Failed, Some(error.to_string()));
                                    }
                                }
                                tally = None;
                            }
                            (None, Some(told)) => told.end(Outcome::Delivered, None),
                            (_, None) => {}
                        }
                        item.map(|item| (item, (chunks, tally)))
                    },
                );
                Self::Stream(counted.boxed())
            }
        }
    }
}

/// Reads up to `length` bytes of a file at `at`, off the runtime. Never returns fewer than one.
pub(crate) async fn read_at(file: Arc<File>, at: u64, length: u64) -> Result<Bytes, DeliveryError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut buffer = BytesMut::zeroed(usize::try_from(length).unwrap_or(usize::MAX));
        let read = file.read_at(&mut buffer, at)?;
        if read == 0 {
            return Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "it is shorter than when it was opened",
            ));
        }
        buffer.truncate(read);
        Ok(buffer.freeze())
    });
    match read.await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(DeliveryError::Read(Arc::new(error))),
        Err(_) => Err(DeliveryError::Stopping),
    }
}
