//! From the first start to the last: what is remembered, how it ends, what a kill leaves.

use std::thread;
use std::time::{Duration, Instant};

use test_support::{Behaviour, FakeProxy, Gate, Larder, Module, TempHome, http, run};

use crate::{World, bin};

fn big() -> Module {
    Module::simple("example.com/m", "v1.0.0").bulk("data.bin", 400_000)
}

const ZIP: &str = "example.com/m/@v/v1.0.0.zip";

#[test]
fn port_and_token_are_remembered_and_the_cache_outlives_a_restart() {
    let proxy = FakeProxy::start_blocking();
    proxy.add(&big());
    let home = TempHome::new();
    let url = proxy.url();
    let args = ["--upstreams", url.as_str(), "--sumdb", "off"];
    let first = Larder::start(bin(), &home, &args);
    let address = first.goproxy().to_owned();
    http::get(&format!("{address}/{ZIP}")).whole();
    first.terminate();
    proxy.stop();
    let second = Larder::start(bin(), &home, &args);
    assert_eq!(second.goproxy(), address);
    assert_eq!(http::get(&format!("{address}/{ZIP}")).whole(), big().zip());
}

#[test]
fn a_stop_lets_requests_under_way_finish() {
    let world = World::new();
    world.proxy.add(&big());
    let gate = Gate::new();
    world.proxy.on(
        &format!("/{ZIP}"),
        [Behaviour::normal().gate_body(100_000, &gate)],
    );
    let url = world.url(ZIP);
    let reading = thread::spawn(move || http::get(&url).whole());
    gate.wait_arrived(1);
    let stopping = thread::spawn(move || world.larder.terminate());
    thread::sleep(Duration::from_millis(300));
    assert!(!stopping.is_finished(), "a request is under way");
    gate.open();
    assert_eq!(reading.join().unwrap(), big().zip());
    assert!(stopping.join().unwrap().status.success());
}

#[test]
fn an_idle_instance_ends_at_once_and_another_can_start() {
    let world = World::new();
    let mut kept_alive = http::Connection::open(
        world
            .larder
            .goproxy()
            .trim_start_matches("http://")
            .split('/')
            .next()
            .unwrap()
            .parse()
            .unwrap(),
    )
    .unwrap();
    kept_alive
        .send(&http::Request::get(&world.url("example.com/m/@v/list")))
        .unwrap();
    kept_alive.reply("GET").unwrap();
    thread::sleep(Duration::from_millis(300));
    let stopped = world.larder.terminate();
    assert!(stopped.status.success());
    // The aim is 0.5 s; a busy machine with two cores gets some room.
    assert!(stopped.took < Duration::from_secs(2), "{:?}", stopped.took);
    let url = world.proxy.url();
    Larder::start(
        bin(),
        &world.home,
        &["--port", "0", "--upstreams", &url, "--sumdb", "off"],
    );
}

#[test]
fn a_kill_in_the_middle_leaves_a_clean_cache_and_the_next_start_serves() {
    let proxy = FakeProxy::start_blocking();
    for n in 0..20 {
        proxy
            .add(&Module::simple(&format!("example.com/m{n}"), "v1.0.0").bulk("data.bin", 100_000));
    }
    let home = TempHome::new();
    let url = proxy.url();
    let args = ["--port", "0", "--upstreams", url.as_str(), "--sumdb", "off"];
    for round in 0..5u64 {
        let larder = Larder::start(bin(), &home, &args);
        let base = larder.goproxy().to_owned();
        let asking: Vec<_> = (0..20)
            .map(|n| {
                let url = format!("{base}/example.com/m{n}/@v/v1.0.0.zip");
                thread::spawn(move || http::Request::get(&url).send().map(drop))
            })
            .collect();
        thread::sleep(Duration::from_millis(7 * round * round));
        larder.kill9();
        for asker in asking {
            let _ = asker.join().unwrap();
        }
        let verified = run(home.larder(bin()).args(["cache", "verify", "--json"]))
            .success()
            .stdout
            .clone();
        let verified: serde_json::Value = serde_json::from_str(&verified).unwrap();
        assert_eq!(verified["damaged"], serde_json::json!([]), "round {round}");
    }
    let larder = Larder::start(bin(), &home, &args);
    for n in 0..20 {
        http::get(&format!(
            "{}/example.com/m{n}/@v/v1.0.0.zip",
            larder.goproxy()
        ))
        .whole();
    }
    let listed = || {
        let listed = run(home.larder(bin()).args(["cache", "list", "--json"]))
            .success()
            .stdout
            .clone();
        listed.matches("\"version\"").count()
    };
    let until = Instant::now() + Duration::from_secs(10);
    while listed() < 20 {
        assert!(
            Instant::now() < until,
            "the index does not catch up with the files: {} of 20",
            listed()
        );
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn work_in_the_background_is_taken_up_at_the_next_start() {
    let proxy = FakeProxy::start_blocking();
    proxy.add(&big());
    proxy.on(
        "/example.com/m/@v/v1.0.0.info",
        [Behaviour::status(503, "busy")],
    );
    let home = TempHome::new();
    let url = proxy.url();
    let args = ["--port", "0", "--upstreams", url.as_str(), "--sumdb", "off"];
    let first = Larder::start(bin(), &home, &args);
    http::get(&format!("{}/{ZIP}", first.goproxy())).whole();
    first.terminate();
    proxy.clear_behaviours();
    proxy.clear_log();
    let _second = Larder::start(bin(), &home, &args);
    let until = Instant::now() + Duration::from_secs(10);
    while proxy.count("/example.com/m/@v/v1.0.0.info") == 0 {
        assert!(Instant::now() < until, "the .info was not asked for again");
        thread::sleep(Duration::from_millis(50));
    }
}
