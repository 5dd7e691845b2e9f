//! JSON lines out of a body that goes on.

use app::Failure;
use bytes::{Buf, BytesMut};
use futures_util::stream::{self, BoxStream, StreamExt};
use serde::de::DeserializeOwned;

use crate::client::not_understood;
use crate::client::wire::Reply;

/// The longest line that is read, in bytes: a job's answer may name many files.
const LONGEST: usize = 64 << 20;

/// The lines of a body. Blank ones are signs of life. It ends with the body, and after an error.
pub(super) fn lines<T: DeserializeOwned + Send + 'static>(
    reply: Reply,
) -> BoxStream<'static, Result<T, Failure>> {
    let lines = Lines {
        reply,
        buffer: BytesMut::new(),
    };
    stream::unfold(Some(lines), |lines| async move {
        let mut lines = lines?;
        match lines.next().await {
            Ok(None) => None,
            Ok(Some(item)) => Some((Ok(item), Some(lines))),
            Err(failure) => Some((Err(failure), None)),
        }
    })
    .boxed()
}

struct Lines {
    reply: Reply,
    buffer: BytesMut,
}

impl Lines {
    async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        let mut looked = 0;
        loop {
            if let Some(end) = self.buffer[looked..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(looked + end);
                self.buffer.advance(1);
                looked = 0;
                if line.is_empty() {
                    continue;
                }
                return serde_json::from_slice(&line)
                    .map(Some)
                    .map_err(|error| not_understood(&error));
            }
            looked = self.buffer.len();
            if looked > LONGEST {
                return Err(not_understood(&format!(
                    "a line has more than {LONGEST} bytes"
                )));
            }
            match self.reply.chunk().await? {
                Some(bytes) => self.buffer.extend_from_slice(&bytes),
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(not_understood(&"its last line broke off")),
            }
        }
    }
}
