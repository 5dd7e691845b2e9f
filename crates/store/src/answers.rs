//! What upstreams said about lists, latest and queries: mutable, so kept by upstream, with when it was said.

use std::io::Read;

use bytes::Bytes;
use go_module::Request;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};

use crate::disk::{Entry, Folder};
use crate::error::StoreError;
use crate::files::{Files, again_if_vanished};
use crate::layout::{RealmId, Region, SUMDB, VERSIONS};
use crate::sidecar::Sha256;

/// The layout of an answer's file that this Larder writes.
const SCHEMA: u32 = 1;
/// The longest body that is kept, in bytes: a list of a million versions.
pub const MAX_ANSWER: u64 = 32 * 1024 * 1024;
/// The longest header line, in bytes.
const MAX_HEADER: u64 = 64 * 1024;

/// An answer of an upstream as it was last known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The body, as it came.
    pub body: Bytes,
    /// When this body came.
    pub fetched_at: Timestamp,
    /// When the upstream last said that it still holds.
    pub checked_at: Timestamp,
    /// The validator of RFC 9110 section 8.8.3, as it came.
    pub etag: Option<String>,
    /// The validator of RFC 9110 section 8.8.2, as it came.
    pub last_modified: Option<String>,
}

/// The first line of an answer's file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    schema: u32,
    size: u64,
    sha256: Sha256,
    fetched_at: Timestamp,
    checked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
}

/// Why a file is no answer. It is then as if nothing had been kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum NoAnswer {
    #[error("its header line is not readable")]
    Header,
    #[error("it has schema {0}, written by a newer Larder")]
    Newer(u32),
    #[error("its body is not what was kept")]
    Body,
}

fn render(answer: &KeptAnswer) -> Vec<u8> {
    let header = Header {
        schema: SCHEMA,
        size: answer.body.len() as u64,
        sha256: Sha256(Hasher::digest(&answer.body).into()),
        fetched_at: answer.fetched_at,
        checked_at: answer.checked_at,
        etag: answer.etag.clone(),
        last_modified: answer.last_modified.clone(),
    };
    let mut bytes =
        serde_json::to_vec(&header).expect("a header has no map keys that JSON cannot hold");
    bytes.push(b'\n');
    bytes.extend_from_slice(&answer.body);
    bytes
}

fn parse(bytes: Vec<u8>) -> Result<KeptAnswer, NoAnswer> {
    let end = bytes
        .iter()
        .position(|&byte| byte == b'\n')
        .ok_or(NoAnswer::Header)?;
    let header: Header = serde_json::from_slice(&bytes[..end]).map_err(|_| NoAnswer::Header)?;
    if header.schema > SCHEMA {
        return Err(NoAnswer::Newer(header.schema));
    }
    let body = Bytes::from(bytes).slice(end + 1..);
    // No fsync goes with an answer, so a power cut may leave a part of one: the hash tells.
    if body.len() as u64 != header.size || header.sha256 != Sha256(Hasher::digest(&body).into()) {
        return Err(NoAnswer::Body);
    }
    Ok(KeptAnswer {
        body,
        fetched_at: header.fetched_at,
        checked_at: header.checked_at,
        etag: header.etag,
        last_modified: header.last_modified,
    })
}

/// Where an answer is, below the upstream's folder: the folders on the way, and the file.
fn place(request: &Request) -> Result<(Vec<String>, String), StoreError> {
    let split = |text: &str| -> Vec<String> { text.split('/').map(str::to_owned).collect() };
    let below_versions = |mut folders: Vec<String>| {
        folders.push(VERSIONS.to_owned());
        folders
    };
    match request {
        Request::List(path) => Ok((below_versions(split(&path.escaped())), "list".to_owned())),
        Request::Latest(path) => Ok((split(&path.escaped()), "@latest".to_owned())),
        Request::Query { path, query } => Ok((
            below_versions(split(&path.escaped())),
            format!("{}.info", query.escaped()),
        )),
        Request::SumDb { name, rest } => {
            let mut folders = split(&format!("{SUMDB}/{name}/{rest}"));
            let file = folders.pop().unwrap_or_default();
            Ok((folders, file))
        }
        Request::File(..) => Err(StoreError::NotAnAnswer {
            request: request.url_path(),
        }),
    }
}

