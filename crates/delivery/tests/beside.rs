//! A canary fails no request, a mirror costs none, and neither ever hears of a private path.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::{Engine, chain, verifying};
use delivery::{AlarmKind, Beside, Elsewhere, MirrorReport, Profile, Routes, Rule, Share};
use go_module::{Patterns, ProxyList};
use test_support::{Behaviour, DeadAddress, FakeDatabase, FakeProxy, Gate, Module};
use upstream::{Chain, ChainParts, Deadlines, HttpClients};

const KINDS: [&str; 6] = [
    "@v/list",
    "@latest",
    "@v/main.info",
    "@v/v1.0.0.info",
    "@v/v1.0.0.mod",
    "@v/v1.0.0.zip",
];

/// An upstream beside the others, for all modules.
fn beside(url: &str) -> Option<Beside> {
    share_of(url, 100.0)
}

fn share_of(url: &str, percent: f64) -> Option<Beside> {
    Some(Beside {
        upstream: chain(url).upstreams().next().unwrap().clone(),
        share: Share::of_percent(percent).unwrap(),
    })
}

fn with_module(path: &str) -> Module {
    Module::simple(path, "v1.0.0")
}

/// A proxy that has this module.
async fn proxy_of(path: &str) -> FakeProxy {
    let proxy = FakeProxy::start().await;
    proxy.add(&with_module(path));
    proxy.set_query(path, "main", "v1.0.0");
    proxy
}

async fn ask_all(engine: &Engine, path: &str) {
    for kind in KINDS {
        engine.whole(&format!("{path}/{kind}")).await;
    }
}

