//! What a person removed from the cache: it can be put back for a moment, and is gone for good then.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::{Removal, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a removal can be undone.
const UNDONE_WITHIN: Duration = Duration::from_secs(15);

/// The removals that can still be undone. The end of the instance ends that, as does its next start after a kill.
#[derive(Debug)]
pub(crate) struct Removals {
    store: Store,
    next: AtomicU64,
    waiting: Arc<Mutex<BTreeMap<u64, Removal>>>,
    tasks: TaskTracker,
    end: CancellationToken,
}

impl Removals {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            next: AtomicU64::new(1),
            waiting: Arc::default(),
            tasks: TaskTracker::new(),
            end: CancellationToken::new(),
        }
    }

    /// Takes note of a removal; the number by which it can be undone.
    pub(crate) fn add(&self, removal: Removal) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, removal);
        let (store, waiting, end) = (
            self.store.clone(),
            Arc::clone(&self.waiting),
            self.end.clone(),
        );
        self.tasks.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(UNDONE_WITHIN) => {}
                () = end.cancelled() => {}
            }
            let Some(removal) = take(&waiting, number) else {
                return;
            };
            if let Err(error) = store.let_go(removal).await {
                tracing::warn!("what was removed takes room until the next start: {error}");
            }
        });
        number
    }

    /// The removal of this number, while it can be undone.
    pub(crate) fn take(&self, number: u64) -> Option<Removal> {
        take(&self.waiting, number)
    }

    /// Lets go of all of them.
    pub(crate) async fn stop(&self) {
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn take(waiting: &Mutex<BTreeMap<u64, Removal>>, number: u64) -> Option<Removal> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.remove(&number)
}