impl Files {
    /// The last known answer of an upstream; one that is not readable counts as none.
    pub(crate) fn answer(
        &self,
        upstream: &str,
        request: &Request,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        let Some((folder, name)) = self.answer_place(upstream, request)? else {
            return Ok(None);
        };
        let Entry::File(file) = folder.open(&name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(MAX_ANSWER + MAX_HEADER)
            .read_to_end(&mut bytes)
            .map_err(|cause| StoreError::io("read", &folder.path().join(&name), cause))?;
        match parse(bytes) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => {
                tracing::warn!(path = %folder.path().join(&name).display(), %error, "a kept answer is passed over");
                Ok(None)
            }
        }
    }

    /// Keeps an answer in the place of the last one.
    pub(crate) fn keep_answer(
        &self,
        upstream: &str,
        request: &Request,
        answer: &KeptAnswer,
    ) -> Result<(), StoreError> {
        let size = answer.body.len() as u64;
        if size > MAX_ANSWER {
            return Err(StoreError::AnswerTooLarge {
                size,
                limit: MAX_ANSWER,
            });
        }
        let bytes = render(answer);
        again_if_vanished(|| self.put_answer(upstream, request, &bytes))
    }

    fn put_answer(
        &self,
        upstream: &str,
        request: &Request,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let id: RealmId = upstream.parse()?;
        let (folders, name) = place(request)?;
        let mut temporary = self.temporary()?;
        temporary.write(bytes)?;
        let top = self
            .cache_or_create()?
            .descend_or_create([Region::Answers.name(), id.as_str()])?;
        let folder = top.descend_or_create(folders.iter().map(String::as_str))?;
        temporary.place(&folder, &name)
    }

    /// Forgets an answer; says whether there was one.
    pub(crate) fn forget_answer(
        &self,
        upstream: &str,
        request: &Request,
    ) -> Result<bool, StoreError> {
        match self.answer_place(upstream, request)? {
            Some((folder, name)) => folder.remove(&name),
            None => Ok(false),
        }
    }

