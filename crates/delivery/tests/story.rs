//! The story of each kind of request: its steps, in their order, with their times.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Engine, nothing_fresh, options, profile, read, verifying};
use delivery::{Event, OfflineMode, Options, Outcome, Source, StepKind};
use test_support::{Behaviour, FakeDatabase, FakeProxy, Gate, Module};

const ZIP: &str = "example.com/m/@v/v1.0.0.zip";
const MOD: &str = "example.com/m/@v/v1.0.0.mod";
const INFO: &str = "example.com/m/@v/v1.0.0.info";
const LIST: &str = "example.com/m/@v/list";

fn module() -> Module {
    Module::simple("example.com/m", "v1.0.0")
}

async fn proxy() -> FakeProxy {
    let proxy = FakeProxy::start().await;
    proxy.add(&module());
    proxy
}

fn kinds(event: &Event) -> Vec<StepKind> {
    event.steps.iter().map(|step| step.kind).collect()
}

/// What was said of the first step of this kind.
fn said(event: &Event, kind: StepKind) -> &str {
    let step = event.steps.iter().find(|step| step.kind == kind);
    &step.unwrap_or_else(|| panic!("{kind:?}: {event:#?}")).said
}

fn failed(event: &Event) -> Vec<StepKind> {
    let failed = event.steps.iter().filter(|step| step.failed);
    failed.map(|step| step.kind).collect()
}

/// Each step begins within the story, and none before the one that leads to it.
fn assert_times(event: &Event) {
    let starts: Vec<u64> = event.steps.iter().map(|step| step.start).collect();
    assert!(starts.is_sorted(), "{event:#?}");
}

#[tokio::test]
async fn a_hit_has_no_steps_but_a_rule() {
    let proxy = proxy().await;
    let mut engine = Engine::new(&proxy.url()).await;
    engine.whole(MOD).await;
    engine.event().await;
    engine.whole(MOD).await;
    let at_hand = engine.event().await;
    assert_eq!(at_hand.source, Source::Cache);
    assert_eq!((at_hand.steps.len(), at_hand.steps.capacity()), (0, 0));
    let name = proxy.addr();
    assert_eq!(
        at_hand.rule().said,
        format!("everything → {name} (profile test)")
    );
    // From the disk, after a start.
    let mut engine = engine.restart(&proxy.url()).await;
    engine.whole(MOD).await;
    assert_eq!(engine.event().await.steps, []);
    engine.end().await;
}

#[tokio::test]
async fn a_miss_tells_who_gave_it_and_what_became_of_it() {
    let proxy = proxy().await;
    let mut engine = Engine::new(&proxy.url()).await;
    engine.whole(ZIP).await;
    let event = engine.event().await;
    assert_eq!(
        kinds(&event),
        [
            StepKind::Cache,
            StepKind::Upstream,
            StepKind::Verified,
            StepKind::Kept
        ]
    );
    assert_eq!(failed(&event), []);
    assert_times(&event);
    assert_eq!(said(&event, StepKind::Cache), "not kept yet");
    let length = delivery::in_words(module().zip().len() as u64);
    assert_eq!(
        said(&event, StepKind::Upstream),
        format!("200 · {length} · HTTP/1.1")
    );
    let upstream = &event.steps[1];
    assert_eq!(upstream.upstream.as_deref(), event.upstream.as_deref());
    assert!(upstream.took > 0 && u128::from(upstream.took) <= event.took.as_micros());
    assert!(said(&event, StepKind::Verified).contains("is remembered from now on"));
    assert_eq!(said(&event, StepKind::Kept), length);
    engine.whole(INFO).await;
    let info = engine.event().await;
    assert!(said(&info, StepKind::Verified).contains("no checksum database covers an .info"));
    engine.end().await;
}

#[tokio::test]
async fn a_database_that_agrees_is_named() {
    let proxy = proxy().await;
    let database = FakeDatabase::start("sums.example.com").await;
    database.add_module(&module());
    database.publish();
    proxy.offer(&database);
    let mut engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(ZIP).await;
    let event = engine.event().await;
    let verified = said(&event, StepKind::Verified);
    assert!(
        verified.starts_with("h1:") && verified.ends_with("agrees with sums.example.com"),
        "{verified}"
    );
    engine.end().await;
}

