//! Offline: noticed by itself, nothing waits, and nothing is offered that can't be delivered.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Engine, nothing_fresh, options, verifying};
use delivery::{
    DeliveryError, Lifetime, Offline, OfflineMode, Options, Outcome, Source, Toolchains,
};
use go_module::GoVersion;
use test_support::{Behaviour, DeadAddress, FakeDatabase, FakeProxy, Module};

const LIST: &str = "example.com/m/@v/list";
const ZIP: &str = "example.com/m/@v/v1.0.0.zip";

fn module(version: &str) -> Module {
    Module::simple("example.com/m", version)
}

async fn proxy_with(modules: &[Module]) -> FakeProxy {
    let proxy = FakeProxy::start().await;
    modules.iter().for_each(|module| proxy.add(module));
    proxy
}

/// Fetches all of a version, and waits until it is kept.
async fn keep(engine: &Engine, path: &str, version: &str) {
    for kind in ["info", "mod", "zip"] {
        let path = format!("{path}/@v/{version}.{kind}");
        engine.whole(&path).await;
        engine.until_kept(&path).await;
    }
}

async fn list(engine: &Engine, path: &str) -> String {
    String::from_utf8(engine.whole(&format!("{path}/@v/list")).await).unwrap()
}

async fn missing(engine: &Engine, path: &str) -> String {
    match engine.get(path).await {
        Err(error @ DeliveryError::Offline { .. }) => error.to_string(),
        Err(other) => panic!("{path}: {other}"),
        Ok(got) => panic!("{path}: delivered {} bytes", got.bytes.len()),
    }
}

async fn until(engine: &Engine, is_offline: bool) -> Option<Arc<Offline>> {
    let mut changes = engine.delivery.offline();
    let changed = changes.wait_for(|offline| offline.is_some() == is_offline);
    let found = tokio::time::timeout(Duration::from_secs(20), changed).await;
    found.expect("it changes within 20 s").unwrap().clone()
}

#[tokio::test]
async fn it_is_noticed_and_so_is_its_end() {
    let proxy = proxy_with(&[module("v1.0.0"), module("v1.1.0")]).await;
    let mut engine = Engine::with(&proxy.url(), nothing_fresh()).await;
    keep(&engine, "example.com/m", "v1.0.0").await;
    assert_eq!(list(&engine, "example.com/m").await, "v1.0.0\nv1.1.0\n");
    proxy.stop();
    while engine.events.try_recv().is_ok() {}
    assert_eq!(
        list(&engine, "example.com/m").await,
        "v1.0.0\n",
        "the request that meets the outage is answered as an offline one already"
    );
    let offline = until(&engine, true).await.unwrap();
    assert!(
        offline
            .why
            .as_ref()
            .unwrap()
            .contains("could not be reached"),
        "{offline:?}"
    );
    let text = missing(&engine, "example.com/m/@v/v1.1.0.zip").await;
    assert!(
        text.contains("example.com/m@v1.1.0 (zip)") && text.contains("offline since"),
        "{text}"
    );
    engine.event().await;
    assert_eq!(engine.event().await.outcome, Outcome::Missing);
    engine.whole(ZIP).await;
    proxy.restart();
    until(&engine, false).await;
    engine.whole("example.com/m/@v/v1.1.0.zip").await;
    assert_eq!(list(&engine, "example.com/m").await, "v1.0.0\nv1.1.0\n");
    engine.end().await;
}

#[tokio::test]
async fn nothing_waits_and_nobody_is_asked() {
    let proxy = proxy_with(&[module("v1.0.0")]).await;
    let told = Options {
        offline: OfflineMode::On,
        ..options()
    };
    let engine = Engine::with(&format!("{},direct", proxy.url()), told).await;
    let begun = Instant::now();
    for n in 0..200 {
        missing(&engine, &format!("example.com/none{n}/@v/list")).await;
        missing(&engine, &format!("example.com/none{n}/@latest")).await;
        missing(&engine, &format!("example.com/none{n}/@v/v1.0.0.mod")).await;
    }
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(proxy.paths(), Vec::<String>::new());
    engine.delivery.set_offline_mode(OfflineMode::Auto);
    engine.whole(ZIP).await;
    engine.delivery.set_offline_mode(OfflineMode::On);
    assert!(
        missing(&engine, LIST)
            .await
            .contains("was told to be offline")
    );
    engine.end().await;
}

