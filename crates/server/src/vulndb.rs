//! The vulnerability database for one run of govulncheck: at a port and under a token that are there for that run alone.
//!
//! The token has to be handed over as an argument, which other users of the machine can read. So it is none of those
//! that open something else, and what it opens is gone with the process that runs govulncheck, however that ends: nobody
//! has to remember to take it back. What is served is the copy that was open at the beginning.

use std::sync::Arc;

use app::{Failure, Secret, VulndbCopy, fresh_token};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::answering::Answer;
use crate::body::Content;
use crate::deadlines::Deadlines;
use crate::gate::Hosts;
use crate::listen::{PortWish, listen};
use crate::modules::{split, wrong_method};
use crate::run::attend;
use crate::site::Answers;
use crate::text::{NO_STORE, OUR_VERSION, X_VERSION, forbidden, refusal};

const GZIP: HeaderValue = HeaderValue::from_static("application/gzip");

/// The vulnerability database at an address, for as long as the value lives.
#[derive(Debug)]
pub struct VulndbRun {
    url: Secret,
    end: CancellationToken,
    attending: JoinHandle<()>,
}

impl VulndbRun {
    /// Begins to serve this copy.
    ///
    /// # Errors
    /// `port-taken` or `internal` where there is no free port, or no random bytes.
    pub async fn begin(copy: VulndbCopy) -> Result<Self, Failure> {
        let token = fresh_token()?;
        let listeners = listen(PortWish::AnyForThisRun).await?;
        let port = listeners.port();
        let url = format!("http://127.0.0.1:{port}/{}/vulndb", token.expose());
        let site = Arc::new(Vulndb {
            copy: Arc::new(copy),
            token,
            hosts: Hosts::at(port),
        });
        let end = CancellationToken::new();
        let asked = end.clone();
        let attending = tokio::spawn(async move {
            let until = asked.cancelled();
            attend(listeners, site, &asked, Deadlines::default(), until).await;
        });
        Ok(Self {
            url: Secret::new(url),
            end,
            attending,
        })
    }

    /// What govulncheck is given as `-db`.
    #[must_use]
    pub fn url(&self) -> &Secret {
        &self.url
    }
}

impl Drop for VulndbRun {
    fn drop(&mut self) {
        self.end.cancel();
        self.attending.abort();
    }
}

/// What stands at the address.
struct Vulndb {
    copy: Arc<VulndbCopy>,
    token: Secret,
    hosts: Hosts,
}

impl Answers for Vulndb {
    fn answer(&self, request: Request<Incoming>) -> Answer {
        let (token, path) = split(request.uri().path());
        if !self.hosts.are_own(&request) || self.token != Secret::new(token) {
            return Answer::Now(forbidden());
        }
        let method = request.method().clone();
        if method != Method::GET && method != Method::HEAD {
            return Answer::Now(wrong_method());
        }
        let Some(endpoint) = path
            .strip_prefix("vulndb/")
            .and_then(|path| path.strip_suffix(".json.gz"))
        else {
            return Answer::Now(absent());
        };
        let (copy, endpoint) = (Arc::clone(&self.copy), endpoint.to_owned());
        Answer::later(async move {
            let read = tokio::task::spawn_blocking(move || copy.gz(&endpoint)).await;
            match read {
                Ok(Ok(Some(gz))) => given(&method, gz),
                Ok(Ok(None)) => absent(),
                Ok(Err(error)) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
                Err(_) => refusal(StatusCode::SERVICE_UNAVAILABLE, "Larder is stopping"),
            }
        })
    }
}

fn given(method: &Method, gz: Vec<u8>) -> Response<Content> {
    let mut response = Response::new(Content::Nothing);
    let headers = response.headers_mut();
    // The file is a gzip file; it is no encoding of another one, which a client would undo.
    headers.insert(CONTENT_TYPE, GZIP);
    headers.insert(CONTENT_LENGTH, gz.len().into());
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(X_VERSION, OUR_VERSION);
    if method == Method::GET {
        *response.body_mut() = Content::of_bytes(gz);
    }
    response
}

fn absent() -> Response<Content> {
    refusal(
        StatusCode::NOT_FOUND,
        "this is the vulnerability database for one run of govulncheck: index/{db,modules,vulns}.json.gz and ID/<id>.json.gz",
    )
}
