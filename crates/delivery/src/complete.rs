//! A version's other small files come along in the background, so that nothing is missing offline.
//!
//! `go build` asks for `.mod` and `.zip` only; without the `.info` a later `go mod download` fails on a plane.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use go_module::{FileKind, ModuleVersion, Request};
use tokio::sync::mpsc;

use crate::adopt;
use crate::bring::fetch_in_background;
use crate::profile::Profile;
use crate::shared::Shared;

/// How many versions may wait for completion; those left out are found again at the next start.
const QUEUE: usize = 1024;
/// How long landed versions are gathered.
const MOMENT: Duration = Duration::from_millis(250);
/// How many versions are completed at once.
const AT_ONCE: usize = 4;
/// How many incomplete versions are taken up at a start.
const AT_START: usize = 2048;

/// A version of which a file has landed.
pub(crate) type Landed = (Arc<Profile>, ModuleVersion);

/// Takes notes of landed versions; never waits.
#[derive(Clone, Debug)]
pub(crate) struct Companions(mpsc::Sender<Landed>);

impl Companions {
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Landed>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), receiver)
    }

    pub(crate) fn follow(&self, profile: &Arc<Profile>, module: &ModuleVersion) {
        // Full means very busy: the index will show at the next start what is missing.
        let _ = self.0.try_send((Arc::clone(profile), module.clone()));
    }
}

/// Completes versions until Larder stops. First those that an earlier run left incomplete.
pub(crate) async fn run(shared: Weak<Shared>, mut landed: mpsc::Receiver<Landed>) {
    let mut versions = match shared.upgrade() {
        Some(shared) => left_over(&shared).await,
        None => return,
    };
    loop {
        let work = stream::iter(versions).for_each_concurrent(AT_ONCE, |(profile, module)| {
            let shared = shared.upgrade();
            async move {
                if let Some(shared) = shared {
                    complete(&shared, &profile, &module).await;
                }
            }
        });
        work.await;
        let Some(first) = landed.recv().await else {
            return;
        };
        // `go` mostly asks for the other files itself, in the next moment.
        tokio::time::sleep(MOMENT).await;
        let mut seen = HashSet::new();
        let more = std::iter::from_fn(|| landed.try_recv().ok());
        versions = std::iter::once(first)
            .chain(more)
            .filter(|(profile, module)| seen.insert((profile.id(), module.clone())))
            .collect();
    }
}

async fn left_over(shared: &Shared) -> Vec<Landed> {
    let profile = shared.profile();
    match shared.store.incomplete(AT_START).await {
        Ok(missing) => missing
            .into_iter()
            .filter(|(tree, module, _)| {
                let path = module.path.as_str();
                profile.trees(path, FileKind::Info).contains(tree)
            })
            .map(|(_, module, _)| (Arc::clone(&profile), module))
            .collect(),
        Err(error) => {
            tracing::warn!("versions left incomplete can't be listed: {error}");
            Vec::new()
        }
    }
}

async fn complete(shared: &Arc<Shared>, profile: &Arc<Profile>, module: &ModuleVersion) {
    for kind in [FileKind::Info, FileKind::Mod] {
        if shared.offline(profile).is_some() {
            break;
        }
        let request = Request::File(module.clone(), kind);
        let looked = Instant::now();
        if shared.is_kept(profile, module, kind).await
            || shared
                .negatives
                .get(profile.id(), &request.url_path())
                .is_some()
        {
            continue;
        }
        // It is told of, and what is missing is found again at the next start.
        let _ = fetch_in_background(shared, profile, module, kind, looked).await;
    }
    adopt::bring_info(shared, profile, module).await;
}
