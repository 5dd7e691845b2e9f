//! Upstreams and profiles, as the window's forms ask: tested before they are saved, checked as they are typed, saved whole.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::{DeadAddress, FakeProxy};

use super::{Instance, small};

fn row(address: &str) -> Value {
    json!({"address": address, "next": null})
}

/// A draft of a new profile with this chain.
fn draft(larder: &Instance, name: &str, chain: &Value) -> Value {
    let mut draft = larder.call("profile-draft", &json!({}));
    draft["name"] = json!(name);
    draft["chain"] = chain.clone();
    draft["default_chain"] = json!(false);
    draft["checksum_database"] = json!("off");
    draft
}

#[test]
fn what_is_saved_is_in_force_at_once_and_a_rename_changes_nothing_else() {
    let larder = Instance::start();
    let mut draft = draft(
        &larder,
        "company",
        &json!([row("https://proxy.corp.example")]),
    );
    draft["private"] = json!(["corp.example/*"]);
    draft["private_chain"] = json!([row("off")]);
    let checked = larder.call("profile-check", &json!({"draft": draft, "is_new": true}));
    assert_eq!(checked["complaints"], json!([]), "{checked}");
    assert_eq!(checked["goproxy"], "https://proxy.corp.example");
    assert_eq!(checked["safety_net_stands"], false);
    let saved = larder.call("profile-save", &json!({"draft": draft, "was": null}));
    assert_eq!(
        (&saved["is_new"], &saved["changed"]),
        (&json!(true), &json!(true))
    );
    larder.call("use", &json!({"choice": {"named": "company"}}));

    let mut again = larder.call("profile-draft", &json!({"name": "company"}));
    again["name"] = json!("firm");
    again["private"] = json!(["corp.example/*", "example.com/Hello"]);
    let saved = larder.call("profile-save", &json!({"draft": again, "was": "company"}));
    assert_eq!(saved["profile"]["in_force"], true, "{saved}");
    let shown = larder.call("profile-list", &json!({}));
    let names: Vec<&Value> = shown["profiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(names, ["public", "firm"]);
    assert_eq!(shown["choice"]["named"], "firm");
    // It is private by now, and comes from nowhere.
    larder.proxy.add(&small());
    let reply = larder
        .get("/example.com/!hello/@v/v1.2.3.info")
        .send()
        .unwrap();
    assert_eq!(reply.status, 404, "{}", reply.text());
    let asked = larder.proxy.paths();
    assert!(
        !asked.iter().any(|path| path.contains("hello")),
        "{asked:?}"
    );
}

#[test]
fn a_draft_with_a_fault_is_not_saved_at_all() {
    let larder = Instance::start();
    let chain = json!([row("https://a.example"), row("htps://b.example")]);
    let draft = draft(&larder, "company", &chain);
    let checked = larder.call("profile-check", &json!({"draft": draft, "is_new": true}));
    assert_eq!(checked["complaints"][0]["field"], "chain.1.address");
    assert_eq!(
        checked["complaints"][0]["mend"]["value"],
        "https://b.example"
    );
    assert_eq!(checked["goproxy"], "");
    let (status, refused) = larder.try_call("profile-save", &json!({"draft": draft, "was": null}));
    assert_eq!((status, &refused["code"]), (400, &json!("bad-input")));
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .starts_with("chain.1.address: ")
    );
    let (status, _) = larder.try_call("profile-save", &json!({"draft": draft, "was": "nobody"}));
    assert_eq!(status, 404);
    let shown = larder.call("profile-list", &json!({}));
    assert_eq!(shown["profiles"].as_array().unwrap().len(), 1);
}

#[test]
fn what_can_not_be_used_or_leads_out_is_told_at_its_field() {
    let larder = Instance::start();
    let mut draft = draft(
        &larder,
        "company",
        &json!([row("http://me:hunter2@a.example")]),
    );
    draft["extra_ca"] = json!(larder.home.path().join("none.pem"));
    draft["rules"] = json!([
        {"patterns": ["corp.example"], "to": "public", "chain": [], "private": true},
    ]);
    let checked = larder.call("profile-check", &json!({"draft": draft, "is_new": true}));
    let fields: Vec<&str> = checked["complaints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        ["chain.0.address", "extra_ca", "rules.0.to"],
        "{checked}"
    );
    assert!(!checked.to_string().contains("hunter2"), "{checked}");
}

fn tested(larder: &Instance, address: &str) -> Value {
    larder.done(
        "upstream-test",
        &json!({"profile": null, "address": address}),
    )
}

#[test]
fn an_address_is_tested_before_it_is_saved() {
    let larder = Instance::start();
    let other = FakeProxy::start_blocking();
    let found = tested(&larder, &other.url());
    assert_eq!(
        (&found["stage"], &found["reachable"]),
        (&json!("ok"), &json!(true)),
        "{found}"
    );
    assert_eq!(found["authorised"], Value::Null, "it wants nothing");
    assert_eq!(found["addresses"], json!(["127.0.0.1"]));
    assert!(
        found["millis"].is_u64() && found["protocol"] == "HTTP/1.1",
        "{found}"
    );
    for path in other.paths() {
        assert!(
            path == "/" || path.starts_with("/larder.invalid/"),
            "{path}"
        );
    }
    assert_eq!(larder.proxy.paths().len(), 0, "nobody else was asked");

    let closed = DeadAddress::new();
    assert_eq!(tested(&larder, &closed.url())["stage"], "route");
    let nowhere = tested(&larder, "http://nobody.invalid");
    assert_eq!(nowhere["stage"], "name", "{nowhere}");
    assert!(nowhere["hint"].is_string());
    let folder = format!("file://{}", larder.home.path().display());
    assert_eq!(tested(&larder, &folder)["stage"], "ok");
    let folder = format!("file://{}/none", larder.home.path().display());
    assert_eq!(tested(&larder, &folder)["stage"], "route");
    assert_eq!(tested(&larder, "off")["stage"], "ok");
    assert_eq!(tested(&larder, "off")["reachable"], false);
    let itself = tested(&larder, &larder.url("/x"));
    assert_eq!(itself["stage"], "no-proxy", "{itself}");
    let bad =
        larder.ended(larder.job("upstream-test", &json!({"profile": null, "address": "a,b"})));
    assert_eq!(bad["end"]["Err"]["code"], "bad-input");
}

#[test]
fn a_test_of_what_never_answers_can_be_cancelled() {
    let larder = Instance::start();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let job = larder.job(
        "upstream-test",
        &json!({"profile": null, "address": address}),
    );
    std::thread::sleep(Duration::from_millis(200));
    larder
        .control("DELETE", &format!("/-/jobs/{job}"))
        .send()
        .unwrap();
    let state = larder.ended(job);
    assert_eq!(state["end"]["Err"]["code"], "cancelled", "{state}");
}
