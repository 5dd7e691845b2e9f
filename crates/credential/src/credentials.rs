//! The one door to all credentials: which place is asked for an origin, in which order, and what is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::credential::Credential;
use crate::error::CredentialError;
use crate::helper::{Answer, HelperCommand};
use crate::keep::{Keep, KeptIn, Listed};
use crate::netrc::Netrc;
use crate::origin::Origin;

mod memory;

use memory::{Known, Memory};

/// How long "there is none" and what netrc says are believed: a login elsewhere, or a new line in netrc, is seen then.
const BELIEVED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// How long a failure stands for all who ask, so that a keyring's question that was dismissed is not put again at once.
const FAILED_FOR: SignedDuration = SignedDuration::from_secs(30);
/// A token is renewed this long before it runs out, or at half of its life where that is short.
const EARLY: SignedDuration = SignedDuration::from_secs(30);
/// After a refusal the place is asked anew, but not more often than this: what is wrong stays wrong for a while.
const REFUSED_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// The places that may be asked. The same origin may have a credential in several; they are asked in the order of the
/// fields here, and the first that has one is taken.
#[derive(Clone, Default)]
pub struct Sources {
    /// The helper command of each origin that has one.
    pub helpers: BTreeMap<Origin, HelperCommand>,
    /// The OS keyring.
    pub keyring: Option<Arc<dyn Keep>>,
    /// For which origins something is kept in the keyring. It is asked about no other, so that a public upstream opens no
    /// prompt.
    pub in_keyring: BTreeSet<Origin>,
    /// The encrypted file, when it was opened.
    pub encrypted_file: Option<Arc<dyn Keep>>,
    /// The netrc file, when the person allows it to be read: see [`Netrc::place`].
    pub netrc: Option<PathBuf>,
}

/// What Larder presents to its upstreams. Shared by all that send requests.
pub struct Credentials {
    state: Mutex<Arc<State>>,
    clock: Clock,
}

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The places, and what is remembered of them: replaced together.
struct State {
    sources: Sources,
    memory: Mutex<Memory>,
}

/// A credential and where it was.
#[derive(Clone)]
struct Found {
    credential: Credential,
    kept_in: KeptIn,
}

impl Credentials {
    /// Credentials from these places. Nothing is asked before the first [`Credentials::present`].
    pub fn new(sources: Sources) -> Self {
        Self::with_clock(sources, Arc::new(Timestamp::now))
    }

    fn with_clock(sources: Sources, clock: Clock) -> Self {
        Self {
            state: Mutex::new(Arc::new(State::new(sources))),
            clock,
        }
    }

    /// Asks these places from now on, and forgets what was remembered. What is being asked already goes on with the places
    /// of before.
    pub fn use_sources(&self, sources: Sources) {
        *self.lock() = Arc::new(State::new(sources));
    }

    /// The credential for this origin; none where no place has one.
    ///
    /// What was found is remembered in memory: a token until it runs out, all else until it is refused or forgotten. All who
    /// ask for one origin at the same time wait for one answer. A place that fails is passed over, and its error is returned
    /// where no later place has a credential.
    ///
    /// # Errors
    /// [`CredentialError`] of the first place that failed. It ends within a minute: each place has its deadline.
    pub async fn present(&self, origin: &Origin) -> Result<Option<Credential>, CredentialError> {
        Ok(self.find(origin).await?.map(|found| found.credential))
    }

    /// As [`Credentials::present`], but gives what may be told of it.
    ///
    /// # Errors
    /// As for [`Credentials::present`].
    pub async fn tell(&self, origin: &Origin) -> Result<Option<Listed>, CredentialError> {
        let found = self.find(origin).await?;
        Ok(found.map(|found| Listed::of(&found.credential, found.kept_in)))
    }

    /// The upstream answered 401 to this credential: it is forgotten, and asked for anew by the next
    /// [`Credentials::present`]. Tells whether that is worth another try: a helper makes another token, or a newer one is
    /// there already. Right after another refusal nothing is forgotten, and no further try is worth it.
    pub fn refused(&self, credential: &Credential) -> bool {
        let now = (self.clock)();
        let state = self.state();
        let helped = state.sources.helpers.contains_key(credential.origin());
        state.memory().refused(credential, helped, now)
    }

    /// Forgets what is remembered of this origin, after a login or logout.
    pub fn forget(&self, origin: &Origin) {
        self.state().memory().forget(origin);
    }

    /// All that the keyring, the encrypted file and netrc hold, without the secrets, and why a place could not be asked.
    /// Helpers are not run for it.
    pub async fn list(&self) -> (Vec<Listed>, Vec<CredentialError>) {
        let state = self.state();
        let sources = state.sources.clone();
        let (mut listed, mut failed) = (Vec::new(), Vec::new());
        let places = apart(move || Ok(sources.list())).await;
        for place in places.unwrap_or_else(|stopping| vec![Err(stopping)]) {
            match place {
                Ok(more) => listed.extend(more),
                Err(error) => failed.push(error),
            }
        }
        (listed, failed)
    }

