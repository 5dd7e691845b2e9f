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
        protocol: None,
        node: None,
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::testing::{ZIP, ask, read};

    /// Answers with what it is given, once.
    struct Canned(std::sync::Mutex<Option<Result<DirectReply, DirectError>>>);

    impl Direct for Canned {
        fn fetch(&self, request: &Request) -> BoxFuture<'_, Result<DirectReply, DirectError>> {
            assert_eq!(format!("/{}", request.url_path()), ZIP);
            let reply = self.0.lock().unwrap().take();
            Box::pin(async move {
                match reply {
                    Some(reply) => reply,
                    None => std::future::pending().await,
                }
            })
        }
    }

    async fn answer(
        reply: Option<Result<DirectReply, DirectError>>,
        cap: u64,
    ) -> Result<Reply, UpstreamError> {
        let direct = Canned(std::sync::Mutex::new(reply));
        let limits = Deadlines {
            direct: Duration::from_secs(7),
            ..Deadlines::default()
        };
        fetch(&direct, &Ask { cap, ..ask(ZIP) }, &limits).await
    }

    struct Guard(Arc<AtomicBool>);

    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    fn file(content: &str, gone: &Arc<AtomicBool>) -> Option<Result<DirectReply, DirectError>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let len = content.len() as u64;
        Some(Ok(DirectReply::File {
            file,
            len,
            guard: Box::new(Guard(Arc::clone(gone))),
        }))
    }

    #[tokio::test]
    async fn bytes_and_files_are_replies() {
        let reply = answer(
            Some(Ok(DirectReply::Bytes(Bytes::from_static(b"v1.0.0\n")))),
            100,
        )
        .await
        .unwrap();
        assert_eq!(
            (reply.status, reply.content_length),
            (ReplyStatus::Whole, Some(7))
        );
        assert_eq!(read(reply).await.unwrap(), "v1.0.0\n");

        let gone = Arc::new(AtomicBool::new(false));
        let reply = answer(file("hello", &gone), 5).await.unwrap();
        assert!(
            !gone.load(Ordering::SeqCst),
            "the folder is kept while its file is read"
        );
        assert_eq!(read(reply).await.unwrap(), "hello");
        assert!(gone.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_file_larger_than_the_cap_is_let_go() {
        let gone = Arc::new(AtomicBool::new(false));
        assert_eq!(
            answer(file("hello", &gone), 4).await.unwrap_err(),
            UpstreamError::TooLarge { cap: 4 }
        );
        assert!(gone.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn errors_keep_their_kind_and_their_text() {
        let text = || "git says so".to_owned();
        for (error, not_found, outage) in [
            (DirectError::NotFound(text()), true, false),
            (DirectError::Refused(text()), false, false),
            (DirectError::Unreachable(text()), false, true),
            (DirectError::Timeout(text()), false, true),
            (DirectError::Failed(text()), false, false),
        ] {
            let got = answer(Some(Err(error.clone())), 100).await.unwrap_err();
            assert_eq!(
                (got.is_not_found(), got.is_outage()),
                (not_found, outage),
                "{error:?}"
            );
            assert!(got.to_string().contains("git says so"), "{got}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn version_control_has_a_deadline() {
        let error = answer(None, 100).await.unwrap_err();
        assert_eq!(
            error,
            UpstreamError::Timeout {
                stage: Stage::Direct,
                after: Duration::from_secs(7)
            }
        );
    }
}
