//! The state that tray and window show, of the real program: trouble that comes and goes, and changes by the command line
//! that reach who follows.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::http::{Connection, Request};
use test_support::{Larder, TempHome, http};

use crate::pool::Pool;
use crate::{bin, larder, profile, proxy, until};

/// A request to the control API of the instance of this home.
fn control(home: &TempHome, method: &str, path: &str) -> (u16, Request) {
    let instance = fs::read(home.larder_home().join("run/instance.json")).unwrap();
    let instance: Value = serde_json::from_slice(&instance).unwrap();
    let port = u16::try_from(instance["port"].as_u64().unwrap()).unwrap();
    let token = fs::read_to_string(home.larder_home().join("data/token.control")).unwrap();
    let url = format!("http://127.0.0.1:{port}{path}");
    let request = Request::new(method, &url)
        .header("Authorization", &format!("Bearer {}", token.trim()))
        .header("Content-Type", "application/json");
    (port, request)
}

#[track_caller]
fn call(home: &TempHome, name: &str) -> Value {
    let (_, request) = control(home, "POST", &format!("/-/call/{name}"));
    let reply = request.body("{}").send().unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn a_pool_serves_while_it_has_a_healthy_node_and_is_in_trouble_without() {
    let pool = Pool::new();
    pool.set();
    let running = profile::serve(&pool.home);
    pool.ask_all(&running);
    let seen = || {
        let (state, overview) = (call(&pool.home, "state"), call(&pool.home, "overview"));
        let rows = overview["attention"].as_array().unwrap().clone();
        let node = rows.into_iter().find(|row| row["kind"] == "node");
        let mark = overview["upstreams"][0]["mark"].clone();
        (state, node, mark)
    };
    let (state, node, mark) = seen();
    assert_eq!(
        (&state["mood"], node, mark),
        (&"serving".into(), None, "ok".into())
    );
    let [one, two] = pool.names();
    larder(&pool.home, &["node", "eject", &one]).success();
    let (state, node, mark) = seen();
    assert_eq!((&state["mood"], mark), (&"serving".into(), "look".into()));
    let node = node.unwrap();
    assert!(
        node["what"]
            .as_str()
            .unwrap()
            .contains("1 of 2 nodes answers"),
        "{node}"
    );
    assert_eq!(node["mend"]["text"], format!("larder node restore {one}"));
    larder(&pool.home, &["node", "eject", &two]).success();
    let (state, ..) = seen();
    assert_eq!(state["mood"], "degraded", "{state}");
    assert_eq!(
        state["degraded"]["reason"],
        "has no node that answers, of 2"
    );
    for name in [&one, &two] {
        larder(&pool.home, &["node", "restore", name]).success();
    }
    assert_eq!(seen().0["mood"], "serving");
}

#[test]
fn trouble_with_one_of_two_upstreams_is_shown_and_its_end_is_noticed() {
    let (home, first, second) = (TempHome::new(), proxy(), proxy());
    let list = format!("{}|{}", first.url(), second.url());
    let serving = Larder::start(
        bin(),
        &home,
        &["--port", "0", "--upstreams", &list, "--sumdb", "off"],
    );
    let get = |path: &str| http::get(&format!("{}/{path}", serving.goproxy())).status;
    assert_eq!(get("example.com/hello/@v/list"), 200);
    assert_eq!(call(&home, "state")["mood"], "serving");

    first.stop();
    assert_eq!(get("example.com/other/@v/list"), 200, "from the second");
    let state = call(&home, "state");
    assert_eq!(state["mood"], "degraded", "{state}");
    assert_eq!(state["degraded"]["reason"], "does not answer");
    let status = state["status"].as_str().unwrap();
    assert!(
        status.starts_with("Degraded · 127.0.0.1:") && status.ends_with(" does not answer"),
        "{status}"
    );
    let overview = call(&home, "overview");
    let marks: Vec<&Value> = overview["upstreams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|upstream| &upstream["mark"])
        .collect();
    assert_eq!(marks, ["gone", "ok"], "{overview}");
    assert_eq!(overview["upstreams"][1]["after"], "failure");
    let kinds: Vec<&Value> = overview["attention"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["kind"])
        .collect();
    assert!(kinds.contains(&&Value::from("upstream")), "{overview}");

    first.restart();
    until("the end of it is noticed by itself", || {
        call(&home, "state")["mood"] == "serving"
    });
}

#[test]
fn what_the_command_line_changes_reaches_who_follows_at_once() {
    let (home, upstream) = (TempHome::new(), proxy());
    let serving = crate::serve(&home, &upstream);
    let (port, follow) = control(&home, "GET", "/-/feed/changes/follow");
    let mut connection = Connection::open(([127, 0, 0, 1], port).into()).unwrap();
    connection.send(&follow).unwrap();
    connection.head().unwrap();
    let mut line = || {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') || !line.starts_with(b"{") {
            if line.last() == Some(&b'\n') {
                line.clear();
            }
            line.extend(connection.read(1).unwrap());
        }
        serde_json::from_slice::<Value>(&line).unwrap()
    };
    assert_eq!(line()["topics"].as_array().unwrap().len(), 11);
    // Dropped at its end, the child has told before it ended.
    serving.run(&["pause"]).success();
    let ended = Instant::now();
    let topics = line()["topics"].clone();
    assert!(
        topics.as_array().unwrap().contains(&Value::from("go-env")),
        "{topics}"
    );
    let after = ended.elapsed();
    assert!(after < Duration::from_millis(100), "{after:?}");
    assert_eq!(call(&home, "state")["mood"], "paused");
}
