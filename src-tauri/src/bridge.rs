//! What the window asks, handed on by name and as JSON: calls, jobs and feeds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use app::{By, Failure, JobId, JobState};
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::Value;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::engine::Engine;

/// What the window follows, by number.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    next: AtomicU32,
    ends: Mutex<HashMap<u32, DropGuard>>,
}

/// What is told of a feed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Told {
    /// Items, oldest first.
    Items(Vec<Value>),
    /// No more come; why not, where something went wrong. The engine may be there again soon.
    End(Option<Failure>),
}

impl Followed {
    fn begin(&self) -> (u32, CancellationToken) {
        let (id, end) = (
            self.next.fetch_add(1, Ordering::Relaxed),
            CancellationToken::new(),
        );
        self.lock().insert(id, end.clone().drop_guard());
        (id, end)
    }

    /// Ends one, or nothing where it has ended.
    fn end(&self, id: u32) {
        self.lock().remove(&id);
    }

    /// Ends all: the window is gone.
    pub(crate) fn end_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, DropGuard>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call.
#[tauri::command]
pub(crate) async fn call(
    engine: State<'_, Engine>,
    name: String,
    request: Value,
) -> Result<Value, Failure> {
    let client = engine.client().await?;
    By::Window.asks(client.call_raw(&name, request)).await
}

/// Starts a job.
#[tauri::command]
pub(crate) async fn start(
    engine: State<'_, Engine>,
    name: String,
    request: Value,
) -> Result<JobId, Failure> {
    let client = engine.client().await?;
    By::Window.asks(client.start_raw(&name, request)).await
}

/// Tells the states of a job; the last one has its end, and with it this ends.
#[tauri::command]
pub(crate) async fn watch(
    engine: State<'_, Engine>,
    id: JobId,
    channel: Channel<JobState>,
) -> Result<(), Failure> {
    let mut states = engine.client().await?.states(id).await?;
    while let Some(state) = states.next().await {
        if channel.send(state?).is_err() {
            // The window is gone; the job goes on.
            break;
        }
    }
    Ok(())
}

/// Cancels a job.
#[tauri::command]
pub(crate) async fn cancel(engine: State<'_, Engine>, id: JobId) -> Result<(), Failure> {
    engine.client().await?.cancel(id).await
}

/// Follows a feed; the number is for [`unfollow`].
#[tauri::command]
pub(crate) async fn follow(
    handle: AppHandle,
    engine: State<'_, Engine>,
    followed: State<'_, Followed>,
    feed: String,
    after: Option<i64>,
    channel: Channel<Told>,
) -> Result<u32, Failure> {
    let mut items = engine
        .client()
        .await?
        .follow_raw(&feed, after.unwrap_or(0))
        .await?;
    let (id, end) = followed.begin();
    tauri::async_runtime::spawn(end.run_until_cancelled_owned(async move {
        let why = loop {
            match items.next().await {
                Some(Ok(batch)) => {
                    if channel.send(Told::Items(batch)).is_err() {
                        // The window is gone, and what it followed with it.
                        return;
                    }
                }
                Some(Err(failure)) => break Some(failure),
                None => break None,
            }
        };
        let _ = channel.send(Told::End(why));
        handle.state::<Followed>().end(id);
    }));
    Ok(id)
}

/// Follows it no longer.
#[tauri::command]
pub(crate) fn unfollow(followed: State<'_, Followed>, id: u32) {
    followed.end(id);
}
