//! What is looked after in the background of a start: the index, what was kept before it could be verified, first sight.

use std::time::Duration;

use delivery::{Adopted, Cover, DatabaseError, Delivery, DeliveryError};
use futures_util::{StreamExt, stream};
use go_module::{FileKind, ModuleVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Cursor, FirstSight, ListedVersion, Store, Tree};

use crate::app::WeakApp;
use crate::command;
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};
use crate::trust;

/// How long the index is left alone after it was rebuilt: on a full disk that fails again at once.
const REBUILD_REST: Duration = Duration::from_secs(60);
/// How long it takes until the database is asked again about what is kept, where that failed.
const VERIFY_REST: Duration = Duration::from_secs(10 * 60);
/// How often it is looked whether a grant is over.
const GRANTS_EVERY: Duration = Duration::from_secs(15);
/// How many versions are listed at once.
const PAGE: usize = 500;
/// How many are verified at once.
const AT_ONCE: usize = 4;
/// Says in the lasting state that all that was kept before there were pins has some.
const PINNED: &str = "first-sight.kept";

/// Rebuilds the index whenever it may differ from the files: after an end that was not clean, or when it fell behind.
pub(crate) async fn index(store: Store, app: WeakApp) {
    loop {
        store.until_needs_rebuild().await;
        let Some(app) = app.upgrade() else { return };
        tracing::info!("the index of the cache is brought in line with the files");
        let rebuilt = store.clone();
        let Ok(id) = app.jobs().start("index-rebuild", |reporter| {
            command::rebuild_index(rebuilt, reporter)
        }) else {
            return;
        };
        let Ok(mut job) = app.jobs().watch(id) else {
            return;
        };
        drop(app);
        if let Ok(state) = job.wait_for(|state| state.end.is_some()).await
            && let Some(Err(failure)) = &state.end
        {
            tracing::warn!("the index could not be rebuilt: {failure}");
        }
        tokio::time::sleep(REBUILD_REST).await;
    }
}

/// Puts the profile in force anew whenever a grant is over: what was let through is then neither in memory.
pub(crate) async fn grants(store: Store, app: WeakApp) {
    let mut in_force = None;
    loop {
        match trust::grants(&store).await {
            Ok(grants) => {
                let now = Timestamp::now();
                let active: Vec<_> = grants.active(now).cloned().collect();
                let is_shorter = in_force
                    .replace(active.clone())
                    .is_some_and(|before| before.iter().any(|grant| !active.contains(grant)));
                let Some(app) = app.upgrade() else { return };
                if is_shorter && let Err(failure) = app.renew_profile().await {
                    tracing::warn!(
                        "a grant is over, and the profile could not be renewed: {failure}"
                    );
                }
            }
            Err(failure) => tracing::warn!("{failure}"),
        }
        tokio::time::sleep(GRANTS_EVERY).await;
    }
}

/// Verifies what stands in realms though the database covers it, until all of it was looked at once; and remembers the
/// hashes of what lies outside and was kept before Larder did so.
pub(crate) async fn kept(store: Store, delivery: Delivery, app: WeakApp) {
    if let FirstSight::Lost { .. } = store.first_sight() {
        tracing::error!(
            "the hashes that were seen first are lost; those of kept files are taken from the cache"
        );
        restore_pins(&store).await;
    }
    loop {
        let total = match waiting(&store, &delivery).await {
            Ok(0) => break,
            Ok(total) => total,
            Err(error) => {
                tracing::warn!("what is kept can't be listed: {error}");
                return;
            }
        };
        let Some(app) = app.upgrade() else { return };
        let (its_store, its_delivery) = (store.clone(), delivery.clone());
        let Ok(id) = app.jobs().start("verify-kept", |reporter| async move {
            let verified = verify_kept(&its_store, &its_delivery, total, &reporter).await?;
            serde_json::to_value(verified)
                .map_err(|error| Failure::new(Code::Internal, error.to_string()))
        }) else {
            return;
        };
        let Ok(mut job) = app.jobs().watch(id) else {
            return;
        };
        drop(app);
        match job.wait_for(|state| state.end.is_some()).await {
            Ok(state) if matches!(state.end, Some(Ok(_))) => break,
            Ok(state) => {
                if let Some(Err(failure)) = &state.end {
                    tracing::warn!("what is kept could not all be verified: {failure}");
                }
            }
            Err(_) => return,
        }
        tokio::time::sleep(VERIFY_REST).await;
    }
    // Said once, not at every start.
    if !is_pinned(&store).await
        && let Err(error) = store
            .set_value(PINNED, &serde_json::Value::Bool(true))
            .await
    {
        tracing::warn!("it can't be noted that what is kept is verified: {error}");
    }
}

