//! Whether there is a way to an upstream and how it answers, as far as what it was asked last tells. One state an
//! upstream, whoever asked.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use go_module::{FileKind, ModuleVersion, Request, info};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::address::names_this_machine;
use crate::tally::{Tallied, Tally};
use crate::{Ask, Privacy, Stage, Step, Upstream, UpstreamError, UpstreamKind};

/// The largest `.info` that is looked at.
const LARGEST_INFO: u64 = 1 << 16;

/// What is known of the way to an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It was not asked yet.
    Unknown,
    /// It answered, be it with a refusal, that long ago.
    Reached {
        /// How long ago.
        ago: Duration,
    },
    /// There was no way to it.
    Unreachable {
        /// How long ago that was seen last.
        ago: Duration,
        /// Why not.
        cause: UpstreamError,
    },
}

/// How the last question to an upstream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAsked {
    /// How long ago that was.
    pub ago: Duration,
    /// Why there was no answer; none where there was one, be it "not found".
    pub trouble: Option<UpstreamError>,
    /// How long it took to answer, the last time that it did.
    pub took: Option<Duration>,
}

/// The states of all upstreams by their ids. Clones share them, and so do the chains that are built with them: what one
/// profile saw holds for the next.
#[derive(Debug, Clone, Default)]
pub struct HealthBook(Arc<Book>);

#[derive(Debug, Default)]
struct Book {
    all: Mutex<HashMap<String, Health>>,
    turns: watch::Sender<u64>,
}

impl HealthBook {
    /// That of the upstream with this id and name.
    pub(crate) fn of(&self, id: &str, name: &str) -> Health {
        let mut all = self.0.all.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Health {
            name: Arc::from(name),
            turns: self.0.turns.clone(),
            ..Health::default()
        };
        all.entry(id.to_owned()).or_insert_with(new).clone()
    }

    /// Changes whenever an upstream answers otherwise than before (not at all, with another kind of error, or well again), and
    /// whenever one refuses who asks.
    pub fn turns(&self) -> watch::Receiver<u64> {
        self.0.turns.subscribe()
    }

    /// What was asked of each upstream so far.
    pub fn tallied(&self) -> Vec<Tallied> {
        let all = self.0.all.lock().unwrap_or_else(PoisonError::into_inner);
        let each = all.values();
        each.map(|health| health.tally.read(&health.name)).collect()
    }
}

/// The state of one upstream.
#[derive(Clone, Default)]
pub(crate) struct Health {
    name: Arc<str>,
    tally: Arc<Tally>,
    way: Arc<Mutex<Option<Seen>>>,
    last: Arc<Mutex<Option<Asked>>>,
    turns: watch::Sender<u64>,
}

struct Asked {
    at: Instant,
    trouble: Option<UpstreamError>,
    took: Option<Duration>,
}

struct Seen {
    at: Instant,
    /// Why there was no way; none where it answered.
    cause: Option<UpstreamError>,
}

impl Health {
    /// Takes note of how a question to the upstream ended, that was asked at `begun`.
    pub(crate) fn note(&self, error: Option<&UpstreamError>, begun: Instant) {
        self.tally.note(error, begun.elapsed());
        if self.note_last(error, begun) {
            self.turns.send_modify(|turns| *turns += 1);
        }
        let cause = match error.map(Way::of) {
            None | Some(Way::Open) => None,
            Some(Way::Barred) => error.cloned(),
            Some(Way::Unclear) => return,
        };
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen {
            at: Instant::now(),
            cause,
        });
    }

    /// Takes note of it; says whether it ended otherwise than the one before, or was refused (again, with what is kept now).
    fn note_last(&self, error: Option<&UpstreamError>, begun: Instant) -> bool {
        let trouble = match error {
            None | Some(UpstreamError::NotFound { .. }) => None,
            // Of what was asked, not of the upstream.
            Some(
                UpstreamError::TooLarge { .. }
                | UpstreamError::Direct { .. }
                | UpstreamError::Loop
                | UpstreamError::Off,
            ) => return false,
            Some(error) => Some(error.clone()),
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.as_ref();
        let kind = |trouble: &Option<UpstreamError>| trouble.as_ref().map(std::mem::discriminant);
        let is_refused = matches!(
            trouble,
            Some(UpstreamError::Refused { .. } | UpstreamError::CredentialsMissing { .. })
        );
        let is_other =
            is_refused || before.is_none_or(|before| kind(&before.trouble) != kind(&trouble));
        let took = match trouble {
            None => Some(begun.elapsed()),
            Some(_) => before.and_then(|before| before.took),
        };
        *last = Some(Asked {
            at: Instant::now(),
            trouble,
            took,
        });
        is_other
    }

    fn last(&self) -> Option<LastAsked> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|last| LastAsked {
            ago: last.at.elapsed(),
            trouble: last.trouble.clone(),
            took: last.took,
        })
    }

    pub(crate) fn reach(&self) -> Reach {
        match &*self.way.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Reach::Unknown,
            Some(Seen { at, cause: None }) => Reach::Reached { ago: at.elapsed() },
            Some(Seen {
                at,
                cause: Some(cause),
            }) => Reach::Unreachable {
                ago: at.elapsed(),
                cause: cause.clone(),
            },
        }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.reach())
    }
}

