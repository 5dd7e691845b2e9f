//! Pools against upstreams on loopback that fail in every way.

mod dns;
mod machine;
mod names;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use go_module::Request;
use secret::{SafeUrl, Secret};

use super::*;
use crate::testing::{Act, Fake, PLAIN, answer, ask, head_and, parts_with, read, upstream};
use crate::{
    Ask, Authorization, ChainParts, Credentials, Deadlines, Privacy, Reach, Upstream, UpstreamError,
};

const SLOW_AFTER: Duration = Duration::from_millis(150);

/// What a node does now; shared with the test.
#[derive(Clone, Default)]
struct Mood(Arc<AtomicU8>);

const WELL: u8 = 0;
const BROKEN: u8 = 1;
const SILENT: u8 = 2;
const RESET: u8 = 3;
const CLOSE: u8 = 4;
const THROTTLED: u8 = 5;
const CUT: u8 = 6;
const STALL_MIDWAY: u8 = 7;
const NOTHING: u8 = 8;
const GZIP: u8 = 9;

impl Mood {
    fn is(&self, mood: u8) {
        self.0.store(mood, Ordering::Relaxed);
    }

    fn act(&self, node: usize) -> Act {
        let body = format!("from {node}");
        match self.0.load(Ordering::Relaxed) {
            BROKEN => answer(500, PLAIN, "down"),
            SILENT => Act::Stall(String::new()),
            RESET => Act::Reset(String::new()),
            CLOSE => Act::Close(String::new()),
            THROTTLED => answer(429, PLAIN, "too many"),
            CUT => Act::Close(head_and(200, "Content-Length: 100\r\n", &body)),
            STALL_MIDWAY => Act::Stall(head_and(200, "Content-Length: 100\r\n", &body)),
            NOTHING => answer(404, PLAIN, "no such module"),
            GZIP => answer(200, "Content-Encoding: gzip\r\n", "?"),
            _ => answer(200, "", &body),
        }
    }
}

struct Cluster {
    nodes: Vec<Option<Fake>>,
    moods: Vec<Mood>,
    parts: ChainParts,
    upstream: Upstream,
}

impl Cluster {
    async fn of(count: usize) -> Self {
        Self::with(count, |options| options).await
    }

    async fn with(count: usize, change: impl Fn(PoolOptions) -> PoolOptions) -> Self {
        let moods: Vec<Mood> = (0..count).map(|_| Mood::default()).collect();
        let mut nodes = Vec::new();
        for (at, mood) in moods.iter().enumerate() {
            let mood = mood.clone();
            nodes.push(Some(Fake::start(move |_, _| mood.act(at)).await));
        }
        let parts = parts_with(Deadlines {
            first_byte: Duration::from_secs(1),
            overall: Duration::from_secs(10),
            ..crate::testing::limits()
        });
        let name = SafeUrl::parse("https://goproxy.corp.example").unwrap();
        let urls = nodes.iter().flatten();
        let options = PoolOptions {
            nodes: NodesFrom::Listed(
                urls.map(|fake| SafeUrl::parse(&fake.url()).unwrap())
                    .collect(),
            ),
            slow_after: SLOW_AFTER,
            ..PoolOptions::default()
        };
        parts.pools.set(vec![(name, change(options))]);
        let upstream = upstream("https://goproxy.corp.example", &parts);
        Self {
            nodes,
            moods,
            parts,
            upstream,
        }
    }

    fn name(&self, node: usize) -> String {
        self.nodes[node].as_ref().unwrap().address.to_string()
    }

    fn report(&self, name: &str) -> NodeReport {
        let report = self.upstream.pool().unwrap();
        let mut nodes = report.nodes.into_iter();
        nodes.find(|node| node.name == name).unwrap()
    }

    /// The node that has this module, and a request for it.
    async fn owner(&self) -> (usize, String) {
        let body = self.get().await.unwrap();
        let at: usize = body.strip_prefix("from ").unwrap().parse().unwrap();
        (at, self.name(at))
    }

    async fn get(&self) -> Result<String, UpstreamError> {
        let reply = self.upstream.fetch(zip()).await?;
        let body = read(reply).await?;
        Ok(String::from_utf8(body.to_vec()).unwrap())
    }
}

fn zip() -> Ask {
    ask(crate::testing::ZIP)
}

