//! One file, many askers: single flight, streaming while it arrives, what is held back, what is brought along.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::{Engine, nothing_fresh, read};
use delivery::{Body, DeliveryError, Lifetime, Outcome, Source};
use futures_util::StreamExt;
use test_support::{Behaviour, FakeProxy, Gate, Module};

const ZIP: &str = "example.com/m/@v/v1.0.0.zip";
const MOD: &str = "example.com/m/@v/v1.0.0.mod";
const INFO: &str = "example.com/m/@v/v1.0.0.info";

fn big() -> Module {
    Module::simple("example.com/m", "v1.0.0").bulk("data.bin", 600_000)
}

async fn proxy_with(module: &Module) -> FakeProxy {
    let proxy = FakeProxy::start().await;
    proxy.add(module);
    proxy
}

#[tokio::test]
async fn every_file_of_a_version_is_delivered_as_it_is_and_asked_for_once() {
    let module = big();
    let proxy = proxy_with(&module).await;
    let mut engine = Engine::new(&proxy.url()).await;
    assert_eq!(engine.whole(ZIP).await, module.zip());
    assert_eq!(engine.whole(MOD).await, module.go_mod());
    assert_eq!(engine.whole(INFO).await, module.info());
    // Told when it is on the disk: another one may be quicker.
    let mut first = engine.event().await;
    while first.request != common::request(ZIP) {
        first = engine.event().await;
    }
    assert_eq!(
        (first.outcome, first.bytes),
        (Outcome::Delivered, module.zip().len() as u64)
    );
    assert!(matches!(first.source, Source::Upstream(_)), "{first:?}");

    for path in [ZIP, MOD, INFO] {
        engine.until_kept(path).await;
        let answer = engine.ask(path).await.unwrap();
        assert_eq!(
            (&answer.source, answer.lifetime),
            (&Source::Cache, Lifetime::Immutable)
        );
        assert!(answer.etag.is_some(), "what is committed has an ETag");
        assert!(read(answer).await.broken.is_none());
        assert_eq!(proxy.count(&format!("/{path}")), 1, "{path}");
    }
    engine.end().await;
}

#[tokio::test]
async fn fifty_askers_of_a_cold_zip_are_one_download() {
    let module = big();
    let proxy = proxy_with(&module).await;
    let gate = Gate::new();
    proxy.on(
        &format!("/{ZIP}"),
        [Behaviour::normal().gate_body(100_000, &gate)],
    );
    let engine = Engine::new(&proxy.url()).await;
    let askers: Vec<_> = (0..50)
        .map(|_| {
            let delivery = engine.delivery.clone();
            tokio::spawn(async move {
                read(
                    delivery
                        .deliver(delivery::Ask::new(common::request(ZIP)))
                        .await
                        .unwrap(),
                )
                .await
            })
        })
        .collect();
    gate.until_arrived(1).await;
    gate.open();
    for asker in askers {
        let got = asker.await.unwrap();
        assert!(got.broken.is_none());
        assert_eq!(got.bytes, module.zip());
    }
    assert_eq!(proxy.count(&format!("/{ZIP}")), 1);
    engine.end().await;
}

#[tokio::test]
async fn bytes_stream_before_the_end_and_a_client_that_leaves_ends_nothing() {
    let module = big();
    let proxy = proxy_with(&module).await;
    let gate = Gate::new();
    proxy.on(
        &format!("/{ZIP}"),
        [Behaviour::normal().gate_body(200_000, &gate)],
    );
    let engine = Engine::new(&proxy.url()).await;

    let answer = engine.ask(ZIP).await.unwrap();
    assert!(
        answer.etag.is_none(),
        "a body that is still arriving has no ETag"
    );
    assert_eq!(
        answer.length,
        Some(module.zip().len() as u64),
        "the upstream told it"
    );
    let Body::Stream(mut chunks) = answer.into_body() else {
        panic!("a zip that is still arriving is a stream")
    };
    let first = chunks.next().await.unwrap().unwrap();
    assert!(
        !first.is_empty() && module.zip().starts_with(&first),
        "the first bytes come while the upstream holds the rest"
    );
    drop(chunks);

    let late = engine.ask(ZIP).await.unwrap();
    gate.open();
    let got = read(late).await;
    assert_eq!(got.bytes, module.zip());
    assert_eq!(proxy.count(&format!("/{ZIP}")), 1);
    engine.end().await;
}

