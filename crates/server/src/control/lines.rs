//! Streams of JSON lines that show signs of life and end when the instance ends.

use std::sync::Arc;

use app::{Code, Failure};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use futures_util::{Stream, StreamExt};
use serde::Serialize;

use crate::control::Shared;
use crate::control::reply::of_type;

/// One JSON line for each item of each batch. An error breaks the body off.
pub(super) fn lines<T: Serialize + Send>(
    shared: &Arc<Shared>,
    batches: impl Stream<Item = Result<Vec<T>, Failure>> + Send + 'static,
) -> Response {
    let shared = Arc::clone(shared);
    let chunks = stream::unfold(Some((Box::pin(batches), shared)), |state| async move {
        let (mut batches, shared) = state?;
        let chunk = tokio::select! {
            batch = batches.next() => batch?.and_then(|batch| written(&batch)),
            () = tokio::time::sleep(shared.deadlines.sign_of_life) => Ok(Bytes::from_static(b"\n")),
            () = shared.stop.cancelled() => return None,
        };
        let rest = chunk.is_ok().then_some((batches, shared));
        Some((chunk, rest))
    });
    of_type("application/x-ndjson", Body::from_stream(chunks))
}

fn written<T: Serialize>(batch: &[T]) -> Result<Bytes, Failure> {
    let mut text = Vec::new();
    for item in batch {
        serde_json::to_writer(&mut text, item).map_err(|error| {
            Failure::new(
                Code::Internal,
                format!("a line can't be written as JSON: {error}"),
            )
        })?;
        text.push(b'\n');
    }
    Ok(text.into())
}