#[tokio::test]
async fn a_module_stays_with_its_node_and_modules_spread() {
    let cluster = Cluster::of(4).await;
    let mut of = [0; 4];
    for module in 0..80 {
        let request = format!("/corp.example/m{module}/@v/v1.0.0.mod");
        let mut seen = None;
        for _ in 0..2 {
            let ask = Ask::new(Request::parse(&request).unwrap(), Privacy::Public, 1000);
            let reply = cluster.upstream.fetch(ask).await.unwrap();
            let node = reply.node.as_ref().unwrap().name().to_owned();
            read(reply).await.unwrap();
            assert_eq!(*seen.get_or_insert(node.clone()), node);
            let at = (0..4).find(|&at| cluster.name(at) == node).unwrap();
            of[at] += 1;
        }
    }
    assert!(of.iter().all(|&count| count >= 10), "{of:?}");
    let report = cluster.upstream.pool().unwrap();
    assert_eq!(report.upstream, "goproxy.corp.example");
    assert!(report.nodes.iter().all(|node| node.share == 0.25));
    assert_eq!(report.nodes.iter().map(|it| it.asked).sum::<u64>(), 160);
    assert!(report.nodes.iter().all(|it| it.in_flight == 0));
}

#[tokio::test]
async fn another_node_stands_in_whatever_the_failure() {
    for mood in [BROKEN, SILENT, RESET, CLOSE, THROTTLED, GZIP] {
        let cluster = Cluster::of(3).await;
        let (owner, name) = cluster.owner().await;
        cluster.moods[owner].is(mood);
        let request = zip();
        let notes = request.nodes.clone();
        let reply = cluster.upstream.fetch(request).await.unwrap();
        let other = reply.node.as_ref().unwrap().name().to_owned();
        read(reply).await.unwrap();
        assert_ne!(other, name, "{mood}");
        let notes = notes.take();
        let told: Vec<_> = notes.iter().map(|note| note.node.clone()).collect();
        if mood == SILENT {
            assert_eq!(told, [other, name], "who was overtaken is told last");
            assert_eq!(notes[1].ended, NodeEnd::Overtaken);
        } else {
            assert_eq!(told, [name, other]);
            assert!(matches!(notes[0].ended, NodeEnd::Failed(_)), "{notes:?}");
            assert_eq!(notes[1].ended, NodeEnd::Answered);
        }
        assert!(matches!(cluster.upstream.reach(), Reach::Reached { .. }));
    }
}

#[tokio::test]
async fn one_that_is_gone_is_ejected_at_once() {
    let mut cluster = Cluster::of(3).await;
    let (owner, name) = cluster.owner().await;
    let mut happenings = cluster.parts.pools.happenings();
    let changes = cluster.parts.pools.changes();
    cluster.nodes[owner] = None;
    tokio::task::yield_now().await;
    cluster.get().await.unwrap();
    let report = cluster.report(&name);
    assert_eq!(report.state, NodeState::Ejected, "{report:?}");
    assert_eq!((report.failed, report.state_changes), (1, 1));
    assert!(report.why.is_some());
    let change = happenings.try_recv().unwrap();
    assert_eq!(
        (change.node, change.from, change.to),
        (name.clone(), NodeState::Healthy, NodeState::Ejected)
    );
    assert!(changes.has_changed().unwrap());
    let asked = cluster.report(&name).asked;
    for _ in 0..5 {
        cluster.get().await.unwrap();
    }
    assert_eq!(cluster.report(&name).asked, asked, "it is left alone");
}

#[tokio::test]
async fn not_found_is_an_answer_and_nobody_else_is_asked() {
    let cluster = Cluster::of(3).await;
    for mood in &cluster.moods {
        mood.is(NOTHING);
    }
    let error = cluster.get().await.unwrap_err();
    assert!(error.is_not_found());
    let report = cluster.upstream.pool().unwrap();
    assert_eq!(report.nodes.iter().map(|it| it.asked).sum::<u64>(), 1);
    assert_eq!(report.nodes.iter().map(|it| it.failed).sum::<u64>(), 0);
}

#[tokio::test]
async fn one_that_is_silent_twice_is_slow_and_asked_last() {
    let cluster = Cluster::of(2).await;
    let (owner, name) = cluster.owner().await;
    cluster.moods[owner].is(SILENT);
    cluster.get().await.unwrap();
    assert_eq!(cluster.report(&name).state, NodeState::Healthy);
    cluster.get().await.unwrap();
    assert_eq!(cluster.report(&name).state, NodeState::Slow);
    let asked = cluster.report(&name).asked;
    cluster.get().await.unwrap();
    assert_eq!(cluster.report(&name).asked, asked);
}

#[tokio::test]
async fn three_bad_answers_in_a_row_eject() {
    let cluster = Cluster::of(2).await;
    let (owner, name) = cluster.owner().await;
    cluster.moods[owner].is(BROKEN);
    for _ in 0..2 {
        cluster.get().await.unwrap();
        assert_eq!(cluster.report(&name).state, NodeState::Healthy);
    }
    cluster.get().await.unwrap();
    assert_eq!(cluster.report(&name).state, NodeState::Ejected);
}