#[tokio::test]
async fn a_zip_that_proves_wrong_never_completes_and_is_never_kept() {
    let module = big();
    for (what, bytes) in [
        (
            "wrong prefix",
            test_support::hostile::wrong_prefix(&module, "example.com/other@v1.0.0/"),
        ),
        (
            "garbage after",
            test_support::hostile::garbage_after(&module.zip(), b"more"),
        ),
        (
            "an escaping name",
            test_support::hostile::escaping_name(&module),
        ),
        ("case twins", test_support::hostile::case_twin(&module)),
    ] {
        let proxy = proxy_with(&module).await;
        proxy.on(
            &format!("/{ZIP}"),
            [Behaviour::body(200, "application/zip", bytes.clone())],
        );
        let mut engine = Engine::new(&proxy.url()).await;
        match engine.get(ZIP).await {
            Ok(got) => {
                assert!(got.broken.is_some(), "{what}: the body must end short");
                assert!(
                    got.bytes.len() < bytes.len(),
                    "{what}: the last bytes are held back"
                );
            }
            Err(error) => assert!(
                matches!(
                    error,
                    DeliveryError::Outage(_) | DeliveryError::Malformed { .. }
                ),
                "{what}: {error}"
            ),
        }
        assert_eq!(engine.event().await.outcome, Outcome::Failed, "{what}");
        assert!(
            matches!(engine.kept_only(ZIP).await, Err(DeliveryError::NotKept)),
            "{what}"
        );
        assert_eq!(
            engine
                .files()
                .iter()
                .filter(|name| name.contains(".zip"))
                .count(),
            0,
            "{what}"
        );
        engine.end().await;
    }
}

#[tokio::test]
async fn info_and_mod_that_are_something_else_are_refused() {
    let module = big();
    for (path, body) in [
        (INFO, r#"{"Version":"v1.0.1"}"#),
        (INFO, "<html>sign in</html>"),
        (INFO, "{}"),
        (MOD, "<html>sign in</html>"),
        (MOD, ""),
    ] {
        let proxy = proxy_with(&module).await;
        proxy.on(
            &format!("/{path}"),
            [Behaviour::body(200, "text/plain", body)],
        );
        let engine = Engine::new(&proxy.url()).await;
        let error = engine.get(path).await.unwrap_err();
        assert!(
            matches!(error, DeliveryError::Outage(_)),
            "{path} {body:?}: {error}"
        );
        assert!(matches!(
            engine.kept_only(path).await,
            Err(DeliveryError::NotKept)
        ));
        engine.end().await;
    }
}

#[tokio::test]
async fn info_and_mod_come_with_the_first_request() {
    let module = big();
    let proxy = proxy_with(&module).await;
    let engine = Engine::new(&proxy.url()).await;
    engine.whole(ZIP).await;
    engine.until_kept(INFO).await;
    engine.until_kept(MOD).await;
    assert_eq!(proxy.count(&format!("/{INFO}")), 1);
    assert_eq!(proxy.count(&format!("/{MOD}")), 1);
    engine.end().await;
}

#[tokio::test]
async fn what_was_left_incomplete_is_completed_at_the_next_start() {
    let module = big();
    let proxy = proxy_with(&module).await;
    proxy.on(&format!("/{INFO}"), [Behaviour::status(503, "busy")]);
    proxy.on(&format!("/{MOD}"), [Behaviour::status(503, "busy")]);
    let url = proxy.url();
    let engine = Engine::new(&url).await;
    engine.whole(ZIP).await;
    engine.until_kept(ZIP).await;
    assert!(engine.kept_only(INFO).await.is_err());
    proxy.clear_behaviours();
    let engine = engine.restart(&url).await;
    engine.until_kept(INFO).await;
    engine.until_kept(MOD).await;
    engine.end().await;
}

#[tokio::test]
async fn not_there_is_told_as_it_was_and_remembered_for_a_moment() {
    let proxy = FakeProxy::start().await;
    proxy.on(
        "/example.com/gone/@v/v1.0.0.mod",
        [Behaviour::status(410, "gone for good")],
    );
    let mut engine = Engine::new(&proxy.url()).await;
    for _ in 0..3 {
        let error = engine.get(MOD).await.unwrap_err();
        assert!(
            matches!(
                error,
                DeliveryError::NotFound(_) | DeliveryError::StillNotFound { gone: false, .. }
            ),
            "{error}"
        );
        assert_eq!(engine.event().await.outcome, Outcome::NotFound);
    }
    assert_eq!(
        proxy.count(&format!("/{MOD}")),
        1,
        "asked once within the minute"
    );
    let error = engine
        .get("example.com/gone/@v/v1.0.0.mod")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("gone for good"), "{error}");
    let again = engine
        .get("example.com/gone/@v/v1.0.0.mod")
        .await
        .unwrap_err();
    assert!(
        matches!(again, DeliveryError::StillNotFound { gone: true, .. }),
        "{again}"
    );
    engine.end().await;

    let engine = Engine::with(&proxy.url(), nothing_fresh()).await;
    assert!(engine.get(MOD).await.is_err());
    proxy.add(&big());
    assert_eq!(
        engine.whole(MOD).await,
        big().go_mod(),
        "a version that appears later is found once the minute is over"
    );
    engine.end().await;
}

