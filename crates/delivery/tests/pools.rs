//! An upstream of several nodes: one stands in for another, midway too, and nobody who asks sees more than one whole body.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Engine, nothing_fresh, parts};
use delivery::{AlarmKind, Database, Profile, Routes, StepKind};
use go_module::ProxyList;
use secret::SafeUrl;
use test_support::{Behaviour, FakeDatabase, FakeProxy, Module};
use upstream::{Chain, ChainParts, NodeReport, NodeState, NodesFrom, PoolOptions, Upstream};

const MOD: &str = "example.com/m/@v/v1.0.0.mod";
const ZIP: &str = "example.com/m/@v/v1.0.0.zip";
const LIST: &str = "example.com/m/@v/list";
const NAME: &str = "goproxy.corp.example";

fn module() -> Module {
    Module::simple("example.com/m", "v1.0.0").bulk("data.bin", 500_000)
}

/// Three nodes that all have the module.
struct Cluster {
    nodes: Vec<FakeProxy>,
    parts: ChainParts,
}

impl Cluster {
    async fn new() -> Self {
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let node = FakeProxy::start().await;
            node.add(&module());
            nodes.push(node);
        }
        let parts = parts();
        let options = PoolOptions {
            nodes: NodesFrom::Listed(
                nodes
                    .iter()
                    .map(|node| SafeUrl::parse(&node.url()).unwrap())
                    .collect(),
            ),
            slow_after: Duration::from_millis(300),
            ..PoolOptions::default()
        };
        let url = SafeUrl::parse(&format!("https://{NAME}")).unwrap();
        parts.pools.set(vec![(url, options)]);
        Self { nodes, parts }
    }

    fn chain(&self) -> Chain {
        let list = ProxyList::parse(&format!("https://{NAME}")).unwrap();
        Chain::build(&list, &self.parts).unwrap()
    }

    fn profile(&self) -> Profile {
        Profile::new("test", Routes::all_to(self.chain()), None)
    }

    fn verifying(&self, database: &FakeDatabase) -> Profile {
        let direct = Upstream::checksum_database(&database.url(), &parts()).unwrap();
        let key = database.key().parse().unwrap();
        let database = Database::through(key, self.chain(), direct);
        Profile::new("verifying", Routes::all_to(self.chain()), Some(database))
    }

    /// The node whose module it is comes first.
    async fn sort(&mut self) {
        let engine = Engine::of(self.profile()).await;
        engine.whole(LIST).await;
        engine.end().await;
        let asked = |node: &FakeProxy| node.count(&format!("/{LIST}"));
        self.nodes.sort_by_key(|node| usize::MAX - asked(node));
        assert_eq!(asked(&self.nodes[0]), 1);
        for node in &self.nodes {
            node.clear_log();
        }
    }

    fn first(&self, path: &str, behaviour: Behaviour) {
        self.nodes[0].on(&format!("/{path}"), behaviour);
    }

    fn others(&self, path: &str, behaviour: impl Fn() -> Behaviour) {
        for node in &self.nodes[1..] {
            node.on(&format!("/{path}"), behaviour());
        }
    }

    fn report(&self, node: usize) -> NodeReport {
        let name = self.nodes[node].addr().to_string();
        let reports = self.parts.pools.reports().remove(0).nodes;
        reports.into_iter().find(|it| it.name == name).unwrap()
    }

    /// The requests for this path that the others got.
    fn asked_of_others(&self, path: &str) -> Vec<test_support::Recorded> {
        let nodes = self.nodes[1..].iter();
        nodes
            .flat_map(|node| node.requests())
            .filter(|request| request.path == format!("/{path}"))
            .collect()
    }
}

async fn cluster() -> Cluster {
    let mut cluster = Cluster::new().await;
    cluster.sort().await;
    cluster
}

#[tokio::test]
async fn a_zip_that_breaks_goes_on_from_another_node_with_a_range() {
    let cluster = cluster().await;
    let whole = || Behaviour::normal().etag().ranges();
    cluster.first(ZIP, whole().reset_after(300_000));
    cluster.others(ZIP, whole);
    let engine = Engine::of(cluster.profile()).await;
    assert_eq!(engine.whole(ZIP).await, module().zip());
    let asked = cluster.asked_of_others(ZIP);
    assert_eq!(asked.len(), 1);
    assert!(asked[0].header("range").is_some(), "{asked:?}");
    assert!(asked[0].header("if-range").is_some());
    assert_eq!(cluster.nodes[0].count(&format!("/{ZIP}")), 1);
    assert_eq!(cluster.report(0).failed, 1);
    engine.end().await;
}

#[tokio::test]
async fn where_its_etag_is_another_it_starts_again() {
    let cluster = cluster().await;
    cluster.first(
        ZIP,
        Behaviour::normal()
            .fixed_etag("\"a\"")
            .ranges()
            .truncate_after(300_000),
    );
    cluster.others(ZIP, || Behaviour::normal().fixed_etag("\"b\"").ranges());
    let engine = Engine::of(cluster.profile()).await;
    assert_eq!(engine.whole(ZIP).await, module().zip());
    assert_eq!(cluster.asked_of_others(ZIP).len(), 1);
    engine.end().await;
}