/// Waits until the mirror was heard of so many answers.
async fn heard(engine: &Engine, count: u64) -> MirrorReport {
    for _ in 0..1000 {
        let report = engine.delivery.mirrors().into_iter().next();
        if let Some(report) = report
            && report.same + report.different + report.failed + report.left_out >= count
        {
            return report;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", engine.delivery.mirrors());
}

#[tokio::test]
async fn whatever_befalls_the_canary_every_request_is_answered() {
    let (path, proxy) = ("example.com/m", proxy_of("example.com/m").await);
    let database = FakeDatabase::start("sums.example.com").await;
    database.add_module(&with_module(path));
    database.publish();
    proxy.offer(&database);
    let other = Module::simple(path, "v1.0.0").file("other.go", "package other\n");
    let faults = [
        ("404", Some(Behaviour::status(404, "no such module"))),
        ("410", Some(Behaviour::status(410, "gone"))),
        ("401", Some(Behaviour::status(401, "who are you"))),
        ("500", Some(Behaviour::status(500, "broken"))),
        ("a page", Some(Behaviour::html())),
        ("a reset", Some(Behaviour::reset_before_head())),
        ("half", Some(Behaviour::normal().truncate_after(20))),
        ("damage", Some(Behaviour::normal().corrupt(30))),
        ("another module", Some(Behaviour::normal())),
        ("silence", Some(Behaviour::normal().gate(&Gate::new()))),
        ("nobody there", None),
    ];
    for (name, fault) in faults {
        let canary = FakeProxy::start().await;
        let honest = with_module(path);
        canary.add(if name == "another module" {
            &other
        } else {
            &honest
        });
        match fault {
            Some(fault) => canary.otherwise(vec![fault]),
            None => canary.stop(),
        }
        let profile = verifying(&proxy.url(), &database).with_canary(beside(&canary.url()));
        let engine = Engine::of(profile).await;
        for kind in KINDS {
            let got = engine.get(&format!("{path}/{kind}")).await;
            let got = got.unwrap_or_else(|error| panic!("{kind} with {name}: {error}"));
            assert!(got.broken.is_none(), "{kind} with {name}: {:?}", got.broken);
            if kind.ends_with("zip") {
                assert_eq!(got.bytes, with_module(path).zip(), "{name}");
            }
        }
        assert!(
            name == "nobody there" || !canary.paths().is_empty(),
            "{name}"
        );
        engine.end().await;
    }
}

#[tokio::test]
async fn a_canary_whose_zip_is_another_is_told_of_and_passed_over() {
    let path = "example.com/m";
    let (proxy, canary) = (proxy_of(path).await, FakeProxy::start().await);
    let database = FakeDatabase::start("sums.example.com").await;
    database.add_module(&with_module(path));
    database.publish();
    proxy.offer(&database);
    canary.add(&Module::simple(path, "v1.0.0").file("other.go", "package other\n"));
    let profile = verifying(&proxy.url(), &database).with_canary(beside(&canary.url()));
    let mut engine = Engine::of(profile).await;
    let got = engine.whole("example.com/m/@v/v1.0.0.zip").await;
    assert_eq!(got, with_module(path).zip());
    let alarm = engine.alarms.recv().await.unwrap();
    assert_eq!(alarm.kind, AlarmKind::Mismatch);
    let event = engine.event().await;
    let said: Vec<String> = event.steps.iter().map(|step| step.said.clone()).collect();
    assert_eq!(
        event.upstream.as_deref(),
        Some(proxy.addr().to_string()).as_deref(),
        "{said:?}"
    );
    let rule = event.rule().said;
    let first = format!("everything → the canary {} first, then", canary.addr());
    assert!(rule.starts_with(&first), "{rule}");
    engine.end().await;
}

#[tokio::test]
async fn a_canary_has_its_share_and_always_the_same_modules_and_a_realm_of_its_own() {
    let (proxy, canary) = (FakeProxy::start().await, FakeProxy::start().await);
    let paths: Vec<String> = (0..60).map(|n| format!("example.com/m{n}")).collect();
    for path in &paths {
        proxy.add(&with_module(path));
        canary.add(&with_module(path));
    }
    let profile = || {
        let routes = Routes::all_to(chain(&proxy.url()));
        Profile::new("test", routes, None).with_canary(share_of(&canary.url(), 30.0))
    };
    let mut engine = Engine::of(profile()).await;
    let mut tried: Vec<BTreeSet<String>> = Vec::new();
    for _ in 0..2 {
        for path in &paths {
            engine.whole(&format!("{path}/@v/list")).await;
            engine.whole(&format!("{path}/@v/v1.0.0.mod")).await;
        }
        let module = |path: String| path.split("/@").next().unwrap().to_owned();
        tried.push(canary.paths().into_iter().map(module).collect());
        let of_proxy: BTreeSet<String> = proxy.paths().into_iter().map(module).collect();
        assert!(tried[0].is_disjoint(&of_proxy), "each module goes one way");
        engine = engine.restart_with(profile()).await;
        engine.delivery.forget();
    }
    assert_eq!(tried[0], tried[1]);
    assert!(
        (5..=35).contains(&tried[0].len()),
        "{} of 60",
        tried[0].len()
    );
    let realm = profile().canary().unwrap().upstream.id().to_owned();
    let kept = engine.files();
    let in_realm = kept
        .iter()
        .filter(|file| file.starts_with(&format!("realms/{realm}/")));
    let in_realm = in_realm.filter(|file| file.ends_with(".mod")).count();
    assert_eq!(in_realm, tried[0].len(), "{kept:?}");
    engine.end().await;
}

#[tokio::test]
async fn a_canary_that_was_out_of_order_rests() {
    let (path, canary) = ("example.com/m", DeadAddress::new());
    let proxy = proxy_of(path).await;
    let routes = Routes::all_to(chain(&proxy.url()));
    let profile = Profile::new("test", routes, None).with_canary(beside(&canary.url()));
    let mut engine = Engine::of(profile).await;
    let mut asked = Vec::new();
    for kind in ["info", "mod"] {
        engine.whole(&format!("{path}/@v/v1.0.0.{kind}")).await;
        let steps = engine.event().await.steps;
        asked.push(
            steps
                .iter()
                .any(|step| step.upstream.as_deref() == Some(canary.addr().to_string().as_str())),
        );
    }
    assert_eq!(asked, [true, false]);
    engine.end().await;
}

#[tokio::test]
async fn a_mirror_is_asked_what_was_answered_and_differences_are_told() {
    let path = "example.com/m";
    let (proxy, mirror) = (proxy_of(path).await, proxy_of(path).await);
    let routes = Routes::all_to(chain(&proxy.url()));
    let profile = Profile::new("test", routes, None).with_mirror(beside(&mirror.url()));
    let engine = Engine::of(profile).await;
    let mut news = engine.delivery.mirror_news();
    ask_all(&engine, path).await;
    let report = heard(&engine, 6).await;
    assert_eq!(
        (report.same, report.different, report.failed),
        (6, 0, 0),
        "{report:?}"
    );
    assert!(!news.has_changed().unwrap());

    // What is kept is no question to an upstream.
    ask_all(&engine, path).await;
    let two = "example.com/two";
    proxy.add(&with_module(two));
    mirror.add(&Module::simple(two, "v1.0.0").file("other.go", "package other\n"));
    mirror.set_list(two, "v1.0.0\nv1.1.0\n");
    engine.whole(&format!("{two}/@v/list")).await;
    engine.whole(&format!("{two}/@v/v1.0.0.zip")).await;
    let _ = engine.get("example.com/none/@v/list").await.unwrap_err();
    mirror.add(&with_module("example.com/three"));
    let _ = engine
        .get("example.com/three/@v/v1.0.0.mod")
        .await
        .unwrap_err();
    mirror.on(
        "/example.com/four/@v/list",
        vec![Behaviour::status(500, "broken")],
    );
    proxy.add(&with_module("example.com/four"));
    engine.whole("example.com/four/@v/list").await;
    news.changed().await.unwrap();
    // With its zip, the version's other files came along.
    let report = heard(&engine, 13).await;
    let mut differences: Vec<&str> = report
        .differences
        .iter()
        .map(|it| it.request.as_str())
        .collect();
    differences.sort_unstable();
    assert_eq!(
        differences,
        [
            "example.com/three/@v/v1.0.0.mod",
            "example.com/two/@v/list",
            "example.com/two/@v/v1.0.0.zip"
        ],
        "{report:?}"
    );
    let three = report
        .differences
        .iter()
        .find(|it| it.request.contains("three"))
        .unwrap();
    assert_eq!(three.said, "not there (404)");
    assert_eq!(report.failed, 1, "{report:?}");
    assert!(
        report.last_failure.as_ref().unwrap().contains("500"),
        "{report:?}"
    );
    engine.end().await;
}

#[tokio::test]
async fn a_mirror_that_hangs_holds_nobody_up_and_is_left_out_when_it_is_behind() {
    let (proxy, mirror) = (FakeProxy::start().await, FakeProxy::start().await);
    let gate = Gate::new();
    mirror.otherwise(vec![Behaviour::normal().gate(&gate)]);
    let paths: Vec<String> = (0..400).map(|n| format!("example.com/m{n}")).collect();
    for path in &paths {
        proxy.add(&with_module(path));
    }
    let routes = Routes::all_to(chain(&proxy.url()));
    let limits = Deadlines {
        first_byte: Duration::from_secs(600),
        ..Deadlines::default()
    };
    let patient = ChainParts::new(HttpClients::new(&limits), limits, "test");
    let list = ProxyList::parse(&mirror.url()).unwrap();
    let list = Chain::build(&list, &patient).unwrap();
    let hangs = Beside {
        upstream: list.upstreams().next().unwrap().clone(),
        share: Share::ALL,
    };
    let profile = Profile::new("test", routes, None).with_mirror(Some(hangs));
    let engine = Engine::of(profile).await;
    for path in &paths {
        assert_eq!(engine.whole(&format!("{path}/@v/list")).await, b"v1.0.0\n");
    }
    // Four are asked, 256 wait, and one may be on its way from the queue.
    let report = heard(&engine, 100).await;
    assert!((136..=144).contains(&report.left_out), "{report:?}");
    assert!(mirror.requests().len() <= 4, "{}", mirror.requests().len());
    engine.end().await;
}

const PRIVATE: &str = "corp.example/secret";
const ELSEWHERE: &str = "other.example/secret";
const RULED: &str = "ruled.example/secret";

#[tokio::test]
async fn neither_hears_of_what_is_private_or_has_a_rule() {
    let (own, proxy) = (FakeProxy::start().await, FakeProxy::start().await);
    let (canary, mirror) = (FakeProxy::start().await, FakeProxy::start().await);
    for path in [PRIVATE, ELSEWHERE, RULED, "open.example/m"] {
        for fake in [&own, &proxy, &canary, &mirror] {
            fake.add(&with_module(path));
            fake.set_query(path, "main", "v1.0.0");
        }
    }
    let rule = |patterns: &str, private| Rule {
        patterns: Patterns::parse(patterns),
        private,
        chain: chain(&own.url()),
    };
    let routes = |places: bool| Routes {
        private: Patterns::parse("corp.example"),
        private_elsewhere: vec![Elsewhere {
            profile: "other".to_owned(),
            patterns: Patterns::parse("other.example"),
        }],
        private_chain: places.then(|| chain(&own.url())),
        rules: vec![rule("ruled.example", false)],
        ..Routes::all_to(chain(&proxy.url()))
    };
    for (places, fault) in [
        (true, None),
        (false, None),
        (true, Some(404)),
        (true, Some(503)),
    ] {
        own.clear_behaviours();
        if let Some(status) = fault {
            own.otherwise(vec![Behaviour::status(status, "no")]);
        }
        let profile = Profile::new("test", routes(places), None)
            .with_canary(beside(&canary.url()))
            .with_mirror(beside(&mirror.url()));
        let engine = Engine::of(profile).await;
        for path in [PRIVATE, ELSEWHERE, RULED] {
            for kind in KINDS {
                let _ = engine.get(&format!("{path}/{kind}")).await;
            }
        }
        ask_all(&engine, "open.example/m").await;
        heard(&engine, 6).await;
        engine.end().await;
    }
    for fake in [&canary, &mirror] {
        let paths = fake.paths();
        assert!(paths.iter().any(|path| path.contains("open.example")));
        assert!(
            !paths.iter().any(|path| path.contains("secret")),
            "{paths:?}"
        );
    }
    assert!(own.paths().iter().any(|path| path.contains("secret")));
}
