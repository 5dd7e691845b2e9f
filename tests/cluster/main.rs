//! A company's proxy of several nodes that fail, behind the real binary: real processes on addresses of loopback, a real DNS
//! server, and clients that ask as `go` does all the while. No request of theirs fails.
//!
//! How long they wait is printed (`--nocapture`) and not held against anything here: `make bench-failover` measures it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::print_stdout,
    reason = "what it finds is for the person who asks with --nocapture"
)]

mod alone;
mod listed;
mod names;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use test_support::cluster::modules::{Kind, is_right, url_path};
use test_support::cluster::{
    Clients, Cluster, Found, MODULES, Manner, Node, Story, Trial, Trouble, node,
};
use test_support::{Larder, TempHome, http};

/// The test that is a node's process when it is run by another.
const NODE: &str = "a_node_is_a_process_that_misbehaves_as_told";
/// Few enough for a busy machine with two cores.
const CLIENTS: Clients = Clients {
    clients: 16,
    modules: MODULES,
    pause: Duration::from_millis(40),
};
const SLOW_AFTER: Duration = Duration::from_millis(500);
/// How long a trouble lasts, and how long all is left alone after it.
const LASTING: Duration = Duration::from_millis(2500);
const REST: Duration = Duration::from_millis(1500);

/// This program, to be a node.
fn program() -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([NODE, "--exact", "--nocapture"]);
    command
}

/// So many nodes. They end with this program, and the DNS with its value.
fn cluster(nodes: u8) -> Cluster {
    Cluster::start(program, nodes, |_, _| {})
}

/// Has these things befall these nodes of a cluster before a Larder that finds them so, one after the other.
fn story(cluster: Cluster, found: Found, troubles: &[(Trouble, usize)]) -> Story {
    let home = TempHome::new();
    let settings = cluster.settings(found, SLOW_AFTER);
    home.write("larder/config/settings.toml", settings);
    let bin = Path::new(env!("CARGO_BIN_EXE_larder"));
    let larder = Larder::start(bin, &home, &["--port", "0"]);
    let token = fs::read_to_string(home.larder_home().join("data/token.control")).unwrap();
    let mut trial = Trial::begin(cluster, larder.goproxy(), &token, CLIENTS, LASTING);
    for (trouble, node) in troubles {
        trial.suffer(*trouble, *node, LASTING, REST);
    }
    let story = trial.end();
    println!("{story}");
    assert!(larder.terminate().status.success());
    assert!(
        story
            .figures()
            .iter()
            .all(|(_, figures)| figures.requests > 0)
    );
    story
}

#[track_caller]
fn assert_none_failed(story: &Story) {
    for (trouble, figures) in story.figures() {
        let failed = figures.failures.len();
        assert_eq!(failed, 0, "{trouble}: {:?}", figures.failures.first());
    }
}

#[test]
fn a_node_is_a_process_that_misbehaves_as_told() {
    if node::is_asked_for() {
        return node::serve();
    }
    let mut cluster = cluster(2);
    let addr = cluster.nodes()[1].addr();
    let path = url_path(3, "v1.0.7", Kind::Zip);
    let good = http::get(&format!("http://{addr}{path}")).whole();
    assert!(is_right(3, "v1.0.7", Kind::Zip, &good));
    let (owners, shares) = cluster.take_owners();
    assert_eq!((owners, shares), ([(3, 1)].into(), vec![0, 1]));
    let mut node = Node::start(program, ([127, 0, 0, 9], addr.port()).into()).unwrap();
    let path = format!("http://{}{path}", node.addr());
    for (manner, status) in [
        (Manner::Status(500), 500),
        (Manner::Html, 200),
        (Manner::Garbage, 200),
    ] {
        node.be(manner);
        let reply = http::get(&path);
        assert_eq!(reply.status, status);
        assert!(!is_right(3, "v1.0.7", Kind::Zip, &reply.body));
    }
    node.be(Manner::Breaks);
    assert_ne!(http::get(&path).ended, http::Ended::Complete);
    assert_eq!(node.take_asked().len(), 4);
    node.kill9();
    assert!(http::Request::get(&path).send().is_err());
}
