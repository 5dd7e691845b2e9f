//! A mirror: what an upstream answered is asked of another one as well, and the two answers are compared.
//!
//! Nobody waits for it. What it is to be asked stands in a queue that is bounded, and so is how much is asked at once and
//! how long one answer may take; what finds the queue full is counted and left out. Of bodies only a hash is made, on the
//! way. Private paths and those with a rule never come here ([`Profile::mirror_for`]).

mod said;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use go_module::{FileKind, ModulePath, Request};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};
use tokio::sync::{mpsc, watch};
use ts_rs::TS;
use upstream::{Privacy, ReplyStatus, Upstream, UpstreamError};

use crate::error::DeliveryError;
use crate::profile::Profile;
use crate::proof;
use crate::shared::Shared;

use self::said::LARGEST;
pub(crate) use self::said::Said;

/// How much may wait to be asked.
const QUEUE: usize = 256;
/// How much is asked at once.
const AT_ONCE: usize = 4;
/// How long one answer may take, its body included.
const DEADLINE: Duration = Duration::from_secs(20);
/// How many differences are remembered of each mirror, the newest.
const DIFFERENCES: usize = 100;

/// What a mirror answered so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MirrorReport {
    /// Its name.
    pub name: String,
    /// How many answers were the same.
    pub same: u64,
    /// How many were others.
    pub different: u64,
    /// How often it gave none.
    pub failed: u64,
    /// How often it was not asked, for it was behind.
    pub left_out: u64,
    /// Why it gave none, the last time.
    pub last_failure: Option<String>,
    /// Where its answers were others, the newest last.
    pub differences: Vec<MirrorDifference>,
}

/// A request that a mirror answered otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MirrorDifference {
    /// When, the last time.
    pub at: Timestamp,
    /// What was asked: the path of the request.
    pub request: String,
    /// The upstream that answered first.
    pub upstream: String,
    /// What that said.
    pub said: String,
    /// What the mirror said.
    pub mirror_said: String,
    /// How often.
    pub times: u64,
}

/// A request that a mirror is to be asked, and how it was answered.
#[derive(Debug)]
pub(crate) struct Copy {
    mirror: Upstream,
    request: Request,
    upstream: String,
    said: Said,
}

/// Where copies go, and what became of them.
#[derive(Debug)]
pub(crate) struct Mirrors {
    copies: mpsc::Sender<Copy>,
    book: Arc<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// By the mirror's name.
    reports: Mutex<HashMap<String, MirrorReport>>,
    news: watch::Sender<u64>,
}

impl Mirrors {
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Copy>) {
        let (copies, receiver) = mpsc::channel(QUEUE);
        let book = Arc::default();
        (Self { copies, book }, receiver)
    }

    pub(crate) fn reports(&self) -> Vec<MirrorReport> {
        let reports = self.book.reports.lock();
        let reports = reports.unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<MirrorReport> = reports.values().cloned().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.book.news.subscribe()
    }

    /// An upstream answered this. Never waits.
    pub(crate) fn copy(&self, profile: &Profile, request: &Request, upstream: &str, said: Said) {
        let path = request.module().map(ModulePath::as_str);
        let Some(mirror) = path.and_then(|path| profile.mirror_for(path)) else {
            return;
        };
        if mirror.name() == upstream {
            return;
        }
        let copy = Copy {
            mirror: mirror.clone(),
            request: request.clone(),
            upstream: upstream.to_owned(),
            said,
        };
        if self.copies.try_send(copy).is_err() {
            self.book.note(mirror, |report| report.left_out += 1);
        }
    }

    /// The same of a small answer that is at hand.
    pub(crate) fn answered(
        &self,
        profile: &Profile,
        request: &Request,
        upstream: &Upstream,
        body: &Bytes,
    ) {
        if profile.mirror().is_some() {
            let said = Said::bytes(request, body);
            self.copy(profile, request, upstream.name(), said);
        }
    }

    /// The same where all upstreams said that it is not there.
    pub(crate) fn not_found(&self, profile: &Profile, request: &Request, error: &DeliveryError) {
        if let DeliveryError::NotFound(chain) = error
            && let UpstreamError::NotFound { status, .. } = chain.cause
        {
            self.copy(profile, request, &chain.upstream, Said::NotFound(status));
        }
    }
}

impl Book {
    fn note(&self, mirror: &Upstream, change: impl FnOnce(&mut MirrorReport)) {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let name = mirror.name();
        let report = reports.entry(name.to_owned()).or_default();
        name.clone_into(&mut report.name);
        change(report);
    }