#[tokio::test]
async fn kept_files_are_served_with_the_upstream_dead() {
    let module = big();
    let proxy = proxy_with(&module).await;
    let engine = Engine::new(&proxy.url()).await;
    engine.whole(ZIP).await;
    engine.until_kept(INFO).await;
    engine.until_kept(MOD).await;
    proxy.stop();
    assert_eq!(engine.whole(ZIP).await, module.zip());
    assert_eq!(engine.whole(MOD).await, module.go_mod());
    let error = engine
        .get("example.com/other/@v/v1.0.0.mod")
        .await
        .unwrap_err();
    assert!(
        matches!(error, DeliveryError::Offline { .. }),
        "its only upstream is out of reach: {error}"
    );
    engine.end().await;
}

#[tokio::test]
async fn cache_only_never_reaches_an_upstream() {
    let proxy = proxy_with(&big()).await;
    let engine = Engine::new(&proxy.url()).await;
    for path in [ZIP, INFO, "example.com/m/@v/list", "example.com/m/@latest"] {
        assert!(
            matches!(engine.kept_only(path).await, Err(DeliveryError::NotKept)),
            "{path}"
        );
    }
    assert!(proxy.requests().is_empty());
    engine.end().await;
}

#[tokio::test]
async fn stopping_ends_flights_and_leaves_nothing_half_written() {
    let module = big();
    let proxy = proxy_with(&module).await;
    let gate = Gate::new();
    proxy.on(
        &format!("/{ZIP}"),
        [Behaviour::normal().gate_body(200_000, &gate)],
    );
    let engine = Engine::new(&proxy.url()).await;
    let answer = engine.ask(ZIP).await.unwrap();
    let reading = tokio::spawn(read(answer));
    gate.until_arrived(1).await;
    tokio::time::timeout(Duration::from_secs(2), engine.delivery.stop())
        .await
        .expect("the stop does not wait for the upstream");
    assert!(reading.await.unwrap().broken.is_some());
    assert!(
        !engine
            .files()
            .iter()
            .any(|name| name.contains(".zip") || name.starts_with("tmp/")),
        "{:?}",
        engine.files()
    );
    engine.store.close().await;
}
