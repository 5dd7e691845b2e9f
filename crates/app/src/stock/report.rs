//! What is ready, what is not, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What something is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To build, test and tidy what is there.
    Work,
    /// To upgrade what is required, and to tell what is new.
    Upgrade,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Count {
    /// So many are ready.
    pub ready: u64,
    /// Of so many.
    pub total: u64,
}

/// Something that is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub struct Lack {
    /// What it is needed for.
    pub purpose: Purpose,
    /// A module version, a list, a toolchain.
    pub what: String,
    /// Why it is not there; one line or several.
    pub reason: String,
}

/// What is ready of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "StockReport")]
pub struct Report {
    /// The project's folder, or the module as it was named.
    pub subject: String,
    /// When it was looked at.
    pub at: Timestamp,
    /// What the work needs: module versions, each with all its files and its record of the checksum database; toolchains.
    pub work: Count,
    /// What upgrades need: newer versions with what they would bring, and lists of versions.
    pub upgrades: Count,
    /// Bytes of all that is ready.
    pub bytes: u64,
    /// Bytes of what was fetched for it.
    pub fetched: u64,
    /// What is not ready.
    pub lacks: Vec<Lack>,
}

impl Report {
    /// Whether the work can go on without a network.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.work.ready == self.work.total
    }

    pub(super) fn count(&mut self, purpose: Purpose) -> &mut Count {
        match purpose {
            Purpose::Work => &mut self.work,
            Purpose::Upgrade => &mut self.upgrades,
        }
    }

    /// Counts something that is there.
    pub(super) fn has(&mut self, purpose: Purpose) {
        let count = self.count(purpose);
        count.ready += 1;
        count.total += 1;
    }

    /// Counts something that is not.
    pub(super) fn lacks(&mut self, lack: Lack) {
        self.count(lack.purpose).total += 1;
        self.lacks.push(lack);
    }
}
