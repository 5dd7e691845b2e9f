//! A message to somewhere a person named, such as a collector of traces: with the same clients as upstreams are asked, and
//! none of what those are shown.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, Response};
use secret::SafeUrl;
use tokio::time::timeout;

use crate::{Deadlines, HttpClients, Stage, UpstreamError, cause};

/// The largest answer that is taken, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

impl HttpClients {
    /// Sends a message there, and gives the answer whatever its status is. A redirect is not followed.
    ///
    /// # Errors
    /// [`UpstreamError`] where there is no answer within that time, or one that is too large.
    pub async fn post(
        &self,
        url: &SafeUrl,
        headers: HeaderMap,
        body: Bytes,
        within: Duration,
    ) -> Result<Response<Bytes>, UpstreamError> {
        let (way, limits) = (self.way(url.as_url(), false), Deadlines::default());
        let posting = async {
            let client = self.client(url.as_url(), way, false).await?;
            let sent = client
                .post(url.as_url().clone())
                .headers(headers)
                .body(body);
            let failed = |error| cause::before_head(&error, way, &limits).error;
            let answer = sent.send().await.map_err(failed)?;
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            let mut pieces = answer.bytes_stream();
            let mut whole = BytesMut::new();
            while let Some(piece) = pieces.next().await {
                whole.extend_from_slice(&piece.map_err(|error| cause::broken(&error))?);
                if whole.len() > LARGEST_ANSWER {
                    return Err(UpstreamError::TooLarge {
                        cap: LARGEST_ANSWER as u64,
                    });
                }
            }
            *response.body_mut() = whole.freeze();
            Ok(response)
        };
        let late = |_| UpstreamError::Timeout {
            stage: Stage::Overall,
            after: within,
        };
        timeout(within, posting).await.map_err(late)?
    }
}
