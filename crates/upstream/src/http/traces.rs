//! To whom the trace of a request is told.

use secret::SafeUrl;

use super::*;
use crate::testing::{Fake, PLAIN, Seen, answer, ask, parts, redirect, upstream};

const INFO: &str = "/example.com/m/@v/v1.0.0.info";
const BODY: &str = r#"{"Version":"v1.0.0","Time":"2024-01-01T00:00:00Z"}"#;

/// A question that belongs to a trace.
fn traced() -> (Ask, TraceContext) {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let context = TraceContext::parse(parent, Some("corp=1")).unwrap();
    let trace = Some(context.clone());
    (Ask { trace, ..ask(INFO) }, context)
}

fn told(seen: &Seen) -> bool {
    let head = seen.head.to_ascii_lowercase();
    head.contains("traceparent") || head.contains("tracestate")
}

#[tokio::test]
async fn a_named_host_is_told_and_where_it_redirects_to_is_not() {
    let storage = Fake::start(|_, _| answer(200, PLAIN, BODY)).await;
    let elsewhere = format!("{}/x", storage.url().replace("127.0.0.1", "localhost"));
    let fake = Fake::start(move |_, _| redirect(&elsewhere)).await;
    let parts = parts();
    parts
        .pass_on
        .set(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]);
    let (ask, context) = traced();
    upstream(&fake.url(), &parts).fetch(ask).await.unwrap();
    let asked = &fake.seen()[0];
    let parent = context.traceparent();
    assert_eq!(asked.header("traceparent"), Some(parent.as_str()));
    assert_eq!(asked.header("tracestate"), Some("corp=1"));
    let redirected = storage.seen();
    assert_eq!(redirected.len(), 1);
    assert!(!told(&redirected[0]), "{}", redirected[0].head);
}

#[tokio::test]
async fn nobody_else_is_told() {
    let fake = Fake::start(|_, _| answer(200, PLAIN, BODY)).await;
    let parts = parts();
    for named in [&[][..], &["goproxy.corp.example"], &["127.0.0.2"]] {
        let named = named.iter().map(|host| (*host).to_owned()).collect();
        parts.pass_on.set(named);
        let upstream = upstream(&fake.url(), &parts);
        upstream.fetch(traced().0).await.unwrap();
        upstream.probe().await.unwrap();
    }
    let asked = fake.seen();
    assert_eq!(asked.len(), 6);
    assert!(!asked.iter().any(told));
}

#[tokio::test]
async fn a_node_is_told_what_its_upstream_may_be_told() {
    let fake = Fake::start(|_, _| answer(200, PLAIN, BODY)).await;
    let parts = parts();
    let url = |url: &str| SafeUrl::parse(url).unwrap();
    let of = url("https://goproxy.corp.example");
    let node = Http::of_node(&url(&fake.url()), &of, &parts);
    let (ask, _) = traced();
    node.fetch(&ask).await.unwrap();
    parts.pass_on.set(vec!["goproxy.corp.example".to_owned()]);
    node.fetch(&ask).await.unwrap();
    let told: Vec<bool> = fake.seen().iter().map(told).collect();
    assert_eq!(told, [false, true]);
}
