//! The body of a reply: a stream that ends in time, within its limit, and at the length that was promised.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::pool::InUse;
use crate::{Deadlines, Stage, UpstreamError};

/// Where a body's bytes come from.
pub(crate) type Pieces = BoxStream<'static, Result<Bytes, UpstreamError>>;

/// How much of a file is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// The body of a [`Reply`](crate::Reply).
///
/// It ends with an error where the upstream falls silent, takes too long in all, sends more than the limit, or sends
/// more or less than it announced. After an error, or its end, it gives nothing more, and its connection is let go.
pub struct Body {
    pieces: Pieces,
    /// Bytes so far.
    seen: u64,
    /// Bytes announced.
    announced: Option<u64>,
    /// Bytes that may come.
    limit: u64,
    /// What an error names as the limit.
    cap: u64,
    idle: Duration,
    whole: Duration,
    until: Instant,
    /// Runs while the upstream is waited for; not while the reader takes its time.
    silence: Option<Pin<Box<Sleep>>>,
    waiting: bool,
    ended: bool,
    /// Hears how it ends.
    in_use: Option<InUse>,
}

impl Body {
    /// A body of `pieces`: `announced` bytes long where that is known, and never longer than `limit`, which is what is left
    /// of `cap`.
    pub(crate) fn new(
        pieces: Pieces,
        announced: Option<u64>,
        limit: u64,
        cap: u64,
        limits: &Deadlines,
    ) -> Self {
        Self {
            pieces,
            seen: 0,
            announced,
            limit,
            cap,
            idle: limits.idle,
            whole: limits.body,
            until: Instant::now() + limits.body,
            silence: None,
            waiting: false,
            ended: false,
            in_use: None,
        }
    }

    /// The node that it comes from hears how it ends.
    pub(crate) fn watch(&mut self, in_use: InUse) {
        self.in_use = Some(in_use);
    }

    /// Others could go on with it: it may be silent for so long only.
    pub(crate) fn be_impatient(&mut self, idle: Duration) {
        self.idle = self.idle.min(idle);
    }

    /// A body of nothing.
    pub(crate) fn empty(limits: &Deadlines) -> Self {
        Self::new(stream::empty().boxed(), Some(0), 0, 0, limits)
    }

    /// Reads all of it into memory. The limit is the [`Ask`](crate::Ask)'s cap, so ask for small things with a small one.
    ///
    /// # Errors
    /// The first error of the stream.
    pub async fn read_all(mut self) -> Result<Bytes, UpstreamError> {
        let Some(first) = self.next().await.transpose()? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.next().await.transpose()? else {
            return Ok(first);
        };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(piece) = self.next().await.transpose()? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// Ends the stream and lets go of what feeds it.
    fn end(&mut self) {
        self.ended = true;
        self.silence = None;
        self.pieces = stream::empty().boxed();
    }

    /// Counts a piece, and says why it can't be given.
    fn weigh(&mut self, piece: &Bytes) -> Result<(), UpstreamError> {
        self.seen = self.seen.saturating_add(piece.len() as u64);
        if self
            .announced
            .is_some_and(|announced| self.seen > announced)
        {
            return Err(UpstreamError::Broken {
                cause: "more bytes came than were announced".to_owned(),
            });
        }
        if self.seen > self.limit {
            return Err(UpstreamError::TooLarge { cap: self.cap });
        }
        if Instant::now() > self.until {
            return Err(UpstreamError::Timeout {
                stage: Stage::Body,
                after: self.whole,
            });
        }
        Ok(())
    }

    /// Whether the end came where it was announced.
    fn at_its_end(&self) -> Result<(), UpstreamError> {
        match self.announced {
            Some(announced) if self.seen < announced => Err(UpstreamError::Broken {
                cause: format!("{} of {announced} bytes came", self.seen),
            }),
            _ => Ok(()),
        }
    }

    /// Whether the upstream has been silent for too long, from the first poll that found nothing.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<UpstreamError> {
        let now = Instant::now();
        let silence = self
            .silence
            .get_or_insert_with(|| Box::pin(sleep_until(now)));
        if !self.waiting {
            self.waiting = true;
            silence.as_mut().reset(self.until.min(now + self.idle));
        }
        silence.as_mut().poll(context).map(|()| {
            if Instant::now() >= self.until {
                UpstreamError::Timeout {
                    stage: Stage::Body,
                    after: self.whole,
                }
            } else {
                UpstreamError::Timeout {
                    stage: Stage::Idle,
                    after: self.idle,
                }
            }
        })
    }
}

impl Stream for Body {
    type Item = Result<Bytes, UpstreamError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let outcome = loop {
            match self.pieces.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(piece))) => {
                    self.waiting = false;
                    match self.weigh(&piece) {
                        Ok(()) if piece.is_empty() => {}
                        Ok(()) => return Poll::Ready(Some(Ok(piece))),
                        Err(error) => break Some(Err(error)),
                    }
                }
                Poll::Ready(Some(Err(error))) => break Some(Err(error)),
                Poll::Ready(None) => break self.at_its_end().err().map(Err),
                Poll::Pending => match self.poll_silence(context) {
                    Poll::Ready(late) => break Some(Err(late)),
                    Poll::Pending => return Poll::Pending,
                },
            }
        };
        if let Some(in_use) = self.in_use.take() {
            let ended: Option<&Result<Bytes, UpstreamError>> = outcome.as_ref();
            in_use.ended(ended.and_then(|ended| ended.as_ref().err()));
        }
        self.end();
        Poll::Ready(outcome)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("seen", &self.seen)
            .field("announced", &self.announced)
            .finish_non_exhaustive()
    }
}

/// The pieces of what is in memory already.
pub(crate) fn once(bytes: Bytes) -> Pieces {
    stream::once(std::future::ready(Ok(bytes))).boxed()
}

/// The pieces of a file from its present position; `guard` goes with the last of them.
pub(crate) fn of_file(file: tokio::fs::File, guard: Box<dyn Send + Sync>) -> Pieces {
    stream::try_unfold((file, guard), |(mut file, guard)| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = file
            .read_buf(&mut chunk)
            .await
            .map_err(|error| read_failed(&error))?;
        Ok((read > 0).then(|| (chunk.freeze(), (file, guard))))
    })
    .boxed()
}

/// A file that was opened and can't be read to its end.
fn read_failed(error: &io::Error) -> UpstreamError {
    UpstreamError::Broken {
        cause: format!("reading the file: {error}"),
    }
}

#[cfg(test)]
mod tests;
