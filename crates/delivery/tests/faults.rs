//! Upstreams that break off midway: one whole body or a clean end, and an outage that never becomes "not found".

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Engine, nothing_fresh, read};
use delivery::DeliveryError;
use test_support::{Behaviour, DeadAddress, FakeProxy, Module};

const ZIP: &str = "example.com/m/@v/v1.0.0.zip";
const MOD: &str = "example.com/m/@v/v1.0.0.mod";

fn module() -> Module {
    Module::simple("example.com/m", "v1.0.0").bulk("data.bin", 500_000)
}

async fn proxy(behaviours: impl IntoIterator<Item = Behaviour>) -> FakeProxy {
    let proxy = FakeProxy::start().await;
    proxy.add(&module());
    proxy.on(
        &format!("/{ZIP}"),
        behaviours.into_iter().collect::<Vec<_>>(),
    );
    proxy
}

#[tokio::test]
async fn a_transfer_that_breaks_goes_on_with_a_range_where_the_etag_allows() {
    let proxy = proxy([
        Behaviour::normal().etag().ranges().reset_after(300_000),
        Behaviour::normal().etag().ranges(),
    ])
    .await;
    let engine = Engine::new(&proxy.url()).await;
    assert_eq!(engine.whole(ZIP).await, module().zip());
    let asked: Vec<_> = proxy
        .requests()
        .into_iter()
        .filter(|request| request.path.ends_with(".zip"))
        .collect();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[1]
            .header("range")
            .is_some_and(|range| range.starts_with("bytes=") && range.ends_with('-')),
        "{asked:?}"
    );
    assert!(asked[1].header("if-range").is_some());
    engine.end().await;
}

#[tokio::test]
async fn without_an_etag_it_starts_again_and_the_client_sees_one_whole_body() {
    let proxy = proxy([
        Behaviour::normal().truncate_after(300_000),
        Behaviour::normal().reset_after(400_000),
        Behaviour::normal(),
    ])
    .await;
    let engine = Engine::new(&proxy.url()).await;
    assert_eq!(engine.whole(ZIP).await, module().zip());
    assert_eq!(proxy.count(&format!("/{ZIP}")), 3);
    engine.end().await;
}

#[tokio::test]
async fn one_that_begins_differently_the_second_time_is_not_patched_together() {
    let proxy = proxy([
        Behaviour::normal().truncate_after(300_000),
        Behaviour::normal().corrupt(1000),
    ])
    .await;
    let engine = Engine::new(&proxy.url()).await;
    let got = engine.get(ZIP).await.unwrap();
    assert!(got.broken.is_some());
    assert!(
        module().zip().starts_with(&got.bytes),
        "what came was right as far as it went"
    );
    assert!(engine.kept_only(ZIP).await.is_err());
    engine.end().await;
}

#[tokio::test]
async fn one_that_always_breaks_is_given_up_and_ends_short() {
    let proxy = proxy([Behaviour::normal().truncate_after(300_000)]).await;
    let engine = Engine::new(&proxy.url()).await;
    let got = engine.get(ZIP).await.unwrap();
    assert!(got.broken.is_some() && got.bytes.len() < module().zip().len());
    assert_eq!(proxy.count(&format!("/{ZIP}")), 3, "three tries, no more");
    assert!(
        engine.files().iter().all(|name| !name.contains(".zip")),
        "{:?}",
        engine.files()
    );
    engine.end().await;
}

#[tokio::test]
async fn a_page_instead_of_a_zip_shows_no_byte_and_the_next_upstream_may_be_asked() {
    let first = proxy([Behaviour::html()]).await;
    let second = proxy([Behaviour::normal()]).await;
    let engine = Engine::new(&format!("{}|{}", first.url(), second.url())).await;
    assert_eq!(engine.whole(ZIP).await, module().zip());
    engine.end().await;

    let engine = Engine::new(&format!("{},{}", first.url(), second.url())).await;
    let error = engine.get(ZIP).await.unwrap_err();
    assert!(
        matches!(error, DeliveryError::Outage(_)),
        "after a comma an error stops: {error}"
    );
    engine.end().await;
}

