//! The control API as it goes over the wire.

use std::time::Duration;

use app::{Code, Failure};
use serde_json::{Value, json};
use test_support::http::{Connection, Reply};

use super::{Instance, small};
use crate::deadlines::Deadlines;

fn value(reply: &Reply) -> Value {
    assert_eq!(reply.header("Content-Type"), Some("application/json"));
    serde_json::from_slice(&reply.body).unwrap()
}

fn failure(reply: &Reply) -> Failure {
    serde_json::from_value(value(reply)).unwrap()
}

/// The next chunk of a stream of lines.
fn chunk(connection: &mut Connection) -> String {
    let mut length = String::new();
    while !length.ends_with("\r\n") {
        length.push(connection.read(1).unwrap()[0].into());
    }
    let length = usize::from_str_radix(length.trim_end(), 16).unwrap();
    let chunk = connection.read(length + 2).unwrap();
    String::from_utf8(chunk[..length].to_vec()).unwrap()
}

#[test]
fn a_call_is_json_in_and_json_out() {
    let larder = Instance::start();
    for body in ["{}", ""] {
        let reply = larder
            .control("POST", "/-/call/status")
            .body(body)
            .send()
            .unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("X-Larder-Version"), Some(app::VERSION));
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
        let status = value(&reply);
        assert_eq!(status["pid"], std::process::id());
        assert_eq!(
            status["address"],
            format!("http://127.0.0.1:{}", larder.port)
        );
    }
    let reply = larder.control("GET", "/-/instance").send().unwrap();
    assert_eq!(value(&reply)["name"], "larder");
}

#[test]
fn what_goes_wrong_is_code_message_and_hints() {
    let larder = Instance::start();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for (method, path, body, status, code) in [
        ("POST", "/-/call/none", "{}", 400, Code::Protocol),
        ("POST", "/-/job/none", "{}", 400, Code::Protocol),
        ("POST", "/-/call/status", "{", 400, Code::Protocol),
        ("POST", "/-/call/status", deep.as_str(), 400, Code::Protocol),
        (
            "POST",
            "/-/call/cache-list",
            "{\"pattern\":3}",
            400,
            Code::Protocol,
        ),
        (
            "POST",
            "/-/call/cache-list",
            "{\"pattern\":\"[\"}",
            400,
            Code::BadInput,
        ),
        ("GET", "/-/call/status", "", 400, Code::Protocol),
        ("GET", "/-/", "", 400, Code::Protocol),
        ("GET", "/-/none", "", 400, Code::Protocol),
        ("GET", "/-/jobs/99", "", 404, Code::NotFound),
        ("GET", "/-/jobs/99/watch", "", 404, Code::NotFound),
        ("DELETE", "/-/jobs/99", "", 404, Code::NotFound),
        ("GET", "/-/jobs/x", "", 400, Code::Protocol),
        ("GET", "/-/feed/activity?after=x", "", 400, Code::Protocol),
        ("GET", "/-/feed/activity?limit=-1", "", 400, Code::Protocol),
    ] {
        let reply = larder.control(method, path).body(body).send().unwrap();
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text());
        let failure = failure(&reply);
        assert_eq!(failure.code, code, "{method} {path}");
        assert!(!failure.message.is_empty());
    }
}

#[test]
fn a_large_or_slow_request_is_refused() {
    let deadlines = Deadlines {
        control_body: Duration::from_millis(300),
        ..Deadlines::default()
    };
    let larder = Instance::with(deadlines, "off");
    let large = larder
        .control("POST", "/-/call/status")
        .body(vec![b' '; 3 << 20]);
    match large.send() {
        Ok(reply) => assert_eq!(failure(&reply).code, Code::Protocol),
        // It need not be read to its end.
        Err(error) => assert_ne!(error.kind(), std::io::ErrorKind::TimedOut, "{error}"),
    }
    let mut slow = larder.connect();
    let head = larder
        .control("POST", "/-/call/status")
        .header("Content-Length", "10");
    slow.send(&head).unwrap();
    let reply = slow.reply("POST").unwrap();
    assert!(
        failure(&reply).message.contains("did not end"),
        "{}",
        reply.text()
    );
}

