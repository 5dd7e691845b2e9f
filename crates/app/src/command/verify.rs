//! `verify`: what go.sum files and modules say, held against the checksum database and what is kept.

mod finding;
mod input;
mod kept;
mod look;

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use go_module::{FileKind, H1, ModuleVersion};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use finding::{Finding, Party, Said, Verdict};

use super::Job;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};
use look::Look;

/// How many files are looked at at once.
const AT_ONCE: usize = 16;

/// Holds files of modules against the checksum database and what is kept. Nothing is fetched but what the database says.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Verify {
    /// Which files. See [`Verify::in_parts`].
    pub items: Vec<VerifyItem>,
}

/// A file of a module version, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VerifyItem {
    /// The module version.
    #[ts(type = "string")]
    pub module: ModuleVersion,
    /// Which of its files: its zip or its go.mod.
    pub kind: FileKind,
    /// The hash that a go.sum has; none where only the others are to be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>")]
    pub h1: Option<H1>,
}

impl Job for Verify {
    const NAME: &'static str = "verify";
    /// One for each item, in the items' order.
    type Answer = Vec<Finding>;

    async fn run(self, app: App, reporter: Reporter) -> Result<Vec<Finding>, Failure> {
        let Self { items } = self;
        if items.iter().any(|item| item.kind == FileKind::Info) {
            return Err(Failure::new(
                Code::BadInput,
                "there is nothing to hold an .info file against: no database and no go.sum covers it",
            ));
        }
        let files = by_file(&items);
        let mut progress = Progress {
            total: files.len() as u64,
            ..Progress::default()
        };
        reporter.report(progress);
        let look = Look::new(&app, app.delivery().await?, reporter.cancel());
        let mut looking = stream::iter(files)
            .map(|(file, places)| {
                let look = &look;
                async move { (look.at(file).await, places) }
            })
            .buffer_unordered(AT_ONCE);
        let mut findings: Vec<Option<Finding>> = vec![None; items.len()];
        loop {
            let next = tokio::select! {
                biased;
                () = reporter.cancel().cancelled() => return Err(cancelled(progress)),
                next = looking.next() => next,
            };
            let Some((facts, places)) = next else { break };
            progress.done += 1;
            progress.bytes += facts.bytes();
            reporter.report(progress);
            for place in places {
                findings[place] = Some(facts.judge(items[place].h1));
            }
        }
        Ok(findings.into_iter().flatten().collect())
    }
}

/// A file of a module version.
type File = (ModuleVersion, FileKind);

/// The files that are to be looked at, each once however many go.sum files name it, and the places where it is named.
fn by_file(items: &[VerifyItem]) -> Vec<(File, Vec<usize>)> {
    let mut files: Vec<(File, Vec<usize>)> = Vec::new();
    let mut known: HashMap<(&ModuleVersion, FileKind), usize> = HashMap::new();
    for (place, VerifyItem { module, kind, .. }) in items.iter().enumerate() {
        let at = *known.entry((module, *kind)).or_insert_with(|| {
            files.push(((module.clone(), *kind), Vec::new()));
            files.len() - 1
        });
        files[at].1.push(place);
    }
    files
}

fn cancelled(progress: Progress) -> Failure {
    Failure::new(
        Code::Cancelled,
        format!(
            "verification was cancelled after {} of {} files; nothing was changed",
            progress.done, progress.total
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_looked_at_once_however_often_it_is_named() {
        let item = |module: &str, kind| VerifyItem {
            module: ModuleVersion::parse(module).unwrap(),
            kind,
            h1: None,
        };
        let items = [
            item("example.com/a@v1.0.0", FileKind::Zip),
            item("example.com/a@v1.0.0", FileKind::Mod),
            item("example.com/b@v1.0.0", FileKind::Zip),
            item("example.com/a@v1.0.0", FileKind::Zip),
        ];
        let files = by_file(&items);
        let places: Vec<&[usize]> = files.iter().map(|(_, places)| &places[..]).collect();
        assert_eq!(places, [&[0, 3][..], &[1], &[2]]);
    }
}
