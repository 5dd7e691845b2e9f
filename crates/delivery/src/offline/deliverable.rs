//! Which versions can be delivered whole from what is kept: `.info`, `.mod`, zip and checksum record, each `.mod` of the
//! version's own graph, and a toolchain that takes them.
//!
//! A list that names more makes `go get X@latest` and `go mod tidy` fail on a plane, where an older version would have done.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use go_module::graph::Walk;
use go_module::{FileKind, GoVersion, ModulePath, ModuleVersion, TOOLCHAIN, Toolchain, Version};
use quick_cache::sync::Cache;
use store::Store;

use crate::database::{self, Trust};
use crate::error::DeliveryError;
use crate::profile::Profile;
use crate::routes::Cover;
use crate::shared::Shared;

/// Of how many versions it is remembered whether they can be delivered.
const REMEMBERED: usize = 8192;
/// For how long: what is imported meanwhile is to be seen.
const REMEMBERED_FOR: Duration = Duration::from_secs(20);
/// How many versions of one list are looked at at once.
const AT_ONCE: usize = 4;

/// What lacks of a version, as the end of a sentence.
pub(crate) type Lack = String;

type Key = (u64, ModuleVersion);

/// What is remembered of versions.
pub(crate) struct Deliverable(Cache<Key, (Result<(), Lack>, Instant)>);

impl Deliverable {
    pub(crate) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    /// Forgets all: the cache is another now.
    pub(crate) fn forget(&self) {
        self.0.clear();
    }

    fn get(&self, key: &Key) -> Option<Result<(), Lack>> {
        let (found, since) = self.0.get(key)?;
        (since.elapsed() < REMEMBERED_FOR).then_some(found)
    }
}

/// The versions of a module that can be delivered, lowest first.
pub(crate) async fn versions(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    path: &ModulePath,
) -> Result<Vec<Version>, DeliveryError> {
    let trees = profile.trees(path.as_str(), FileKind::Zip);
    let (store, its_path) = (shared.store.clone(), path.clone());
    let listing =
        tokio::task::spawn_blocking(move || store.versions_of_blocking(&trees, &its_path));
    let listed = listing
        .await
        .map_err(|_| DeliveryError::Stopping)?
        .map_err(DeliveryError::store)?;
    let with_zip = listed
        .into_iter()
        .filter(|(_, kinds)| kinds.contains(&FileKind::Zip))
        .filter_map(|(version, _)| ModuleVersion::new(path.clone(), version).ok());
    let checked = stream::iter(with_zip)
        .map(|module| async move {
            let lack = check(shared, profile, &module).await.err();
            lack.is_none().then_some(module.version)
        })
        .buffered(AT_ONCE);
    let mut versions: Vec<Version> = checked.filter_map(std::future::ready).collect().await;
    versions.sort();
    Ok(versions)
}

/// Whether a version can be delivered whole; if not, what lacks.
pub(crate) async fn check(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
) -> Result<(), Lack> {
    let key = (profile.id(), module.clone());
    if let Some(found) = shared.deliverable.get(&key) {
        return found;
    }
    let found = look(shared, profile, module).await;
    let entry = (found.clone(), Instant::now());
    shared.deliverable.0.insert(key, entry);
    found
}

async fn look(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
) -> Result<(), Lack> {
    let path = module.path.as_str();
    // Of a toolchain `go` asks for the zip alone.
    let kinds: &[FileKind] = match path {
        TOOLCHAIN => &[FileKind::Zip],
        _ => &FileKind::ALL,
    };
    for kind in kinds {
        if !shared.is_kept(profile, module, *kind).await {
            return Err(format!("its .{} is not kept", kind.extension()));
        }
    }
    if profile.route(path).cover == Cover::Database {
        let vouched = database::vouch(shared, profile, module, Trust::Kept).await;
        vouched.map_err(|_| {
            format!(
                "the record of {} for it is not kept",
                profile.database_name()
            )
        })?;
    }
    if path == TOOLCHAIN {
        return Ok(());
    }
    let walking = {
        let (shared, profile, module) = (Arc::clone(shared), Arc::clone(profile), module.clone());
        tokio::task::spawn_blocking(move || walk(&shared.store, &profile, module))
    };
    let needs = walking
        .await
        .map_err(|_| "Larder is stopping".to_owned())??;
    match needs {
        Some(go) if !takes(shared, profile, &go).await => {
            Err(format!("it needs go {go}, and no such toolchain is here"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Walks the graph of a version by what is kept: the version of Go that it needs, where `go` would hold to it. Blocking.
fn walk(
    store: &Store,
    profile: &Profile,
    module: ModuleVersion,
) -> Result<Option<GoVersion>, Lack> {
    let mut walk = Walk::of(module.clone());
    loop {
        let wanted = walk.wanted();
        if wanted.is_empty() {
            break;
        }
        for needed in wanted {
            let trees = profile.trees(needed.path.as_str(), FileKind::Mod);
            let found = store.find_blocking(&trees, &needed, FileKind::Mod);
            let bytes = found.ok().flatten().and_then(|mut kept| {
                let mut bytes = Vec::new();
                kept.file.read_to_end(&mut bytes).ok()?;
                Some(bytes)
            });
            let Some(bytes) = bytes else {
                return Err(format!(
                    "the go.mod of {needed}, which it needs, is not kept"
                ));
            };
            walk.give(needed, &bytes)
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(walk.go().filter(|go| go.is_strict()).cloned())
}

/// Whether a toolchain is here for a version of Go: installed, or kept.
async fn takes(shared: &Arc<Shared>, profile: &Arc<Profile>, go: &GoVersion) -> bool {
    let here = &shared.options.toolchains;
    // Where none is known, it is for `go` to say.
    if here.installed.is_empty() || here.installed.iter().any(|installed| installed >= go) {
        return true;
    }
    let Ok(path) = TOOLCHAIN.parse() else {
        return false;
    };
    // Boxed, for a toolchain is a version as well.
    let kept = Box::pin(versions(shared, profile, &path)).await;
    kept.unwrap_or_default()
        .iter()
        .filter_map(Toolchain::of_version)
        .any(|kept| kept.platform == here.platform && kept.go >= *go)
}
