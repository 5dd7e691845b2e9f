//! Notifications: what a person is told who does not look. The host shows them; what, when and how often is here.
//!
//! - `desk`: the rules, without a clock: one notification for a cause until the cause ends, none at the start, none for
//!   what the person just did, not many at once;
//! - `text`: the words;
//! - `listen`: what happens, brought to the desk.

mod desk;
mod listen;
mod text;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use ts_rs::TS;

use crate::settings::Settings;

use self::desk::Desk;
pub(crate) use self::desk::{Fact, Rules};
pub(crate) use self::listen::{Access, access, heard_alarm, listen, told_offline};

/// How many are remembered for a follower that comes back.
const REMEMBERED: usize = 32;

/// What a notification is about: one switch each, but for `back`, which goes with `offline`, and the two of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Another profile is in force.
    Switched,
    /// Larder is offline.
    Offline,
    /// It is online again.
    Back,
    /// An upstream wants to be shown who asks.
    SignInNeeded,
    /// An upstream does not take what it was shown.
    SignInRefused,
    /// Something is not what it should be.
    Hash,
    /// There is little room on the disk.
    Disk,
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Notification {
    /// Its number; later ones are higher, over restarts too.
    pub seq: u64,
    /// What it is about.
    pub cause: Cause,
    /// Its first line, plain text.
    pub title: String,
    /// What follows, escaped for daemons that read a subset of HTML.
    pub body: String,
    /// Where in the window a click on it leads: `#/activity?…`.
    pub route: String,
}

/// The notifications of one instance.
#[derive(Debug)]
pub(crate) struct Notify {
    desk: Mutex<Desk>,
    told: watch::Sender<VecDeque<Notification>>,
    /// The number before the first one.
    begin: u64,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            desk: Mutex::new(Desk::new(Instant::now())),
            told: watch::Sender::default(),
            begin: u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0),
        }
    }
}

impl Notify {
    /// Something happened: who follows is told of it, where the rules say so.
    pub(crate) fn hear(&self, settings: &Settings, fact: &Fact) {
        let rules = Rules {
            tell: settings.window.tell,
            private_names: settings.window.private_names,
        };
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((cause, words)) = desk.hear(fact, &rules, Instant::now()) else {
            return;
        };
        self.told.send_modify(|told| {
            let seq = told.back().map_or(self.begin, |last| last.seq) + 1;
            told.push_back(Notification {
                seq,
                cause,
                title: words.title,
                body: words.body,
                route: words.route,
            });
            if told.len() > REMEMBERED {
                told.pop_front();
            }
        });
    }

    /// All that is remembered; changes with each new one.
    pub(crate) fn told(&self) -> watch::Receiver<VecDeque<Notification>> {
        self.told.subscribe()
    }

    /// The number of the last one.
    pub(crate) fn last(&self) -> u64 {
        let told = self.told.borrow();
        told.back().map_or(self.begin, |last| last.seq)
    }
}
