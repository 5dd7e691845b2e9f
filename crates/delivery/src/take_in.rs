//! A file that is on this computer already is taken in: drafted, proven, held against what vouches for it, and committed,
//! as if an upstream had given it. Nobody vouches for where it lay.

use std::path::PathBuf;
use std::sync::Arc;

use go_module::{FileKind, ModuleVersion, Request};
use store::{Draft, Filling, StoreError};
use upstream::Upstream;

use crate::adopt::{self, Adopted, bring_info};
use crate::database::{self, DatabaseError, Trust};
use crate::error::DeliveryError;
use crate::fetch::{self, Ready};
use crate::profile::Profile;
use crate::proof;
use crate::routes::Cover;
use crate::shared::Shared;
use crate::verify::{Came, Measure};

/// A file on this computer, and what it is said to be.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which version.
    pub module: ModuleVersion,
    /// Which of its files.
    pub kind: FileKind,
    /// Where it lies.
    pub path: PathBuf,
    /// How its bytes come into the cache.
    pub filling: Filling,
    /// What a person knows its place by; it stands where an upstream's name would.
    pub origin: String,
}

/// Who may be asked for the record that vouches for a file. What is kept always is.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// A folder in the layout of a module proxy that has records and tiles; asked first. What it says is proven as if the
    /// database itself had said it, and with a head that is older than the newest known one, that it is of the same log.
    pub folder: Option<Upstream>,
    /// Whether the database may be asked.
    pub ask: bool,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenIn {
    /// It is kept now; so many bytes.
    Kept(u64),
    /// It was there.
    There,
    /// It is not what it is said to be, for this reason: it was left out.
    LeftOut(String),
}

/// Takes a file in.
pub(crate) async fn take_in(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    found: Found,
    records: &Records,
) -> Result<TakenIn, DeliveryError> {
    let (module, kind) = (found.module.clone(), found.kind);
    let path = module.path.as_str();
    let is_covered = profile.route(path).cover == Cover::Database;
    let is_there = shared.find(profile, &module, kind).await?.is_some()
        || (is_covered && adopt::adopt(shared, profile, &module, kind).await? == Adopted::Verified);
    if is_there {
        if kind == FileKind::Info {
            bring_info(shared, profile, &module).await;
        }
        return Ok(TakenIn::There);
    }
    // The realm of what has no other place is that of the first upstream of the path's list.
    let way = profile.way(path)?;
    let Some(upstream) = way.chain.upstreams().next().cloned() else {
        let reason = "the profile has no upstream for it, and so no place where it belongs";
        return Ok(TakenIn::LeftOut(reason.to_owned()));
    };
    let home = profile.home(path, kind, &upstream);
    if is_covered && kind != FileKind::Info {
        record(shared, profile, &module, kind, records).await?;
    }
    let measure = Measure::begin(shared, profile, &module, kind);
    let (store, origin) = (shared.store.clone(), found.origin.clone());
    let tree = home.clone();
    let drafting = shared.tasks.spawn_blocking(move || {
        let draft = store.draft(tree, &found.module, found.kind)?;
        draft_of(draft, &found)
    });
    let drafted = drafting.await.map_err(|_| DeliveryError::Stopping)?;
    let ready = match drafted.map_err(DeliveryError::store)? {
        Ok(ready) => ready,
        Err(reason) => return Ok(TakenIn::LeftOut(reason)),
    };
    if let Some(h1) = ready.h1.filter(|_| measure.wants_h1()) {
        let came = Came {
            module: &module,
            kind,
            h1,
            upstream: &origin,
            home: &home,
        };
        measure.holds(shared, &came).await?;
    }
    let bytes = ready.draft.len();
    fetch::commit(shared, profile, &module, kind, ready).await?;
    if kind == FileKind::Info {
        bring_info(shared, profile, &module).await;
    }
    Ok(TakenIn::Kept(bytes))
}

/// Has the record at hand that vouches for a file, from the first that gives it.
async fn record(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
    kind: FileKind,
    records: &Records,
) -> Result<(), DeliveryError> {
    let kept = database::vouch(shared, profile, module, Trust::Kept).await;
    let mut vouched = kept.map(drop);
    if let (Err(_), Some(folder)) = (&vouched, &records.folder) {
        vouched = database::vouch_from(shared, profile, module, folder).await;
        if let Err(error @ (DatabaseError::Fork { .. } | DatabaseError::Stopping)) = vouched {
            return Err(error.into());
        }
        if let Err(DatabaseError::NotThere { name, .. }) = &vouched {
            vouched = Err(DatabaseError::NotKept {
                name: name.clone(),
                what: format!(
                    "what proves the record of {module} under the newest head that is known"
                ),
            });
        }
    }
    if vouched.is_err() && records.ask {
        vouched = database::vouch(shared, profile, module, Trust::Ask)
            .await
            .map(drop);
    }
    vouched.map_err(|cause| DeliveryError::Unverified {
        asked: format!("{module} ({})", kind.extension()),
        cause,
    })
}

/// The draft of a file, proven by its form; or why it is none. Blocking.
fn draft_of(mut draft: Draft, found: &Found) -> Result<Result<Ready, String>, StoreError> {
    let (module, kind) = (&found.module, found.kind);
    let cap = proof::cap(&Request::File(module.clone(), kind));
    match draft.fill(&found.path, cap, found.filling) {
        Ok(()) => {}
        Err(error @ (StoreError::NotAFile { .. } | StoreError::TooLarge { .. })) => {
            return Ok(Err(error.to_string()));
        }
        Err(error) => return Err(error),
    }
    let length = draft.len();
    Ok(
        proof::prove(&draft.reader()?, length, module, kind, None).map(|h1| Ready {
            draft,
            upstream: found.origin.clone(),
            h1,
            bytes: None,
        }),
    )
}
