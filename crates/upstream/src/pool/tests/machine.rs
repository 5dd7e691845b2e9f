//! A pool without a network, whatever happens to it: it is never stranded, and who was ejected comes back.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use secret::SafeUrl;
use tokio::time::Instant;

use crate::pool::members::Pool;
use crate::pool::news::News;
use crate::pool::node::Node;
use crate::pool::{NodeState, NodesFrom, PoolOptions};
use crate::{Stage, Step, UpstreamError};

const NODES: usize = 4;

#[derive(Debug, Clone)]
enum Event {
    Answers(usize, u64),
    Refuses(usize),
    Fails(usize),
    Late(usize),
    Garbage(usize),
    Probed(usize, bool),
    Eject(usize),
    Restore(usize),
    Passes(u64),
    Asks,
}

fn any_event() -> impl Strategy<Value = Event> {
    let node = 0..NODES;
    prop_oneof![
        (node.clone(), 0u64..3000).prop_map(|(node, ms)| Event::Answers(node, ms)),
        node.clone().prop_map(Event::Refuses),
        node.clone().prop_map(Event::Fails),
        node.clone().prop_map(Event::Late),
        node.clone().prop_map(Event::Garbage),
        (node.clone(), any::<bool>()).prop_map(|(node, well)| Event::Probed(node, well)),
        node.clone().prop_map(Event::Eject),
        node.prop_map(Event::Restore),
        (0u64..20_000).prop_map(Event::Passes),
        Just(Event::Asks),
    ]
}

fn refused() -> UpstreamError {
    UpstreamError::Unreachable {
        step: Step::Connect,
        cause: "refused".to_owned(),
    }
}

fn late() -> UpstreamError {
    UpstreamError::Timeout {
        stage: Stage::FirstByte,
        after: Duration::from_secs(15),
    }
}

fn pool() -> Pool {
    let url = SafeUrl::parse("https://goproxy.corp.example").unwrap();
    let node = |at| SafeUrl::parse(&format!("https://n{at}.corp.example")).unwrap();
    let options = PoolOptions {
        nodes: NodesFrom::Listed((0..NODES).map(node).collect()),
        ..PoolOptions::default()
    };
    Pool::new(url, options, News::default())
}

fn happen(event: Event, pool: &Pool, nodes: &[Arc<Node>], now: &mut Instant) {
    let others = |node: &Node| pool.has_others(node, &[], *now);
    match event {
        Event::Answers(at, ms) => {
            nodes[at].answered(Duration::from_millis(ms), *now);
            nodes[at].ended_well(*now);
        }
        Event::Refuses(at) => nodes[at].failed(&refused(), others(&nodes[at]), *now),
        Event::Fails(at) => nodes[at].failed(&late(), others(&nodes[at]), *now),
        Event::Late(at) => nodes[at].late(*now),
        Event::Garbage(at) => nodes[at].blamed(&late(), others(&nodes[at]), *now),
        Event::Probed(at, true) => nodes[at].probed(Duration::from_millis(1), *now),
        Event::Probed(at, false) => nodes[at].probe_failed(&late(), others(&nodes[at]), *now),
        Event::Eject(at) => nodes[at].eject(*now),
        Event::Restore(at) => nodes[at].restore(*now),
        Event::Passes(ms) => *now += Duration::from_millis(ms),
        Event::Asks => pool.deposit(),
    }
}

fn is_well(node: &Node, now: Instant) -> bool {
    matches!(node.state(now), NodeState::Healthy | NodeState::Slow)
}

proptest! {
    #[test]
    fn a_pool_is_never_stranded(events in proptest::collection::vec(any_event(), 0..120), module in "[a-z]{1,8}") {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let pool = pool();
            let nodes = pool.nodes();
            let begun = Instant::now();
            let mut now = begun;
            let (mut asked, mut second) = (0u32, 0u32);
            for event in events {
                if matches!(event, Event::Asks) {
                    asked += 1;
                    second += (0..3).map(|_| u32::from(pool.withdraw(now))).sum::<u32>();
                }
                happen(event, &pool, &nodes, &mut now);
                let order = pool.order(&module, &[], now);
                prop_assert_eq!(order.len(), NODES, "nobody is left out");
                if nodes.iter().any(|node| is_well(node, now)) {
                    prop_assert!(is_well(&order[0], now), "who is well is asked first");
                }
                let most = 32.0 + 0.2 * f64::from(asked) + 10.0 * (now - begun).as_secs_f64();
                prop_assert!(f64::from(second) <= most + 1e-6);
            }
            // Whatever was: who is let be, and answers probes, comes back.
            for node in nodes.iter().filter(|node| !node.is_by_hand()) {
                now += Duration::from_secs(145);
                prop_assert_ne!(node.state(now), NodeState::Ejected);
                for _ in 0..2 {
                    node.probed(Duration::from_millis(1), now);
                }
                prop_assert_eq!(node.state(now), NodeState::Healthy);
            }
            Ok(())
        })?;
    }
}

#[tokio::test(start_paused = true)]
async fn an_ejected_node_comes_back_by_itself() {
    let pool = pool();
    let nodes = pool.nodes();
    let node = &nodes[0];
    let now = Instant::now();
    node.failed(&refused(), true, now);
    assert_eq!(node.state(now), NodeState::Ejected);
    let due = node.probe_due(now).unwrap();
    assert!(
        (4..=6).contains(&(due - now).as_secs()),
        "5 s, a fifth more or less"
    );
    assert_eq!(node.state(due), NodeState::Probation);
    assert_eq!(node.probe_due(due), Some(due), "it is probed at once");
    assert!(node.take_trial(due));
    assert!(!node.take_trial(due), "one at a time");
    node.probed(Duration::from_millis(1), due);
    assert_eq!(node.state(due), NodeState::Probation);
    let soon = node.probe_due(due).unwrap();
    node.probed(Duration::from_millis(1), soon);
    assert_eq!(node.state(soon), NodeState::Healthy);
    assert_eq!(pool.report(soon).nodes[0].state_changes, 3);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_took_out_stays_out() {
    let pool = pool();
    let nodes = pool.nodes();
    let now = Instant::now();
    nodes[0].eject(now);
    let later = now + Duration::from_secs(3600);
    nodes[0].probed(Duration::from_millis(1), later);
    assert_eq!(nodes[0].state(later), NodeState::Ejected);
    assert_eq!(nodes[0].probe_due(later), None);
    let order = pool.order("corp.example/m", &[], later);
    assert_eq!(order.last().unwrap().name, nodes[0].name);
    assert!(pool.report(later).nodes[0].by_hand);
}
