//! `projects`: what was stocked and how ready it is, and what a folder holds before it is stocked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Call, read_project};
use crate::app::App;
use crate::failure::Failure;
use crate::stock::{Count, Lack, Remembered, Subject};

/// Asks for all that was stocked, that last looked at first, as it was remembered: nothing is looked at anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Projects {}

/// Something that was stocked, and how ready it was when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KnownProject {
    /// What it is; `stock`, `ready`, `stock-watch` and `stock-forget` take it as it stands.
    pub subject: Subject,
    /// What a person calls it: the folder's name, with as many of those above it as tell it from the others.
    pub name: String,
    /// How much of what the work needs is ready.
    pub ready: u64,
    /// How much the work needs.
    pub total: u64,
    /// The same for upgrades.
    pub upgrades: Count,
    /// Bytes of all that is ready.
    pub bytes: u64,
    /// Whether it is kept stocked when its files change.
    pub watched: bool,
    /// Whether it is being stocked.
    pub under_way: bool,
    /// When it was last looked at; never, where stocking it has not ended yet.
    pub at: Option<Timestamp>,
    /// What is not ready, the first of it.
    pub lacks: Vec<Lack>,
}

impl Call for Projects {
    const NAME: &'static str = "projects";
    type Answer = Vec<KnownProject>;

    async fn run(self, app: &App) -> Result<Vec<KnownProject>, Failure> {
        let all = app.stocked().all().await?;
        let names = short_names(all.iter().map(|known| known.subject.name()).collect());
        let mut known: Vec<KnownProject> = all.into_iter().zip(names).map(of).collect();
        known.sort_by_key(|known| (!known.under_way, std::cmp::Reverse(known.at)));
        Ok(known)
    }
}

fn of((known, name): (Remembered, String)) -> KnownProject {
    let report = known.report.as_ref();
    let work = report.map(|report| report.work).unwrap_or_default();
    KnownProject {
        name,
        ready: work.ready,
        total: work.total,
        upgrades: report.map(|report| report.upgrades).unwrap_or_default(),
        bytes: report.map_or(0, |report| report.bytes),
        watched: known.watched,
        under_way: known.under_way,
        at: known.at(),
        lacks: known.report.map_or_else(Vec::new, |report| report.lacks),
        subject: known.subject,
    }
}

/// The last elements of paths, as many of each as tell it from all others.
pub(super) fn short_names(full: Vec<String>) -> Vec<String> {
    let deepest = full.iter().map(|text| text.matches('/').count() + 1).max();
    let mut names: Vec<String> = full.iter().map(|text| last(text, 1)).collect();
    for elements in 2..=deepest.unwrap_or(1) {
        let mut count: HashMap<&str, u32> = HashMap::new();
        for name in &names {
            *count.entry(name).or_default() += 1;
        }
        let ambiguous: Vec<usize> = (0..names.len())
            .filter(|at| count[names[*at].as_str()] > 1)
            .collect();
        for at in ambiguous {
            names[at] = last(&full[at], elements);
        }
    }
    names
}

/// The last elements of a path.
fn last(path: &str, elements: usize) -> String {
    let all: Vec<&str> = path.split('/').collect();
    match all[all.len().saturating_sub(elements)..].join("/") {
        // The root.
        name if name.is_empty() => path.to_owned(),
        name => name,
    }
}

/// Asks what a folder holds, before it is stocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProjectFacts {
    /// A folder, or a go.mod or go.work file; absolute.
    pub folder: PathBuf,
}

/// A project in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProjectFound {
    /// As it is stocked: its folder may stand above the one that was named.
    pub subject: Subject,
    /// The name of its folder.
    pub name: String,
    /// How many main modules it has: more than one in a workspace.
    pub modules: u64,
    /// How many modules its go.sum files name, each by its versions.
    pub needs: u64,
    /// Whether it was stocked before.
    pub is_known: bool,
    /// Whether it is kept stocked when its files change.
    pub watched: bool,
}

impl Call for ProjectFacts {
    const NAME: &'static str = "project-facts";
    type Answer = ProjectFound;

    async fn run(self, app: &App) -> Result<ProjectFound, Failure> {
        let project = read_project(self.folder).await?;
        let subject = Subject::Project(project.folder.clone());
        let all = app.stocked().all().await?;
        let known = all.iter().find(|known| known.subject == subject);
        Ok(ProjectFound {
            name: name_of(&project.folder),
            modules: project.main_modules() as u64,
            needs: project.needs() as u64,
            is_known: known.is_some(),
            watched: known.is_some_and(|known| known.watched),
            subject,
        })
    }
}

fn name_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_short_as_they_can_be() {
        let full = [
            "/home/ann/work/api",
            "/home/ann/play/api",
            "/home/ann/work/shop",
            "/home/ben/work/api",
            "example.com/cmd/tool@v1.2.3",
        ];
        assert_eq!(
            short_names(full.map(str::to_owned).to_vec()),
            [
                "ann/work/api",
                "play/api",
                "shop",
                "ben/work/api",
                "tool@v1.2.3"
            ]
        );
        assert_eq!(short_names(vec!["/".to_owned()]), ["/"]);
    }
}
