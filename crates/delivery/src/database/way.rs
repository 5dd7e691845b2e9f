//! How a checksum database is reached: through an upstream that passes it on, or directly.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use go_module::Request;
use upstream::{Ask, Chain, ChainError, Privacy, Upstream, UpstreamError};

use crate::error::malformed;

/// For how long the upstream that passes the database on is taken for known.
const KNOWN_FOR: Duration = Duration::from_secs(10 * 60);

/// The most bytes of anything that a database says.
const CAP: u64 = 1 << 20;

/// The way to a database. Clones share what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// The upstreams that are asked whether they pass it on; none where it has a place of its own.
    chain: Option<Chain>,
    /// The database itself.
    direct: Upstream,
    known: Arc<Mutex<Option<(Upstream, Instant)>>>,
    finding: Arc<tokio::sync::Semaphore>,
}

impl Way {
    pub(crate) fn through(chain: Chain, direct: Upstream) -> Self {
        Self::new(Some(chain), direct)
    }

    pub(crate) fn at(place: Upstream) -> Self {
        Self::new(None, place)
    }

    fn new(chain: Option<Chain>, direct: Upstream) -> Self {
        Self {
            chain,
            direct,
            known: Arc::default(),
            finding: Arc::new(tokio::sync::Semaphore::new(1)),
        }
    }

    /// Asks for `/sumdb/<name>/<rest>`.
    pub(crate) async fn get(&self, name: &str, rest: String) -> Result<Bytes, ChainError> {
        let upstream = self.find(name).await?;
        let got = ask(&upstream, name, rest).await;
        if got.as_ref().is_err_and(|error| !error.is_not_found()) {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        got
    }

    /// The upstream to be asked (`initBase`, cmd/go `internal/modfetch/sumdb.go`): the first of the chain that says
    /// 200 to `/supported`; the database itself where the chain ends with 404, 410, `direct` or `off`.
    async fn find(&self, name: &str) -> Result<Upstream, ChainError> {
        let Some(chain) = &self.chain else {
            return Ok(self.direct.clone());
        };
        if let Some(known) = self.known() {
            return Ok(known);
        }
        // Those who come meanwhile find it known.
        let _turn = self.finding.acquire().await;
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let offered = chain.walk(|upstream| async move {
            let request = request(name, "supported".to_owned());
            let ask = Ask::new(request, Privacy::Public, CAP);
            upstream.fetch_whole(ask, |_, _| Ok(())).await?;
            Ok(upstream)
        });
        let found = match offered.await {
            Ok(upstream) => upstream,
            Err(error) if error.is_not_found() => self.direct.clone(),
            Err(error) => return Err(error),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((found.clone(), Instant::now()));
        Ok(found)
    }

    /// Who is asked, as far as that is known.
    pub(crate) fn name(&self) -> String {
        let known = self.known();
        known.as_ref().unwrap_or(&self.direct).name().to_owned()
    }

    fn known(&self) -> Option<Upstream> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (upstream, since) = known.as_ref()?;
        (since.elapsed() < KNOWN_FOR).then(|| upstream.clone())
    }
}

async fn ask(upstream: &Upstream, name: &str, rest: String) -> Result<Bytes, ChainError> {
    let got = async {
        // Of a private path no database is asked.
        let request = request(name, rest);
        let ask = Ask::new(request.clone(), Privacy::Public, CAP);
        let whole = upstream.fetch_whole(ask, |_, body| is_no_page(&request, body));
        whole.await.map(|whole| whole.body)
    };
    got.await.map_err(|cause| ChainError::of(upstream, cause))
}

/// A page for a browser is nothing of a database, which is told here so that another node of a pool is asked; all else is
/// for the proofs to find.
fn is_no_page(request: &Request, body: &[u8]) -> Result<(), UpstreamError> {
    let begin = body.trim_ascii_start();
    let begins = |with: &str| {
        begin
            .get(..with.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(with.as_bytes()))
    };
    if begins("<!doctype") || begins("<html") {
        return Err(malformed(request, "it is a page for a browser"));
    }
    Ok(())
}

fn request(name: &str, rest: String) -> Request {
    Request::SumDb {
        name: name.to_owned(),
        rest,
    }
}
