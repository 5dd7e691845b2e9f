//! Asking by name and with JSON, as tray and window do: they hold no form of what is asked of their own.

use app::{App, Failure, JobId, JobState, command};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::Value;

use crate::client::Client;
use crate::feed;

/// Batches of a feed's items, never empty. It ends when the instance ends, and after an error.
pub type Items = BoxStream<'static, Result<Vec<Value>, Failure>>;

impl Client {
    /// Asks the call of this name.
    ///
    /// # Errors
    /// `protocol` where there is none of this name or the request is of another form; else as [`Client::call`].
    pub async fn call_raw(&self, name: &str, request: Value) -> Result<Value, Failure> {
        match self {
            Self::Local(app) => command::call(app, name, request).await,
            Self::Remote(remote) => remote.call_raw(name, &request).await,
        }
    }

    /// Starts the job of this name.
    ///
    /// # Errors
    /// As [`Client::call_raw`]; `bad-input` where too many are under way.
    pub async fn start_raw(&self, name: &str, request: Value) -> Result<JobId, Failure> {
        match self {
            Self::Local(app) => command::start(app, name, request),
            Self::Remote(remote) => remote.start_raw(name, &request).await,
        }
    }

    /// The states of a job, the last with its end.
    ///
    /// # Errors
    /// `not-found` where there is none of this id; `not-running` or `protocol` as with [`Client::call`].
    pub async fn states(
        &self,
        id: JobId,
    ) -> Result<BoxStream<'static, Result<JobState, Failure>>, Failure> {
        match self {
            Self::Local(app) => Ok(local_states(app, id)?),
            Self::Remote(remote) => remote.watch(id).await,
        }
    }

    /// The items of a feed after number `after`, and those to come.
    ///
    /// # Errors
    /// `protocol` where there is no feed of this name; `not-running` where the instance does not answer.
    pub async fn follow_raw(&self, feed: &str, after: i64) -> Result<Items, Failure> {
        match self {
            Self::Local(app) => command::follow(app, feed, after),
            Self::Remote(remote) => remote.follow_raw(feed, after).await,
        }
    }
}

fn local_states(
    app: &App,
    id: JobId,
) -> Result<BoxStream<'static, Result<JobState, Failure>>, Failure> {
    Ok(feed::states(app.jobs().watch(id)?).map(Ok).boxed())
}
