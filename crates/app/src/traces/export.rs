//! Spans on their way to the collector: gathered, sent in batches, and given up where it does not take them in time.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use secret::SafeUrl;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use upstream::HttpClients;

use super::{Traces, Waiting};
use crate::settings::TracesSettings;

/// How many spans are sent at once.
const BATCH: usize = 512;
/// How long they are gathered.
const GATHER: Duration = Duration::from_secs(1);
/// How long the collector may take to take a batch.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long what is on its way may take when Larder ends, and then the last ones.
const LAST: Duration = Duration::from_secs(1);

/// Sends spans until the end; then, within a bounded time, those that were told by then.
pub(crate) async fn keep(waiting: Waiting, http: HttpClients, end: CancellationToken) {
    let Waiting { mut spans, traces } = waiting;
    let mut settings = traces.0.settings.subscribe();
    let mut sender: Option<Sender> = None;
    let mut batch = Vec::new();
    loop {
        let first = tokio::select! {
            first = spans.recv() => first,
            () = end.cancelled() => break,
        };
        batch.extend(first);
        let gathering = sleep(GATHER);
        tokio::pin!(gathering);
        while batch.len() < BATCH {
            tokio::select! {
                more = spans.recv() => batch.extend(more),
                () = &mut gathering => break,
                () = end.cancelled() => break,
            }
        }
        if end.is_cancelled() {
            break;
        }
        if settings.has_changed().unwrap_or(false) || sender.is_none() {
            let now = settings.borrow_and_update().clone();
            sender = Sender::of(&now, &http, &traces);
        }
        if let Some(sender) = &sender {
            let late = async {
                end.cancelled().await;
                sleep(LAST).await;
            };
            tokio::select! {
                () = sender.send(std::mem::take(&mut batch), &traces) => {}
                () = late => break,
            }
        }
        batch.clear();
    }
    spans.close();
    while let Ok(span) = spans.try_recv() {
        batch.push(span);
    }
    if batch.is_empty() {
        return;
    }
    let now = settings.borrow_and_update().clone();
    if let Some(sender) = Sender::of(&now, &http, &traces) {
        // What can't be sent by then is nobody's loss but the trace's.
        let _ = timeout(LAST, sender.send(batch, &traces)).await;
    }
}

/// The way to one collector.
struct Sender {
    exporter: SpanExporter,
    to: SafeUrl,
}

impl Sender {
    /// As the settings have it; none where there is no collector, or none that can be used.
    fn of(settings: &TracesSettings, http: &HttpClients, traces: &Traces) -> Option<Self> {
        let to = settings.to.as_ref()?.join_path("v1/traces");
        let client = Client {
            http: http.clone(),
            to: to.clone(),
        };
        let built = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(to.to_string())
            .with_timeout(DEADLINE)
            // It would wait with the thread, not with the task; and the next batch is soon there.
            .with_retry_policy(RetryPolicy::disabled())
            .build();
        match built {
            Ok(mut exporter) => {
                exporter.set_resource(&resource(settings));
                Some(Self { exporter, to })
            }
            Err(error) => {
                failed(traces, &to, error.to_string());
                None
            }
        }
    }

    async fn send(&self, batch: Vec<SpanData>, traces: &Traces) {
        match timeout(DEADLINE, self.exporter.export(batch)).await {
            Ok(Ok(())) => {
                if traces.set_trouble(None).is_some() {
                    tracing::info!("{} takes traces again", self.to);
                }
            }
            Ok(Err(error)) => failed(traces, &self.to, error.to_string()),
            Err(_) => failed(traces, &self.to, format!("no answer within {DEADLINE:?}")),
        }
    }
}

/// Says so once, until it goes well again.
fn failed(traces: &Traces, to: &SafeUrl, why: String) {
    if traces.set_trouble(Some(why.clone())).is_none() {
        tracing::warn!("{to} does not take traces, which are lost meanwhile: {why}");
    }
}

fn resource(settings: &TracesSettings) -> Resource {
    let mut about = vec![
        KeyValue::new("service.name", "larder"),
        KeyValue::new("service.version", crate::VERSION),
    ];
    if let Some(environment) = &settings.environment {
        let key = "deployment.environment.name";
        about.push(KeyValue::new(key, environment.clone()));
    }
    Resource::builder_empty().with_attributes(about).build()
}

/// The house's own HTTP client, as the exporter asks for one.
#[derive(Debug)]
struct Client {
    http: HttpClients,
    to: SafeUrl,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let posted = self.http.post(&self.to, parts.headers, body, DEADLINE);
        Ok(posted.await?)
    }
}
