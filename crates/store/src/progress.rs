//! Long work on the files: it runs on a blocking thread, tells how far it is, and can be cancelled.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::error::StoreError;

/// How far a job is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files done.
    pub done: u64,
    /// Files in all, as the index knows it; never less than `done`.
    pub total: u64,
    /// Bytes of the files done.
    pub bytes: u64,
}

/// Who wants to know how far a job is. It may miss steps, but not the last one.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// The job's side.
pub(crate) struct Steps {
    progress: watch::Sender<Progress>,
    cancel: CancellationToken,
}

impl Steps {
    /// One more file is done.
    pub(crate) fn done(&self, bytes: u64) {
        self.progress.send_modify(|progress| {
            progress.done += 1;
            progress.bytes += bytes;
            progress.total = progress.total.max(progress.done);
        });
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// [`StoreError::Cancelled`] when somebody cancelled.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.is_cancelled() {
            Err(StoreError::Cancelled)
        } else {
            Ok(())
        }
    }
}

/// Runs a job on a blocking thread. It is cancelled by the token, and when the returned future is dropped.
pub(crate) async fn run<T: Send + 'static>(
    total: u64,
    on_progress: OnProgress<'_>,
    cancel: &CancellationToken,
    work: impl FnOnce(&Steps) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let cancel = cancel.child_token();
    let _dropped = cancel.clone().drop_guard();
    let (progress, mut seen) = watch::channel(Progress {
        total,
        ..Progress::default()
    });
    let job = tokio::task::spawn_blocking(move || work(&Steps { progress, cancel }));
    // Ends when the job drops its side.
    while seen.changed().await.is_ok() {
        let progress = *seen.borrow_and_update();
        on_progress(progress);
    }
    let last = *seen.borrow();
    on_progress(last);
    job.await.map_err(|cause| StoreError::Task { cause })?
}
