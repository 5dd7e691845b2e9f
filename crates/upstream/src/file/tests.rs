//! Folders as upstreams.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::ask::Resume;
use crate::testing::{ZIP, ask, get, parts, read, upstream};
use crate::{ChainBuildError, Upstream};

/// A folder that holds some files of a module, and the upstream for it.
fn folder(files: &[(&str, &str)]) -> (TempDir, Upstream) {
    let folder = tempfile::Builder::new()
        .prefix("go mirror #")
        .tempdir()
        .unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let upstream = of(folder.path());
    (folder, upstream)
}

fn of(path: &Path) -> Upstream {
    upstream(url::Url::from_file_path(path).unwrap().as_str(), &parts())
}

#[tokio::test]
async fn a_file_that_is_there() {
    let (_folder, upstream) = folder(&[("example.com/m/@v/v1.0.0.zip", "hello")]);
    let reply = upstream.fetch(ask(ZIP)).await.unwrap();
    assert_eq!(
        (reply.status, reply.content_length),
        (ReplyStatus::Whole, Some(5))
    );
    assert!(reply.validators.etag.is_some() && reply.validators.last_modified.is_some());
    assert_eq!(read(reply).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_path_on_disk_is_decoded_but_stays_escaped_for_case() {
    let (_folder, upstream) = folder(&[("github.com/!azure/m/@v/v1.0.0+incompatible.info", "{}")]);
    let reply = upstream
        .fetch(ask("/github.com/!azure/m/@v/v1.0.0+incompatible.info"))
        .await
        .unwrap();
    assert_eq!(read(reply).await.unwrap(), "{}");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_found() {
    let (folder, upstream) = folder(&[("example.com/other", "a file where a folder would be")]);
    fs::create_dir_all(folder.path().join("example.com/dir/@v/v1.0.0.zip")).unwrap();
    for path in [
        ZIP,
        "/example.com/other/@v/list",
        "/example.com/dir/@v/v1.0.0.zip",
    ] {
        let error = upstream.fetch(ask(path)).await.unwrap_err();
        assert!(
            matches!(error, UpstreamError::NotFound { status: 404, .. }),
            "{path}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_outage() {
    let gone = tempfile::tempdir().unwrap().path().join("not-mounted");
    let error = get(&of(&gone)).await.unwrap_err();
    assert!(
        matches!(
            error,
            UpstreamError::Unreachable {
                step: Step::Folder,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.is_outage());
}

#[cfg(unix)]
#[tokio::test]
async fn a_symlink_is_followed() {
    let (target, _) = folder(&[("v1.0.0.zip", "hello")]);
    let (folder, upstream) = folder(&[("example.com/x", "")]);
    std::os::unix::fs::symlink(target.path(), folder.path().join("example.com/m")).unwrap();
    fs::create_dir(target.path().join("@v")).unwrap();
    std::os::unix::fs::symlink("../v1.0.0.zip", target.path().join("@v/v1.0.0.zip")).unwrap();
    assert_eq!(get(&upstream).await.unwrap(), "hello");
}

#[tokio::test]
async fn validators_and_resume() {
    let (folder, upstream) = folder(&[("example.com/m/@v/v1.0.0.zip", "hello world")]);
    let known = upstream.fetch(ask(ZIP)).await.unwrap().validators;
    let again = Ask {
        validators: Some(known.clone()),
        ..ask(ZIP)
    };
    assert_eq!(
        upstream.fetch(again.clone()).await.unwrap().status,
        ReplyStatus::NotModified
    );
    let rest = Ask {
        resume: Some(Resume {
            from: 6,
            etag: known.etag.unwrap(),
        }),
        ..ask(ZIP)
    };
    let reply = upstream.fetch(rest.clone()).await.unwrap();
    assert_eq!(
        (reply.status, reply.content_length),
        (ReplyStatus::Partial { from: 6 }, Some(5))
    );
    assert_eq!(read(reply).await.unwrap(), "world");
    fs::write(
        folder.path().join("example.com/m/@v/v1.0.0.zip"),
        "something else",
    )
    .unwrap();
    for changed in [again, rest] {
        let reply = upstream.fetch(changed).await.unwrap();
        assert_eq!(reply.status, ReplyStatus::Whole);
        assert_eq!(read(reply).await.unwrap(), "something else");
    }
}

#[tokio::test]
async fn a_file_larger_than_the_cap() {
    let (_folder, upstream) = folder(&[("example.com/m/@v/v1.0.0.zip", "hello")]);
    let capped = |cap| Ask { cap, ..ask(ZIP) };
    assert_eq!(
        upstream.fetch(capped(4)).await.unwrap_err(),
        UpstreamError::TooLarge { cap: 4 }
    );
    assert!(upstream.fetch(capped(5)).await.is_ok());
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_read_is_broken() {
    let (folder, upstream) = folder(&[("example.com/m/@v/v1.0.0.zip", "hello world")]);
    let reply = upstream.fetch(ask(ZIP)).await.unwrap();
    fs::write(folder.path().join("example.com/m/@v/v1.0.0.zip"), "hello").unwrap();
    assert!(matches!(
        read(reply).await.unwrap_err(),
        UpstreamError::Broken { .. }
    ));
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_not_waited_for() {
    let (folder, upstream) = folder(&[("example.com/m/@v/list", "")]);
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("example.com/m/@v/v1.0.0.zip"))
        .status();
    assert!(made.unwrap().success());
    assert!(get(&upstream).await.unwrap_err().is_not_found());
}

#[test]
fn a_url_with_more_than_a_path_is_refused() {
    for text in [
        "file:///srv/go?x=1",
        "file:///srv/go#x",
        "file://host.example/srv/go",
    ] {
        let url = SafeUrl::parse(text).unwrap();
        assert!(Folder::new(&url, Deadlines::default()).is_none(), "{text}");
    }
    assert_eq!(
        ChainBuildError::NotAPath {
            name: "x".to_owned()
        }
        .to_string()
        .lines()
        .count(),
        1
    );
}
