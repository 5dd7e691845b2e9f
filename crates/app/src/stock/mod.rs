//! Stocking: all that a project needs is brought into the cache before the network is gone, and it is told what is ready.
//!
//! One story, told of two places: `larder stock` asks the upstreams for what is not kept, `larder ready` looks into the
//! cache alone. Both read the project, walk its module graph, and go through the same list of what it needs.
//!
//! - `project`: what go.mod, go.work and go.sum say; `go` is never run in the person's folder;
//! - `reach`: a file, a list, a record, fetched or found;
//! - `newest`: the version that `go` takes for the newest;
//! - `plan`: what is needed, and for what;
//! - `fill`: all of it, a few at once;
//! - `report`: what is ready, what is not, and why;
//! - `remembered`: which projects there are, what came of it, and which are watched;
//! - `watch`: what was left undone is taken up, and watched projects are followed;
//! - `missed`: what was asked for while offline;
//! - `starter`: a list to begin with.

mod fill;
mod missed;
mod newest;
mod plan;
mod project;
mod reach;
mod remembered;
mod report;
mod resolve;
mod starter;
mod toolchain;
mod watch;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use missed::MissedReport;
pub use remembered::Remembered;
pub use report::{Count, Lack, Purpose, Report};
pub use starter::Starter;

pub(crate) use fill::fill;
pub(crate) use missed::bring as bring_missed;
pub(crate) use plan::Plan;
pub(crate) use project::Project;
pub(crate) use reach::Reach;
pub(crate) use remembered::Projects;
pub(crate) use resolve::resolve;
pub(crate) use starter::starter;
pub(crate) use watch::keep as keep_watched;

/// What is to be stocked, as a person names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A project: its folder, or its go.mod or go.work file; absolute.
    Project(PathBuf),
    /// A module or a package at a version, a branch or `latest`: `example.com/cmd/tool@v1.2.3`.
    Module(String),
}

impl Subject {
    /// As a person sees it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Project(path) => path.display().to_string(),
            Self::Module(text) => text.clone(),
        }
    }

    /// The owner of what must stay for it, as the store knows it.
    pub(crate) fn owner(&self) -> String {
        match self {
            Self::Project(path) => format!("project:{}", path.display()),
            Self::Module(text) => format!("module:{text}"),
        }
    }
}
