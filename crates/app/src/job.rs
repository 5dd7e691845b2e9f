//! Long work that outlives its client: an id, progress, cancel, and an end that is kept for a while.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use ts_rs::TS;

use crate::changes::{Changes, Topic};
use crate::failure::{Code, Failure};

/// How many ended jobs are remembered.
const REMEMBERED: usize = 32;
/// How many jobs may be under way at once.
const AT_ONCE: usize = 8;

/// Names a job of this instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct JobId(pub u64);

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Progress {
    /// Steps done.
    pub done: u64,
    /// Steps in all, as far as is known.
    pub total: u64,
    /// Bytes gone through.
    pub bytes: u64,
}

/// A job as its clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct JobState {
    /// Its id.
    pub id: JobId,
    /// What it is, as in the table of commands.
    pub name: String,
    /// How far it is.
    pub progress: Progress,
    /// What it has found so far, in the form of its answer, where it tells that before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "unknown", optional)]
    pub partial: Option<Value>,
    /// Its answer or its failure, once it has ended.
    #[ts(type = "{ Ok: unknown } | { Err: Failure } | null")]
    pub end: Option<Result<Value, Failure>>,
}

/// What a job is handed: where to tell its progress, and whether to go on.
#[derive(Clone, Debug)]
pub struct Reporter {
    state: watch::Sender<JobState>,
    cancel: CancellationToken,
    stop: CancellationToken,
}

impl Reporter {
    /// Tells how far it is; only the newest is kept.
    pub fn report(&self, progress: Progress) {
        self.state.send_modify(|state| state.progress = progress);
    }

    /// Tells how far it is, and what it has found so far; only the newest is kept.
    pub(crate) fn report_found(&self, progress: Progress, found: Value) {
        self.state.send_modify(|state| {
            state.progress = progress;
            state.partial = Some(found);
        });
    }

    /// Asks whether to go on.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Whether all jobs end, since the instance does: nobody has cancelled this one.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }
}

struct Entry {
    state: watch::Receiver<JobState>,
    cancel: CancellationToken,
}

/// The jobs of one instance.
#[derive(Default)]
pub struct Jobs {
    changes: Changes,
    next: AtomicU64,
    entries: Mutex<BTreeMap<JobId, Entry>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Jobs({} under way)", self.under_way().len())
    }
}

impl Jobs {
    /// None yet.
    pub(crate) fn new(changes: Changes) -> Self {
        Self {
            changes,
            ..Self::default()
        }
    }

    /// Starts a job.
    ///
    /// # Errors
    /// `bad-input` where too many are under way already.
    pub(crate) fn start<F, W>(&self, name: &'static str, work: W) -> Result<JobId, Failure>
    where
        W: FnOnce(Reporter) -> F,
        F: Future<Output = Result<Value, Failure>> + Send + 'static,
    {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = entries
            .values()
            .filter(|entry| entry.state.borrow().end.is_none())
            .count();
        if under_way >= AT_ONCE {
            return Err(Failure::new(
                Code::BadInput,
                format!("{under_way} jobs are under way already"),
            )
            .hint("wait for one to end, or cancel it"));
        }
        let id = JobId(self.next.fetch_add(1, Ordering::Relaxed) + 1);
        let (sender, state) = watch::channel(JobState {
            id,
            name: name.to_owned(),
            progress: Progress::default(),
            partial: None,
            end: None,
        });
        let cancel = self.stop.child_token();
        forget_oldest(&mut entries);
        entries.insert(
            id,
            Entry {
                state,
                cancel: cancel.clone(),
            },
        );
        drop(entries);
        let running = work(Reporter {
            state: sender.clone(),
            cancel,
            stop: self.stop.clone(),
        });
        let changes = self.changes.clone();
        changes.tell(&[Topic::Jobs, Topic::State]);
        self.tasks.spawn(async move {
            let end = running.await;
            sender.send_modify(|state| state.end = Some(end));
            changes.tell(&[Topic::Jobs, Topic::State]);
        });
        Ok(id)
    }

    /// Watches a job.
    ///
    /// # Errors
    /// `not-found` where there is none of this id.
    pub fn watch(&self, id: JobId) -> Result<watch::Receiver<JobState>, Failure> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(&id)
            .map(|entry| entry.state.clone())
            .ok_or_else(|| unknown(id))
    }

    /// Asks a job to end. What it has done so far stays done.
    ///
    /// # Errors
    /// `not-found` where there is none of this id.
    pub fn cancel(&self, id: JobId) -> Result<(), Failure> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(&id)
            .map(|entry| entry.cancel.cancel())
            .ok_or_else(|| unknown(id))
    }

    /// The jobs that have not ended.
    pub fn under_way(&self) -> Vec<JobState> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .values()
            .map(|entry| entry.state.borrow().clone())
            .filter(|state| state.end.is_none())
            .collect()
    }

    /// Cancels all and waits until they have ended.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn unknown(id: JobId) -> Failure {
    Failure::new(Code::NotFound, format!("there is no job {}", id.0))
}

fn forget_oldest(entries: &mut BTreeMap<JobId, Entry>) {
    let ended: Vec<JobId> = entries
        .iter()
        .filter(|(_, entry)| entry.state.borrow().end.is_some())
        .map(|(id, _)| *id)
        .collect();
    for id in ended
        .iter()
        .take(ended.len().saturating_sub(REMEMBERED - 1))
    {
        entries.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_reports_ends_and_is_remembered() {
        let jobs = Jobs::default();
        let id = jobs
            .start("count", |reporter| async move {
                reporter.report(Progress {
                    done: 1,
                    total: 2,
                    bytes: 10,
                });
                Ok(Value::from(42))
            })
            .unwrap();
        let mut watched = jobs.watch(id).unwrap();
        let state = watched
            .wait_for(|state| state.end.is_some())
            .await
            .unwrap()
            .clone();
        assert_eq!(state.progress.done, 1);
        assert_eq!(state.end, Some(Ok(Value::from(42))));
        assert!(jobs.under_way().is_empty());
    }

    #[tokio::test]
    async fn a_cancelled_job_is_told() {
        let jobs = Jobs::default();
        let id = jobs
            .start("wait", |reporter| async move {
                reporter.cancel().cancelled().await;
                Err(Failure::new(Code::Cancelled, "cancelled"))
            })
            .unwrap();
        jobs.cancel(id).unwrap();
        let mut watched = jobs.watch(id).unwrap();
        let state = watched
            .wait_for(|state| state.end.is_some())
            .await
            .unwrap()
            .clone();
        assert_eq!(state.end.unwrap().unwrap_err().code, Code::Cancelled);
        assert_eq!(jobs.cancel(JobId(99)).unwrap_err().code, Code::NotFound);
    }

    #[tokio::test]
    async fn too_many_at_once_are_refused_and_stop_ends_all() {
        let jobs = Jobs::default();
        for _ in 0..AT_ONCE {
            jobs.start("wait", |reporter| async move {
                reporter.cancel().cancelled().await;
                Ok(Value::Null)
            })
            .unwrap();
        }
        assert!(
            jobs.start("one more", |_| async { Ok(Value::Null) })
                .is_err()
        );
        jobs.stop().await;
        assert!(jobs.under_way().is_empty());
    }
}
