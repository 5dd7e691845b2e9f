//! What there is time for once a zip is delivered: its contents are unpacked, checked and hashed (`h1:`).
//!
//! On the way a zip is held to its central directory only, which costs next to nothing. Here every entry is unpacked and
//! its CRC compared. One that proves damaged is taken out of the cache, so that it is fetched anew.

use std::sync::{Arc, Weak};
use std::time::Duration;

use go_module::{FileKind, H1, ModuleVersion, Request, h1};
use store::{Kept, StoreError, Tree};
use tokio::sync::mpsc;

use crate::event::{Outcome, Source, Tally};
use crate::shared::Shared;

/// How many zips may wait; those left out keep the hash that their sidecar has anyway.
const QUEUE: usize = 1024;
/// How long nothing must have been on its way: hashing is for when there is time.
const QUIET: Duration = Duration::from_millis(500);

/// A zip that was committed.
pub(crate) type Committed = (Tree, ModuleVersion);

/// Takes notes of committed zips; never waits.
#[derive(Clone, Debug)]
pub(crate) struct Afterwards(mpsc::Sender<Committed>);

impl Afterwards {
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Committed>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), receiver)
    }

    pub(crate) fn hash(&self, tree: &Tree, module: &ModuleVersion) {
        let _ = self.0.try_send((tree.clone(), module.clone()));
    }
}

/// Hashes zips one after the other, whenever it is quiet, until Larder stops.
pub(crate) async fn run(shared: Weak<Shared>, mut committed: mpsc::Receiver<Committed>) {
    while let Some((tree, module)) = committed.recv().await {
        loop {
            tokio::time::sleep(QUIET).await;
            match shared.upgrade() {
                None => return,
                Some(shared) if shared.flights.are_none() => break,
                Some(_) => {}
            }
        }
        // While it stays quiet, those that wait are done in one go.
        let mut next = Some((tree, module));
        while let (Some((tree, module)), Some(shared)) = (next.take(), shared.upgrade()) {
            hash(&shared, tree, module).await;
            if shared.flights.are_none() {
                next = committed.try_recv().ok();
            }
        }
    }
}

async fn hash(shared: &Arc<Shared>, tree: Tree, module: ModuleVersion) {
    let store = shared.store.clone();
    let (its_tree, its_module) = (tree.clone(), module.clone());
    let hashed = tokio::task::spawn_blocking(move || {
        let trees = [its_tree];
        let Some(kept) = store.find_blocking(&trees, &its_module, FileKind::Zip)? else {
            return Ok(());
        };
        match check(kept) {
            None => Ok(()),
            Some(Ok(h1)) => {
                store.set_h1(&trees[0], &its_module, FileKind::Zip, h1)?;
                Ok(())
            }
            Some(Err(damage)) => {
                store.take_out(&trees[0], &its_module, FileKind::Zip)?;
                Err(Afterthought::Damaged(damage))
            }
        }
    });
    match hashed.await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(Afterthought::Store(error))) => {
            tracing::warn!(%module, "a zip can't be hashed: {error}")
        }
        Ok(Err(Afterthought::Damaged(damage))) => {
            shared.hot.clear();
            let detail =
                format!("its contents are damaged and it was taken out of the cache: {damage}");
            tracing::warn!(%module, %tree, "{detail}");
            let mut tally = Tally::new(
                shared.events.clone(),
                Request::File(module, FileKind::Zip),
                true,
            );
            tally.source(Source::Cache);
            tally.end(Outcome::Failed, Some(detail));
        }
    }
}

/// The hash of a zip that has none yet, or what is wrong with it. `None` where there is nothing to say.
fn check(kept: Kept) -> Option<Result<H1, String>> {
    if kept.h1.is_some() {
        return None;
    }
    match h1::of_zip(std::io::BufReader::new(&kept.file), kept.size) {
        Ok(h1) => Some(Ok(h1)),
        // The disk's own trouble says nothing about the zip.
        Err(error) if error.is_io() => None,
        Err(error) => Some(Err(error.to_string())),
    }
}

enum Afterthought {
    Store(StoreError),
    Damaged(String),
}

impl From<StoreError> for Afterthought {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
