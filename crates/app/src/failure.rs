//! The one shape of an error that a person or a script gets: a code, what happened and why, and what to do.

use serde::{Deserialize, Serialize};
use store::StoreError;
use ts_rs::TS;

/// What kind of trouble it is; only where someone branches on it. Exit codes of the CLI follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// No instance is running, and this needs one.
    NotRunning,
    /// Another instance holds the lock.
    AlreadyRunning,
    /// Another program holds the port.
    PortTaken,
    /// What was asked makes no sense.
    BadInput,
    /// `settings.toml` can't be used as it is.
    BadSettings,
    /// The cache or the state on disk failed.
    Disk,
    /// The `go` command is missing or failed.
    Go,
    /// It was asked for something that is not there.
    NotFound,
    /// It was cancelled.
    Cancelled,
    /// The instance and this program do not understand each other.
    Protocol,
    /// A fault of Larder's own.
    Internal,
}

/// An error for a person: what happened and why, and hints that say what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, TS)]
#[error("{message}")]
pub struct Failure {
    /// The kind of trouble.
    pub code: Code,
    /// What happened, and why.
    pub message: String,
    /// What to do about it, a sentence each.
    #[serde(default)]
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Adds what a person can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Code::Disk, error.to_string())
    }
}