#[tokio::test]
async fn each_fault_of_an_upstream_is_an_outage_or_a_clean_answer_never_not_found() {
    for (what, behaviour) in [
        ("500", Behaviour::status(500, "broken")),
        ("502", Behaviour::status(502, "bad gateway")),
        ("503", Behaviour::status(503, "busy")),
        ("reset before the head", Behaviour::reset_before_head()),
        ("reset in the head", Behaviour::reset_in_head()),
        ("closed before the head", Behaviour::close_before_head()),
        ("endless headers", Behaviour::endless_headers()),
        ("a page", Behaviour::html()),
        ("a length too long", Behaviour::normal().length_too_long(10)),
        (
            "silence within the body",
            Behaviour::normal().delay_body(10, std::time::Duration::from_secs(5)),
        ),
        (
            "silence before the head",
            Behaviour::normal().delay_head(std::time::Duration::from_secs(5)),
        ),
        ("an endless body", Behaviour::endless_body()),
    ] {
        let proxy = FakeProxy::start().await;
        proxy.add(&module());
        proxy.on(&format!("/{MOD}"), [behaviour]);
        let engine = Engine::with(&proxy.url(), nothing_fresh()).await;
        let error = engine
            .get(MOD)
            .await
            .err()
            .unwrap_or_else(|| panic!("{what}: no error"));
        assert!(matches!(error, DeliveryError::Outage(_)), "{what}: {error}");
        assert!(engine.kept_only(MOD).await.is_err(), "{what}");
        assert!(
            !engine.files().iter().any(|name| name.starts_with("tmp/")),
            "{what}: {:?}",
            engine.files()
        );
        proxy.clear_behaviours();
        assert_eq!(
            engine.whole(MOD).await,
            module().go_mod(),
            "{what}: once it is well again it serves"
        );
        engine.end().await;
    }
}

#[tokio::test]
async fn a_dead_upstream_before_a_living_one() {
    let dead = DeadAddress::new();
    let proxy = proxy([Behaviour::normal()]).await;
    let engine = Engine::new(&format!("{}|{}", dead.url(), proxy.url())).await;
    assert_eq!(engine.whole(ZIP).await, module().zip());
    let error = engine
        .get("example.com/nowhere/@v/v1.0.0.zip")
        .await
        .unwrap_err();
    assert!(
        matches!(error, DeliveryError::Outage(_)),
        "the dead one may well have it: {error}"
    );
    engine.end().await;
}

#[tokio::test]
async fn refusals_stay_refusals() {
    for status in [401, 403] {
        let proxy = proxy([Behaviour::status(status, "not for you")]).await;
        let engine = Engine::new(&proxy.url()).await;
        let error = engine.get(ZIP).await.unwrap_err();
        assert!(
            matches!(error, DeliveryError::Refused(_)) && error.to_string().contains("not for you"),
            "{error}"
        );
        engine.end().await;
    }
}

#[tokio::test]
async fn a_file_damaged_on_disk_is_fetched_again() {
    let proxy = proxy([Behaviour::normal()]).await;
    let url = proxy.url();
    let engine = Engine::new(&url).await;
    engine.whole(ZIP).await;
    engine.until_kept(ZIP).await;
    let name = engine
        .files()
        .into_iter()
        .find(|name| name.ends_with(".zip"))
        .unwrap();
    let path = engine.cache().join(name);
    let engine = {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[1000] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        engine.restart(&url).await
    };
    let answer = engine.ask(ZIP).await.unwrap();
    assert_eq!(read(answer).await.bytes, module().zip());
    assert_eq!(proxy.count(&format!("/{ZIP}")), 2);
    engine.end().await;
}

#[tokio::test]
async fn a_zip_damaged_inside_an_entry_is_never_whole_at_a_client() {
    let whole = module().zip();
    // Within the packed bytes of the bulk file, which no central directory looks at.
    let flipped = test_support::hostile::bit_flipped(&whole, whole.len() / 2, 3);
    let proxy = proxy([
        Behaviour::body(200, "application/zip", flipped),
        Behaviour::normal(),
    ])
    .await;
    let engine = Engine::new(&proxy.url()).await;
    match engine.get(ZIP).await {
        Ok(got) => assert!(got.broken.is_some(), "it must end short"),
        Err(error) => assert!(matches!(error, DeliveryError::Malformed { .. }), "{error}"),
    }
    assert!(
        engine.kept_only(ZIP).await.is_err(),
        "nothing of it is kept"
    );
    assert!(engine.whole(ZIP).await == whole, "it is fetched anew");
    engine.end().await;
}
