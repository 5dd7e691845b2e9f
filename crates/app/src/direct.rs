//! `direct`: go-tool's children of `go` in the form the chain of upstreams asks for.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use go_module::{FileKind, ModuleVersion, Request, list};
use go_tool::{Described, Downloaded, GoError};
use upstream::{DirectError, DirectReply};

/// For how long `.info` and `.mod` of a version serve each other: `go` asks for both, and one child knows both.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);
/// How many versions are remembered.
const REMEMBERED: usize = 64;

/// How much room clones of repositories may take, in bytes. They only save time: what they gave is in the cache.
const ROOM_FOR_CLONES: u64 = 2 << 30;
/// How often that is looked at.
const LOOK_AT_CLONES_EVERY: Duration = Duration::from_secs(10 * 60);

/// Serves the chain's `direct` by running the person's own `go` against version control.
pub(crate) struct Direct {
    go: go_tool::Direct,
    described: Mutex<VecDeque<(ModuleVersion, Instant, Described)>>,
}

impl Direct {
    pub(crate) fn new(go: go_tool::Direct) -> Self {
        Self {
            go,
            described: Mutex::default(),
        }
    }

    /// Keeps the clones of repositories within their room, for as long as it is polled.
    pub(crate) async fn keep_within_room(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_AT_CLONES_EVERY).await;
            self.shrink(ROOM_FOR_CLONES).await;
        }
    }

    /// Removes the clones that were not fetched from for longest, until they are within `room` bytes.
    pub(crate) async fn shrink(&self, room: u64) {
        match self.go.shrink_clones(room.min(ROOM_FOR_CLONES)).await {
            Ok(0) => {}
            Ok(bytes) => tracing::info!(bytes, "clones not fetched from for long were removed"),
            Err(error) => {
                tracing::warn!("the clones of repositories can't be looked through: {error}")
            }
        }
    }

    async fn answer(&self, request: Request) -> Result<DirectReply, DirectError> {
        match request {
            Request::List(path) => {
                let versions = self.go.list(&path).await.map_err(cause)?;
                Ok(DirectReply::Bytes(Bytes::from(list::render(&versions))))
            }
            Request::Latest(path) => Ok(DirectReply::Bytes(
                self.go.query(&path, "latest").await.map_err(cause)?.into(),
            )),
            Request::Query { path, query } => Ok(DirectReply::Bytes(
                self.go
                    .query(&path, query.as_str())
                    .await
                    .map_err(cause)?
                    .into(),
            )),
            Request::File(version, FileKind::Info) => Ok(DirectReply::Bytes(
                self.describe(&version).await?.info.into(),
            )),
            Request::File(version, FileKind::Mod) => Ok(DirectReply::Bytes(
                self.describe(&version).await?.gomod.into(),
            )),
            Request::File(version, FileKind::Zip) => {
                open(self.go.download(&version).await.map_err(cause)?).await
            }
            Request::SumDb { .. } => Err(DirectError::NotFound(
                "version control has no checksum database".to_owned(),
            )),
        }
    }

    async fn describe(&self, version: &ModuleVersion) -> Result<Described, DirectError> {
        if let Some(described) = self.remembered(version) {
            return Ok(described);
        }
        let described = self.go.describe(version).await.map_err(cause)?;
        let mut remembered = self
            .described
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        remembered.truncate(REMEMBERED - 1);
        remembered.push_front((version.clone(), Instant::now(), described.clone()));
        Ok(described)
    }

    fn remembered(&self, version: &ModuleVersion) -> Option<Described> {
        let mut remembered = self
            .described
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|(_, since, _)| since.elapsed() < REMEMBERED_FOR);
        remembered
            .iter()
            .find(|(known, _, _)| known == version)
            .map(|(_, _, described)| described.clone())
    }
}

impl upstream::Direct for Direct {
    fn fetch(&self, request: &Request) -> BoxFuture<'_, Result<DirectReply, DirectError>> {
        Box::pin(self.answer(request.clone()))
    }
}

async fn open(downloaded: Downloaded) -> Result<DirectReply, DirectError> {
    let opened = tokio::task::spawn_blocking(move || {
        let file = File::open(&downloaded.zip)?;
        let len = file.metadata()?.len();
        Ok(DirectReply::File {
            file,
            len,
            guard: Box::new(downloaded.guard),
        })
    });
    match opened.await {
        Ok(opened) => opened.map_err(|error: std::io::Error| {
            DirectError::Failed(format!("the downloaded zip can't be read: {error}"))
        }),
        Err(error) => Err(DirectError::Failed(error.to_string())),
    }
}

/// What go-tool's errors are to the chain. "Not found" only where it is certain: an outage must never become 404.
fn cause(error: GoError) -> DirectError {
    let text = error.to_string();
    match error {
        GoError::NotFound { .. } | GoError::InvalidQuery { .. } => DirectError::NotFound(text),
        GoError::Refused { .. } => DirectError::Refused(text),
        GoError::Unreachable { .. } => DirectError::Unreachable(text),
        GoError::Timeout { .. } => DirectError::Timeout(text),
        GoError::NoGo { .. }
        | GoError::MissingTool { .. }
        | GoError::TooOld { .. }
        | GoError::Failed { .. }
        | GoError::Answer { .. }
        | GoError::Spawn { .. }
        | GoError::Folder { .. } => DirectError::Failed(text),
    }
}