#[tokio::test]
async fn one_dead_upstream_among_living_ones_stays_an_outage() {
    let dead = DeadAddress::new();
    let living = proxy_with(&[module("v1.0.0")]).await;
    for list in [
        format!("{},{}", dead.url(), living.url()),
        format!("{}|{}", living.url(), dead.url()),
    ] {
        let engine = Engine::with(&list, nothing_fresh()).await;
        let got = engine.get("example.com/other/@v/v1.0.0.mod").await;
        assert!(
            matches!(got, Err(DeliveryError::Outage(_))),
            "{list}: {got:?}"
        );
        assert_eq!(*engine.delivery.offline().borrow(), None, "{list}");
        engine.end().await;
    }
}

#[tokio::test]
async fn all_that_died_this_moment_are_told_from_one_that_lives() {
    let (first, second) = (proxy_with(&[module("v1.0.0")]).await, proxy_with(&[]).await);
    let list = format!("{},{}", second.url(), first.url());
    let engine = Engine::with(&list, nothing_fresh()).await;
    // Both have just answered.
    engine.whole(LIST).await;
    first.stop();
    second.stop();
    missing(&engine, "example.com/other/@v/v1.0.0.mod").await;
    engine.end().await;
}

#[tokio::test]
async fn where_a_person_says_never_an_outage_stays_one() {
    let dead = DeadAddress::new();
    let never = Options {
        offline: OfflineMode::Off,
        ..options()
    };
    let engine = Engine::with(&dead.url(), never).await;
    let got = engine.get(LIST).await;
    assert!(matches!(got, Err(DeliveryError::Outage(_))), "{got:?}");
    engine.delivery.set_offline_mode(OfflineMode::Auto);
    missing(&engine, LIST).await;
    engine.end().await;
}

#[tokio::test]
async fn a_captive_portal_counts_as_unreachable() {
    let proxy = proxy_with(&[module("v1.0.0"), module("v1.1.0")]).await;
    let engine = Engine::with(&proxy.url(), nothing_fresh()).await;
    keep(&engine, "example.com/m", "v1.0.0").await;
    proxy.otherwise([Behaviour::html()]);
    missing(&engine, "example.com/m/@v/v1.1.0.mod").await;
    let offline = until(&engine, true).await.unwrap();
    assert!(
        offline.why.as_ref().unwrap().contains("sign in"),
        "{offline:?}"
    );
    assert_eq!(list(&engine, "example.com/m").await, "v1.0.0\n");
    proxy.clear_behaviours();
    until(&engine, false).await;
    engine.whole("example.com/m/@v/v1.1.0.mod").await;
    engine.end().await;
}

#[tokio::test]
async fn one_broken_answer_is_no_captive_portal() {
    let proxy = proxy_with(&[module("v1.0.0"), module("v1.1.0")]).await;
    let engine = Engine::with(&proxy.url(), nothing_fresh()).await;
    keep(&engine, "example.com/m", "v1.0.0").await;
    proxy.on("/example.com/m/@v/v1.1.0.mod", [Behaviour::html()]);
    let got = engine.get("example.com/m/@v/v1.1.0.mod").await;
    assert!(
        matches!(&got, Err(error) if !matches!(error, DeliveryError::Offline { .. })),
        "{got:?}"
    );
    assert_eq!(*engine.delivery.offline().borrow(), None);
    engine.end().await;
}

#[tokio::test]
async fn a_switch_to_upstreams_in_reach_ends_it_at_once() {
    let dead = DeadAddress::new();
    let living = proxy_with(&[module("v1.0.0")]).await;
    let engine = Engine::new(&dead.url()).await;
    missing(&engine, LIST).await;
    engine.delivery.set_profile(common::profile(&living.url()));
    engine.whole(LIST).await;
    engine.end().await;
}