#[tokio::test]
async fn a_404_leads_to_the_next() {
    let (first, second) = (FakeProxy::start().await, proxy().await);
    let list = format!("{},{}", first.url(), second.url());
    let mut engine = Engine::new(&list).await;
    engine.whole(ZIP).await;
    let event = engine.event().await;
    assert_eq!(
        &kinds(&event)[..3],
        [StepKind::Cache, StepKind::Upstream, StepKind::Upstream]
    );
    let asked = said(&event, StepKind::Upstream);
    assert!(
        asked.starts_with("404 not found") && asked.ends_with(", so the next was asked"),
        "{asked}"
    );
    assert_eq!(failed(&event), [], "not found is an answer");
    assert!(event.steps[2].said.starts_with("200"), "{event:#?}");
    let (a, b) = (first.addr(), second.addr());
    assert_eq!(
        event.rule().said,
        format!("everything → {a}, then {b} if not found (profile test)")
    );
    engine.end().await;
}

#[tokio::test]
async fn not_found_anywhere_is_remembered_and_says_so() {
    let proxy = FakeProxy::start().await;
    let mut engine = Engine::new(&proxy.url()).await;
    engine.get(ZIP).await.unwrap_err();
    let event = engine.event().await;
    assert_eq!(event.outcome, Outcome::NotFound);
    assert_eq!(event.upstream, Some(proxy.addr().to_string()));
    assert_eq!(kinds(&event), [StepKind::Cache, StepKind::Upstream]);
    engine.get(ZIP).await.unwrap_err();
    let again = engine.event().await;
    assert_eq!(
        (kinds(&again), failed(&again)),
        (vec![StepKind::Cache], vec![])
    );
    let cache = said(&again, StepKind::Cache);
    assert!(cache.contains("asked less than 60 s ago"), "{cache}");
    assert_eq!(again.upstream, None, "nobody was asked");
    engine.end().await;
}

#[tokio::test]
async fn a_failure_says_what_mends_it() {
    let proxy = proxy().await;
    proxy.otherwise(Behaviour::status(403, "go away"));
    let mut engine = Engine::new(&proxy.url()).await;
    engine.get(ZIP).await.unwrap_err();
    let event = engine.event().await;
    assert_eq!(event.outcome, Outcome::Refused);
    assert_eq!(failed(&event), [StepKind::Upstream]);
    assert_eq!(said(&event, StepKind::Upstream), "403 refused: go away");
    let mend = event.steps[1].mend.as_ref().unwrap();
    assert!(mend.contains("larder login"), "{mend}");
    engine.end().await;
}

#[tokio::test]
async fn no_secret_of_a_url_is_in_a_story() {
    let proxy = FakeProxy::start().await;
    proxy.otherwise(Behaviour::status(500, "hunter2 is wrong"));
    let url = proxy.url().replace("http://", "http://bob:hunter2@");
    let mut engine = Engine::new(&url).await;
    engine.get(ZIP).await.unwrap_err();
    let event = engine.event().await;
    let told = format!("{:?} {:?}", event.steps, event.rule());
    assert!(told.contains("answered 500"), "{told}");
    assert!(!told.contains("hunter2") && !told.contains("bob"), "{told}");
    engine.end().await;
}

#[tokio::test]
async fn what_is_not_what_it_should_be_fails_at_its_verification() {
    let proxy = FakeProxy::start().await;
    proxy.add(&module().file("m.go", "package m // altered\n"));
    let database = FakeDatabase::start("sums.example.com").await;
    database.add_module(&module());
    database.publish();
    proxy.offer(&database);
    let mut engine = Engine::of(verifying(&proxy.url(), &database)).await;
    if let Ok(answer) = engine.ask(ZIP).await {
        assert!(read(answer).await.broken.is_some());
    }
    let event = engine.event().await;
    assert_eq!(failed(&event), [StepKind::Verified]);
    let verified = said(&event, StepKind::Verified);
    assert!(
        verified.contains("came; sums.example.com has h1:"),
        "{verified}"
    );
    let mend = event.steps.last().unwrap().mend.as_ref().unwrap();
    assert!(mend.contains("larder trust allow example.com/m"), "{mend}");
    engine.get(ZIP).await.unwrap_err();
    let again = engine.event().await;
    assert_eq!(failed(&again), [StepKind::Cache]);
    assert!(said(&again, StepKind::Cache).contains("refused a moment ago"));
    engine.end().await;
}