/// What an error says of the way to the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It answered.
    Open,
    /// There was no way to it.
    Barred,
    /// Neither: it may be slow, or something in between answers in its place.
    Unclear,
}

impl Way {
    fn of(error: &UpstreamError) -> Self {
        match error {
            // For a person to mend: it neither comes nor goes with the network.
            UpstreamError::Unreachable {
                step: Step::ProxyCredentials,
                ..
            } => Self::Unclear,
            UpstreamError::Unreachable { .. }
            | UpstreamError::Timeout {
                stage: Stage::Connect,
                ..
            }
            // Network Authentication Required (RFC 6585, section 6): not the upstream, a sign-in page on the way.
            | UpstreamError::Status { status: 511, .. } => Self::Barred,
            UpstreamError::NotFound { .. }
            | UpstreamError::Refused { .. }
            | UpstreamError::Throttled { .. }
            | UpstreamError::Status { .. }
            | UpstreamError::TooLarge { .. }
            | UpstreamError::Direct { .. } => Self::Open,
            UpstreamError::Timeout { .. }
            | UpstreamError::CredentialsMissing { .. }
            | UpstreamError::Broken { .. }
            | UpstreamError::Redirect { .. }
            | UpstreamError::Loop
            | UpstreamError::Malformed { .. }
            | UpstreamError::Off => Self::Unclear,
        }
    }
}

impl UpstreamError {
    /// Whether there was no way to the upstream at all: no address, no connection, a sign-in page of the network instead.
    pub fn is_no_way(&self) -> bool {
        Way::of(self) == Way::Barred
    }
}

impl Upstream {
    /// What is known of the way to it.
    pub fn reach(&self) -> Reach {
        self.health().reach()
    }

    /// How the last question to it ended, that says something of it; none where it was not asked yet.
    pub fn last_asked(&self) -> Option<LastAsked> {
        self.health().last()
    }

    /// Whether the way to it needs no network: a folder, or a proxy on this machine's loopback address.
    pub fn is_on_this_machine(&self) -> bool {
        match self.kind() {
            UpstreamKind::File => true,
            UpstreamKind::Http => {
                self.has_node_on_this_machine()
                    || self
                        .url()
                        .is_some_and(|url| names_this_machine(url.as_url()))
            }
            UpstreamKind::Direct => false,
        }
    }

    /// Looks whether there is a way to it, within [`Deadlines::probe`](crate::Deadlines::probe), and takes note of it.
    ///
    /// With a version that it is known to have, its `.info` is asked for: a captive portal, which answers everything with a
    /// page of its own, is told from the upstream by that. Version control has no one server that could be asked: what
    /// it met last is said again.
    pub async fn look(&self, known: Option<(&ModuleVersion, Privacy)>) -> Reach {
        if self.kind() == UpstreamKind::Direct {
            return self.reach();
        }
        let looking = async {
            match known {
                Some((known, privacy)) => self.ask_for_info(known, privacy).await,
                None => self.probe().await.map(|_| ()),
            }
        };
        let (within, begun) = (self.limits().probe, Instant::now());
        let looked = tokio::time::timeout(within, looking).await;
        // Connecting has the shorter deadline: what is silent beyond it has been reached, and is slow.
        let looked = looked.unwrap_or(Err(UpstreamError::Timeout {
            stage: Stage::FirstByte,
            after: within,
        }));
        self.health().note(looked.as_ref().err(), begun);
        self.reach()
    }

    async fn ask_for_info(
        &self,
        known: &ModuleVersion,
        privacy: Privacy,
    ) -> Result<(), UpstreamError> {
        let request = Request::File(known.clone(), FileKind::Info);
        let is_info = |_, body: &[u8]| match info::parse(body) {
            Ok(_) => Ok(()),
            Err(_) => Err(UpstreamError::Unreachable {
                step: Step::Portal,
                cause: "something else answers in its place".to_owned(),
            }),
        };
        let ask = Ask::new(request, privacy, LARGEST_INFO);
        self.fetch_whole(ask, is_info).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fake, PLAIN, answer, parts, upstream};

    fn known() -> ModuleVersion {
        ModuleVersion::new("corp.example/m".parse().unwrap(), "v1.0.0".parse().unwrap()).unwrap()
    }