async fn restore_pins(store: &Store) {
    let of_upstreams = |tree: &Tree| !tree.to_string().starts_with("realms/db-");
    let cancel = tokio_util::sync::CancellationToken::new();
    match store.restore_pins(of_upstreams, &|_| {}, &cancel).await {
        Ok(count) => tracing::warn!(count, "hashes of kept files are remembered again"),
        Err(error) => tracing::warn!("the hashes of kept files could not be read: {error}"),
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerifiedKept {
    verified: u64,
    set_aside: u64,
    stay: u64,
}

/// The versions in realms, a page after the other; the last one is empty.
struct Pages<'a> {
    store: &'a Store,
    after: Option<Cursor>,
}

impl<'a> Pages<'a> {
    fn of(store: &'a Store) -> Self {
        Self { store, after: None }
    }

    async fn next(&mut self) -> Result<Vec<ListedVersion>, Failure> {
        let page = self.store.in_realms(self.after.as_ref(), PAGE).await?;
        self.after = page.last().map(ListedVersion::cursor);
        Ok(page)
    }
}

/// What of a version is to be looked at.
fn to_do(
    delivery: &Delivery,
    is_pinned: bool,
    version: &ListedVersion,
) -> Vec<(ModuleVersion, FileKind)> {
    let profile = delivery.profile();
    let path = version.path.as_str();
    let is_covered = profile.route(path).cover == Cover::Database;
    let covered_or_new = is_covered || !is_pinned;
    let in_realm = profile.realms(path).contains(&version.tree);
    let Ok(module) = ModuleVersion::new(version.path.clone(), version.version.clone()) else {
        return Vec::new();
    };
    let kinds = version.files.iter().map(|(kind, _)| *kind);
    kinds
        .filter(|kind| *kind != FileKind::Info && covered_or_new && in_realm)
        .map(|kind| (module.clone(), kind))
        .collect()
}

async fn is_pinned(store: &Store) -> bool {
    matches!(store.get_value(PINNED).await, Ok(Some(_)))
}

async fn waiting(store: &Store, delivery: &Delivery) -> Result<u64, Failure> {
    let is_pinned = is_pinned(store).await;
    let mut pages = Pages::of(store);
    let mut count = 0;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return Ok(count);
        }
        let files = page
            .iter()
            .map(|version| to_do(delivery, is_pinned, version).len() as u64);
        count += files.sum::<u64>();
    }
}

async fn verify_kept(
    store: &Store,
    delivery: &Delivery,
    total: u64,
    reporter: &Reporter,
) -> Result<VerifiedKept, Failure> {
    let is_pinned = is_pinned(store).await;
    let mut pages = Pages::of(store);
    let mut done = 0;
    let mut sum = VerifiedKept::default();
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return Ok(sum);
        }
        let files: Vec<_> = page
            .iter()
            .flat_map(|version| to_do(delivery, is_pinned, version))
            .collect();
        let mut working = stream::iter(files)
            .map(|(module, kind)| async move { delivery.adopt(&module, kind).await })
            .buffer_unordered(AT_ONCE);
        while let Some(adopted) = working.next().await {
            if reporter.cancel().is_cancelled() {
                return Err(Failure::new(
                    Code::Cancelled,
                    "it was cancelled; the rest is verified at the next start",
                ));
            }
            match adopted {
                Ok(Adopted::Verified) => sum.verified += 1,
                Ok(Adopted::SetAside) => sum.set_aside += 1,
                Ok(Adopted::Pinned | Adopted::Nothing) => sum.stay += 1,
                Err(DeliveryError::Unverified {
                    cause: DatabaseError::NotThere { .. },
                    ..
                }) => sum.stay += 1,
                Err(error) => return Err(Failure::new(Code::Disk, error.to_string())),
            }
            done += 1;
            reporter.report(Progress {
                done,
                total,
                bytes: 0,
            });
        }
    }
}
