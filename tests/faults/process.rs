//! Processes that die at any moment, and two that start at the same one.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use test_support::{Behaviour, FakeProxy, Gate, Module, TempHome, http, run};

use crate::{
    PATIENCE, World, assert_whole, bin, chance, files_of, rounds, serve, serve_args, until,
};

/// From the start of a process to its first answer, on a busy machine.
const SOON: Duration = Duration::from_secs(5);

/// How many sets of modules there are.
const SETS: u32 = 8;

/// The modules of one set.
fn modules_of(set: u32) -> Vec<Module> {
    let module = |n| Module::simple(&format!("example.com/set{set}/m{n}"), "v1.0.0");
    (0..24)
        .map(|n| module(n).bulk("data.bin", 10_000))
        .collect()
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_cache_and_the_next_start_serves_at_once() {
    let mut chance = chance();
    let world = World::new();
    let known = Module::simple("example.com/known", "v1.0.0");
    world.keep(&known);
    let World {
        proxy,
        home,
        mut larder,
    } = world;
    // One download of each set stands still in its midst.
    let gate = Gate::new();
    let sets: Vec<_> = (0..SETS).map(modules_of).collect();
    for modules in &sets {
        modules.iter().for_each(|module| proxy.add(module));
        let held = Behaviour::normal().gate_body(5_000, &gate);
        proxy.on(&modules[0].url_path("zip"), [held]);
    }
    for round in 0..rounds() {
        // One set is fetched, and the next one cleared, in the midst of which it dies.
        let modules = &sets[(round % SETS) as usize];
        let next = format!("example.com/set{}", (round + 1) % SETS);
        let base = larder.goproxy().to_owned();
        let pause = Duration::from_micros(chance.u64(0..250_000));
        thread::scope(|scope| {
            for worker in 0..4 {
                let base = &base;
                scope.spawn(move || {
                    for module in modules.iter().skip(worker).step_by(4) {
                        for (kind, _) in files_of(module) {
                            // Whatever comes: the instance dies under it.
                            let url = format!("{base}{}", module.url_path(kind));
                            let _ = http::Request::get(&url).send();
                        }
                        let list = format!("{base}/{}/@v/list", module.path());
                        let _ = http::Request::get(&list).send();
                    }
                });
            }
            let mut clear = home.larder(bin());
            clear.args(["cache", "clear", &next, "--yes"]);
            scope.spawn(move || run(&mut clear));
            thread::sleep(pause);
            larder.kill9();
        });
        assert_whole(&home);
        let started = Instant::now();
        larder = serve(&home, &proxy);
        let got = http::get(&format!("{}{}", larder.goproxy(), known.url_path("zip")));
        assert_eq!(
            got.header("X-Larder-Source"),
            Some("cache"),
            "round {round}"
        );
        assert_eq!(got.whole(), known.zip(), "round {round}");
        let took = started.elapsed();
        assert!(took < SOON, "round {round}: {took:?} to the first answer");
    }
    gate.open();
    let world = World {
        proxy,
        home,
        larder,
    };
    for module in sets.iter().flatten() {
        world.assert_served(module);
    }
    let files = 3 * sets.concat().len() as u64;
    until("the index knows all files", || {
        world.files("example.com/set*") == files
    });
    world.assert_well();
}

#[test]
fn a_kill_during_the_first_start_leaves_nothing_that_hinders_the_next() {
    let mut chance = chance();
    let proxy = FakeProxy::start_blocking();
    let module = Module::simple("example.com/m", "v1.0.0");
    proxy.add(&module);
    for round in 0..rounds().div_ceil(3) {
        let home = TempHome::new();
        let mut first = Started::serve(&home, &proxy);
        let pause = Duration::from_micros(chance.u64(0..80_000));
        thread::sleep(pause);
        first.0.kill().unwrap();
        first.0.wait().unwrap();
        let larder = serve(&home, &proxy);
        let zip = format!("{}{}", larder.goproxy(), module.url_path("zip"));
        assert_eq!(
            http::get(&zip).whole(),
            module.zip(),
            "round {round}, killed after {pause:?}"
        );
        assert_whole(&home);
    }
}

/// A process that may end by itself; killed with its value.
struct Started(Child);

impl Started {
    fn serve(home: &TempHome, proxy: &FakeProxy) -> Self {
        let mut command = Command::new(bin());
        command.args(serve_args(&proxy.url()));
        Self(
            home.apply(&mut command)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        )
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    fn stderr(&mut self) -> String {
        std::io::read_to_string(self.0.stderr.take().unwrap()).unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn of_several_that_start_at_the_same_moment_exactly_one_serves() {
    let proxy = FakeProxy::start_blocking();
    let module = Module::simple("example.com/m", "v1.0.0");
    proxy.add(&module);
    let kept_home = TempHome::new();
    for round in 0..rounds().div_ceil(8) {
        // A first start now and then, a later one otherwise.
        let home = if round % 2 == 0 {
            TempHome::new()
        } else {
            kept_home.clone()
        };
        let starters = if round % 3 == 2 { 5 } else { 2 };
        let mut running: Vec<Started> = (0..starters)
            .map(|_| Started::serve(&home, &proxy))
            .collect();
        let mut refused = Vec::new();
        let end = Instant::now() + PATIENCE;
        while running.len() > 1 {
            match running.iter_mut().position(|one| one.ended().is_some()) {
                Some(at) => refused.push(running.remove(at)),
                None => thread::sleep(Duration::from_millis(5)),
            }
            assert!(
                Instant::now() < end,
                "{} of {starters} go on",
                running.len()
            );
        }
        for mut one in refused {
            let (status, stderr) = (one.ended().unwrap(), one.stderr());
            assert_eq!(status.code(), Some(5), "{stderr}");
            assert!(stderr.contains("running already"), "{stderr}");
        }
        let goproxy = || run(home.larder(bin()).arg("goproxy"));
        until("one serves", || goproxy().status.success());
        let zip = format!("{}{}", goproxy().stdout.trim(), module.url_path("zip"));
        assert_eq!(http::get(&zip).whole(), module.zip());
        run(home.larder(bin()).arg("stop")).success();
        until("the one has ended", || goproxy().status.code() == Some(3));
        assert_eq!(running[0].0.wait().unwrap().code(), Some(0));
    }
}