#[tokio::test]
async fn who_waits_says_for_whom_and_who_leads_for_how_many() {
    let proxy = proxy().await;
    let gate = Gate::new();
    proxy.on(&format!("/{MOD}"), [Behaviour::normal().gate(&gate)]);
    let mut engine = Engine::new(&proxy.url()).await;
    let ask = || {
        let delivery = engine.delivery.clone();
        let ask = delivery::Ask::new(common::request(MOD));
        tokio::spawn(async move { read(delivery.deliver(ask).await.unwrap()).await })
    };
    let leader = ask();
    gate.until_arrived(1).await;
    let others = [ask(), ask()];
    // They have looked in vain, and wait.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    gate.open();
    assert_eq!(leader.await.unwrap().bytes, module().go_mod());
    for other in others {
        assert_eq!(other.await.unwrap().bytes, module().go_mod());
    }
    let mut events = [
        engine.event().await,
        engine.event().await,
        engine.event().await,
    ];
    events.sort_by_key(|event| event.at);
    let [leads, waits, too] = &events;
    assert_eq!(
        said(leads, StepKind::Cache),
        "not kept yet; this request leads, 2 others wait for it"
    );
    for waits in [waits, too] {
        assert_eq!(kinds(waits), [StepKind::Cache, StepKind::Waited]);
        let waited = &waits.steps[1];
        assert_eq!(waited.led_at, Some(leads.at));
        assert!(waited.took > 100_000, "{waited:?}");
    }
    engine.end().await;
}

#[tokio::test]
async fn what_changes_tells_how_old_it_was_and_who_said_what() {
    let proxy = proxy().await;
    proxy.on(&format!("/{LIST}"), [Behaviour::normal().etag()]);
    let mut engine = Engine::with(&proxy.url(), nothing_fresh()).await;
    engine.whole(LIST).await;
    let first = engine.event().await;
    assert_eq!(kinds(&first), [StepKind::Cache, StepKind::Upstream]);
    engine.whole(LIST).await;
    let again = engine.event().await;
    assert!(matches!(again.source, Source::Revalidated(_)), "{again:?}");
    assert!(said(&again, StepKind::Cache).ends_with("s ago: asked anew"));
    assert_eq!(
        said(&again, StepKind::Upstream),
        "304, what is kept still holds · HTTP/1.1"
    );
    proxy.clear_behaviours();
    proxy.otherwise(Behaviour::status(500, "out of order"));
    engine.whole(LIST).await;
    let stale = engine.event().await;
    assert!(matches!(stale.source, Source::Stale(_)), "{stale:?}");
    assert_eq!(failed(&stale), [StepKind::Upstream]);
    assert_eq!(
        stale.steps.last().unwrap().said,
        "what is kept is given, however old"
    );
    engine.end().await;
}

#[tokio::test]
async fn what_is_missing_offline_says_why_and_what_fetches_it() {
    let proxy = proxy().await;
    let offline = Options {
        offline: OfflineMode::On,
        ..options()
    };
    let mut engine = Engine::with(&proxy.url(), offline).await;
    engine.get(ZIP).await.unwrap_err();
    let event = engine.event().await;
    assert_eq!(event.outcome, Outcome::Missing);
    assert_eq!(failed(&event), [StepKind::Cache]);
    assert!(said(&event, StepKind::Cache).contains("Larder was told to be offline"));
    assert!(event.steps[0].mend.as_ref().unwrap().contains("--missed"));
    engine.end().await;
}

#[tokio::test]
async fn a_client_that_leaves_is_told_of_at_once_and_those_that_stay_lose_nothing() {
    let big = module().bulk("data.bin", 600_000);
    let proxy = FakeProxy::start().await;
    proxy.add(&big);
    let gate = Gate::new();
    proxy.on(
        &format!("/{ZIP}"),
        [Behaviour::normal().gate_body(200_000, &gate)],
    );
    let mut engine = Engine::of(profile(&proxy.url())).await;
    drop(engine.ask(ZIP).await.unwrap());
    let left = engine.event().await;
    assert_eq!(left.outcome, Outcome::Left);
    assert_eq!(said(&left, StepKind::Cache), "not kept yet");
    let late = engine.ask(ZIP).await.unwrap();
    gate.open();
    assert_eq!(read(late).await.bytes, big.zip());
    let event = engine.event().await;
    assert_eq!(event.steps[1].led_at, Some(left.at));
    engine.end().await;
}