    async fn find(&self, origin: &Origin) -> Result<Option<Found>, CredentialError> {
        let state = self.state();
        if !state.sources.may_have(origin) {
            return Ok(None);
        }
        let cell = state.memory().cell(origin, (self.clock)());
        let known = cell
            .get_or_init(|| async {
                let (found, expires) = state.sources.look_up(origin, &self.clock).await;
                Known::new(found, expires, (self.clock)())
            })
            .await;
        known.found.clone()
    }

    fn state(&self) -> Arc<State> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Arc<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(sources: Sources) -> Self {
        Self {
            sources,
            memory: Mutex::default(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Looked = (Result<Option<Found>, CredentialError>, Option<Timestamp>);

impl Sources {
    /// Whether any place is to be asked about this origin.
    fn may_have(&self, origin: &Origin) -> bool {
        self.helpers.contains_key(origin)
            || (self.keyring.is_some() && self.in_keyring.contains(origin))
            || self.encrypted_file.is_some()
            || self.netrc.is_some()
    }

    /// Asks one place after the other, and tells when the answer runs out by itself.
    async fn look_up(&self, origin: &Origin, clock: &Clock) -> Looked {
        let mut failed = None;
        if let Some(helper) = self.helpers.get(origin) {
            match helper.ask(origin, clock()).await {
                Ok(Some(Answer {
                    credential,
                    expires,
                })) => {
                    let kept_in = KeptIn::Helper;
                    return (
                        Ok(Some(Found {
                            credential,
                            kept_in,
                        })),
                        expires,
                    );
                }
                Ok(None) => {}
                Err(error) => failed = Some(CredentialError::from(error)),
            }
        }
        let (sources, of) = (self.clone(), origin.clone());
        let stored = apart(move || sources.look_into_stores(&of)).await;
        let found = match (failed, stored) {
            (None, stored) => stored,
            (Some(failed), Ok(Some(found))) => {
                tracing::warn!(%origin, kept_in = %found.kept_in, error = %failed, "the helper failed, another credential is used");
                Ok(Some(found))
            }
            (Some(failed), Ok(None) | Err(_)) => Err(failed),
        };
        (found, None)
    }

    /// Asks the keyring, the encrypted file and netrc. Blocks.
    fn look_into_stores(&self, origin: &Origin) -> Result<Option<Found>, CredentialError> {
        let keyring = self
            .keyring
            .as_deref()
            .filter(|_| self.in_keyring.contains(origin));
        let mut failed = None;
        for place in [keyring, self.encrypted_file.as_deref()]
            .into_iter()
            .flatten()
        {
            match place.get(origin) {
                Ok(Some(credential)) => {
                    let kept_in = place.kept_in();
                    return Ok(Some(Found {
                        credential,
                        kept_in,
                    }));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%origin, %error, "a place of credentials failed, the next is asked");
                    failed.get_or_insert(error);
                }
            }
        }
        if let Some(path) = &self.netrc {
            match Netrc::read(path).and_then(|netrc| netrc.credential(origin)) {
                Ok(Some(credential)) => {
                    let kept_in = KeptIn::Netrc;
                    return Ok(Some(Found {
                        credential,
                        kept_in,
                    }));
                }
                Ok(None) => {}
                Err(error) => {
                    failed.get_or_insert(error.into());
                }
            }
        }
        failed.map_or(Ok(None), Err)
    }

    /// What each place holds. Blocks.
    fn list(&self) -> Vec<Result<Vec<Listed>, CredentialError>> {
        let mut places = Vec::new();
        if let Some(keyring) = self
            .keyring
            .as_deref()
            .filter(|_| !self.in_keyring.is_empty())
        {
            let known: Vec<_> = self.in_keyring.iter().cloned().collect();
            places.push(keyring.list(&known));
        }
        if let Some(file) = &self.encrypted_file {
            places.push(file.list(&[]));
        }
        if let Some(path) = &self.netrc {
            let netrc = Netrc::read(path).map_err(CredentialError::from);
            places.push(netrc.map(|netrc| netrc.list()));
        }
        places
    }
}

/// Does what blocks off the runtime's own threads.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CredentialError> + Send + 'static,
) -> Result<T, CredentialError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(CredentialError::Stopping),
        },
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("helpers", &self.helpers)
            .field("keyring", &self.keyring.is_some())
            .field("in_keyring", &self.in_keyring)
            .field("encrypted_file", &self.encrypted_file.is_some())
            .field("netrc", &self.netrc)
            .finish()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("sources", &self.state().sources)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
