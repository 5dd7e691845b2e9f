//! What can go wrong with the go command, by cause.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why the go command could not do what was asked.
///
/// Texts that come from `go`, `git` or a server were made fit to print: no user info of URLs, no private paths, bounded.
#[derive(Debug, thiserror::Error)]
pub enum GoError {
    /// No go command on this machine.
    #[error(
        "no working go command was found (looked at {searched}): install Go, or put the folder of its go command in PATH"
    )]
    NoGo {
        /// The places that were looked at, with what was wrong there.
        searched: String,
    },

    /// The version control command that a repository needs is not installed.
    #[error("the module's repository needs {tool}, which was not found in PATH: install {tool}")]
    MissingTool {
        /// The command's name, `git` for example.
        tool: String,
    },

    /// The module, version or revision does not exist: a clear answer of the repository, its server or `go`.
    #[error("{text}")]
    NotFound {
        /// What `go` said.
        text: String,
    },

    /// A server or a rule said no: credentials are missing or wrong, or GOVCS does not allow it.
    #[error("{text}")]
    Refused {
        /// What `go` said.
        text: String,
    },

    /// A server could not be reached or did not work: name, connection, TLS, 429, 5xx.
    #[error("{text}")]
    Unreachable {
        /// What `go` said.
        text: String,
    },

    /// The deadline passed, in the wait for a turn or with a child running, which was ended with all it started.
    #[error("{what} did not finish within {after:?}")]
    Timeout {
        /// The command that took too long.
        what: String,
        /// How long it was given.
        after: Duration,
    },

    /// The module asks for a newer Go than the one on this machine, and Larder does not let it fetch another.
    #[error("{text}: Larder fetches this module with the installed go command; install a newer Go")]
    TooOld {
        /// What `go` said.
        text: String,
    },

    /// A failure that is none of the others. Never taken for "not found".
    #[error("{text}")]
    Failed {
        /// What `go` said.
        text: String,
    },

    /// A version query that is not handed to `go` at all.
    #[error("{query:?} can't be asked of a repository: {reason}")]
    InvalidQuery {
        /// The query as it was given.
        query: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// `go` answered, but not what this version of Larder understands.
    #[error("the answer of {what} could not be understood: {reason}")]
    Answer {
        /// The command that was run.
        what: String,
        /// What was unexpected.
        reason: String,
    },

    /// The child could not be started.
    #[error("could not start {}: {source}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A working folder could not be made or read.
    #[error("could not use {}: {source}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl GoError {
    /// Is this a clear answer that the module, version or revision does not exist?
    ///
    /// An outage, a refusal and an unknown failure are not.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::NotFound { .. } | Self::InvalidQuery { .. } => true,
            Self::NoGo { .. }
            | Self::MissingTool { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::TooOld { .. }
            | Self::Failed { .. }
            | Self::Answer { .. }
            | Self::Spawn { .. }
            | Self::Folder { .. } => false,
        }
    }

    /// Could the same question well be answered later, when the network or the server is back?
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => true,
            Self::NoGo { .. }
            | Self::MissingTool { .. }
            | Self::NotFound { .. }
            | Self::Refused { .. }
            | Self::TooOld { .. }
            | Self::Failed { .. }
            | Self::InvalidQuery { .. }
            | Self::Answer { .. }
            | Self::Spawn { .. }
            | Self::Folder { .. } => false,
        }
    }
}
