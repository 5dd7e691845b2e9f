//! go.mod files: what a module is called and what it requires (x/mod `modfile/rule.go`).

mod directives;
mod error;
mod module_line;
mod quote;
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::{GoVersion, ModulePath, ModuleVersion, Version, semver};

pub use error::{GoModError, GoModReason};
pub use module_line::module_line;

pub(crate) use directives::parse_work;

/// What a go.mod file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoMod {
    /// Whose it is. Not checked: a main module may be called what it likes (`app`).
    pub module: Option<String>,
    /// What the comment on the module line says after `Deprecated:`.
    pub deprecated: Option<String>,
    /// The go line.
    pub go: Option<GoVersion>,
    /// The toolchain line: a name such as `go1.22.3`, or `default`. Main modules only.
    pub toolchain: Option<String>,
    /// What it requires.
    pub require: Vec<Require>,
    /// Versions that are as if nobody required them. Main modules only.
    pub exclude: Vec<PathVersion>,
    /// What stands for what. Main modules only.
    pub replace: Vec<Replace>,
    /// Versions of this module that its author took back.
    pub retract: Vec<Retract>,
    /// Package paths of tools, for `go tool`. Main modules only.
    pub tool: Vec<String>,
    /// Folders that patterns leave out.
    pub ignore: Vec<String>,
    /// `key=value` settings. Main modules only.
    pub godebug: Vec<(String, String)>,
}

/// A path and a version as a go.mod names them. The path need not be one that could be downloaded: a main module may
/// require `lib v0.0.0` and have a folder stand for it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathVersion {
    /// The path.
    pub path: Arc<str>,
    /// The version.
    pub version: Version,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Require {
    /// What is required, at least.
    pub module: PathVersion,
    /// Whether no package of the main module imports it (`// indirect`).
    pub indirect: bool,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    /// The path that something else stands for.
    pub old_path: Arc<str>,
    /// At this version only; at each where there is none.
    pub old_version: Option<Version>,
    /// What stands for it.
    pub new: Replacement,
}

/// What stands for a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// A version of a module.
    Module(PathVersion),
    /// A folder, as it is written there: absolute, or relative to the file's own folder.
    Folder(String),
}

/// Versions that were taken back, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retract {
    /// The lowest. In a dependency's file it may be any text, as in Go.
    pub low: String,
    /// The highest.
    pub high: String,
    /// What the comment says; may be empty.
    pub rationale: String,
}

impl GoMod {
    /// Whether `version` was taken back, as this (the newest) go.mod of its module has it.
    #[must_use]
    pub fn retracts(&self, version: &Version) -> bool {
        self.retract.iter().any(|retract| retract.covers(version))
    }
}

impl Retract {
    /// Whether `version` is one of them.
    #[must_use]
    pub fn covers(&self, version: &Version) -> bool {
        semver::compare(&self.low, version.as_str()).is_le()
            && semver::compare(version.as_str(), &self.high).is_le()
    }
}

impl PathVersion {
    /// The module version, where the path is one that could be downloaded.
    #[must_use]
    pub fn module(&self) -> Option<ModuleVersion> {
        let path = ModulePath::parse(&self.path).ok()?;
        ModuleVersion::new(path, self.version.clone()).ok()
    }
}

impl From<&ModuleVersion> for PathVersion {
    fn from(module: &ModuleVersion) -> Self {
        Self {
            path: Arc::from(module.path.as_str()),
            version: module.version.clone(),
        }
    }
}

impl fmt::Display for PathVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.path, self.version)
    }
}

impl fmt::Debug for PathVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathVersion({self})")
    }
}

/// Reads the go.mod of a main module (`modfile.Parse`). Versions must be written in full: `go` would look up `v1.2` or a
/// branch, and write down what it found.
///
/// # Errors
/// The first line that is wrong.
pub fn parse(bytes: &[u8]) -> Result<GoMod, GoModError> {
    directives::parse_mod(bytes, true)
}

/// Reads the go.mod of a dependency (`modfile.ParseLax`): unknown directives, and those that count in a main module only,
/// are left out, so that a newer `go` may add some.
///
/// # Errors
/// The first line that is wrong.
pub fn parse_lax(bytes: &[u8]) -> Result<GoMod, GoModError> {
    directives::parse_mod(bytes, false)
}