    /// Takes note of what a mirror said.
    fn hear(&self, copy: &Copy, theirs: Result<Said, String>) {
        let theirs = match theirs {
            Ok(theirs) if theirs.is_as(&copy.said) => {
                return self.note(&copy.mirror, |report| report.same += 1);
            }
            Ok(theirs) => theirs,
            Err(reason) => {
                return self.note(&copy.mirror, |report| {
                    report.failed += 1;
                    report.last_failure = Some(reason);
                });
            }
        };
        let difference = MirrorDifference {
            at: Timestamp::now(),
            request: copy.request.url_path(),
            upstream: copy.upstream.clone(),
            said: copy.said.to_string(),
            mirror_said: theirs.to_string(),
            times: 1,
        };
        tracing::warn!(
            mirror = copy.mirror.name(), request = %difference.request, upstream = %difference.upstream,
            "a mirror answered otherwise: {}; the upstream: {}", difference.mirror_said, difference.said
        );
        self.note(&copy.mirror, |report| report.add(difference));
        self.news.send_modify(|news| *news += 1);
    }
}

impl MirrorReport {
    fn add(&mut self, mut difference: MirrorDifference) {
        self.different += 1;
        let same = |known: &MirrorDifference| known.request == difference.request;
        if let Some(at) = self.differences.iter().position(same) {
            difference.times += self.differences.remove(at).times;
        }
        self.differences.push(difference);
        let surplus = self.differences.len().saturating_sub(DIFFERENCES);
        self.differences.drain(..surplus);
    }
}

/// Asks mirrors until Larder stops.
pub(crate) async fn run(shared: Weak<Shared>, mut copies: mpsc::Receiver<Copy>) {
    let copies = stream::poll_fn(move |context| copies.poll_recv(context));
    let asked = copies.for_each_concurrent(AT_ONCE, |copy| {
        let shared = shared.upgrade();
        async move {
            let Some(shared) = shared else { return };
            // It may have become offline since.
            if shared.offline(&shared.profile()).is_some() {
                return;
            }
            let book = Arc::clone(&shared.mirrors.book);
            drop(shared);
            let theirs = tokio::time::timeout(DEADLINE, ask(&copy)).await;
            let late = || Err(format!("no whole answer within {} s", DEADLINE.as_secs()));
            book.hear(&copy, theirs.unwrap_or_else(|_| late()));
        }
    });
    asked.await;
}

/// What the mirror says, or why it says nothing.
async fn ask(copy: &Copy) -> Result<Said, String> {
    let cap = proof::cap(&copy.request);
    let ask = upstream::Ask::new(copy.request.clone(), Privacy::Public, cap);
    let reply = match copy.mirror.fetch(ask).await {
        Ok(reply) => reply,
        Err(UpstreamError::NotFound { status, .. }) => return Ok(Said::NotFound(status)),
        Err(error) => return Err(error.in_short()),
    };
    if reply.status != ReplyStatus::Whole {
        return Err("it answered a part that was not asked for".to_owned());
    }
    if !matches!(
        copy.request,
        Request::File(_, FileKind::Mod | FileKind::Zip)
    ) {
        let body = reply.body.read_all().await;
        let body = body.map_err(|error| error.in_short())?;
        return Ok(Said::bytes(&copy.request, &body));
    }
    if let Said::Body { digest: None, .. } = copy.said {
        return Ok(Said::Body {
            digest: None,
            length: reply.content_length,
        });
    }
    let (mut hasher, mut length, mut body) = (Hasher::new(), 0, reply.body);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| error.in_short())?;
        length += piece.len() as u64;
        hasher.update(&piece);
        if length > LARGEST {
            // Larger than the upstream's was: the length alone tells.
            return Ok(Said::Body {
                digest: None,
                length: Some(reply.content_length.unwrap_or(length)),
            });
        }
    }
    Ok(Said::Body {
        digest: Some(hasher.finalize().into()),
        length: Some(length),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_remembered_once_and_the_oldest_goes() {
        let mut report = MirrorReport::default();
        let difference = |request: String| MirrorDifference {
            at: Timestamp::UNIX_EPOCH,
            request,
            upstream: "a".to_owned(),
            said: String::new(),
            mirror_said: String::new(),
            times: 1,
        };
        for round in 0..3 {
            for n in 0..DIFFERENCES {
                report.add(difference(format!("/{n}")));
            }
            assert_eq!(report.differences[0].times, round + 1);
        }
        report.add(difference("/new".to_owned()));
        assert_eq!(report.differences.len(), DIFFERENCES);
        assert_eq!(report.differences[0].request, "/1");
        assert_eq!(report.different, 301);
    }
}
