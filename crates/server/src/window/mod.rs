//! `/-/window/…`: the window for a browser. Its files are everybody's who asks this address; what they can ask of Larder
//! wants a key, which a page gets for a code that works once (docs/decisions/0020-window-over-http.md).

mod files;
mod keys;
mod page;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use app::{Code, Failure};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use secret::Secret;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use keys::Keys;

use crate::answering::Answer;
use crate::body::Content;
use crate::deadlines::Deadlines;
use crate::gate::{self, Hosts};
use crate::text::{NO_STORE, PLAIN, forbidden};

const ROOT: &str = "/-/window/";
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// So that a browser does not look for one where modules are.
const ICON: &[u8] = include_bytes!("../../../../icons/source/app.svg");
const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// What a form with a code has at most, with room to spare.
const LARGEST_FORM: usize = 256;

/// What the window may do in a browser: show what came from here, and ask here.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// A local page that lets a browser in, once, within a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageWritten {
    /// The file. Only this person may read it, and it goes by itself.
    pub page: PathBuf,
}

/// Whether a path is the window's.
pub(crate) fn is_asked_for(path: &str) -> bool {
    path.starts_with(ROOT) || path == "/-/window"
}

/// The window and its way in.
pub(crate) struct Window {
    folder: PathBuf,
    port: u16,
    hosts: Hosts,
    keys: Arc<Keys>,
    /// Each removes a page.
    pages: TaskTracker,
    stop: CancellationToken,
    deadlines: Deadlines,
}

impl Window {
    pub(crate) fn new(
        folder: &Path,
        port: u16,
        stop: CancellationToken,
        deadlines: Deadlines,
    ) -> Self {
        page::sweep(folder);
        Self {
            folder: folder.to_owned(),
            port,
            hosts: Hosts::at(port),
            keys: Arc::default(),
            pages: TaskTracker::new(),
            stop,
            deadlines,
        }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Writes a page that lets a browser in.
    pub(crate) async fn write_page(&self) -> Result<PageWritten, Failure> {
        if !files::are_there() {
            return Err(without_window());
        }
        let page = page::write(&self.folder, self.port, &self.keys, &self.pages, &self.stop);
        Ok(PageWritten { page: page.await? })
    }

    /// Waits until no page is left; to be called after the end was asked for.
    pub(crate) async fn close(&self) {
        self.pages.close();
        self.pages.wait().await;
    }

    /// Answers `/-/window/…`.
    pub(crate) fn answer(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().strip_prefix(ROOT);
        match (path, request.method()) {
            (Some("enter"), &Method::POST) => self.enter(request),
            _ if !gate::lets_window(&self.hosts, &request) => Answer::Now(forbidden()),
            (None, &(Method::GET | Method::HEAD)) => Answer::Now(moved()),
            (Some(path), &(Method::GET | Method::HEAD)) => Answer::Now(shown(path)),
            (_, _) => Answer::Now(other_method()),
        }
    }

    /// Takes a code, and gives a page that keeps the key for it.
    fn enter(&self, request: Request<Incoming>) -> Answer {
        if !gate::lets_enter(&self.hosts, &request) {
            return Answer::Now(forbidden());
        }
        let (keys, within) = (Arc::clone(&self.keys), self.deadlines.control_body);
        Answer::later(async move {
            let body = Limited::new(request.into_body(), LARGEST_FORM).collect();
            let Ok(Ok(body)) = timeout(within, body).await else {
                return forbidden();
            };
            let form = Secret::new(String::from_utf8_lossy(&body.to_bytes()));
            let code = form.expose().strip_prefix("code=").unwrap_or_default();
            match keys.enter(code, Instant::now()) {
                Ok(Some(key)) => entered(&key),
                Ok(None) => too_late(),
                Err(failure) => {
                    tracing::error!("nobody can be let into the window: {failure}");
                    text(StatusCode::INTERNAL_SERVER_ERROR, &failure.message)
                }
            }
        })
    }
}

fn without_window() -> Failure {
    let message = "this Larder was built without its window";
    Failure::new(Code::NotFound, message)
        .hint("build the window first, then Larder: npm ci && npm run build, in ui/; then cargo build --release --bin larder")
}

/// A file of the window.
fn shown(path: &str) -> Response<Content> {
    match path {
        "enter.js" => return page(StatusCode::OK, SCRIPT, NO_STORE, ENTER.as_bytes()),
        "icon.svg" => return page(StatusCode::OK, SVG, NO_STORE, ICON),
        _ => {}
    }
    match files::file(path) {
        Some(file) => {
            let cache = if file.is_for_ever() {
                FOR_EVER
            } else {
                NO_STORE
            };
            let kind = HeaderValue::from_static(file.kind);
            page(StatusCode::OK, kind, cache, file.bytes)
        }
        None if path.is_empty() => text(StatusCode::NOT_FOUND, &without_window().message),
        None => text(StatusCode::NOT_FOUND, "the window has no such file"),
    }
}

/// Keeps the key where only pages of this address can read it, for as long as the tab is there, and goes on to the window.
const ENTER: &str = "\
const key = document.querySelector('meta[name=larder-key]').content
sessionStorage.setItem('larder-key', key)
location.replace('/-/window/')
";

fn entered(key: &Secret) -> Response<Content> {
    let text = Secret::new(format!(
        r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="color-scheme" content="light dark" />
    <meta name="larder-key" content="{}" />
    <link rel="icon" href="/-/window/icon.svg" />
    <title>Larder</title>
    <script src="/-/window/enter.js" defer></script>
  </head>
  <body></body>
</html>
"#,
        key.expose()
    ));
    let bytes = bytes::Bytes::copy_from_slice(text.expose().as_bytes());
    let mut response = Response::new(Content::of_bytes(bytes));
    head(response.headers_mut(), HTML, NO_STORE);
    response
}

fn too_late() -> Response<Content> {
    text(
        StatusCode::FORBIDDEN,
        "this page was used already, or is older than a minute; open the window anew: larder open",
    )
}

fn moved() -> Response<Content> {
    let mut response = text(StatusCode::PERMANENT_REDIRECT, ROOT);
    let root = HeaderValue::from_static(ROOT);
    response.headers_mut().insert(LOCATION, root);
    response
}

fn other_method() -> Response<Content> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "GET");
    let allowed = HeaderValue::from_static("GET, HEAD");
    response.headers_mut().insert(ALLOW, allowed);
    response
}

fn text(status: StatusCode, text: &str) -> Response<Content> {
    let mut response = Response::new(Content::of_bytes(format!("{text}\n")));
    *response.status_mut() = status;
    head(response.headers_mut(), PLAIN, NO_STORE);
    response
}

fn page(
    status: StatusCode,
    kind: HeaderValue,
    cache: HeaderValue,
    bytes: &'static [u8],
) -> Response<Content> {
    let mut response = Response::new(Content::of_bytes(bytes));
    *response.status_mut() = status;
    head(response.headers_mut(), kind, cache);
    // Explicitly, so that HEAD has it too.
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, bytes.len().into());
    response
}

fn head(headers: &mut HeaderMap, kind: HeaderValue, cache: HeaderValue) {
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, cache);
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(OPENER_POLICY, SAME_ORIGIN);
    headers.insert(RESOURCE_POLICY, SAME_ORIGIN);
}
