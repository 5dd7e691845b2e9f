//! The control API, `/-/…`: calls, jobs and feeds as JSON, for whoever has the control token, and for
//! pages of the window that have a key.
//!
//! | request | answer |
//! |---|---|
//! | `POST /-/call/<name>` | the call's answer |
//! | `POST /-/job/<name>` | the id of the job it started |
//! | `GET /-/jobs/<id>`, `GET /-/jobs/<id>/watch`, `DELETE /-/jobs/<id>` | its state; its states until the end, a line each; it is cancelled |
//! | `GET /-/feed/activity?after=N&limit=N`, `GET /-/feed/activity/last?limit=N` | entries of the log |
//! | `GET /-/feed/<name>/follow?after=N` | the items of a feed, and those to come, a line each |
//! | `POST /-/open-window` | the page that lets a browser in at `/-/window/` |
//! | `GET /-/instance` | who answers |
//!
//! The header `X-Larder-By: window` or `tray` says that a person asks there, and sees what comes of it.
//! A failure comes with a status of 4xx or 5xx and is `{code, message, hints}`. In streams of lines a blank one is a
//! sign of life; they end when the instance ends.

mod activity;
mod jobs;
mod lines;
mod reply;

use std::sync::Arc;

use app::{App, By, Code, Failure, command};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::routing::{get, post};
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::answering::Answer;
use crate::body::Content;
use crate::control::reply::{Outcome, json, read};
use crate::deadlines::Deadlines;
use crate::gate::{self, Hosts};
use crate::text::{NO_STORE, OUR_VERSION, X_VERSION, forbidden};
use crate::window::Window;

/// The control API and its gate.
pub(crate) struct Control {
    app: App,
    hosts: Hosts,
    window: Arc<Window>,
    router: TowerToHyperService<Router>,
}

/// What the handlers share.
pub(crate) struct Shared {
    app: App,
    window: Arc<Window>,
    /// Ends the streams of lines.
    stop: CancellationToken,
    deadlines: Deadlines,
}

/// Who answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Greeting {
    /// `larder`
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its process.
    pub(crate) pid: u32,
}

/// The header that says from where a person asks: `window`, `tray`; else it is the command line.
pub(crate) const BY: &str = "x-larder-by";

/// The name in a [`Greeting`].
pub(crate) const NAME: &str = "larder";

impl Control {
    pub(crate) fn new(
        app: &App,
        hosts: Hosts,
        window: Arc<Window>,
        stop: CancellationToken,
        deadlines: Deadlines,
    ) -> Self {
        let router = Router::new()
            .route("/-/instance", get(instance))
            .route("/-/call/{name}", post(call))
            .route("/-/job/{name}", post(start))
            .route("/-/jobs/{id}", get(jobs::state).delete(jobs::cancel))
            .route("/-/jobs/{id}/watch", get(jobs::watch))
            .route("/-/feed/activity", get(activity::after))
            .route("/-/feed/activity/last", get(activity::last))
            .route("/-/feed/{name}/follow", get(activity::follow))
            .route("/-/open-window", post(open_window))
            .fallback(unknown)
            .method_not_allowed_fallback(unknown)
            .with_state(Arc::new(Shared {
                app: app.clone(),
                window: Arc::clone(&window),
                stop,
                deadlines,
            }));
        Self {
            app: app.clone(),
            hosts,
            window,
            router: TowerToHyperService::new(router),
        }
    }

    /// Answers `/-/…`.
    pub(crate) fn answer(&self, request: Request<Incoming>) -> Answer {
        if !gate::lets_control(&self.app, &self.hosts, self.window.keys(), &request) {
            return Answer::Now(forbidden());
        }
        let answered = self.router.call(request).map(|answered| {
            let mut response = answered
                .unwrap_or_else(|never| match never {})
                .map(Content::Control);
            response.headers_mut().insert(X_VERSION, OUR_VERSION);
            response
                .headers_mut()
                .insert(http::header::CACHE_CONTROL, NO_STORE);
            response
        });
        Answer::later(answered)
    }
}

async fn instance() -> Outcome {
    json(&Greeting {
        name: NAME.to_owned(),
        version: app::VERSION.to_owned(),
        pid: std::process::id(),
    })
}

async fn open_window(State(shared): State<Arc<Shared>>) -> Outcome {
    json(&shared.window.write_page().await?)
}

async fn call(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    request: Request,
) -> Outcome {
    let by = by(&request);
    let asked = read(request, shared.deadlines.control_body).await?;
    json(&by.asks(command::call(&shared.app, &name, asked)).await?)
}

async fn start(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    request: Request,
) -> Outcome {
    let asked: Value = read(request, shared.deadlines.control_body).await?;
    json(&command::start(&shared.app, &name, asked)?)
}

/// From where a person asks.
fn by(request: &Request) -> By {
    let said = request.headers().get(BY).and_then(|by| by.to_str().ok());
    said.and_then(By::from_word).unwrap_or(By::CommandLine)
}

async fn unknown(parts: Parts) -> Outcome {
    let failure = Failure::new(Code::Protocol, format!("this instance knows no request {} {}", parts.method, parts.uri.path()))
        .hint("the program and the running instance may be of different versions: run `larder stop`, then start it again");
    Err(failure.into())
}
