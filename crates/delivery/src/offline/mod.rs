//! Offline: a mode over the profile in force, not an error. What is kept is given at once, and nobody is waited for.
//!
//! - this file: whether Larder is offline, since when and why;
//! - `notice`: how it is noticed that there is no way to any upstream, and that there is one again;
//! - `deliverable`: which versions can be delivered whole from what is kept;
//! - `answers`: lists, latest and branches out of those.

mod answers;
mod deliverable;
mod notice;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore, watch};
use ts_rs::TS;

use crate::profile::Profile;

pub(crate) use answers::answer;
pub(crate) use deliverable::{Deliverable, check};
pub(crate) use notice::{consider, keep_looking};

/// For how long a look at the routes of this machine holds.
const ROUTES_FOR: Duration = Duration::from_secs(1);

/// Who says whether Larder is offline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum OfflineMode {
    /// Larder notices by itself: offline while there is no way to any upstream of the profile.
    #[default]
    Auto,
    /// The person: offline until told otherwise.
    On,
    /// The person: never.
    Off,
}

impl OfflineMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::On, Self::Off];

    /// One word, as settings and commands have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// The mode of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// That Larder is offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Offline {
    /// Since when.
    pub since: Timestamp,
    /// Why Larder thinks so, for a person; none where the person said so.
    pub why: Option<String>,
}

/// Whether this machine has a default route; replaced in tests.
pub(crate) type Routes = fn() -> bool;

/// Whether Larder is offline.
#[derive(Debug)]
pub(crate) struct Connection {
    mode: Mutex<OfflineMode>,
    now: watch::Sender<Option<Arc<Offline>>>,
    has_route: Routes,
    routes: Mutex<Option<(Instant, bool)>>,
    /// Held by the one who looks whether there is a way.
    looking: Semaphore,
    looked: Mutex<Option<Instant>>,
    /// Somebody has reason to think that there is a way again.
    again: Notify,
}

impl Connection {
    pub(crate) fn new(mode: OfflineMode) -> Self {
        let connection = Self {
            mode: Mutex::new(OfflineMode::Auto),
            now: watch::Sender::new(None),
            has_route: upstream::has_default_route,
            routes: Mutex::default(),
            looking: Semaphore::new(1),
            looked: Mutex::default(),
            again: Notify::new(),
        };
        connection.set_mode(mode);
        connection
    }

    pub(crate) fn mode(&self) -> OfflineMode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_mode(&self, mode: OfflineMode) {
        let mut now = self.mode.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *now, mode) == mode {
            return;
        }
        match mode {
            OfflineMode::On => self.go_offline(None),
            OfflineMode::Auto | OfflineMode::Off => self.go_online(),
        }
    }

    /// Changes with it.
    pub(crate) fn changes(&self) -> watch::Receiver<Option<Arc<Offline>>> {
        self.now.subscribe()
    }

    /// Another profile has other upstreams: whether there is a way to them is not known yet.
    pub(crate) fn profile_changed(&self) {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.notice(None);
    }

    /// The same upstreams, or perhaps another way to them.
    pub(crate) fn look_again(&self) {
        self.again.notify_one();
    }

    /// Whether Larder is offline, for a request that comes now.
    pub(crate) fn offline(&self, profile: &Profile) -> Option<Arc<Offline>> {
        let now = self.now.borrow().clone();
        if now.is_some() || self.mode() != OfflineMode::Auto {
            return now;
        }
        // Without a default route nobody has to fail first.
        if !profile.needs_network() || self.has_default_route() {
            return None;
        }
        self.notice(Some(notice::NO_ROUTE.to_owned()));
        self.known()
    }

    /// As it is known, without looking.
    pub(crate) fn known(&self) -> Option<Arc<Offline>> {
        self.now.borrow().clone()
    }

    fn has_default_route(&self) -> bool {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        match *routes {
            Some((at, has)) if at.elapsed() < ROUTES_FOR => has,
            _ => {
                let has = (self.has_route)();
                *routes = Some((Instant::now(), has));
                has
            }
        }
    }

    /// Larder has noticed that there is no way to the upstreams, and why; or that there is one. What a person said counts
    /// for more.
    fn notice(&self, no_way: Option<String>) {
        let mode = self.mode.lock().unwrap_or_else(PoisonError::into_inner);
        match (*mode, no_way) {
            (OfflineMode::Auto, Some(why)) => self.go_offline(Some(why)),
            (OfflineMode::Auto, None) => self.go_online(),
            (OfflineMode::On | OfflineMode::Off, _) => {}
        }
    }

    fn go_offline(&self, why: Option<String>) {
        self.now.send_if_modified(|now| {
            if now
                .as_ref()
                .is_some_and(|offline| offline.why.is_some() == why.is_some())
            {
                return false;
            }
            tracing::info!("offline: {}", why.as_deref().unwrap_or("as told"));
            let since = Timestamp::now();
            *now = Some(Arc::new(Offline { since, why }));
            true
        });
    }

    fn go_online(&self) {
        self.now.send_if_modified(|now| {
            let was_offline = now.take().is_some();
            if was_offline {
                tracing::info!("online");
            }
            was_offline
        });
    }
}

#[cfg(test)]
mod tests;
