//! What is told of go env: no value that may be secret is in it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::hold::PortHold;
use crate::failure::Failure;

/// How go env stands to Larder, for one caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EnvReport {
    /// The go env file, as `go env GOENV` names it.
    pub file: PathBuf,
    /// What that is a link to, where it is one.
    pub link_to: Option<PathBuf>,
    /// Whether Larder has written it, and not given it back yet.
    pub on: bool,
    /// Whether it goes on pointing at Larder when Larder ends; else it is given back then.
    pub stays: bool,
    /// Who holds Larder's port while Larder does not run, as far as this Larder knows.
    pub hold: PortHold,
    /// The profile in use.
    pub profile: String,
    /// The settings that Larder writes, or others have set.
    pub settings: Vec<EnvSetting>,
    /// Why the profile's own list does not stand behind Larder; `None` where it does.
    pub no_safety_net: Option<String>,
    /// The go command that the caller's shell runs, where there is one.
    pub go: Option<GoCommand>,
    /// The others of this machine.
    pub other_go: Vec<GoCommand>,
    /// The script that gives the file back without Larder, while `on`.
    pub restore_script: Option<PathBuf>,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
    /// What stands in the way.
    pub problems: Vec<Failure>,
}

/// One setting of go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EnvSetting {
    /// Its name.
    pub key: String,
    /// What Larder wants of it; `None` where it is not known what, as Larder has no address yet.
    pub wants: Option<EnvWish>,
    /// What the file says; `None` where it has no line for it.
    pub file: Option<String>,
    /// What the caller's shell says over it; `None` where it says nothing.
    pub shell: Option<String>,
    /// The lines of start files that this likely comes from, as `file:line`.
    pub shell_from: Vec<String>,
    /// Who has the say.
    pub wins: EnvWinner,
}

/// What Larder wants of a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum EnvWish {
    /// This value.
    Value(String),
    /// No line: what go does without one.
    NoLine,
    /// Nothing: it is left as it is.
    Nothing,
}

/// Who has the say over a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum EnvWinner {
    /// Larder, by the go env file.
    Larder,
    /// The go env file, with what somebody else has written there.
    File,
    /// The caller's shell.
    Shell,
    /// Another env file that go reads.
    OtherFile(PathBuf),
    /// This go command by itself: a wrapper, or its `go.env`.
    Installation(PathBuf),
    /// Go's default.
    Default,
}

/// A go command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GoCommand {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, or what it did instead of telling it.
    pub version: String,
}

/// What pointing go at Larder came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EnvOnReport {
    /// Whether the file had to be written.
    pub changed: bool,
    /// What became of what go had been told.
    pub taken_over: Option<TakenOver>,
    /// How it is now.
    #[serde(flatten)]
    pub report: EnvReport,
}

/// The profile that holds what go had been told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TakenOver {
    /// Its name; it is in use.
    pub profile: String,
    /// Whether it is new; else it was there, and has perhaps been added to.
    pub new: bool,
}

/// What giving go env back came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EnvOffReport {
    /// The files that were given back, or were not Larder's.
    pub files: Vec<EnvGivenBack>,
    /// Others that still point at Larder, with the environment of other callers.
    pub elsewhere: Vec<PathBuf>,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
}

/// What became of one go env file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EnvGivenBack {
    /// The file.
    pub file: PathBuf,
    /// How.
    pub how: GivenBackHow,
    /// Where not all of it: the keys that have their original value, or none.
    pub restored: Vec<String>,
    /// The keys that somebody else changed since, and what they say now; they stay.
    pub kept_by_others: Vec<(String, Option<String>)>,
}

/// How a go env file was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum GivenBackHow {
    /// It is byte for byte what it was, mode too.
    Whole,
    /// There was none, and there is none again.
    Removed,
    /// Somebody else wrote it meanwhile; Larder's keys are what they were.
    KeysOnly,
    /// No record was left of what it was before: what was certainly Larder's is taken out.
    Leftovers,
    /// There was nothing to do.
    Nothing,
}
