//! The cache by module, as the window asks: what is kept, removed and taken back, and what a quota would cost.

use serde_json::{Value, json};
use test_support::Module;

use super::Instance;

/// An instance that keeps two versions of one module, and one of another.
fn filled() -> Instance {
    let larder = Instance::start();
    for (path, version) in [
        ("example.com/a", "v1.0.0"),
        ("example.com/a", "v1.1.0"),
        ("example.com/b", "v0.1.0"),
    ] {
        larder.proxy.add(&Module::simple(path, version));
        for kind in ["info", "mod", "zip"] {
            larder.cached(&format!("/{path}/@v/{version}.{kind}"));
        }
    }
    larder
}

fn modules(larder: &Instance, text: &Value) -> Vec<Value> {
    let kept = larder.call("cache-modules", &json!({"text": text}));
    kept["modules"].as_array().unwrap().clone()
}

#[test]
fn what_is_kept_is_told_by_module_and_by_version() {
    let larder = filled();
    larder.call("pin", &json!({"patterns": ["example.com/b"]}));
    let all = larder.call("cache-modules", &json!({}));
    let [a, b] = all["modules"].as_array().unwrap().as_slice() else {
        panic!("{all}")
    };
    assert_eq!(
        (&a["module"], &a["versions"]),
        (&json!("example.com/a"), &json!(2))
    );
    assert_eq!((&a["pinned"], &b["pinned"]), (&json!(false), &json!(true)));
    assert_eq!(a["trees"].as_array().unwrap().len(), 1);
    let at = |moment: &Value| moment.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(at(&all["oldest"]) <= at(&a["kept_at"]), "{all}");
    assert_eq!(modules(&larder, &json!("COM/B")).len(), 1);
    assert_eq!(modules(&larder, &json!("nowhere")).len(), 0);

    let versions = larder.call("cache-versions", &json!({"module": "example.com/a"}));
    assert_eq!(
        versions[0]["version"], "v1.1.0",
        "the newest first: {versions}"
    );
    let bytes = versions[0]["bytes"].as_u64().unwrap() + versions[1]["bytes"].as_u64().unwrap();
    assert_eq!(a["bytes"], bytes);
    assert_eq!(versions[0]["needed_by"], json!([]));
}

#[test]
fn what_is_removed_can_be_taken_back_once() {
    let larder = filled();
    let before = larder.call("cache-modules", &json!({}));
    let items = json!({"items": [
        {"module": "example.com/a", "version": null},
        {"module": "example.com/b", "version": "v0.1.0"},
    ]});
    let removed = larder.call("cache-remove", &items);
    assert_eq!(removed["versions"], 3, "{removed}");
    assert!(modules(&larder, &Value::Null).is_empty());
    let asked = larder.proxy.count("/example.com/b/@v/v0.1.0.zip");
    let restored = larder.call("cache-undo", &json!({"undo": removed["undo"]}));
    assert_eq!(restored["versions"], 3);
    let after = larder.call("cache-modules", &json!({}));
    assert_eq!(sizes(&after), sizes(&before));
    larder.cached("/example.com/b/@v/v0.1.0.zip");
    assert_eq!(larder.proxy.count("/example.com/b/@v/v0.1.0.zip"), asked);
    let (status, again) = larder.try_call("cache-undo", &json!({"undo": removed["undo"]}));
    assert_eq!((status, &again["code"]), (404, &json!("not-found")));
    let nothing = json!({"items": [{"module": "example.com/none", "version": null}]});
    assert_eq!(larder.call("cache-remove", &nothing)["undo"], Value::Null);
}

fn sizes(all: &Value) -> Vec<(Value, Value, Value)> {
    let modules = all["modules"].as_array().unwrap().iter();
    modules
        .map(|it| {
            (
                it["module"].clone(),
                it["versions"].clone(),
                it["bytes"].clone(),
            )
        })
        .collect()
}

#[test]
fn what_is_removed_is_not_served_from_memory() {
    let larder = filled();
    let path = "/example.com/b/@v/v0.1.0.mod";
    let before = larder.proxy.count(path);
    larder.cached(path);
    assert_eq!(larder.proxy.count(path), before);
    larder.call(
        "cache-remove",
        &json!({"items": [{"module": "example.com/b", "version": null}]}),
    );
    let reply = larder.get(path).send().unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(
        larder.proxy.count(path),
        before + 1,
        "it was asked for anew"
    );
}

#[test]
fn what_must_stay_is_refused_with_the_reason() {
    let larder = filled();
    larder.call("pin", &json!({"patterns": ["example.com/a@v1.0.0"]}));
    let items = json!({"items": [
        {"module": "example.com/b", "version": null},
        {"module": "example.com/a", "version": null},
    ]});
    let (status, refused) = larder.try_call("cache-remove", &items);
    assert_eq!(status, 400);
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.contains("example.com/a@v1.0.0 is pinned"),
        "{message}"
    );
    assert_eq!(
        modules(&larder, &Value::Null).len(),
        2,
        "nothing was removed"
    );
    let bad = json!({"items": [{"module": "no path", "version": null}]});
    assert_eq!(larder.try_call("cache-remove", &bad).0, 400);
}

#[test]
fn what_a_quota_would_cost_is_told_before() {
    let larder = filled();
    let all = larder.call("quota-preview", &json!({"quota": "unlimited"}));
    assert_eq!(
        all,
        json!({"ok": true, "why_not": null, "versions": 0, "bytes": 0})
    );
    let large = Module::simple("example.com/large", "v1.0.0").bulk("data.bin", 2_000_000);
    larder.proxy.add(&large);
    larder.cached("/example.com/large/@v/v1.0.0.zip");
    larder.call("pin", &json!({"patterns": ["example.com/large"]}));
    let bad = larder.call("quota-preview", &json!({"quota": "much"}));
    assert_eq!(bad["ok"], false);
    assert!(bad["why_not"].as_str().unwrap().contains("much"), "{bad}");
    let below = larder.call("quota-preview", &json!({"quota": "1 MB"}));
    assert_eq!(below["ok"], false);
    let why = below["why_not"].as_str().unwrap();
    assert!(why.contains("less than what must stay"), "{below}");
}
