//! What was kept before it could be verified is verified, and moved to its place.
//!
//! Files end up in a realm though the checksum database covers them: from before Larder verified, or because the rules
//! were others then. They are not served from there; but neither are they fetched anew, if they are right.

use std::io::BufReader;
use std::sync::Arc;

use go_module::{FileKind, H1, ModuleVersion, h1};
use store::{Kept, Tree};

use crate::error::DeliveryError;
use crate::profile::Profile;
use crate::routes::Cover;
use crate::shared::Shared;
use crate::verify::{Came, Measure};

/// What became of a kept file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// It is right, and stands among what is verified now.
    Verified,
    /// It is not what it should be, and was set aside.
    SetAside,
    /// It lies outside the database, and its hash is remembered.
    Pinned,
    /// There is nothing to do: it is not kept in a realm of this path.
    Nothing,
}

/// Verifies a file that stands in a realm of its path, and moves it where it belongs.
pub(crate) async fn adopt(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
    kind: FileKind,
) -> Result<Adopted, DeliveryError> {
    if kind == FileKind::Info {
        return Ok(Adopted::Nothing);
    }
    let path = module.path.as_str();
    let realms = profile.route(path).realms();
    let found = shared.store.find(&realms, module, kind).await;
    let Some(kept) = found.map_err(DeliveryError::store)? else {
        return Ok(Adopted::Nothing);
    };
    let (tree, origin) = (kept.tree.clone(), kept.origin.clone());
    let hashed = hash(shared, kept, kind).await?;
    let Some(h1) = hashed else {
        set_aside(shared, &tree, module, kind).await?;
        return Ok(Adopted::SetAside);
    };
    let measure = Measure::begin(shared, profile, module, kind);
    let came = Came {
        module,
        kind,
        h1,
        upstream: &origin,
        home: &tree,
    };
    match measure.holds(shared, &came).await {
        Ok(_) => {}
        Err(DeliveryError::Mismatch(_) | DeliveryError::Changed(_)) => {
            set_aside(shared, &tree, module, kind).await?;
            return Ok(Adopted::SetAside);
        }
        Err(error) => return Err(error),
    }
    match (profile.route(path).cover, profile.database()) {
        (Cover::Database, Some(database)) => {
            let (store, to) = (shared.store.clone(), database.tree().clone());
            let version = module.clone();
            blocking(move || store.move_to(&tree, &to, &version, kind, Some(h1))).await?;
            bring_info(shared, profile, module).await;
            Ok(Adopted::Verified)
        }
        _ => Ok(Adopted::Pinned),
    }
}

/// Moves a version's `.info` beside what the database has vouched for.
pub(crate) async fn bring_info(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
) {
    let path = module.path.as_str();
    let route = profile.route(path);
    let Some(database) = profile
        .database()
        .filter(|_| route.cover == Cover::Database)
    else {
        return;
    };
    let (store, to, realms) = (
        shared.store.clone(),
        database.tree().clone(),
        route.realms(),
    );
    let version = module.clone();
    let moved = blocking(move || {
        let has = |kind| {
            Ok(store
                .find_blocking(std::slice::from_ref(&to), &version, kind)?
                .is_some())
        };
        if has(FileKind::Info)? || !(has(FileKind::Mod)? || has(FileKind::Zip)?) {
            return Ok(());
        }
        for realm in &realms {
            if store.move_to(realm, &to, &version, FileKind::Info, None)? {
                break;
            }
        }
        Ok(())
    });
    if let Err(error) = moved.await {
        tracing::warn!(%module, "its .info could not be moved beside it: {error}");
    }
}

/// The file's hash; `None` where it is damaged.
async fn hash(shared: &Shared, kept: Kept, kind: FileKind) -> Result<Option<H1>, DeliveryError> {
    if let Some(h1) = kept.h1 {
        return Ok(Some(h1));
    }
    let _permit = shared.commits.acquire().await;
    let hashed = tokio::task::spawn_blocking(move || h1_of(&kept, kind));
    hashed.await.map_err(|_| DeliveryError::Stopping)
}

fn h1_of(kept: &Kept, kind: FileKind) -> Option<H1> {
    match kind {
        FileKind::Zip => h1::of_zip(BufReader::new(&kept.file), kept.size).ok(),
        FileKind::Mod | FileKind::Info => {
            let bytes = std::io::read_to_string(&kept.file).ok()?;
            Some(h1::of_mod(bytes.as_bytes()))
        }
    }
}

async fn set_aside(
    shared: &Shared,
    tree: &Tree,
    module: &ModuleVersion,
    kind: FileKind,
) -> Result<(), DeliveryError> {
    let (store, tree, version) = (shared.store.clone(), tree.clone(), module.clone());
    blocking(move || store.take_out(&tree, &version, kind)).await?;
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, store::StoreError> + Send + 'static,
) -> Result<T, DeliveryError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| DeliveryError::Stopping)?
        .map_err(DeliveryError::store)
}
