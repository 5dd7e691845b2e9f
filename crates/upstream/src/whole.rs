//! A small answer, whole and checked, from whichever node of a pool gives a good one.

use bytes::Bytes;

use crate::ask::{Ask, Reply, ReplyStatus, Validators};
use crate::{Upstream, UpstreamError};

/// An answer, all of it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Whether it is all of it, or nothing because nothing has changed.
    pub status: ReplyStatus,
    /// How the upstream names this state of the answer.
    pub validators: Validators,
    /// The protocol it came by, where it came over the network.
    pub protocol: Option<&'static str>,
    /// The node that gave it, where the upstream is a pool.
    pub node: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl Upstream {
    /// Asks, reads all of the answer and checks it. What breaks off or does not pass is held against the node of a pool that
    /// gave it, and another one is asked. The limit is the [`Ask`]'s cap, so ask for small things with a small one.
    ///
    /// # Errors
    /// [`UpstreamError`] as [`Upstream::fetch`] and the body give it, or what `check` says.
    pub async fn fetch_whole(
        &self,
        mut ask: Ask,
        check: impl Fn(ReplyStatus, &[u8]) -> Result<(), UpstreamError> + Send,
    ) -> Result<Whole, UpstreamError> {
        loop {
            let Reply {
                status,
                validators,
                protocol,
                node,
                body,
                ..
            } = self.fetch(ask.clone()).await?;
            let read = body.read_all().await;
            let came_whole = read.is_ok();
            let error = match read.and_then(|body| check(status, &body).map(|()| body)) {
                Ok(body) => {
                    return Ok(Whole {
                        status,
                        validators,
                        protocol,
                        node: node.map(|node| node.name().to_owned()),
                        body,
                    });
                }
                Err(error) => error,
            };
            let Some(node) = node else { return Err(error) };
            // What broke off is known to it already.
            if came_whole {
                node.blame(&error);
            }
            if !node.another(&ask.avoid) {
                return Err(error);
            }
            ask.avoid.push(node.name().to_owned());
        }
    }
}
