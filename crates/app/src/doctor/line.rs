//! One line of what was found.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::failure::Failure;

/// What is looked at, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Whether Larder runs.
    Instance,
    /// Who holds its port.
    Port,
    /// The go command that the caller's shell runs.
    Go,
    /// The one that a program started from the desktop finds.
    DesktopGo,
    /// Whether go is pointed here.
    GoEnv,
    /// Whether an upstream is there.
    Upstream,
    /// Whether those that want credentials have them.
    Credentials,
    /// Whether the checksum database is there.
    ChecksumDatabase,
    /// Room, and the rights of the folders.
    Disk,
    /// This computer's clock.
    Clock,
    /// The OS keyring.
    Keyring,
    /// `settings.toml`.
    Settings,
    /// What needs attention and was not put away.
    Notices,
    /// Whether the hashes seen first are all there.
    FirstSight,
    /// What is let through unverified.
    Grants,
}

impl Check {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Port => "port",
            Self::Go => "go",
            Self::DesktopGo => "go, from the desktop",
            Self::GoEnv => "go env",
            Self::Upstream => "upstream",
            Self::Credentials => "credentials",
            Self::ChecksumDatabase => "checksum database",
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::Keyring => "keyring",
            Self::Settings => "settings",
            Self::Notices => "notices",
            Self::FirstSight => "first sight",
            Self::Grants => "grants",
        }
    }
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// Well.
    Ok,
    /// It works, and deserves a look.
    Warning,
    /// It does not work.
    Broken,
}

/// One line of what was found. Names no module, and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoctorLine {
    /// What was looked at.
    pub check: Check,
    /// How it is.
    pub health: Health,
    /// What was found, with figures.
    pub found: String,
    /// What to do: commands to type, or a sentence where none does it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mend: Vec<String>,
}

impl DoctorLine {
    pub(super) fn ok(check: Check, found: impl Into<String>) -> Self {
        Self::new(check, Health::Ok, found)
    }

    pub(super) fn warning(check: Check, found: impl Into<String>) -> Self {
        Self::new(check, Health::Warning, found)
    }

    pub(super) fn broken(check: Check, found: impl Into<String>) -> Self {
        Self::new(check, Health::Broken, found)
    }

    pub(super) fn of_failure(check: Check, failure: &Failure) -> Self {
        Self {
            mend: failure.hints.clone(),
            ..Self::broken(check, failure.message.clone())
        }
    }

    fn new(check: Check, health: Health, found: impl Into<String>) -> Self {
        Self {
            check,
            health,
            found: found.into(),
            mend: Vec::new(),
        }
    }

    /// Adds what to do.
    pub(super) fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend.push(mend.into());
        self
    }
}
