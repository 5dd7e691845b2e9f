//! Files below a URL that is no module proxy, with the same deadlines, retries and guarded redirects.

use std::fmt;

use bytes::Bytes;
use secret::SafeUrl;

use crate::ask::{Privacy, Terms};
use crate::http::{Asked, Http};
use crate::upstream::http_of;
use crate::{ChainBuildError, ChainParts, UpstreamError, name};

/// Files below an http(s) URL.
pub struct PlainFiles {
    http: Http,
    name: String,
}

impl PlainFiles {
    /// The files below this URL.
    ///
    /// # Errors
    /// [`ChainBuildError`] where the URL can't be used; a `file://` one among them.
    pub fn at(url: &SafeUrl, parts: &ChainParts) -> Result<Self, ChainBuildError> {
        Ok(Self {
            http: http_of(url, parts, Asked::Proxy)?,
            name: name::name(url),
        })
    }

    /// What a person knows it by: `host[:port][/path]`, without user info.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file at a path, of at most `cap` bytes.
    ///
    /// # Errors
    /// [`UpstreamError`]; "not found" only where the upstream itself said so.
    pub async fn get(&self, path: &str, cap: u64) -> Result<Bytes, UpstreamError> {
        let terms = Terms {
            privacy: Privacy::Public,
            validators: None,
            resume: None,
            cap,
            hops: Vec::new(),
            trace: None,
        };
        self.http
            .fetch_path(path, &terms)
            .await?
            .body
            .read_all()
            .await
    }
}

impl fmt::Debug for PlainFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlainFiles({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fake, PLAIN, answer, parts};

    #[tokio::test]
    async fn a_file_comes_whole_and_within_its_limit() {
        let fake = Fake::start(|_, seen| match seen.path() {
            "/db/index/db.json" => answer(200, "", "{}"),
            _ => answer(404, PLAIN, "not here"),
        })
        .await;
        let url = SafeUrl::parse(&format!("{}/db/", fake.url())).unwrap();
        let files = PlainFiles::at(&url, &parts()).unwrap();
        assert_eq!(files.get("index/db.json", 2).await.unwrap(), "{}");
        let cap = files.get("index/db.json", 1).await.unwrap_err();
        assert_eq!(cap, UpstreamError::TooLarge { cap: 1 });
        let none = files.get("index/none.json", 2).await.unwrap_err();
        assert!(
            matches!(none, UpstreamError::NotFound { status: 404, .. }),
            "{none:?}"
        );
    }

    #[test]
    fn a_folder_is_no_such_place() {
        let url = SafeUrl::parse("file:///srv/db").unwrap();
        assert!(PlainFiles::at(&url, &parts()).is_err());
    }
}
