//! The one client that CLI, tray and window use: it asks the running instance, or does the same in this process.

mod lines;
mod raw;
mod reach;
mod remote;
mod wire;

use app::command::{self, ActivityFeed, Call, Feed, Job};
use app::{ActivityItem, App, Code, Failure, JobId, Places, Progress};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::Value;

pub use raw::Items;
pub use remote::Remote;

use crate::window::PageWritten;

/// Asks things of Larder, wherever it is.
#[derive(Clone, Debug)]
pub enum Client {
    /// In this process, which holds the lock meanwhile; close it when done.
    Local(App),
    /// The running instance.
    Remote(Remote),
}

impl Client {
    /// The running instance, else Larder in this process. Where another process holds the lock and does not answer (it
    /// is starting, or a command like this one), this waits up to 10 seconds for it.
    ///
    /// # Errors
    /// `already-running` where it still does not answer then; those of [`App::open`].
    pub async fn reach(places: &Places) -> Result<Self, Failure> {
        reach::reach(places).await
    }

    /// The running instance. Waits for one that is starting, up to 10 seconds.
    ///
    /// # Errors
    /// `not-running` where there is none; `already-running` where a process holds the lock and does not answer.
    pub async fn running(places: &Places) -> Result<Self, Failure> {
        reach::running(places).await.map(Self::Remote)
    }

    /// Asks.
    ///
    /// # Errors
    /// The call's own; `not-running` or `protocol` where the instance does not answer as it should.
    pub async fn call<C: Call>(&self, call: C) -> Result<C::Answer, Failure> {
        match self {
            Self::Local(app) => call.run(app).await,
            Self::Remote(remote) => remote.call(call).await,
        }
    }

    /// Starts a job and watches it to its end. Where the caller stops waiting, the job goes on.
    ///
    /// # Errors
    /// The job's own; `not-running` where the instance ends before it.
    pub async fn job<J: Job>(
        &self,
        job: J,
        on_progress: impl FnMut(Progress),
    ) -> Result<J::Answer, Failure> {
        let id = self.start(job).await?;
        self.watch::<J>(id, on_progress).await
    }

    /// Starts a job.
    ///
    /// # Errors
    /// `bad-input` where too many are under way; `not-running` or `protocol` as with [`Client::call`].
    pub async fn start<J: Job>(&self, job: J) -> Result<JobId, Failure> {
        match self {
            Self::Local(app) => command::start_job(app, job),
            Self::Remote(remote) => remote.start(job).await,
        }
    }

    /// Watches a job to its end.
    ///
    /// # Errors
    /// The job's own; `not-found` where there is none of this id; `not-running` where the instance ends before it.
    pub async fn watch<J: Job>(
        &self,
        id: JobId,
        mut on_progress: impl FnMut(Progress),
    ) -> Result<J::Answer, Failure> {
        let mut states = self.states(id).await?;
        while let Some(state) = states.try_next().await? {
            on_progress(state.progress);
            if let Some(end) = state.end {
                return read(end?);
            }
        }
        Err(Failure::new(
            Code::NotRunning,
            format!(
                "Larder ended before job {} did; what it had done is done",
                id.0
            ),
        ))
    }

    /// Asks a job to end; what it has done so far stays done.
    ///
    /// # Errors
    /// `not-found` where there is none of this id; `not-running` or `protocol` as with [`Client::call`].
    pub async fn cancel(&self, id: JobId) -> Result<(), Failure> {
        match self {
            Self::Local(app) => app.jobs().cancel(id),
            Self::Remote(remote) => remote.cancel(id).await,
        }
    }

    /// The newest entries of the activity log, oldest first; an instance gives 10,000 at most.
    ///
    /// # Errors
    /// `disk` where the log can't be read; `not-running` or `protocol` as with [`Client::call`].
    pub async fn activity_last(&self, limit: usize) -> Result<Vec<ActivityItem>, Failure> {
        match self {
            Self::Local(app) => app.activity().last(limit).await,
            Self::Remote(remote) => remote.activity_last(limit).await,
        }
    }

    /// The entries after number `seq`, oldest first; an instance gives 10,000 at most.
    ///
    /// # Errors
    /// As [`Client::activity_last`].
    pub async fn activity_after(
        &self,
        seq: i64,
        limit: usize,
    ) -> Result<Vec<ActivityItem>, Failure> {
        match self {
            Self::Local(app) => app.activity().after(seq, limit).await,
            Self::Remote(remote) => remote.activity_after(seq, limit).await,
        }
    }

    /// The entries after number `seq`, and those to come. It ends when the instance ends in good order, and after an
    /// error. Without an instance nothing is to come; it is the caller's to leave.
    pub fn activity_follow(&self, seq: i64) -> BoxStream<'static, Result<ActivityItem, Failure>> {
        self.follow::<ActivityFeed>(seq)
    }

    /// The items of a feed after number `after`, and those to come; it asks when it is first polled. It ends as
    /// [`Client::activity_follow`] does.
    pub fn follow<F: Feed>(&self, after: i64) -> BoxStream<'static, Result<F::Item, Failure>> {
        match self {
            Self::Local(app) => F::follow(app, after)
                .map_ok(|items| stream::iter(items.into_iter().map(Ok)))
                .try_flatten()
                .boxed(),
            Self::Remote(remote) => remote.follow::<F>(after),
        }
    }

    /// Has the instance write a page that lets a browser into the window.
    ///
    /// # Errors
    /// `not-found` where it was built without its window; `disk` where the page can't be written; `not-running` where there
    /// is no instance.
    pub async fn open_window(&self) -> Result<PageWritten, Failure> {
        match self {
            Self::Local(_) => Err(reach::not_running()),
            Self::Remote(remote) => remote.open_window().await,
        }
    }

    /// Is done: lets go of the lock where it is held.
    pub async fn close(&self) {
        match self {
            Self::Local(app) => drop(app.close().await),
            Self::Remote(_) => {}
        }
    }
}

/// Reads an answer of the instance.
fn read<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, Failure> {
    serde_json::from_value(answer).map_err(|error| not_understood(&error))
}

/// The instance said something else than this program knows.
fn not_understood(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Code::Protocol, format!("the running Larder's answer is not of the form this program knows: {error}"))
        .hint("the program and the running instance may be of different versions: run `larder stop`, then start it again")
}
