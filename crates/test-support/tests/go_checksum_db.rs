//! The real `go` takes the fake checksum database for a true one, and refuses each of its lies for what it is.

#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use test_support::{
    Behaviour, FakeDatabase, FakeProxy, Gate, Module, Output, Tamper, TempHome, Tripwire,
};

const NAME: &str = "sums.example.test";

/// A proxy, a database beside it, and a home of somebody who asks both.
struct World {
    proxy: FakeProxy,
    database: FakeDatabase,
    home: TempHome,
    tripwire: Tripwire,
}

impl World {
    fn new() -> Self {
        let proxy = FakeProxy::start_blocking();
        let home = TempHome::new();
        home.set_env("GOPROXY", proxy.url());
        let tripwire = Tripwire::start();
        home.watch(&tripwire);
        Self {
            proxy,
            database: FakeDatabase::start_blocking(NAME),
            home,
            tripwire,
        }
    }

    /// The database's next record is of this module, and the proxy has it.
    fn add(&self, name: &str) -> Module {
        let module = Module::simple(&format!("example.com/{name}"), "v1.0.0");
        self.proxy.add(&module);
        self.database.add_module(&module);
        module
    }

    /// The database is asked at its own address.
    fn download(&self, module: &Module) -> Output {
        self.download_with(module, &self.database.gosumdb_at_url())
    }

    fn download_through_proxy(&self, module: &Module) -> Output {
        self.download_with(module, &self.database.gosumdb())
    }

    fn download_with(&self, module: &Module, gosumdb: &str) -> Output {
        let module = format!("{}@{}", module.path(), module.version());
        let mut go = self.home.go(&["mod", "download", &module]);
        test_support::run(go.env("GOSUMDB", gosumdb))
    }

    /// It fails, and says so.
    #[track_caller]
    fn refuses(&self, module: &Module, because: &str) {
        let output = self.download(module).failure();
        assert!(
            output.stderr.contains(because),
            "expected {because:?}: {output}"
        );
    }

    /// As one who never asked before.
    fn forget(&self) {
        self.home.fresh_modcache();
        let kept = self.home.gopath().join("pkg");
        if kept.exists() {
            fs::remove_dir_all(kept).unwrap();
        }
    }
}

/// Modules at the beginning, in the middle and at the end of a log of this size.
fn of_size(size: u64) -> (World, Vec<Module>) {
    let world = World::new();
    let mut modules = Vec::new();
    let mut ids = vec![0, size / 2, size - 1];
    ids.dedup();
    let mut at = 0;
    for id in ids {
        world.database.pad(id - at);
        modules.push(world.add(&format!("M{id}")));
        at = id + 1;
    }
    assert_eq!(world.database.publish(), size);
    (world, modules)
}

#[test]
fn go_believes_it_at_every_size() {
    for size in [1, 2, 255, 256, 257, 65_537, 200_000] {
        let (world, modules) = of_size(size);
        world.proxy.offer(&world.database);
        for through_proxy in [false, true] {
            world.database.only_published_widths(through_proxy);
            world.forget();
            for module in &modules {
                if through_proxy {
                    world.download_through_proxy(module).success();
                } else {
                    world.download(module).success();
                }
            }
            assert_eq!(
                world.database.asked_of("/lookup/").len(),
                modules.len(),
                "{size}"
            );
            assert!(!world.database.asked_of("/tile/8/0/").is_empty(), "{size}");
            world.database.clear_log();
        }
        let latest = fs::read_to_string(world.home.sumdb_latest(NAME)).unwrap();
        assert_eq!(latest, world.database.latest(), "{size}");
        let kept = world.home.sumdb_cache(NAME);
        assert!(kept.join("lookup/example.com/!m0@v1.0.0").is_file());
        world.tripwire.assert_untouched();
    }
}

#[test]
fn go_asks_it_through_a_proxy_that_offers_it() {
    let (world, modules) = of_size(300);
    world.proxy.offer(&world.database);
    world.download_through_proxy(&modules[0]).success();
    let below = format!("/sumdb/{NAME}");
    let paths = world.proxy.paths();
    let passed_on: Vec<_> = paths
        .iter()
        .filter_map(|path| path.strip_prefix(&below))
        .collect();
    assert!(
        passed_on.contains(&"/lookup/example.com/!m0@v1.0.0"),
        "{passed_on:?}"
    );
    assert_eq!(world.database.asked(), passed_on, "noted down by both");
    world.tripwire.assert_untouched();

    // Gone: nobody can vouch for another module.
    world.database.down(true);
    world.database.clear_log();
    let refused = world.download_through_proxy(&modules[1]).failure();
    assert!(refused.stderr.contains("502"), "{refused}");
    world.refuses(&modules[1], "connection refused");
    assert_eq!(world.database.asked(), Vec::<String>::new());
    world.database.down(false);
    world.download(&modules[1]).success();

    // A rule of the proxy goes before one of the database.
    let supported = format!("{below}/supported");
    let status = |status| Behaviour::status(status, "no");
    world.database.on("/supported", status(500));
    let asked = |module| world.download_through_proxy(module).failure().stderr;
    assert!(asked(&modules[2]).contains("500"));
    world.proxy.on(&supported, status(503));
    assert!(asked(&modules[2]).contains("503"));
    world.proxy.clear_behaviours();
    world.database.clear_behaviours();
    world.tripwire.assert_untouched();
    // 404 sends go to the database's own address.
    world.database.supported(false);
    assert!(asked(&modules[2]).contains(NAME));
    let dials = world.tripwire.dials();
    assert!(
        dials[0].starts_with(&format!("CONNECT {NAME}:443")),
        "{dials:?}"
    );
}

