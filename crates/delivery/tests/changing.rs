//! Lists, latest and branches: fresh for a while, revalidated, stale when need be, never shrinking.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::{Engine, nothing_fresh, options};
use delivery::{DeliveryError, Lifetime, OfflineMode, Options, Source};
use test_support::{Behaviour, DeadAddress, FakeProxy, Gate, Module};

const LIST: &str = "example.com/m/@v/list";
const LATEST: &str = "example.com/m/@latest";
const MAIN: &str = "example.com/m/@v/main.info";

async fn proxy() -> FakeProxy {
    let proxy = FakeProxy::start().await;
    for version in ["v1.0.0", "v1.1.0"] {
        proxy.add(&Module::simple("example.com/m", version));
    }
    proxy.set_latest("example.com/m", "v1.1.0");
    proxy.set_query("example.com/m", "main", "v1.1.0");
    proxy
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn what_changes_is_asked_for_once_while_it_is_fresh() {
    let proxy = proxy().await;
    let engine = Engine::new(&proxy.url()).await;
    for path in [LIST, LATEST, MAIN] {
        let first = engine.ask(path).await.unwrap();
        assert!(matches!(first.source, Source::Upstream(_)));
        assert!(
            matches!(first.lifetime, Lifetime::Fresh(time) if time <= Duration::from_secs(3600))
        );
        assert_eq!(engine.ask(path).await.unwrap().source, Source::Cache);
        assert_eq!(proxy.count(&format!("/{path}")), 1, "{path}");
    }
    assert_eq!(text(&engine.whole(LIST).await), "v1.0.0\nv1.1.0\n");
    engine.end().await;
}

#[tokio::test]
async fn a_stale_answer_is_revalidated_with_etag_or_last_modified() {
    for behaviour in [
        Behaviour::normal().etag(),
        Behaviour::normal().last_modified("Tue, 02 Jan 2024 03:04:05 GMT"),
    ] {
        let proxy = proxy().await;
        proxy.on(&format!("/{LIST}"), [behaviour]);
        let engine = Engine::with(&proxy.url(), nothing_fresh()).await;
        engine.whole(LIST).await;
        let again = engine.ask(LIST).await.unwrap();
        assert!(
            matches!(again.source, Source::Revalidated(_)),
            "{:?}",
            again.source
        );
        assert_eq!(text(&common::read(again).await.bytes), "v1.0.0\nv1.1.0\n");
        let asked = proxy.requests();
        let conditional = asked.last().unwrap();
        assert!(
            conditional.header("if-none-match").is_some()
                || conditional.header("if-modified-since").is_some(),
            "{conditional:?}"
        );
        engine.end().await;
    }
}

#[tokio::test]
async fn a_list_never_shrinks_when_nodes_are_out_of_step() {
    let proxy = proxy().await;
    let both = Behaviour::body(200, "text/plain", "v1.0.0\nv1.1.0\n");
    let one = Behaviour::body(200, "text/plain", "v1.0.0\n");
    let none = Behaviour::status(404, "unknown module");
    proxy.on(&format!("/{LIST}"), [both.clone(), one, none, both]);
    let engine = Engine::with(&proxy.url(), nothing_fresh()).await;
    for ask in 0..4 {
        assert_eq!(
            text(&engine.whole(LIST).await),
            "v1.0.0\nv1.1.0\n",
            "ask {ask}"
        );
    }
    assert_eq!(proxy.count(&format!("/{LIST}")), 4);
    engine.end().await;
}

#[tokio::test]
async fn an_upstream_that_fails_gives_way_to_what_is_kept() {
    let proxy = proxy().await;
    let engine = Engine::with(&proxy.url(), nothing_fresh()).await;
    for path in [LIST, LATEST, MAIN] {
        engine.whole(path).await;
    }
    for failing in [
        Behaviour::status(503, "busy"),
        Behaviour::html(),
        Behaviour::reset_before_head(),
    ] {
        proxy.otherwise([failing]);
        for path in [LIST, LATEST, MAIN] {
            let answer = engine.ask(path).await.unwrap();
            assert!(
                matches!(answer.source, Source::Stale(_)),
                "{path}: {:?}",
                answer.source
            );
        }
    }
    proxy.stop();
    assert!(matches!(
        engine.ask(LIST).await.unwrap().source,
        Source::Stale(_)
    ));
    assert!(matches!(
        engine.get("example.com/other/@v/list").await,
        Err(DeliveryError::Outage(_))
    ));
    engine.end().await;
}

#[tokio::test]
async fn a_slow_upstream_gives_way_too_and_the_refresh_goes_on() {
    let proxy = proxy().await;
    let gate = Gate::new();
    proxy.on(
        &format!("/{LIST}"),
        [
            Behaviour::normal(),
            Behaviour::body(200, "text/plain", "v1.0.0\nv1.1.0\nv1.2.0\n").gate(&gate),
        ],
    );
    let mut options = nothing_fresh();
    let patience = Duration::from_secs(1);
    options.answers.slow_after = patience;
    let engine = Engine::with(&proxy.url(), options).await;
    engine.whole(LIST).await;
    let slow = engine.ask(LIST).await.unwrap();
    assert!(matches!(slow.source, Source::Stale(_)), "{:?}", slow.source);
    let asked = std::time::Instant::now();
    let again = engine.ask(LIST).await.unwrap();
    assert!(
        matches!(again.source, Source::Stale(_)),
        "{:?}",
        again.source
    );
    assert!(asked.elapsed() < patience / 2, "the next one waits again");
    gate.open();
    for _ in 0..100 {
        let kept = engine.kept_only(LIST).await.unwrap();
        if text(&kept.bytes).contains("v1.2.0") {
            engine.end().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the refresh did not go on in the background");
}

#[tokio::test]
async fn many_askers_of_a_list_are_one_request() {
    let proxy = proxy().await;
    let gate = Gate::new();
    proxy.on(&format!("/{LIST}"), [Behaviour::normal().gate(&gate)]);
    let engine = Engine::with(&proxy.url(), options()).await;
    let askers: Vec<_> = (0..20)
        .map(|_| {
            let delivery = engine.delivery.clone();
            tokio::spawn(async move {
                delivery
                    .deliver(delivery::Ask::new(common::request(LIST)))
                    .await
                    .map(drop)
            })
        })
        .collect();
    gate.until_arrived(1).await;
    gate.open();
    for asker in askers {
        asker.await.unwrap().unwrap();
    }
    assert_eq!(proxy.count(&format!("/{LIST}")), 1);
    engine.end().await;
}

#[tokio::test]
async fn an_answer_that_is_something_else_is_refused() {
    for (path, body) in [
        (LIST, "<html>"),
        (LATEST, "v1.0.0"),
        (LATEST, r#"{"Version":"main"}"#),
        (MAIN, r#"{"Version":"v2.0.0"}"#),
    ] {
        let proxy = proxy().await;
        proxy.on(
            &format!("/{path}"),
            [Behaviour::body(200, "text/plain", body)],
        );
        let engine = Engine::with(&proxy.url(), nothing_fresh()).await;
        let error = engine
            .get(path)
            .await
            .err()
            .unwrap_or_else(|| panic!("{path} {body}: no error"));
        assert!(
            matches!(error, DeliveryError::Outage(_)),
            "{path} {body}: {error}"
        );
        engine.end().await;
    }
}

#[tokio::test]
async fn the_chain_is_walked_in_gos_order() {
    let first = FakeProxy::start().await;
    let second = proxy().await;
    let engine = Engine::with(
        &format!("{},{}", first.url(), second.url()),
        nothing_fresh(),
    )
    .await;
    assert_eq!(
        text(&engine.whole(LIST).await),
        "v1.0.0\nv1.1.0\n",
        "after 404 the next is asked"
    );
    first.otherwise([Behaviour::status(500, "broken")]);
    let error = engine.get("example.com/other/@v/list").await.unwrap_err();
    assert!(matches!(error, DeliveryError::Outage(_)), "{error}");
    assert_eq!(
        second.count("/example.com/other/@v/list"),
        0,
        "after a comma an error stops"
    );
    engine.end().await;

    let dead = DeadAddress::new();
    let never_offline = Options {
        offline: OfflineMode::Off,
        ..nothing_fresh()
    };
    let engine = Engine::with(&format!("{},off", dead.url()), never_offline).await;
    assert!(matches!(
        engine.get(LIST).await,
        Err(DeliveryError::Outage(_))
    ));
    engine.end().await;

    let engine = Engine::with("off", nothing_fresh()).await;
    assert!(matches!(
        engine.get(LIST).await,
        Err(DeliveryError::NotFound(_))
    ));
    engine.end().await;
}
