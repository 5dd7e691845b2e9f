//! `direct`: modules from version control, behind a trait, since the `go` command that does it is another crate's.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use go_module::Request;
use tokio::time::timeout;

use crate::ask::{Ask, Reply, ReplyStatus, Validators};
use crate::body::{self, Body};
use crate::{Deadlines, Stage, UpstreamError};

/// Fetches modules from version control.
pub trait Direct: Send + Sync + 'static {
    /// Answers one request. It is dropped when the caller goes or the deadline strikes, and must then leave nothing behind.
    fn fetch(&self, request: &Request) -> BoxFuture<'_, Result<DirectReply, DirectError>>;
}

/// What came from version control.
pub enum DirectReply {
    /// A small answer: a list, `.info`, `.mod`.
    Bytes(Bytes),
    /// A file, read from its present position.
    File {
        /// The file.
        file: std::fs::File,
        /// Its length in bytes.
        len: u64,
        /// What keeps the file's folder; dropped after the last read.
        guard: Box<dyn Send + Sync>,
    },
}

/// Why nothing came from version control. The texts are for the person at `go`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectError {
    /// There is no such module, version or file.
    #[error("{0}")]
    NotFound(String),
    /// The server wants credentials, or `go` may not ask it.
    #[error("{0}")]
    Refused(String),
    /// The server could not be reached.
    #[error("{0}")]
    Unreachable(String),
    /// It took too long.
    #[error("{0}")]
    Timeout(String),
    /// Anything else; no `go` command, for one.
    #[error("{0}")]
    Failed(String),
}

/// Asks version control, within its deadline.
pub(crate) async fn fetch(
    direct: &dyn Direct,
    ask: &Ask,
    limits: &Deadlines,
) -> Result<Reply, UpstreamError> {
    let late = UpstreamError::Timeout {
        stage: Stage::Direct,
        after: limits.direct,
    };
    let reply = timeout(limits.direct, direct.fetch(&ask.request))
        .await
        .map_err(|_| late)??;
    let (length, pieces) = match reply {
        DirectReply::Bytes(bytes) => (bytes.len() as u64, body::once(bytes)),
        DirectReply::File { file, len, guard } => (len, body::of_file(file.into(), guard)),
    };
    if length > ask.cap {
        return Err(UpstreamError::TooLarge { cap: ask.cap });
    }
    Ok(Reply {
        status: ReplyStatus::Whole,
        content_length: Some(length),
        content_type: None,
        validators: Validators::default(),
        body: Body::new(pieces, Some(length), ask.cap, ask.cap, limits),
    })
}

/// Stands for `direct` where this machine has no `go` command.
pub(crate) struct NoGo;

impl Direct for NoGo {
    fn fetch(&self, _: &Request) -> BoxFuture<'_, Result<DirectReply, DirectError>> {
        let text = "Larder found no go command to fetch from version control with; install Go or put it on Larder's PATH";
        Box::pin(std::future::ready(Err(DirectError::Failed(
            text.to_owned(),
        ))))
    }
}
