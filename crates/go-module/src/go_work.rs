//! go.work files: which modules are worked on together (x/mod `modfile/work.go`).

use crate::GoVersion;
use crate::go_mod::{self, GoModError, Replace};

/// What a go.work file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoWork {
    /// The go line.
    pub go: Option<GoVersion>,
    /// The toolchain line: a name such as `go1.22.3`, or `default`.
    pub toolchain: Option<String>,
    /// The folders of the main modules, as they are written there: absolute, or relative to the file's own folder.
    pub r#use: Vec<String>,
    /// Replacements; they come before those of the main modules.
    pub replace: Vec<Replace>,
    /// `key=value` settings.
    pub godebug: Vec<(String, String)>,
}

/// Reads a go.work file (`modfile.ParseWork`). As in [`go_mod::parse`], versions must be written in full.
///
/// # Errors
/// The first line that is wrong.
pub fn parse(bytes: &[u8]) -> Result<GoWork, GoModError> {
    go_mod::parse_work(bytes)
}
