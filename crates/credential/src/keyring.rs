//! The OS keyring: the Secret Service on Linux, Keychain on macOS.
//!
//! A keyring may ask a person to unlock it, and the calls into it then wait for that person, with no way to call them
//! off. So one thread of its own does all that is asked of the keyring, and whoever asks waits for it with a deadline. What
//! was asked and is no longer waited for is not begun any more; a prompt that is open stays open, and its answer is of
//! use to whoever asks next.
//!
//! The connection is made at the first call and again whenever one failed, so that a Secret Service that starts later, or
//! anew, is found without a restart of Larder.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use crate::credential::Credential;
use crate::error::CredentialError;
use crate::keep::{Keep, KeptIn, Listed};
use crate::origin::Origin;

mod cause;
mod platform;

pub use cause::KeyringError;

/// How long a call waits: long enough to type a password into the keyring's prompt.
const DEADLINE: Duration = Duration::from_secs(30);
/// Calls that wait for the one under way. More than that only come while a prompt is open.
const QUEUE: usize = 32;
/// What Larder's entries are kept under; the origin is their user.
const SERVICE: &str = "larder";

/// The OS keyring, as a place that keeps credentials.
///
/// Nothing is asked of it before the first call. Entries have the service `larder` and the origin as their user, and are
/// named `Larder: https://…` where the keyring shows names.
pub struct Keyring {
    deadline: Duration,
    connect: Connect,
    /// The way to the thread, which is started by the first call and ends when this is dropped.
    thread: Mutex<Option<SyncSender<Job>>>,
}

type Connect = Arc<dyn Fn() -> keyring_core::Result<Arc<CredentialStore>> + Send + Sync>;
type Job = Box<dyn FnOnce(&mut Connection) + Send>;

impl Default for Keyring {
    fn default() -> Self {
        Self::new(DEADLINE)
    }
}

impl Keyring {
    /// The keyring of whoever runs Larder, where each call has this deadline.
    pub fn new(deadline: Duration) -> Self {
        Self::over(Arc::new(platform::connect), deadline)
    }

    fn over(connect: Connect, deadline: Duration) -> Self {
        Self {
            deadline,
            connect,
            thread: Mutex::new(None),
        }
    }

    /// Whether there is a keyring to be reached: connects to it, reads and unlocks nothing. Blocks, for the deadline at
    /// most.
    ///
    /// # Errors
    /// [`KeyringError::None`] where there is none.
    pub fn probe(&self) -> Result<(), KeyringError> {
        self.call(|connection| connection.fresh().map(|_| ()))
    }

    /// Whether it is locked, so that what is kept in it can't be read until somebody unlocks it. Blocks like
    /// [`Keyring::probe`]; unlocks nothing and asks nobody.
    ///
    /// # Errors
    /// [`KeyringError`] where it can't be told; [`KeyringError::Locked`] where it was never set up.
    pub fn is_locked(&self) -> Result<bool, KeyringError> {
        self.call(|_| platform::is_locked().map_err(|error| KeyringError::of_connecting(&error)))
    }

    /// Has the thread do this, and waits for what comes of it.
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<T, KeyringError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let given_up = Arc::new(AtomicBool::new(false));
        let unwanted = given_up.clone();
        let job: Job = Box::new(move |connection| {
            if !unwanted.load(Ordering::Acquire) {
                // Whoever asked may be gone by now; then nobody needs the answer.
                let _ = answer.send(work(connection));
            }
        });
        let late = KeyringError::Deadline {
            after: self.deadline,
        };
        match self.thread()?.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(late),
            Err(TrySendError::Disconnected(_)) => return Err(KeyringError::stopped()),
        }
        match answered.recv_timeout(self.deadline) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                given_up.store(true, Ordering::Release);
                Err(late)
            }
            Err(RecvTimeoutError::Disconnected) => Err(KeyringError::stopped()),
        }
    }

    fn thread(&self) -> Result<SyncSender<Job>, KeyringError> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(jobs) = &*thread {
            return Ok(jobs.clone());
        }
        let (jobs, asked) = mpsc::sync_channel::<Job>(QUEUE);
        let mut connection = Connection {
            connect: self.connect.clone(),
            store: None,
        };
        thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(move || {
                for job in asked {
                    job(&mut connection);
                }
            })
            .map_err(|error| KeyringError::Failed {
                reason: error.to_string(),
            })?;
        *thread = Some(jobs.clone());
        Ok(jobs)
    }
}