    fn cause(reach: Reach) -> UpstreamError {
        match reach {
            Reach::Unreachable { cause, .. } => cause,
            Reach::Unknown | Reach::Reached { .. } => panic!("{reach:?}"),
        }
    }

    #[tokio::test]
    async fn what_it_is_asked_tells_of_the_way_to_it() {
        let fake = Fake::start(|_, _| answer(404, PLAIN, "no such module")).await;
        let parts = parts();
        let upstream = upstream(&fake.url(), &parts);
        assert_eq!(upstream.reach(), Reach::Unknown);
        let request = Request::File(known(), FileKind::Info);
        let asked = upstream
            .fetch(Ask::new(request.clone(), Privacy::Public, 1000))
            .await;
        assert!(asked.unwrap_err().is_not_found());
        assert!(matches!(upstream.reach(), Reach::Reached { .. }));
        let again = crate::testing::upstream(&fake.url(), &parts);
        assert!(
            matches!(again.reach(), Reach::Reached { .. }),
            "another chain to the same place knows it too"
        );
        drop(fake);
        upstream
            .fetch(Ask::new(request, Privacy::Public, 1000))
            .await
            .unwrap_err();
        assert!(cause(again.reach()).is_no_way());
    }

    #[tokio::test]
    async fn how_the_last_question_ended_is_known_and_a_turn_is_told_once() {
        let status = Arc::new(std::sync::atomic::AtomicU16::new(404));
        let says = Arc::clone(&status);
        let fake = Fake::start(move |_, _| {
            answer(says.load(std::sync::atomic::Ordering::Relaxed), PLAIN, "no")
        })
        .await;
        let parts = parts();
        let upstream = upstream(&fake.url(), &parts);
        let mut turns = parts.health.turns();
        assert_eq!(upstream.last_asked(), None);
        let ask = || async {
            let request = Request::File(known(), FileKind::Info);
            let _ = upstream
                .fetch(Ask::new(request, Privacy::Public, 1000))
                .await;
            upstream.last_asked().unwrap()
        };
        let well = ask().await;
        assert_eq!(well.trouble, None, "not found is an answer");
        assert!(well.took.is_some());
        assert!(turns.has_changed().unwrap());
        turns.mark_unchanged();
        ask().await;
        assert!(!turns.has_changed().unwrap(), "as before");
        status.store(403, std::sync::atomic::Ordering::Relaxed);
        let refused = ask().await;
        assert!(matches!(
            refused.trouble,
            Some(UpstreamError::Refused { status: 403, .. })
        ));
        assert!(refused.took.is_some(), "of the time when it answered");
        assert!(turns.has_changed().unwrap());
        turns.mark_unchanged();
        status.store(410, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(ask().await.trouble, None);
        assert!(turns.has_changed().unwrap(), "well again");
    }

    #[tokio::test]
    async fn a_page_in_place_of_an_info_is_a_captive_portal() {
        let page = "Content-Type: text/html\r\n";
        let fake = Fake::start(move |_, _| answer(200, page, "<html>Welcome aboard</html>")).await;
        let upstream = upstream(&fake.url(), &parts());
        let reach = upstream.look(Some((&known(), Privacy::Public))).await;
        assert!(
            matches!(
                cause(reach),
                UpstreamError::Unreachable {
                    step: Step::Portal,
                    ..
                }
            ),
            "{:?}",
            upstream.reach()
        );
        assert!(
            matches!(upstream.look(None).await, Reach::Reached { .. }),
            "a proxy may well have a page at its root"
        );
    }

    #[tokio::test]
    async fn status_511_is_a_captive_portal() {
        let fake = Fake::start(|_, _| answer(511, PLAIN, "sign in")).await;
        let upstream = upstream(&fake.url(), &parts());
        assert!(cause(upstream.look(None).await).is_no_way());
        assert!(cause(upstream.look(Some((&known(), Privacy::Public))).await).is_no_way());
    }

    #[tokio::test]
    async fn trouble_of_its_own_is_no_lack_of_a_way() {
        for status in [401, 403, 404, 429, 500, 503] {
            let fake = Fake::start(move |_, _| answer(status, PLAIN, "no")).await;
            let upstream = upstream(&fake.url(), &parts());
            assert!(
                matches!(
                    upstream.look(Some((&known(), Privacy::Public))).await,
                    Reach::Reached { .. }
                ),
                "{status}"
            );
        }
    }

    #[tokio::test]
    async fn this_machine_needs_no_network() {
        for (url, here) in [
            ("http://127.0.0.1:1", true),
            ("http://localhost:1/x", true),
            ("file:///srv/modules", true),
            ("https://proxy.corp.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(upstream(url, &parts()).is_on_this_machine(), here, "{url}");
        }
    }
}