#[test]
fn a_job_is_started_seen_and_watched() {
    let larder = Instance::start();
    larder.proxy.add(&small());
    larder.cached("/example.com/!hello/@v/v1.2.3.mod");
    let reply = larder
        .control("POST", "/-/job/cache-verify")
        .body("{\"repair\":false}")
        .send()
        .unwrap();
    let id = value(&reply).as_u64().unwrap();
    let reply = larder
        .control("GET", &format!("/-/jobs/{id}/watch"))
        .send()
        .unwrap();
    let states: Vec<Value> = reply
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        states
            .iter()
            .all(|state| state["id"] == id && state["name"] == "cache-verify")
    );
    let (last, before) = states.split_last().unwrap();
    assert!(before.iter().all(|state| state["end"].is_null()));
    assert_eq!(last["end"]["Ok"]["damaged"], json!([]));
    let state = larder
        .control("GET", &format!("/-/jobs/{id}"))
        .send()
        .unwrap();
    assert_eq!(&value(&state), last);
}

#[test]
fn what_changes_is_followed_from_the_first_line_on() {
    let larder = Instance::start();
    let mut follower = larder.connect();
    follower
        .send(&larder.control("GET", "/-/feed/changes/follow"))
        .unwrap();
    follower.head().unwrap();
    let change = |line: &str| serde_json::from_str::<app::Change>(line).unwrap();
    let first = change(chunk(&mut follower).trim_end());
    assert_eq!(first.topics, app::Topic::ALL, "who comes anew asks for all");

    let reply = larder
        .control("POST", "/-/call/offline")
        .body("{\"mode\":\"on\"}");
    let asked = std::time::Instant::now();
    assert_eq!(reply.send().unwrap().status, 200);
    let mut topics = Vec::new();
    let mut last = first.seq;
    while !(topics.contains(&app::Topic::State) && topics.contains(&app::Topic::Settings)) {
        for line in chunk(&mut follower).lines() {
            let change = change(line);
            assert!(change.seq > last);
            last = change.seq;
            topics.extend(change.topics);
        }
    }
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?} on a busy machine");

    let mut later = larder.connect();
    let path = format!("/-/feed/changes/follow?after={}", first.seq);
    later.send(&larder.control("GET", &path)).unwrap();
    later.head().unwrap();
    let missed = change(chunk(&mut later).trim_end());
    assert!(missed.topics.contains(&app::Topic::Settings), "{missed:?}");
    assert!(!missed.topics.contains(&app::Topic::Notices), "{missed:?}");
    let reply = larder
        .control("GET", "/-/feed/changes/follow?after=x")
        .send()
        .unwrap();
    assert_eq!(failure(&reply).code, Code::Protocol);
}

#[test]
fn the_log_is_paged_and_followed() {
    let deadlines = Deadlines {
        sign_of_life: Duration::from_secs(1),
        ..Deadlines::default()
    };
    let larder = Instance::with(deadlines, "off");
    let mut follower = larder.connect();
    follower
        .send(&larder.control("GET", "/-/feed/activity/follow"))
        .unwrap();
    follower.head().unwrap();
    assert_eq!(chunk(&mut follower), "\n", "a sign of life");
    for name in ["a", "b", "c"] {
        larder
            .get(&format!("/example.com/{name}/@v/list"))
            .send()
            .unwrap();
    }
    let mut seen: Vec<Value> = Vec::new();
    while seen.len() < 3 {
        let lines = chunk(&mut follower);
        seen.extend(
            lines
                .lines()
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_str::<Value>(line).unwrap()),
        );
    }
    let modules: Vec<&str> = seen
        .iter()
        .map(|item| item["module"].as_str().unwrap())
        .collect();
    assert_eq!(modules, ["example.com/a", "example.com/b", "example.com/c"]);

    let page = |path: &str| -> Vec<Value> {
        let reply = larder.control("GET", path).send().unwrap();
        serde_json::from_value(value(&reply)).unwrap()
    };
    assert_eq!(page("/-/feed/activity"), seen);
    assert_eq!(page("/-/feed/activity?limit=1"), seen[..1]);
    let after = seen[0]["seq"].as_i64().unwrap();
    assert_eq!(
        page(&format!("/-/feed/activity?after={after}&limit=1")),
        seen[1..2]
    );
    assert_eq!(page("/-/feed/activity/last?limit=2"), seen[1..]);
    assert_eq!(page("/-/feed/activity/last?limit=0"), seen[3..]);
}
