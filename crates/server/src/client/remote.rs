//! The running instance, asked over the control API.

use app::command::{Call, Feed, Job};
use app::{ActivityItem, Code, Failure, Instance, JobId, JobState, Places, Tokens};
use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use http::Method;
use secret::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::lines::lines;
use crate::client::not_understood;
use crate::client::raw::Items;
use crate::client::reach::not_running;
use crate::client::wire::{self, Reply};
use crate::control::{Greeting, NAME};
use crate::window::PageWritten;

/// How many items of a feed are given at once, at most.
const BATCH: usize = 500;

/// The running instance.
#[derive(Clone, Debug)]
pub struct Remote {
    places: Places,
    port: u16,
    token: Secret,
}

impl Remote {
    /// The instance of these places, once it has answered.
    pub(super) async fn greet(places: &Places) -> Result<Self, Failure> {
        not_without_lock(places)?;
        let instance = Instance::announced(places)
            .ok_or_else(|| Failure::new(Code::Protocol, "it has not said yet where it listens"))?;
        let token = Tokens::read_control(&places.data)?;
        let remote = Self {
            places: places.clone(),
            port: instance.port,
            token,
        };
        let greeting: Greeting = remote.ask(Method::GET, "/-/instance", Bytes::new()).await?;
        if greeting.name == NAME {
            Ok(remote)
        } else {
            Err(not_understood(&"it is not Larder that answers"))
        }
    }

    /// The port it listens at.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) async fn call<C: Call>(&self, call: C) -> Result<C::Answer, Failure> {
        self.post(format!("/-/call/{}", C::NAME), &call).await
    }

    pub(super) async fn call_raw(&self, name: &str, request: &Value) -> Result<Value, Failure> {
        self.post(format!("/-/call/{}", named(name)?), request)
            .await
    }

    pub(super) async fn start<J: Job>(&self, job: J) -> Result<JobId, Failure> {
        self.post(format!("/-/job/{}", J::NAME), &job).await
    }

    pub(super) async fn start_raw(&self, name: &str, request: &Value) -> Result<JobId, Failure> {
        self.post(format!("/-/job/{}", named(name)?), request).await
    }

    pub(super) async fn follow_raw(&self, feed: &str, after: i64) -> Result<Items, Failure> {
        let path = format!("/-/feed/{}/follow?after={after}", named(feed)?);
        let items = lines::<Value>(self.send(Method::GET, &path, Bytes::new()).await?);
        let batches = items.ready_chunks(BATCH);
        Ok(batches.map(|batch| batch.into_iter().collect()).boxed())
    }

    pub(super) async fn watch(
        &self,
        id: JobId,
    ) -> Result<BoxStream<'static, Result<JobState, Failure>>, Failure> {
        Ok(lines(
            self.send(
                Method::GET,
                &format!("/-/jobs/{}/watch", id.0),
                Bytes::new(),
            )
            .await?,
        ))
    }

    pub(super) async fn cancel(&self, id: JobId) -> Result<(), Failure> {
        self.ask(Method::DELETE, &format!("/-/jobs/{}", id.0), Bytes::new())
            .await
    }

    pub(super) async fn activity_last(&self, limit: usize) -> Result<Vec<ActivityItem>, Failure> {
        self.ask(
            Method::GET,
            &format!("/-/feed/activity/last?limit={limit}"),
            Bytes::new(),
        )
        .await
    }

    pub(super) async fn activity_after(
        &self,
        seq: i64,
        limit: usize,
    ) -> Result<Vec<ActivityItem>, Failure> {
        self.ask(
            Method::GET,
            &format!("/-/feed/activity?after={seq}&limit={limit}"),
            Bytes::new(),
        )
        .await
    }

    pub(super) fn follow<F: Feed>(
        &self,
        after: i64,
    ) -> BoxStream<'static, Result<F::Item, Failure>> {
        let remote = self.clone();
        let path = format!("/-/feed/{}/follow?after={after}", F::NAME);
        let opened = async move {
            let reply = remote.send(Method::GET, &path, Bytes::new()).await;
            reply.map(lines)
        };
        stream::once(opened).try_flatten().boxed()
    }

    pub(super) async fn open_window(&self) -> Result<PageWritten, Failure> {
        self.ask(Method::POST, "/-/open-window", Bytes::new()).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: String,
        request: &impl Serialize,
    ) -> Result<T, Failure> {
        self.ask(Method::POST, &path, written(request)?).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, Failure> {
        let answer = self.send(method, path, body).await?.bytes().await?;
        serde_json::from_slice(&answer).map_err(|error| not_understood(&error))
    }

    /// The one place that sends the token: to 127.0.0.1, at the announced port, while the lock is held.
    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Reply, Failure> {
        not_without_lock(&self.places)?;
        wire::send(self.port, &self.token, method, path, body).await
    }
}

/// Without a holder of the lock there is no instance, and whoever listens at its port now is somebody else.
fn not_without_lock(places: &Places) -> Result<(), Failure> {
    if Instance::is_alive(places)? {
        return Ok(());
    }
    Err(not_running())
}

/// A name that can stand in a path; the instance knows whether there is one.
fn named(name: &str) -> Result<&str, Failure> {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
        return Ok(name);
    }
    let message = format!("{name:?} is no name of a command");
    Err(Failure::new(Code::Protocol, message))
}

fn written(request: &impl Serialize) -> Result<Bytes, Failure> {
    serde_json::to_vec(request)
        .map(Bytes::from)
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))
}
