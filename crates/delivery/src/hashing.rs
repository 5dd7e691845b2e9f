//! A zip is hashed while it comes: one batch is unpacked off the runtime while the next is on its way.

use bytes::Bytes;
use go_module::FileKind;
use go_module::h1::ZipHasher;
use tokio::task::JoinHandle;

use crate::error::DeliveryError;
use crate::shared::Shared;

/// The hasher of a transfer: at work on a batch, or waiting for one. Other files than zips are hashed whole at the end.
pub(crate) struct Hashing(Option<State>);

enum State {
    Waiting(Box<ZipHasher>),
    AtWork(JoinHandle<Box<ZipHasher>>),
}

impl Hashing {
    /// A hasher for a file of this kind.
    pub(crate) fn of(kind: FileKind) -> Self {
        let hashes = kind == FileKind::Zip;
        Self(hashes.then(|| State::Waiting(Box::default())))
    }

    /// Hands it a batch. It waits for the one before: so a transfer is held back by its hash where that is slower.
    pub(crate) async fn push(
        &mut self,
        shared: &Shared,
        batch: Vec<Bytes>,
    ) -> Result<(), DeliveryError> {
        let before = std::mem::replace(self, Self(None));
        if let Some(mut hasher) = before.whole().await? {
            let work = shared.tasks.spawn_blocking(move || {
                batch.iter().for_each(|bytes| hasher.push(bytes));
                hasher
            });
            self.0 = Some(State::AtWork(work));
        }
        Ok(())
    }

    /// The hasher, once it has taken all that it was handed.
    pub(crate) async fn whole(self) -> Result<Option<Box<ZipHasher>>, DeliveryError> {
        match self.0 {
            None => Ok(None),
            Some(State::Waiting(hasher)) => Ok(Some(hasher)),
            Some(State::AtWork(work)) => work.await.map(Some).map_err(|_| DeliveryError::Stopping),
        }
    }
}