#[test]
fn go_follows_it_as_it_grows() {
    for old_heads in [false, true] {
        let world = World::new();
        world.database.answer_with_old_heads(old_heads);
        world.database.only_published_widths(true);
        let mut modules = Vec::new();
        for (nth, growth) in [3, 250, 300, 65_536, 70_000].into_iter().enumerate() {
            world.database.pad(growth);
            modules.push(world.add(&format!("m{nth}")));
            world.database.publish();
            world.home.fresh_modcache();
            for module in &modules {
                world.download(module).success();
            }
        }
        let latest = fs::read_to_string(world.home.sumdb_latest(NAME)).unwrap();
        assert_eq!(latest, world.database.latest());
    }
}

#[test]
fn go_refuses_a_tile_with_a_wrong_bit() {
    // In the middle of a settled tile and at the edge, on each level that there is.
    let (world, modules) = of_size(200_000);
    for (level, n, bit) in [
        (0, 100_000 >> 8, 256 * (100_000 & 255) + 9),
        (0, 100_000 >> 8, 0),
        (0, 199_999 >> 8, 3),
        (1, 100_000 >> 16, 0),
        (2, 0, 511),
    ] {
        world.forget();
        let bit = usize::try_from(bit).unwrap();
        world.database.tamper(Tamper::FlipTileBit { level, n, bit });
        world.refuses(
            &modules[if n == 199_999 >> 8 { 2 } else { 1 }],
            "inconsistent",
        );
    }
    world.database.tamper(Tamper::None);
    world.download(&modules[1]).success();
}

#[test]
fn go_refuses_a_forged_record() {
    let (world, modules) = of_size(200_000);
    let forged = Module::simple(modules[1].path(), "v1.0.0").file("evil.go", "package evil\n");
    world.proxy.add(&forged);
    world.refuses(&modules[1], "checksum mismatch");
    world.database.tamper(Tamper::ForgeLeaf {
        id: 100_000,
        text: forged.go_sum(),
    });
    world.forget();
    world.refuses(&modules[1], "inconsistent");
}

#[test]
fn go_refuses_what_the_key_has_not_signed() {
    let (world, modules) = of_size(5);
    world.database.tamper(Tamper::ForgeNote);
    world.refuses(&modules[0], "invalid signature for key");
    world.database.tamper(Tamper::OtherKey);
    world.refuses(&modules[0], "no verifiable signatures");
}

#[test]
fn go_sees_a_fork() {
    let (world, modules) = of_size(1000);
    world.download(&modules[0]).success();
    world.database.tamper(Tamper::Fork { shared: 600 });
    // Who comes first can't know: the fork is a log as good as the other.
    let other = TempHome::new();
    other.set_env("GOPROXY", world.proxy.url());
    other.set_env("GOSUMDB", world.database.gosumdb_at_url());
    let download = |module: &Module| {
        let module = format!("{}@v1.0.0", module.path());
        other.run_go(Path::new("/"), &["mod", "download", &module])
    };
    download(&modules[1]).success();
    let altered = download(&modules[2]).failure();
    assert!(altered.stderr.contains("checksum mismatch"), "{altered}");
    // Who knows the log sees it, at the same size and later.
    world.refuses(&modules[1], "SECURITY ERROR");
    // So many that no tile of the old edge, which go has kept, is asked for again in its old width.
    world.database.pad(300);
    let late = world.add("late");
    world.database.publish();
    world.refuses(&late, "SECURITY ERROR");
    download(&late).success();
    world.database.tamper(Tamper::None);
    // The tiles of the fork are signed too, and go has kept them.
    world.home.fresh_modcache();
    world.download(&late).success();
}

#[test]
fn go_refuses_a_record_without_a_line_of_it() {
    let world = World::new();
    let module = Module::simple("example.com/odd", "v1.0.0");
    world.proxy.add(&module);
    let sums = module.go_sum();
    let (_, of_go_mod) = sums.split_once('\n').unwrap();
    world
        .database
        .add_text(module.path(), module.version(), of_go_mod);
    world.database.publish();
    world.refuses(&module, "checksum missing from sumdb response");
    // Nothing is known of this one.
    let unknown = Module::simple("example.com/unknown", "v1.0.0");
    world.proxy.add(&unknown);
    world.refuses(&unknown, "not found: /lookup/example.com/unknown@v1.0.0");
}

#[test]
fn answers_misbehave_as_told() {
    let (world, modules) = of_size(5);
    let gate = Gate::new();
    world.database.on(
        "/lookup/example.com/!m0@v1.0.0",
        [
            Behaviour::status(503, "the database rests"),
            Behaviour::normal().gate(&gate),
        ],
    );
    world.refuses(&modules[0], "the database rests");
    std::thread::scope(|scope| {
        let held = scope.spawn(|| world.download(&modules[0]));
        gate.wait_arrived(1);
        gate.open();
        held.join().unwrap().success();
    });
    assert_eq!(world.database.asked_of("!m0").len(), 2);
}

#[test]
fn what_runs_cut_off_reaches_nothing_outside() {
    let (world, modules) = of_size(1);
    let module = format!("{}@v1.0.0", modules[0].path());
    let mut go = world.home.go(&["mod", "download", &module]);
    go.env("GOSUMDB", world.database.gosumdb_at_url());
    let Some(mut inside) = test_support::network::cut_off(go) else {
        return;
    };
    let refused = test_support::run(&mut inside).failure();
    // Loopback is there, and it is another one.
    assert!(refused.stderr.contains("connection refused"), "{refused}");
    assert_eq!(world.proxy.paths(), Vec::<String>::new());
    let mut env = test_support::network::cut_off(world.home.go(&["env", "GOPROXY"])).unwrap();
    let env = test_support::run(&mut env).success();
    assert_eq!(env.stdout.trim(), world.proxy.url());
}