    fn answer_place(
        &self,
        upstream: &str,
        request: &Request,
    ) -> Result<Option<(Folder, String)>, StoreError> {
        let id: RealmId = upstream.parse()?;
        let (folders, name) = place(request)?;
        let Some(cache) = self.cache()? else {
            return Ok(None);
        };
        let way = [Region::Answers.name(), id.as_str()]
            .into_iter()
            .chain(folders.iter().map(String::as_str));
        Ok(cache.descend(way)?.map(|folder| (folder, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(body: &[u8]) -> KeptAnswer {
        KeptAnswer {
            body: Bytes::copy_from_slice(body),
            fetched_at: Timestamp::from_second(1_700_000_000).unwrap(),
            checked_at: Timestamp::from_second(1_700_000_100).unwrap(),
            etag: Some("\"x\"".to_owned()),
            last_modified: None,
        }
    }

    fn files() -> (tempfile::TempDir, Files) {
        let home = tempfile::tempdir().unwrap();
        let files = Files::new(home.path().join("cache"));
        (home, files)
    }

    #[test]
    fn each_kind_of_answer_has_its_own_place() {
        let (home, files) = files();
        let requests = [
            ("/github.com/!acme/x/@v/list", "github.com/!acme/x/@v/list"),
            ("/github.com/!acme/x/@latest", "github.com/!acme/x/@latest"),
            (
                "/github.com/!acme/x/@v/!main.info",
                "github.com/!acme/x/@v/!main.info",
            ),
            (
                "/github.com/!acme/x/@v/main.info",
                "github.com/!acme/x/@v/main.info",
            ),
            (
                "/sumdb/sum.golang.org/supported",
                "sumdb/sum.golang.org/supported",
            ),
            (
                "/sumdb/sum.golang.org/tile/8/0/001",
                "sumdb/sum.golang.org/tile/8/0/001",
            ),
            (
                "/sumdb/sum.golang.org/tile/8/0/001.p/5",
                "sumdb/sum.golang.org/tile/8/0/001.p/5",
            ),
            (
                "/sumdb/sum.golang.org/lookup/github.com/a/b@v1.0.0",
                "sumdb/sum.golang.org/lookup/github.com/a/b@v1.0.0",
            ),
        ];
        for (request, place) in requests {
            let answer = answer(request.as_bytes());
            let request = Request::parse(request).unwrap();
            assert_eq!(files.answer("up-12345678", &request).unwrap(), None);
            files.keep_answer("up-12345678", &request, &answer).unwrap();
            assert!(
                home.path()
                    .join("cache/answers/up-12345678")
                    .join(place)
                    .is_file(),
                "{place}"
            );
        }
        for (request, _) in requests {
            let request_ = Request::parse(request).unwrap();
            assert_eq!(
                files.answer("up-12345678", &request_).unwrap(),
                Some(answer(request.as_bytes()))
            );
            assert_eq!(files.answer("other", &request_).unwrap(), None);
        }
        assert_eq!(
            std::fs::read_dir(home.path().join("cache/tmp"))
                .unwrap()
                .count(),
            0
        );
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let (_home, files) = files();
        let file = Request::parse("/github.com/a/b/@v/v1.0.0.info").unwrap();
        let list = Request::parse("/github.com/a/b/@v/list").unwrap();
        assert!(matches!(
            files.answer("up", &file),
            Err(StoreError::NotAnAnswer { .. })
        ));
        assert!(matches!(
            files.keep_answer("../up", &list, &answer(b"")),
            Err(StoreError::BadId { .. })
        ));
        let huge = answer(&vec![0; MAX_ANSWER as usize + 1]);
        assert!(matches!(
            files.keep_answer("up", &list, &huge),
            Err(StoreError::AnswerTooLarge { .. })
        ));
        let long = Request::parse(&format!("/github.com/a/b/@v/{}.info", "x".repeat(240))).unwrap();
        files.keep_answer("up", &long, &answer(b"")).unwrap();
    }

    #[test]
    fn a_torn_or_planted_answer_counts_as_none() {
        let (home, files) = files();
        let list = Request::parse("/github.com/a/b/@v/list").unwrap();
        files
            .keep_answer("up", &list, &answer(b"v1.0.0\nv1.1.0\n"))
            .unwrap();
        let path = home.path().join("cache/answers/up/github.com/a/b/@v/list");
        let whole = std::fs::read(&path).unwrap();
        for cut in [0, 10, whole.len() - 1] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(files.answer("up", &list).unwrap(), None, "cut at {cut}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::write(home.path().join("elsewhere"), &whole).unwrap();
        std::os::unix::fs::symlink(home.path().join("elsewhere"), &path).unwrap();
        assert_eq!(files.answer("up", &list).unwrap(), None);
        // Keeping a new one replaces the link, not what it names.
        files
            .keep_answer("up", &list, &answer(b"v1.0.0\n"))
            .unwrap();
        assert_eq!(std::fs::read(home.path().join("elsewhere")).unwrap(), whole);
        assert_eq!(
            files.answer("up", &list).unwrap(),
            Some(answer(b"v1.0.0\n"))
        );
        assert!(files.forget_answer("up", &list).unwrap());
        assert!(!files.forget_answer("up", &list).unwrap());
    }

    #[test]
    fn the_header_is_one_line_and_a_newer_one_is_told() {
        let text = String::from_utf8(render(&answer(b"v1.0.0\n"))).unwrap();
        let (header, body) = text.split_once('\n').unwrap();
        assert!(
            header.starts_with("{\"schema\":1,\"size\":7,\"sha256\":\""),
            "{header}"
        );
        assert!(header.ends_with(",\"etag\":\"\\\"x\\\"\"}"), "{header}");
        assert_eq!(body, "v1.0.0\n");
        let newer = text.replacen("\"schema\":1", "\"schema\":2", 1);
        assert_eq!(parse(newer.into_bytes()), Err(NoAnswer::Newer(2)));
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_read_back(body: Vec<u8>, etag: Option<String>, last_modified: Option<String>, at in 0i64..4_000_000_000) {
            let fetched_at = Timestamp::from_second(at).unwrap();
            let answer = KeptAnswer { body: body.into(), fetched_at, checked_at: Timestamp::MAX, etag, last_modified };
            prop_assert_eq!(parse(render(&answer)), Ok(answer));
        }

        #[test]
        fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
            let _ = parse(bytes);
        }

        #[test]
        fn a_changed_byte_never_changes_the_body_unseen(at in 0usize..400, flip in 1u8..) {
            let kept = answer(b"v1.0.0\nv1.1.0\nv1.2.0\n");
            let mut bytes = render(&kept);
            let at = at % bytes.len();
            bytes[at] ^= flip;
            if let Ok(read) = parse(bytes) {
                prop_assert_eq!(read.body, kept.body);
            }
        }
    }
}
