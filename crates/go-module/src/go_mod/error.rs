//! Why bytes are no go.mod or go.work file.

use crate::VersionError;

/// Why bytes are no go.mod file (or go.work file), and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct GoModError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    #[source]
    pub reason: GoModReason,
}

/// What is wrong with a line. The words are those of x/mod `modfile`, which people search for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoModReason {
    /// `/*`
    #[error("mod files must use // comments (not /* */ comments)")]
    BlockComment,
    /// A string in quotes that its line does not end.
    #[error("unexpected newline in string")]
    NewlineInString,
    /// A string in quotes that the file does not end.
    #[error("unexpected EOF in string")]
    EndInString,
    /// A character that may not stand outside of quotes, such as a byte order mark.
    #[error("unexpected input character {0:?}")]
    Char(char),
    /// A block that is not closed.
    #[error("syntax error (unterminated block started at line {0})")]
    Unterminated(usize),
    /// Something after a closing parenthesis.
    #[error("syntax error (expected newline after closing paren)")]
    AfterBlock,
    /// A block of no known directive.
    #[error("unknown block type: {0}")]
    UnknownBlock(String),
    /// A line of no known directive.
    #[error("unknown directive: {0}")]
    UnknownDirective(String),
    /// A directive that may stand there once.
    #[error("repeated {0} statement")]
    Repeated(&'static str),
    /// A directive with too few or too many words.
    #[error("usage: {0}")]
    Usage(&'static str),
    /// A string in quotes that Go can't read, or a quote where none may be.
    #[error("invalid quoted string: {0}")]
    Quoted(String),
    /// A go line without a version of Go.
    #[error("invalid go version '{0}': must match format 1.23.0")]
    GoVersion(String),
    /// A toolchain line without a toolchain's name.
    #[error("invalid toolchain version '{0}': must match format go1.23.0 or default")]
    Toolchain(String),
    /// A path whose last element looks like a major version and is none.
    #[error("{0}: invalid module path")]
    Path(String),
    /// What stands where a version should be: a branch, say, which `go` would look up and write down.
    #[error(
        "{path}: version {version:?} invalid: must be of the form v1.2.3; go mod tidy puts the version there"
    )]
    Version {
        /// The path it is for.
        path: String,
        /// What stands there.
        version: String,
    },
    /// A version that the path may not have.
    #[error("{0}")]
    Major(Box<VersionError>),
    /// A replacement without a version that is no folder.
    #[error(
        "replacement module without version must be directory path (rooted or starting with . or ..)"
    )]
    ReplacementVersion,
    /// A folder with a version.
    #[error("replacement module directory path {0:?} cannot have version")]
    FolderVersion(String),
    /// An interval of retracted versions that is none.
    #[error("{0}")]
    Interval(&'static str),
    /// A word too many.
    #[error("unexpected token after version: {0:?}")]
    AfterVersion(String),
}
