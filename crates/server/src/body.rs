//! A response's body: bytes at hand, a stream out of `delivery`, or one of the control API.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use delivery::BodyError;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use http_body::{Frame, SizeHint};

use crate::pulse::UnderWay;

type BoxError = Box<dyn Error + Send + Sync>;

/// What is in it.
pub(crate) enum Content {
    /// Nothing, or nothing more.
    Nothing,
    /// All of it.
    Bytes(Bytes),
    /// Piece by piece.
    Chunks(Chunks),
    /// The control API's own.
    Control(axum::body::Body),
}

impl Content {
    /// A body of `delivery`, and its length where that is known.
    pub(crate) fn of(body: delivery::Body, length: Option<u64>) -> Self {
        match body {
            delivery::Body::Bytes(bytes) => Self::of_bytes(bytes),
            delivery::Body::Stream(mut stream) if length == Some(0) => {
                // hyper would not ask for it at all, and its end has something to say (see Chunks).
                let _ = stream.next().now_or_never();
                Self::Nothing
            }
            delivery::Body::Stream(stream) => Self::Chunks(Chunks {
                stream,
                left: length,
                last: None,
            }),
        }
    }

    /// All of it.
    pub(crate) fn of_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() {
            Self::Nothing
        } else {
            Self::Bytes(bytes)
        }
    }
}

/// A stream out of `delivery`, which is always read to its end.
///
/// hyper stops asking once a body's promised length has gone out. The end itself says something, though: that all of
/// it was right, and was counted. So the chunk that completes the length is held back until the end has come.
pub(crate) struct Chunks {
    stream: BoxStream<'static, Result<Bytes, BodyError>>,
    /// Bytes still to come, where the length was known.
    left: Option<u64>,
    last: Option<Bytes>,
}

impl Chunks {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            let chunk = match (ready!(self.stream.as_mut().poll_next(cx)), &self.left) {
                (Some(Err(error)), _) => return Poll::Ready(Some(Err(error.into()))),
                (None, Some(1..)) => {
                    return Poll::Ready(Some(Err("it is shorter than it was said to be".into())));
                }
                (None, _) => return Poll::Ready(self.last.take().map(Ok)),
                (Some(Ok(chunk)), _) => chunk,
            };
            let Some(left) = &mut self.left else {
                return Poll::Ready(Some(Ok(chunk)));
            };
            match left.checked_sub(chunk.len() as u64) {
                None => {
                    return Poll::Ready(Some(Err("it is longer than it was said to be".into())));
                }
                Some(0) if !chunk.is_empty() => {
                    *left = 0;
                    self.last = Some(chunk);
                }
                Some(more) => {
                    *left = more;
                    return Poll::Ready(Some(Ok(chunk)));
                }
            }
        }
    }
}

/// A response's body. While it lives, its request is under way.
pub(crate) struct Body {
    content: Content,
    under_way: UnderWay,
}

impl Body {
    pub(crate) fn new(content: Content, under_way: UnderWay) -> Self {
        Self { content, under_way }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    /// An error makes hyper end the connection before the body's end, so that nobody takes it for whole.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let polled = match &mut this.content {
            Content::Nothing => None,
            Content::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                this.content = Content::Nothing;
                Some(Ok(Frame::data(bytes)))
            }
            Content::Chunks(chunks) => {
                let chunk = ready!(chunks.poll(cx));
                if chunks.left == Some(0) {
                    // The stream has ended, and is not to be asked again.
                    this.content = Content::Nothing;
                }
                chunk.map(|chunk| chunk.map(Frame::data))
            }
            Content::Control(body) => {
                ready!(Pin::new(body).poll_frame(cx)).map(|frame| frame.map_err(Into::into))
            }
        };
        if let Some(Err(error)) = &polled {
            tracing::debug!("a body is ended short: {error}");
            this.content = Content::Nothing;
            this.under_way.fail();
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Nothing => true,
            // Even an empty stream has to be read to its end.
            Content::Bytes(_) | Content::Chunks(_) => false,
            Content::Control(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Nothing => SizeHint::with_exact(0),
            Content::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Chunks(chunks) => chunks.left.map(SizeHint::with_exact).unwrap_or_default(),
            Content::Control(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use delivery::DeliveryError;
    use futures_util::stream;
    use http::Version;
    use http_body_util::BodyExt;

    use super::*;
    use crate::pulse::Pulse;

    /// The chunks as they go out, and whether it ended in an error.
    async fn sent(
        chunks: Vec<Result<&'static str, DeliveryError>>,
        length: Option<u64>,
    ) -> (Vec<Bytes>, bool) {
        let items = chunks
            .into_iter()
            .map(|chunk| chunk.map(Bytes::from).map_err(BodyError::from));
        let content = Content::of(delivery::Body::Stream(stream::iter(items).boxed()), length);
        let under_way = Arc::<Pulse>::default().begin(Version::HTTP_11);
        let mut body = std::pin::pin!(Body::new(content, under_way));
        let mut sent = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => sent.push(frame.into_data().unwrap()),
                Err(_) => return (sent, true),
            }
        }
        (sent, false)
    }

    #[tokio::test]
    async fn a_body_goes_out_as_it_comes() {
        let (chunks, broken) = sent(vec![Ok("ab"), Ok("c")], None).await;
        assert_eq!((chunks.concat(), broken), (b"abc".to_vec(), false));
        let (chunks, broken) = sent(vec![Ok("ab"), Ok(""), Ok("c")], Some(3)).await;
        assert_eq!((chunks.concat(), broken), (b"abc".to_vec(), false));
        assert_eq!(sent(vec![], None).await, (vec![], false));
        assert_eq!(sent(vec![], Some(0)).await, (vec![], false));
    }

    #[tokio::test]
    async fn the_chunk_that_completes_it_waits_for_the_end() {
        let (chunks, broken) = sent(
            vec![Ok("ab"), Ok("c"), Err(DeliveryError::NotKept)],
            Some(3),
        )
        .await;
        assert_eq!((chunks.concat(), broken), (b"ab".to_vec(), true));
    }

    #[tokio::test]
    async fn another_length_than_was_said_is_an_error() {
        let (chunks, broken) = sent(vec![Ok("ab")], Some(3)).await;
        assert_eq!((chunks.concat(), broken), (b"ab".to_vec(), true));
        let (chunks, broken) = sent(vec![Ok("ab"), Ok("cd")], Some(3)).await;
        assert_eq!((chunks.concat(), broken), (b"ab".to_vec(), true));
        let (chunks, broken) = sent(vec![Ok("abc"), Ok("d")], Some(3)).await;
        assert_eq!((chunks.concat(), broken), (vec![], true));
    }
}
