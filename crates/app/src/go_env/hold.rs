//! Who holds Larder's port while Larder does not run.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who holds Larder's port while Larder does not run. Where nobody does, another user of the machine can take it and be
/// believed: go env then points at Larder only for as long as it runs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS,
)]
#[serde(rename_all = "kebab-case")]
pub enum PortHold {
    /// Nobody.
    #[default]
    Nobody,
    /// Larder itself, started with every login.
    Autostart,
    /// A socket unit of systemd, from login on.
    Socket,
}

impl PortHold {
    /// Whether go env may go on pointing at Larder when it ends.
    #[must_use]
    pub fn lasts(self) -> bool {
        match self {
            Self::Nobody => false,
            Self::Autostart | Self::Socket => true,
        }
    }
}
