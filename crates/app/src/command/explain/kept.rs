//! What is kept of a module in the trees that are open to it, and how sure that is.

use delivery::{Cover, Profile};
use go_module::{FileKind, ModuleVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Filter, ListedVersion, Store, Tree};
use ts_rs::TS;

use super::{Asked, Wanted};
use crate::failure::Failure;

/// A kept file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ExplainedFile {
    /// The version.
    pub version: String,
    /// `info`, `mod` or `zip`.
    pub kind: String,
    /// The tree it is in.
    pub tree: String,
    /// Its length.
    pub bytes: u64,
    /// Go's own hash of it, where it was computed; looked for only where one version is asked about.
    pub h1: Option<String>,
    /// How sure it is; looked for only where one version is asked about.
    pub standing: Option<Standing>,
    /// The upstream it came from.
    pub origin: String,
    /// When it was kept.
    pub kept_at: Timestamp,
}

/// How sure it is that a file is the right one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Standing {
    /// This database vouches for it.
    Verified {
        /// Its name.
        by: String,
    },
    /// It is what was seen first.
    Pinned {
        /// When.
        since: Timestamp,
        /// Whether that was after earlier hashes were lost, so that it may be no first sight at all.
        after_loss: bool,
    },
    /// No database vouches for an `.info`.
    Uncovered,
    /// Nobody has looked yet.
    Unverified,
}

/// What is kept, where it counts and elsewhere.
pub(super) struct KeptOf {
    pub(super) files: Vec<ExplainedFile>,
    pub(super) elsewhere: Vec<Tree>,
}

pub(super) async fn of(store: &Store, profile: &Profile, asked: &Asked) -> Result<KeptOf, Failure> {
    let path = asked.path.as_str();
    let version = match &asked.version {
        Some(Wanted::Query(_)) => {
            return Ok(KeptOf {
                files: Vec::new(),
                elsewhere: Vec::new(),
            });
        }
        Some(Wanted::Version(module)) => Some(module),
        None => None,
    };
    let listed = store.list(&Filter::parse(path)?).await?;
    let is_asked = |listed: &&ListedVersion| {
        listed.path == asked.path && version.is_none_or(|module| module.version == listed.version)
    };
    let listed: Vec<&ListedVersion> = listed.iter().filter(is_asked).collect();
    let mut elsewhere = Vec::new();
    let is_open = |kept: &ListedVersion, kind| profile.trees(path, kind).contains(&kept.tree);
    for kept in &listed {
        let mut files = kept.files.iter();
        let is_shut = files.any(|(kind, _)| !is_open(kept, *kind));
        if is_shut && !elsewhere.contains(&kept.tree) {
            elsewhere.push(kept.tree.clone());
        }
    }
    let files = match version {
        Some(module) => of_version(store, profile, module).await?,
        None => listed
            .iter()
            .flat_map(|kept| of_listed(profile, kept))
            .collect(),
    };
    Ok(KeptOf { files, elsewhere })
}

/// The files of a version as the index has them.
fn of_listed<'a>(
    profile: &'a Profile,
    kept: &'a ListedVersion,
) -> impl Iterator<Item = ExplainedFile> + 'a {
    let files = kept.files.iter();
    let is_open = |kind| profile.trees(kept.path.as_str(), kind).contains(&kept.tree);
    files
        .filter(move |(kind, _)| is_open(*kind))
        .map(|(kind, bytes)| ExplainedFile {
            version: kept.version.to_string(),
            kind: kind.extension().to_owned(),
            tree: kept.tree.to_string(),
            bytes: *bytes,
            h1: None,
            standing: None,
            origin: kept.origin.clone(),
            kept_at: kept.kept_at,
        })
}

/// The files of a version as they are on the disk.
async fn of_version(
    store: &Store,
    profile: &Profile,
    module: &ModuleVersion,
) -> Result<Vec<ExplainedFile>, Failure> {
    let path = module.path.as_str();
    let is_covered = profile.route(path).cover == Cover::Database;
    let mut files = Vec::new();
    for kind in FileKind::ALL {
        let trees = profile.trees(path, kind);
        let Some(kept) = store.find(&trees, module, kind).await? else {
            continue;
        };
        let pin = store.pinned(&kept.tree, module, kind).await?;
        let h1 = kept.h1.or(pin.as_ref().map(|pin| pin.h1));
        let database = profile.database().filter(|_| is_covered);
        let standing = match (kind, database, pin) {
            (FileKind::Info, ..) => Standing::Uncovered,
            (_, Some(database), _) if *database.tree() == kept.tree => Standing::Verified {
                by: database.name().to_owned(),
            },
            (_, _, Some(pin)) => Standing::Pinned {
                since: pin.seen_at,
                after_loss: pin.after_loss,
            },
            (_, _, None) => Standing::Unverified,
        };
        files.push(ExplainedFile {
            version: module.version.to_string(),
            kind: kind.extension().to_owned(),
            tree: kept.tree.to_string(),
            bytes: kept.size,
            h1: h1.map(|h1| h1.to_string()),
            standing: Some(standing),
            origin: kept.origin,
            kept_at: kept.kept_at,
        });
    }
    Ok(files)
}
