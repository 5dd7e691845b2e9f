//! An answer that is there at once, or comes later: what is at hand costs no allocation of a future.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;

use crate::body::{Body, Content};
use crate::pulse::UnderWay;

/// An answer, or the work that makes it.
pub(crate) enum Answer {
    /// Here it is.
    Now(Response<Content>),
    /// It takes a while.
    Later(Pin<Box<dyn Future<Output = Response<Content>> + Send>>),
}

impl Answer {
    /// The work that makes it.
    pub(crate) fn later(work: impl Future<Output = Response<Content>> + Send + 'static) -> Self {
        Self::Later(Box::pin(work))
    }
}

/// The future that hyper asks for; small, since every connection keeps room for one.
pub(crate) struct Answering(Option<(Answer, UnderWay)>);

impl Answering {
    pub(crate) fn new(answer: Answer, under_way: UnderWay) -> Self {
        Self(Some((answer, under_way)))
    }
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match self.0.take() {
            Some((Answer::Now(response), under_way)) => (response, under_way),
            Some((Answer::Later(mut work), under_way)) => match work.as_mut().poll(cx) {
                Poll::Ready(response) => (response, under_way),
                Poll::Pending => {
                    self.0 = Some((Answer::Later(work), under_way));
                    return Poll::Pending;
                }
            },
            // Never asked again after it was ready: hyper drops it then.
            None => return Poll::Pending,
        };
        let (response, under_way) = response;
        Poll::Ready(Ok(response.map(|content| Body::new(content, under_way))))
    }
}