#[tokio::test]
async fn a_pool_is_never_stranded() {
    let cluster = Cluster::of(3).await;
    for node in 0..3 {
        cluster.parts.pools.eject(&cluster.name(node)).unwrap();
    }
    cluster.get().await.unwrap();
    for mood in &cluster.moods {
        mood.is(BROKEN);
    }
    let error = cluster.get().await.unwrap_err();
    assert!(matches!(error, UpstreamError::Status { status: 500, .. }));
    assert!(
        matches!(cluster.upstream.reach(), Reach::Reached { .. }),
        "they answer, badly"
    );
    cluster.moods[1].is(WELL);
    assert_eq!(cluster.get().await.unwrap(), "from 1");
}

#[tokio::test]
async fn there_is_no_way_only_where_there_is_none_to_any_node() {
    let mut cluster = Cluster::of(2).await;
    let (owner, _) = cluster.owner().await;
    cluster.nodes[owner] = None;
    tokio::task::yield_now().await;
    cluster.get().await.unwrap();
    assert!(matches!(cluster.upstream.reach(), Reach::Reached { .. }));
    cluster.nodes.clear();
    tokio::task::yield_now().await;
    assert!(cluster.get().await.unwrap_err().is_no_way());
    assert!(matches!(
        cluster.upstream.reach(),
        Reach::Unreachable { .. }
    ));
}

#[tokio::test]
async fn a_person_may_take_a_node_out_and_in_again() {
    let cluster = Cluster::of(2).await;
    let (owner, name) = cluster.owner().await;
    let report = cluster.parts.pools.eject(&name).unwrap();
    assert!(report.by_hand && report.state == NodeState::Ejected);
    assert_ne!(cluster.get().await.unwrap(), format!("from {owner}"));
    let report = cluster.parts.pools.restore(&name).unwrap();
    assert!(!report.by_hand && report.state == NodeState::Healthy);
    assert_eq!(cluster.get().await.unwrap(), format!("from {owner}"));
    let unknown = cluster.parts.pools.eject("n9").unwrap_err();
    assert_eq!(unknown.known.len(), 2);
    assert!(unknown.to_string().contains(&name), "{unknown}");
}

#[tokio::test]
async fn a_body_that_breaks_or_proves_bad_is_held_against_its_node() {
    let cluster = Cluster::of(2).await;
    let (owner, name) = cluster.owner().await;
    cluster.moods[owner].is(CUT);
    let reply = cluster.upstream.fetch(zip()).await.unwrap();
    assert_eq!(cluster.report(&name).in_flight, 1);
    read(reply).await.unwrap_err();
    assert_eq!(
        (
            cluster.report(&name).failed,
            cluster.report(&name).in_flight
        ),
        (1, 0)
    );
    cluster.moods[owner].is(STALL_MIDWAY);
    let reply = cluster.upstream.fetch(zip()).await.unwrap();
    assert!(matches!(
        read(reply).await,
        Err(UpstreamError::Timeout { .. })
    ));
    assert_eq!(cluster.report(&name).failed, 2);
    cluster.moods[owner].is(WELL);
    let reply = cluster.upstream.fetch(zip()).await.unwrap();
    let node = reply.node.clone().unwrap();
    assert_eq!(node.name(), name);
    read(reply).await.unwrap();
    let reason = "a page".to_owned();
    node.blame(&UpstreamError::Malformed { reason });
    assert_eq!(
        cluster.report(&name).state,
        NodeState::Ejected,
        "three in a row"
    );
}

#[tokio::test]
async fn those_to_avoid_are_asked_last() {
    let cluster = Cluster::of(2).await;
    let (owner, name) = cluster.owner().await;
    let avoiding = Ask {
        avoid: vec![name],
        ..zip()
    };
    let reply = cluster.upstream.fetch(avoiding.clone()).await.unwrap();
    assert_ne!(read(reply).await.unwrap(), format!("from {owner}"));
    cluster.moods[1 - owner].is(BROKEN);
    let reply = cluster.upstream.fetch(avoiding).await.unwrap();
    assert_eq!(read(reply).await.unwrap(), format!("from {owner}"));
}

