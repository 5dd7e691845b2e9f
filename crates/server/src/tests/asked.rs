//! What the screens of the window ask, as it goes over the wire.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Instance, small};

impl Instance {
    /// What a call answers.
    #[track_caller]
    pub(super) fn call(&self, name: &str, request: &Value) -> Value {
        let (status, answer) = self.try_call(name, request);
        assert_eq!(status, 200, "{name}: {answer}");
        answer
    }

    pub(super) fn try_call(&self, name: &str, request: &Value) -> (u16, Value) {
        let asked = self.control("POST", &format!("/-/call/{name}"));
        let reply = asked.body(request.to_string()).send().unwrap();
        let answer = serde_json::from_slice(&reply.body).unwrap();
        (reply.status, answer)
    }

    /// Starts a job; its number.
    #[track_caller]
    pub(super) fn job(&self, name: &str, request: &Value) -> u64 {
        let asked = self.control("POST", &format!("/-/job/{name}"));
        let reply = asked.body(request.to_string()).send().unwrap();
        assert_eq!(reply.status, 200, "{name}: {}", reply.text());
        reply.text().trim().parse().unwrap()
    }

    /// The state of a job at its end.
    #[track_caller]
    pub(super) fn ended(&self, job: u64) -> Value {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let reply = self.control("GET", &format!("/-/jobs/{job}"));
            let reply = reply.send().unwrap();
            let state: Value = serde_json::from_slice(&reply.body).unwrap();
            if !state["end"].is_null() {
                return state;
            }
            assert!(Instant::now() < until, "it never ends: {state}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What a job ends with.
    #[track_caller]
    pub(super) fn done(&self, name: &str, request: &Value) -> Value {
        let state = self.ended(self.job(name, request));
        assert!(state["end"]["Err"].is_null(), "{name}: {state}");
        state["end"]["Ok"].clone()
    }
}

#[test]
fn the_doctor_tells_of_each_check_when_it_ends() {
    let larder = Instance::start();
    let state = larder.ended(larder.job("doctor", &json!({"caller": {"variables": {}}})));
    let (progress, end) = (&state["progress"], &state["end"]["Ok"]);
    assert_eq!(progress["done"], progress["total"], "{state}");
    assert!(progress["total"].as_u64().unwrap() >= 14, "{state}");
    assert_eq!(state["partial"], *end, "the last of it is the whole");
    let checks: Vec<&str> = end["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["check"].as_str().unwrap())
        .collect();
    for check in ["instance", "port", "upstream", "disk", "settings"] {
        assert!(checks.contains(&check), "{check}: {checks:?}");
    }
    assert_eq!(checks[0], "instance", "in the order of the checks");
}

#[test]
fn projects_are_told_as_they_were_last_looked_at() {
    let larder = Instance::start();
    larder.proxy.add(&small());
    let folder = larder.home.path().join("work/shop");
    std::fs::create_dir_all(&folder).unwrap();
    let (status, refused) = larder.try_call("project-facts", &json!({"folder": folder}));
    assert_eq!(status, 400, "{refused}");
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("there is no go.mod"),
        "{refused}"
    );
    let go_mod = "module example.com/shop\n\ngo 1.16\n\nrequire example.com/Hello v1.2.3\n";
    std::fs::write(folder.join("go.mod"), go_mod).unwrap();
    let subject = json!({"project": folder});
    let facts = larder.call("project-facts", &json!({"folder": folder}));
    assert_eq!(
        facts,
        json!({"subject": subject, "name": "shop", "modules": 1, "needs": 0, "is_known": false, "watched": false})
    );
    let subjects = json!({"subjects": [subject]});
    larder.done("ready", &subjects);
    assert_eq!(
        larder.call("projects", &json!({})),
        json!([]),
        "it was never stocked"
    );
    larder.done("stock", &subjects);
    let known = larder.call("projects", &json!({}));
    assert_eq!(known[0]["name"], "shop");
    assert_eq!(known[0]["subject"], subject);
    assert_eq!(known[0]["ready"], known[0]["total"], "{known}");
    assert_eq!(known[0]["lacks"], json!([]));
    larder.done("cache-clear", &json!({}));
    let before = larder.call("projects", &json!({}));
    assert_eq!(before, known, "nobody has looked");
    larder.done("ready", &subjects);
    let after = larder.call("projects", &json!({}));
    assert_eq!(after[0]["ready"], 0, "{after}");
    assert!(
        after[0]["lacks"][0]["what"]
            .as_str()
            .unwrap()
            .contains("example.com/Hello"),
        "{after}"
    );
    assert!(after[0]["at"].as_str() > known[0]["at"].as_str());
}
