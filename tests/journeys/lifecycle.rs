//! From the first start to the last: what is remembered, how it ends, what a kill leaves.

use std::thread;
use std::time::{Duration, Instant};

use test_support::{Behaviour, FakeProxy, Gate, Larder, Module, TempHome, http};

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