#[tokio::test]
async fn what_is_known_of_nodes_outlives_chains_and_settings_that_stay() {
    let cluster = Cluster::of(2).await;
    let (_, name) = cluster.owner().await;
    cluster.parts.pools.eject(&name).unwrap();
    let again = upstream("https://goproxy.corp.example", &cluster.parts);
    assert!(again.pool().unwrap().nodes.iter().any(|node| node.by_hand));
    let url = SafeUrl::parse("https://goproxy.corp.example").unwrap();
    let listed = cluster.upstream.pool().unwrap().from;
    let options = PoolOptions {
        nodes: listed,
        slow_after: SLOW_AFTER,
        ..PoolOptions::default()
    };
    cluster
        .parts
        .pools
        .set(vec![(url.clone(), options.clone())]);
    assert!(
        cluster.parts.pools.reports()[0]
            .nodes
            .iter()
            .any(|node| node.by_hand)
    );
    let hedged = PoolOptions {
        hedge: true,
        ..options
    };
    cluster.parts.pools.set(vec![(url.clone(), hedged.clone())]);
    assert!(
        cluster.parts.pools.reports()[0]
            .nodes
            .iter()
            .any(|node| node.by_hand),
        "the nodes are the same"
    );
    let other = PoolOptions {
        slow_after: SLOW_AFTER * 2,
        ..hedged
    };
    cluster.parts.pools.set(vec![(url, other)]);
    assert!(
        cluster.parts.pools.reports()[0]
            .nodes
            .iter()
            .all(|node| !node.by_hand)
    );
    cluster.parts.pools.set(Vec::new());
    assert!(cluster.parts.pools.reports().is_empty());
}

#[tokio::test]
async fn one_that_is_well_again_is_noticed_by_probes() {
    let cluster = Cluster::of(2).await;
    let (owner, name) = cluster.owner().await;
    cluster.moods[owner].is(SILENT);
    for _ in 0..2 {
        cluster.get().await.unwrap();
    }
    assert_eq!(cluster.report(&name).state, NodeState::Slow);
    let asked = cluster.report(&name).asked;
    cluster.moods[owner].is(WELL);
    while cluster.report(&name).state != NodeState::Healthy {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(cluster.report(&name).asked, asked, "no request had to try");
}

#[tokio::test]
async fn small_requests_are_asked_twice_where_that_is_wanted() {
    let cluster = Cluster::with(2, |options| PoolOptions {
        hedge: true,
        slow_after: Duration::from_secs(5),
        ..options
    })
    .await;
    let module = |kind: &str| ask(&format!("/example.com/m/@v/v1.0.0.{kind}"));
    let mut owner = String::new();
    for _ in 0..20 {
        let reply = cluster.upstream.fetch(module("info")).await.unwrap();
        owner = reply.node.as_ref().unwrap().name().to_owned();
        read(reply).await.unwrap();
    }
    let at = (0..2).find(|&at| cluster.name(at) == owner).unwrap();
    cluster.moods[at].is(SILENT);
    let reply = cluster.upstream.fetch(module("info")).await.unwrap();
    assert_ne!(reply.node.unwrap().name(), owner);
    assert_eq!(cluster.report(&owner).state, NodeState::Healthy);
}

#[tokio::test]
async fn an_outage_is_not_multiplied() {
    let cluster = Cluster::of(4).await;
    for mood in &cluster.moods {
        mood.is(BROKEN);
    }
    for _ in 0..40 {
        cluster.get().await.unwrap_err();
    }
    let asked: usize = cluster.nodes.iter().flatten().map(Fake::count).sum();
    assert!(asked < 40 + 32 + 8 + 40, "{asked} for 40 requests");
}

/// Has a token for the upstream, and another one once that was refused.
struct Tokens(AtomicU8);

impl Credentials for Tokens {
    fn present<'a>(
        &'a self,
        origin: &'a str,
    ) -> BoxFuture<'a, Result<Option<Authorization>, String>> {
        let token = Secret::new(format!("t0k3n-{}", self.0.load(Ordering::Relaxed)));
        let is_it = origin == "https://goproxy.corp.example";
        Box::pin(ready(Ok(
            is_it.then(|| Authorization::bearer(&token).unwrap())
        )))
    }

    fn refused<'a>(&'a self, _: &'a str, _: &'a Authorization) -> BoxFuture<'a, bool> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(ready(true))
    }
}

#[tokio::test]
async fn nodes_are_shown_what_the_upstream_is_shown() {
    let node = Fake::start(|_, seen| match seen.header("authorization") {
        Some("Bearer t0k3n-1") => answer(200, "", "come in"),
        _ => answer(401, PLAIN, "who are you"),
    })
    .await;
    let parts = ChainParts {
        credentials: Some(Arc::new(Tokens(AtomicU8::new(0)))),
        ..crate::testing::parts()
    };
    let url = SafeUrl::parse("https://goproxy.corp.example").unwrap();
    let options = PoolOptions {
        nodes: NodesFrom::Listed(vec![SafeUrl::parse(&node.url()).unwrap()]),
        ..PoolOptions::default()
    };
    parts.pools.set(vec![(url, options)]);
    let upstream = upstream("https://goproxy.corp.example", &parts);
    assert_eq!(crate::testing::get(&upstream).await.unwrap(), "come in");
    assert_eq!(node.count(), 2, "once more with other credentials");
    assert_eq!(upstream.pool().unwrap().nodes[0].failed, 0);
}
