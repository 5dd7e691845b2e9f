//! A folder in the layout of a module proxy (`file://`), as Go's own download cache is one.

use std::fs::Metadata;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use go_module::Request;
use percent_encoding::percent_decode_str;
use secret::SafeUrl;
use tokio::fs::File;
use tokio::io::AsyncSeekExt;
use tokio::time::timeout;

use crate::ask::{Ask, Reply, ReplyStatus, Validators};
use crate::{Body, Deadlines, Stage, Step, UpstreamError, body};

/// A folder in the layout of a module proxy.
pub(crate) struct Folder {
    root: PathBuf,
    limits: Deadlines,
}

impl Folder {
    /// The folder of a `file://` URL; none where the URL names more than a path (a host, a query), as in Go.
    pub(crate) fn new(url: &SafeUrl, limits: Deadlines) -> Option<Self> {
        let url = url.as_url();
        let plain = url.query().is_none() && url.fragment().is_none();
        let root = url.to_file_path().ok().filter(|_| plain)?;
        Some(Self { root, limits })
    }

    /// Opens a file. The deadline is for folders that are on a network.
    pub(crate) async fn fetch(&self, ask: &Ask) -> Result<Reply, UpstreamError> {
        let late = |_| UpstreamError::Timeout {
            stage: Stage::FirstByte,
            after: self.limits.first_byte,
        };
        timeout(self.limits.first_byte, self.open(ask))
            .await
            .map_err(late)?
    }

    /// Whether the folder can be read.
    pub(crate) async fn probe(&self) -> Result<(), UpstreamError> {
        match timeout(self.limits.probe, tokio::fs::read_dir(&self.root)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(unreachable(&error)),
            Err(_) => Err(UpstreamError::Timeout {
                stage: Stage::FirstByte,
                after: self.limits.probe,
            }),
        }
    }

    async fn open(&self, ask: &Ask) -> Result<Reply, UpstreamError> {
        let Some(path) = below(&self.root, &ask.request) else {
            return Err(not_found());
        };
        // Asked before it is opened: opening a pipe would wait for its writer.
        let metadata = match tokio::fs::metadata(&path).await {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return Err(not_found()),
            Err(error) => return Err(self.absence(&error).await),
        };
        let mut file = match File::open(&path).await {
            Ok(file) => file,
            Err(error) => return Err(self.absence(&error).await),
        };
        let (length, validators) = (metadata.len(), validators(&metadata));
        if length > ask.cap {
            return Err(UpstreamError::TooLarge { cap: ask.cap });
        }
        let known = ask
            .validators
            .as_ref()
            .and_then(|known| known.etag.as_ref());
        if known.is_some() && known == validators.etag.as_ref() {
            let body = Body::empty(&self.limits);
            return Ok(Reply {
                status: ReplyStatus::NotModified,
                content_length: None,
                content_type: None,
                validators,
                protocol: None,
                node: None,
                body,
            });
        }
        let resume = ask.resume.as_ref().filter(|resume| {
            Some(&resume.etag) == validators.etag.as_ref() && resume.from <= length
        });
        let (status, from) = match resume {
            Some(resume) => (ReplyStatus::Partial { from: resume.from }, resume.from),
            None => (ReplyStatus::Whole, 0),
        };
        if from > 0 {
            file.seek(io::SeekFrom::Start(from))
                .await
                .map_err(|error| unreachable(&error))?;
        }
        let rest = length - from;
        let body = Body::new(
            body::of_file(file, Box::new(())),
            Some(rest),
            rest,
            ask.cap,
            &self.limits,
        );
        Ok(Reply {
            status,
            content_length: Some(rest),
            content_type: None,
            validators,
            protocol: None,
            node: None,
            body,
        })
    }

    /// What it means that a file can't be opened. Only within a folder that is there does "no such file" mean that the
    /// module isn't: a disk that is not mounted is an outage.
    async fn absence(&self, error: &io::Error) -> UpstreamError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                match tokio::fs::read_dir(&self.root).await {
                    Ok(_) => not_found(),
                    Err(error) => unreachable(&error),
                }
            }
            io::ErrorKind::PermissionDenied => UpstreamError::Refused {
                status: 403,
                text: "the file may not be read".to_owned(),
            },
            _ => unreachable(error),
        }
    }
}

/// The file of a request. A request's path has been checked; this only makes sure that the file is below the folder.
fn below(root: &Path, request: &Request) -> Option<PathBuf> {
    let encoded = request.url_path();
    let decoded = percent_decode_str(&encoded).decode_utf8().ok()?;
    let relative = Path::new(decoded.as_ref());
    relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
        .then(|| root.join(relative))
}

/// A tag out of length and time of change, which is as good as what servers of folders give.
fn validators(metadata: &Metadata) -> Validators {
    let modified = metadata.modified().ok();
    let nanos = modified
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map(|since| since.as_nanos());
    Validators {
        etag: nanos.map(|nanos| format!("\"{nanos:x}-{:x}\"", metadata.len())),
        last_modified: modified.map(httpdate::fmt_http_date),
    }
}

fn not_found() -> UpstreamError {
    UpstreamError::NotFound {
        status: 404,
        text: "no such file in this folder".to_owned(),
    }
}

fn unreachable(error: &io::Error) -> UpstreamError {
    UpstreamError::Unreachable {
        step: Step::Folder,
        cause: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