#[tokio::test]
async fn one_that_falls_silent_midway_is_left() {
    let cluster = cluster().await;
    cluster.first(
        ZIP,
        Behaviour::normal().delay_body(300_000, Duration::from_secs(60)),
    );
    let engine = Engine::of(cluster.profile()).await;
    assert_eq!(engine.whole(ZIP).await, module().zip());
    assert_eq!(cluster.report(0).failed, 1);
    engine.end().await;
}

#[tokio::test]
async fn garbage_from_one_node_is_seen_by_nobody() {
    for garbage in [
        Behaviour::html(),
        Behaviour::normal().corrupt(400_000),
        Behaviour::normal().length_too_short(1000),
        Behaviour::body(200, "application/zip", "PK\x03\x04 and no more"),
    ] {
        let cluster = cluster().await;
        cluster.first(ZIP, garbage);
        let engine = Engine::of(cluster.profile()).await;
        assert_eq!(engine.whole(ZIP).await, module().zip());
        assert_eq!(cluster.report(0).failed, 1);
        engine.end().await;
    }
}

#[tokio::test]
async fn small_files_and_lists_that_prove_bad_are_asked_of_another_node() {
    for path in [MOD, LIST, "example.com/m/@latest"] {
        let cluster = cluster().await;
        cluster.first(path, Behaviour::html());
        let engine = Engine::with_profile(cluster.profile(), nothing_fresh()).await;
        engine.whole(path).await;
        assert_eq!(cluster.asked_of_others(path).len(), 1, "{path}");
        assert_eq!(cluster.report(0).failed, 1);
        engine.end().await;
    }
}

#[tokio::test]
async fn what_is_not_vouched_for_ejects_its_node_and_the_right_file_is_delivered() {
    let cluster = cluster().await;
    let database = FakeDatabase::start("sums.example.com").await;
    database.add_module(&module());
    database.publish();
    for node in &cluster.nodes {
        node.offer(&database);
    }
    let other = Module::simple("example.com/m", "v1.0.0").bulk("data.bin", 400_000);
    cluster.nodes[0].add(&other);
    let mut engine = Engine::of(cluster.verifying(&database)).await;
    assert_eq!(engine.whole(ZIP).await, module().zip());
    let alarm = engine.alarms.try_recv().unwrap();
    assert_eq!(alarm.kind, AlarmKind::Mismatch);
    let report = cluster.report(0);
    assert_eq!(report.state, NodeState::Ejected, "{report:?}");
    engine.until_kept(ZIP).await;
    engine.end().await;
}

#[tokio::test]
async fn only_where_all_nodes_are_bad_it_fails() {
    let cluster = cluster().await;
    cluster.first(ZIP, Behaviour::html());
    cluster.others(ZIP, Behaviour::html);
    let engine = Engine::of(cluster.profile()).await;
    let error = engine.get(ZIP).await.unwrap_err();
    assert!(error.to_string().contains("zip"), "{error}");
    assert_eq!(cluster.asked_of_others(ZIP).len(), 2);
    engine.end().await;
}

#[tokio::test]
async fn a_page_in_place_of_the_database_is_asked_of_another_node() {
    let cluster = cluster().await;
    let database = FakeDatabase::start("sums.example.com").await;
    database.add_module(&module());
    database.publish();
    for node in &cluster.nodes {
        node.offer(&database);
    }
    cluster.nodes[0].on_match(
        |request| request.path.contains("/sumdb/"),
        Behaviour::html(),
    );
    let engine = Engine::of(cluster.verifying(&database)).await;
    engine.whole(MOD).await;
    engine.end().await;
}

#[tokio::test]
async fn the_story_tells_which_nodes_were_asked() {
    let cluster = cluster().await;
    cluster.first(MOD, Behaviour::status(500, "out of order"));
    let mut engine = Engine::of(cluster.profile()).await;
    engine.whole(MOD).await;
    let event = engine.event().await;
    let asked: Vec<_> = event
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::Upstream)
        .collect();
    assert_eq!(asked.len(), 2, "{event:#?}");
    let first = cluster.nodes[0].addr().to_string();
    assert_eq!(
        asked[0].said,
        format!("{first}: answered 500: out of order, so the next was asked")
    );
    assert!(asked[0].failed);
    assert!(
        asked[1].said.contains("from 127.0.0.1:"),
        "{}",
        asked[1].said
    );
    assert!(!asked[1].failed);
    assert!(
        asked
            .iter()
            .all(|step| step.upstream.as_deref() == Some(NAME))
    );
    let starts: Vec<u64> = event.steps.iter().map(|step| step.start).collect();
    assert!(starts.is_sorted(), "{event:#?}");
    engine.end().await;
}