#[tokio::test]
async fn a_list_offers_only_what_can_be_delivered() {
    let needs = |path: &str, requires: &[(&str, &str)]| Module::requiring(path, "v1.0.0", requires);
    let with_go = |version: &str, go: &str| {
        let text = format!("-- go.mod --\nmodule example.com/go\n\ngo {go}\n");
        Module::new("example.com/go", version, &text)
    };
    let modules = [
        module("v1.0.0"),
        module("v1.1.0"),
        needs("example.com/whole", &[("example.com/m", "v1.0.0")]),
        needs("example.com/lacks", &[("example.com/m", "v1.1.0")]),
        with_go("v1.0.0", "1.21"),
        with_go("v1.1.0", "1.99"),
    ];
    let proxy = proxy_with(&modules).await;
    let with_toolchain = Options {
        toolchains: Toolchains {
            installed: vec![GoVersion::parse("1.26.1").unwrap()],
            ..Toolchains::default()
        },
        ..nothing_fresh()
    };
    let engine = Engine::with(&proxy.url(), with_toolchain).await;
    keep(&engine, "example.com/m", "v1.0.0").await;
    for path in ["example.com/whole", "example.com/lacks"] {
        keep(&engine, path, "v1.0.0").await;
    }
    for version in ["v1.0.0", "v1.1.0"] {
        keep(&engine, "example.com/go", version).await;
    }
    // A `.mod` alone does not make a version.
    engine.whole("example.com/m/@v/v1.1.0.info").await;
    engine.delivery.set_offline_mode(OfflineMode::On);
    assert_eq!(list(&engine, "example.com/m").await, "v1.0.0\n");
    assert_eq!(list(&engine, "example.com/whole").await, "v1.0.0\n");
    assert_eq!(
        list(&engine, "example.com/go").await,
        "v1.0.0\n",
        "nobody here takes go 1.99"
    );
    missing(&engine, "example.com/lacks/@v/list").await;
    missing(&engine, "example.com/lacks/@latest").await;
    let lacks = "example.com/lacks@v1.0.0".parse().unwrap();
    let why = engine.delivery.can_deliver(&lacks).await.unwrap_err();
    assert!(why.contains("go.mod of example.com/m@v1.1.0"), "{why}");
    engine.end().await;
}

#[tokio::test]
async fn latest_and_branches_name_what_can_be_delivered() {
    let proxy = proxy_with(&[module("v1.0.0"), module("v1.1.0")]).await;
    proxy.set_query("example.com/m", "main", "v1.0.0");
    proxy.set_query("example.com/m", "next", "v1.1.0");
    let engine = Engine::new(&proxy.url()).await;
    keep(&engine, "example.com/m", "v1.0.0").await;
    for path in [
        "example.com/m/@v/main.info",
        "example.com/m/@v/next.info",
        "example.com/m/@latest",
    ] {
        engine.whole(path).await;
    }
    engine.delivery.set_offline_mode(OfflineMode::On);
    for path in ["example.com/m/@v/main.info", "example.com/m/@latest"] {
        let answer = engine.ask(path).await.unwrap();
        assert_eq!(answer.lifetime, Lifetime::Now, "{path}");
        let body = common::read(answer).await.bytes;
        assert!(String::from_utf8_lossy(&body).contains("v1.0.0"), "{path}");
    }
    let text = missing(&engine, "example.com/m/@v/next.info").await;
    assert!(text.contains("it was example.com/m@v1.1.0"), "{text}");
    missing(&engine, "example.com/m/@v/never-asked.info").await;
    engine.end().await;
}

#[tokio::test]
async fn the_checksum_database_still_verifies_and_is_not_asked() {
    let proxy = proxy_with(&[module("v1.0.0")]).await;
    let database = FakeDatabase::start("sums.example.com").await;
    database.pad(1000);
    database.add_module(&module("v1.0.0"));
    database.add_module(&Module::simple("example.com/other", "v1.0.0"));
    database.publish();
    proxy.offer(&database);
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    keep(&engine, "example.com/m", "v1.0.0").await;
    engine.delivery.set_offline_mode(OfflineMode::On);
    database.clear_log();
    proxy.clear_log();
    assert_eq!(list(&engine, "example.com/m").await, "v1.0.0\n");
    let sums = "sumdb/sums.example.com";
    for path in ["supported", "lookup/example.com/m@v1.0.0", "latest"] {
        let answer = engine.ask(&format!("{sums}/{path}")).await.unwrap();
        assert_eq!(answer.source, Source::Cache, "{path}");
    }
    let unknown = engine
        .get(&format!("{sums}/lookup/example.com/other@v1.0.0"))
        .await;
    assert!(
        matches!(unknown, Err(DeliveryError::Database(_))),
        "{unknown:?}"
    );
    assert_eq!((database.asked(), proxy.paths()), (Vec::new(), Vec::new()));
    engine.end().await;
}