impl Keep for Keyring {
    fn kept_in(&self) -> KeptIn {
        KeptIn::Keyring
    }

    fn get(&self, origin: &Origin) -> Result<Option<Credential>, CredentialError> {
        let origin = origin.clone();
        Ok(self.call(move |connection| connection.get(&origin))?)
    }

    fn set(&self, credential: &Credential) -> Result<(), CredentialError> {
        let credential = credential.clone();
        Ok(self.call(move |connection| {
            let lines = credential.to_lines();
            connection.with(credential.origin(), |entry| {
                entry.set_secret(lines.as_bytes())
            })
        })?)
    }

    fn remove(&self, origin: &Origin) -> Result<bool, CredentialError> {
        let origin = origin.clone();
        Ok(self.call(move |connection| {
            connection.with(&origin, |entry| match entry.delete_credential() {
                Ok(()) => Ok(true),
                Err(Error::NoEntry) => Ok(false),
                Err(error) => Err(error),
            })
        })?)
    }

    /// All in one call, so that one deadline holds for all of them.
    fn list(&self, known: &[Origin]) -> Result<Vec<Listed>, CredentialError> {
        let known = known.to_owned();
        Ok(self.call(move |connection| {
            let mut listed = Vec::new();
            for origin in &known {
                if let Some(credential) = connection.get(origin)? {
                    listed.push(Listed::of(&credential, KeptIn::Keyring));
                }
            }
            Ok(listed)
        })?)
    }
}

/// The thread's connection to the keyring, made when it is needed.
struct Connection {
    connect: Connect,
    store: Option<Arc<CredentialStore>>,
}

impl Connection {
    /// A new connection, in place of the one there was.
    fn fresh(&mut self) -> Result<Arc<CredentialStore>, KeyringError> {
        self.store = None;
        let store = (self.connect)().map_err(|error| KeyringError::of_connecting(&error))?;
        self.store = Some(store.clone());
        Ok(store)
    }

    fn get(&mut self, origin: &Origin) -> Result<Option<Credential>, KeyringError> {
        let found = self.with(origin, |entry| match entry.get_secret() {
            Ok(lines) => Ok(Some(Zeroizing::new(lines))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })?;
        let Some(lines) = found else { return Ok(None) };
        str::from_utf8(&lines)
            .ok()
            .and_then(|lines| Credential::from_lines(&mut lines.split('\n')))
            .filter(|credential| credential.origin() == origin)
            .map(Some)
            .ok_or_else(|| KeyringError::Foreign {
                origin: origin.clone(),
            })
    }

    /// Does something with the entry of this origin. An older connection may have died (the keyring or the bus was started
    /// anew): where it fails, a new one is tried.
    fn with<T>(
        &mut self,
        origin: &Origin,
        work: impl Fn(&Entry) -> keyring_core::Result<T>,
    ) -> Result<T, KeyringError> {
        if let Some(store) = self.store.clone() {
            match entry(&*store, origin).and_then(|entry| work(&entry)) {
                Err(Error::PlatformFailure(_)) => {}
                done => return done.map_err(|error| KeyringError::of(&error, origin)),
            }
        }
        let done = entry(&*self.fresh()?, origin).and_then(|entry| work(&entry));
        if let Err(Error::PlatformFailure(_)) = &done {
            self.store = None;
        }
        done.map_err(|error| KeyringError::of(&error, origin))
    }
}

fn entry(store: &CredentialStore, origin: &Origin) -> keyring_core::Result<Entry> {
    let label = format!("Larder: {origin}");
    store.build(SERVICE, origin.as_str(), Some(&platform::modifiers(&label)))
}

#[cfg(test)]
mod tests;
