//! `cache`: what is kept, how much, whether it is whole, and making room.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Filter, Store};
use ts_rs::TS;

use super::{Call, Job};
use crate::app::App;
use crate::changes::Topic;
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};

/// Lists what is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct CacheList {
    /// Which modules (GOPRIVATE's globs, with an optional `@version`); all where there is none.
    pub pattern: Option<String>,
}

/// A module version that is kept, in one tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ListedModule {
    /// Its path.
    pub module: String,
    /// Its version.
    pub version: String,
    /// The tree it stands in.
    pub tree: String,
    /// Its files.
    pub files: Vec<ListedFile>,
    /// Bytes of those files.
    pub bytes: u64,
    /// The upstream it came from.
    pub origin: String,
    /// When the newest of its files was kept.
    pub kept_at: Timestamp,
    /// When it was last asked for.
    pub last_used: Option<Timestamp>,
}

/// One file of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ListedFile {
    /// `info`, `mod` or `zip`.
    pub kind: String,
    /// Its size.
    pub bytes: u64,
}

impl Call for CacheList {
    const NAME: &'static str = "cache-list";
    type Answer = Vec<ListedModule>;

    async fn run(self, app: &App) -> Result<Vec<ListedModule>, Failure> {
        let listed = app.store().list(&filter(self.pattern.as_deref())?).await?;
        Ok(listed
            .into_iter()
            .map(|found| {
                let files: Vec<ListedFile> = found
                    .files
                    .iter()
                    .map(|(kind, bytes)| ListedFile {
                        kind: kind.extension().to_owned(),
                        bytes: *bytes,
                    })
                    .collect();
                ListedModule {
                    module: found.path.to_string(),
                    version: found.version.to_string(),
                    tree: found.tree.to_string(),
                    bytes: files.iter().map(|file| file.bytes).sum(),
                    files,
                    origin: found.origin,
                    kept_at: found.kept_at,
                    last_used: found.last_used,
                }
            })
            .collect())
    }
}

/// Asks how much is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct CacheSize {
    /// Which modules; all where there is none.
    pub pattern: Option<String>,
}

/// How much is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Size {
    /// Module versions.
    pub versions: u64,
    /// Files.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// The same by tree.
    pub trees: Vec<TreeSize>,
}

/// How much one tree holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TreeSize {
    /// The tree.
    pub tree: String,
    /// Module versions in it.
    pub versions: u64,
    /// Files in it.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
}

impl Call for CacheSize {
    const NAME: &'static str = "cache-size";
    type Answer = Size;

    async fn run(self, app: &App) -> Result<Size, Failure> {
        if self.pattern.is_none() {
            // The index adds up by itself: with many versions, listing them all would cost time and memory.
            return Ok(total(app.store().usage().await?));
        }
        let mut trees: Vec<TreeSize> = Vec::new();
        for found in app.store().list(&filter(self.pattern.as_deref())?).await? {
            let name = found.tree.to_string();
            let at = match trees.iter().position(|tree| tree.tree == name) {
                Some(at) => at,
                None => {
                    trees.push(TreeSize {
                        tree: name,
                        ..TreeSize::default()
                    });
                    trees.len() - 1
                }
            };
            trees[at].versions += 1;
            trees[at].files += found.files.len() as u64;
            trees[at].bytes += found.files.iter().map(|(_, bytes)| bytes).sum::<u64>();
        }
        Ok(Size {
            versions: trees.iter().map(|tree| tree.versions).sum(),
            files: trees.iter().map(|tree| tree.files).sum(),
            bytes: trees.iter().map(|tree| tree.bytes).sum(),
            trees,
        })
    }
}

fn total(usage: store::Usage) -> Size {
    let tree = |tree: store::TreeUsage| TreeSize {
        tree: tree.tree.to_string(),
        versions: tree.versions,
        files: tree.files,
        bytes: tree.bytes,
    };
    Size {
        versions: usage.versions,
        files: usage.files,
        bytes: usage.bytes,
        trees: usage.by_tree.into_iter().map(tree).collect(),
    }
}

/// Re-hashes all that is kept and names what is damaged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct CacheVerify {
    /// Remove what is damaged, and rebuild the index.
    pub repair: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Verified {
    /// Files re-hashed.
    pub files: u64,
    /// Bytes re-hashed.
    pub bytes: u64,
    /// What is damaged.
    pub damaged: Vec<DamagedFile>,
    /// Whether all the damaged ones were removed and the index rebuilt.
    pub repaired: bool,
}

/// A damaged file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DamagedFile {
    /// Where it is, below the cache folder.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Job for CacheVerify {
    const NAME: &'static str = "cache-verify";
    type Answer = Verified;

    async fn run(self, app: App, reporter: Reporter) -> Result<Verified, Failure> {
        let report = app
            .store()
            .verify(&told(&reporter), self.repair, reporter.cancel())
            .await?;
        if report.repaired > 0 {
            app.forget_hot();
        }
        if report.cancelled {
            return Err(Failure::new(
                Code::Cancelled,
                format!(
                    "verification was cancelled after {} files; what it had looked at is as it was",
                    report.files
                ),
            ));
        }
        let repaired = self.repair && report.repaired >= report.damaged.len() as u64;
        Ok(Verified {
            files: report.files,
            bytes: report.bytes,
            damaged: report
                .damaged
                .into_iter()
                .map(|damage| DamagedFile {
                    path: format!("{}/{}", damage.tree, damage.path.display()),
                    reason: damage.reason.to_string(),
                })
                .collect(),
            repaired,
        })
    }
}

/// Removes what is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct CacheClear {
    /// Which modules; all where there is none.
    pub pattern: Option<String>,
}

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Cleared {
    /// Module versions.
    pub versions: u64,
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Job for CacheClear {
    const NAME: &'static str = "cache-clear";
    type Answer = Cleared;

    async fn run(self, app: App, reporter: Reporter) -> Result<Cleared, Failure> {
        let filter = filter(self.pattern.as_deref())?;
        let cleared = app.store().clear(&filter, &told(&reporter)).await;
        app.last_look().numbers_changed();
        app.changes().tell(&[Topic::Cache, Topic::State]);
        // Even where it failed half-way: what is gone from disk must not be served from memory.
        app.forget_hot();
        let cleared = cleared?;
        Ok(Cleared {
            versions: cleared.versions,
            files: cleared.files,
            bytes: cleared.bytes,
        })
    }
}

fn told(reporter: &Reporter) -> impl Fn(store::Progress) + Send + Sync + use<> {
    let reporter = reporter.clone();
    move |progress| {
        reporter.report(Progress {
            done: progress.done,
            total: progress.total,
            bytes: progress.bytes,
        })
    }
}

pub(crate) fn filter(pattern: Option<&str>) -> Result<Filter, Failure> {
    match pattern {
        None => Ok(Filter::all()),
        Some(pattern) => Filter::parse(pattern).map_err(|error| {
            Failure::new(Code::BadInput, error.to_string()).hint("a pattern is like GOPRIVATE's, with an optional version: github.com/acme/*, example.com/m@v1.2.*")
        }),
    }
}

/// Rebuilds the index from the files, as background work of a start.
pub(crate) async fn rebuild_index(
    store: Store,
    reporter: Reporter,
) -> Result<serde_json::Value, Failure> {
    store
        .rebuild_index(&told(&reporter), reporter.cancel())
        .await?;
    Ok(serde_json::Value::Null)
}
