//! `/metrics`, for Prometheus: at a loopback port of its own, or at Larder's own under its token. Off, it is nowhere.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use app::{App, MetricsPort};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::answering::Answer;
use crate::body::Content;
use crate::deadlines::Deadlines;
use crate::gate::{self, Hosts};
use crate::listen::listen_at;
use crate::modules::wrong_method;
use crate::run::attend;
use crate::site::Answers;
use crate::text::{NO_STORE, OUR_VERSION, X_VERSION, forbidden, refusal};

/// Where they are, at either address.
pub(crate) const PATH: &str = "/metrics";

/// Prometheus's own text format.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
/// When a port is tried again that another program had.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// The metrics at Larder's own address.
pub(crate) struct UnderToken {
    app: App,
    hosts: Hosts,
}

impl UnderToken {
    pub(crate) fn new(app: &App, hosts: Hosts) -> Self {
        Self {
            app: app.clone(),
            hosts,
        }
    }

    /// Answers who has the token, where they are served so; to all others they are not there, as nothing is.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Answer {
        if !gate::lets_metrics(&self.app, &self.hosts, request) {
            return Answer::Now(forbidden());
        }
        give(&self.app, request.method())
    }
}

/// The metrics at an address of their own: whoever is on this computer may read them.
struct Open {
    app: App,
    hosts: Hosts,
}

impl Answers for Open {
    fn answer(&self, request: Request<Incoming>) -> Answer {
        if !gate::lets_in_by_itself(&self.hosts, &request) {
            return Answer::Now(forbidden());
        }
        if request.uri().path() != PATH {
            let text = "these are Larder's metrics, at /metrics";
            return Answer::Now(refusal(StatusCode::NOT_FOUND, text));
        }
        give(&self.app, request.method())
    }
}

/// Serves them at an address of their own, whenever the settings say one, until `stop`.
pub(crate) async fn keep(app: App, stop: CancellationToken, deadlines: Deadlines) {
    let mut settings = app.settings_changes();
    while !stop.is_cancelled() {
        let wanted = settings.borrow_and_update().metrics.listen;
        let until = async {
            tokio::select! {
                // An error would say that the app is gone, and this holds it.
                _ = settings.wait_for(|settings| settings.metrics.listen != wanted) => {}
                () = stop.cancelled() => {}
            }
        };
        match wanted {
            None => {
                app.metrics_port().send_replace(MetricsPort::Closed);
                until.await;
            }
            Some(address) => serve(&app, address, deadlines, until).await,
        }
    }
    app.metrics_port().send_replace(MetricsPort::Closed);
}

async fn serve(
    app: &App,
    address: SocketAddr,
    deadlines: Deadlines,
    until: impl Future<Output = ()>,
) {
    match listen_at(address) {
        Ok(listeners) => {
            tracing::info!("the metrics are served at http://{address}{PATH}");
            app.metrics_port().send_replace(MetricsPort::Open(address));
            let open = Open {
                app: app.clone(),
                hosts: Hosts::at_address(address),
            };
            let end = CancellationToken::new();
            let _ends_at_drop = end.clone().drop_guard();
            attend(listeners, Arc::new(open), &end, deadlines, until).await;
        }
        Err(failure) => {
            let why = failure.message;
            let before = app.metrics_port().send_replace(MetricsPort::Refused {
                at: address,
                why: why.clone(),
            });
            if !matches!(before, MetricsPort::Refused { at, .. } if at == address) {
                tracing::warn!("the metrics are not served at {address}: {why}");
            }
            tokio::select! {
                () = until => {}
                () = sleep(TRY_AGAIN) => {}
            }
        }
    }
}

fn give(app: &App, method: &Method) -> Answer {
    if method != Method::GET && method != Method::HEAD {
        return Answer::Now(wrong_method());
    }
    let (app, with_body) = (app.clone(), method == Method::GET);
    Answer::later(async move {
        let text = match app.metrics().await {
            Ok(text) => text,
            Err(failure) => return refusal(StatusCode::SERVICE_UNAVAILABLE, &failure.message),
        };
        let mut response = Response::new(Content::Nothing);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, TEXT);
        headers.insert(CONTENT_LENGTH, text.len().into());
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(X_VERSION, OUR_VERSION);
        if with_body {
            *response.body_mut() = Content::of_bytes(text);
        }
        response
    })
}
