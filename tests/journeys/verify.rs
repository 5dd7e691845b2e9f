//! Larder verifies, and `go` before it verifies once more: the profile's checksum database, whichever it is.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use test_support::{FakeDatabase, FakeProxy, Larder, Module, TempHome, Tripwire, http};

use crate::client::Client;
use crate::{bin, log_of};

pub(crate) const DATABASE: &str = "sums.example.com";

/// A public proxy that passes a checksum database on, and a home in which to start Larder before them.
pub(crate) struct Verified {
    pub(crate) proxy: FakeProxy,
    pub(crate) database: FakeDatabase,
    pub(crate) home: TempHome,
    pub(crate) tripwire: Tripwire,
}

impl Verified {
    pub(crate) fn new() -> Self {
        let proxy = FakeProxy::start_blocking();
        let database = FakeDatabase::start_blocking(DATABASE);
        database.pad(1000);
        proxy.offer(&database);
        let home = TempHome::new();
        home.set_env("GOSUMDB", database.gosumdb());
        let tripwire = Tripwire::start();
        home.watch(&tripwire);
        Self {
            proxy,
            database,
            home,
            tripwire,
        }
    }

    /// The proxy has the module, and the database its record.
    pub(crate) fn add(&self, module: &Module) {
        self.proxy.add(module);
        self.database.add_module(module);
        self.database.publish();
    }

    /// Larder with the public proxy and this checksum database, set at its start.
    pub(crate) fn serve(&self, sumdb: &str) -> Larder {
        let url = self.proxy.url();
        let args = ["--port", "0", "--upstreams", &url, "--sumdb", sumdb];
        Larder::start(bin(), &self.home, &args)
    }

    /// Larder with these settings.
    pub(crate) fn serve_settings(&self, settings: &str) -> Larder {
        let config = self.home.larder_home().join("config");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("settings.toml"), settings).unwrap();
        Larder::start(bin(), &self.home, &["--port", "0"])
    }

    /// The client of this name, who has never asked for anything at first.
    pub(crate) fn client(&self, name: &str) -> Client {
        Client::new(&self.home, self.home.path().join("clients").join(name))
    }

    /// Nobody and nothing outside of Larder answers any more.
    pub(crate) fn all_down(&self) {
        self.proxy.stop();
        self.database.down(true);
    }

    /// The kept files whose names end like this.
    fn kept(&self, end: &str) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else {
                    found.push(path.display().to_string());
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.home.larder_home().join("cache"), &mut found);
        found.retain(|path| path.ends_with(end));
        found
    }
}

/// Waits for what comes about in a moment, such as what is kept once a client has all of it.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < until, "not within 20 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn sumdb(larder: &Larder, path: &str) -> http::Reply {
    http::get(&format!("{}/sumdb/{path}", larder.goproxy()))
}

#[test]
fn go_verifies_through_larder_and_with_everything_else_down() {
    let world = Verified::new();
    let leaf = Module::simple("example.com/leaf", "v1.0.0");
    let needs = [("example.com/leaf", "v1.0.0")];
    let upper = Module::requiring("example.com/Upper/m", "v1.2.0", &needs);
    let unsaid = Module::simple("example.com/unsaid", "v1.0.0");
    for module in [&leaf, &upper, &unsaid] {
        world.add(module);
    }
    let larder = world.serve(&world.database.key());
    let app = world
        .home
        .program("app", &[("example.com/Upper/m", "v1.2.0")]);
    world.home.set_env("GOPROXY", larder.goproxy());
    world.home.run_go(&app, &["mod", "tidy"]).success();
    world.home.run_go(&app, &["run", "."]).success();
    let sums = fs::read_to_string(app.join("go.sum")).unwrap();
    for module in [&leaf, &upper] {
        for line in module.go_sum().lines() {
            assert!(sums.lines().any(|it| it == line), "{line} not in {sums}");
        }
    }
    let lookups = world.database.asked_of("/lookup/");
    assert_eq!(lookups.len(), 2, "each once for all: {lookups:?}");

    let address = larder.goproxy().to_owned();
    larder.terminate();
    world.all_down();
    let larder = world.serve(&world.database.key());
    assert_eq!(sumdb(&larder, "sums.example.com/supported").status, 200);
    assert_eq!(sumdb(&larder, "other.example.com/supported").status, 404);
    assert_eq!(sumdb(&larder, "sum.golang.org/supported").status, 404);
    let fresh = world.client("fresh");
    let modules = ["example.com/Upper/m@v1.2.0", "example.com/leaf@v1.0.0"];
    fresh.download(larder.goproxy(), &modules).success();
    assert_ne!(larder.goproxy(), address, "it was really another run");
    assert_eq!(fresh.size_seen(DATABASE), world.database.publish());
    // Only what nobody asked for before is not there.
    let unknown = fresh.download(larder.goproxy(), &["example.com/unsaid@v1.0.0"]);
    unknown.failure();
    larder.terminate();

    // Without Larder, the folder of what this database vouched for speaks for itself.
    let supported = world.kept("sums.example.com/supported");
    let [supported] = &*supported else {
        panic!("one database, one folder: {supported:?}")
    };
    let folder = supported.strip_suffix("/sumdb/sums.example.com/supported");
    let alone = world.client("alone");
    let url = format!("file://{}", folder.unwrap());
    alone.download(&url, &modules).success();
    assert_eq!(alone.size_seen(DATABASE), fresh.size_seen(DATABASE));
    world.tripwire.assert_untouched();
}

#[test]
fn an_altered_zip_is_refused_and_the_second_answer_shows_both_hashes() {
    let world = Verified::new();
    let honest = Module::simple("example.com/m", "v1.0.0").bulk("data.bin", 200_000);
    world.add(&honest);
    let altered = honest.clone().file("m.go", "package m // altered\n");
    world.proxy.add(&altered);
    let larder = world.serve(&world.database.key());
    let client = world.client("client");
    let module = "example.com/m@v1.0.0";
    client.download(larder.goproxy(), &[module]).failure();
    let second = client.download(larder.goproxy(), &[module]).failure();
    for part in [
        &*altered.zip_h1(),
        &*honest.zip_h1(),
        "502",
        "larder trust allow",
    ] {
        assert!(second.stderr.contains(part), "{part} not in {second}");
    }
    assert!(!client.has_zip(module));
    assert_eq!(world.kept("v1.0.0.zip"), [""; 0]);
    until("the go.mod is kept, as it should be", || {
        world.kept("v1.0.0.mod").len() == 1
    });

    // It can be seen afterwards, and until somebody puts it away.
    let told = |text: &str| text.contains(&altered.zip_h1()) && text.contains(&honest.zip_h1());
    until("the log shows it", || {
        log_of(&world.home).iter().any(|item| {
            item["outcome"] == "unverified"
                && item["kind"] == "zip"
                && item["detail"].as_str().is_some_and(told)
        })
    });
    let status = larder.run(&["status"]).success();
    assert!(told(&status.stdout), "{status}");
    larder.terminate();

    // Honest again: it is as if nothing had been.
    world.proxy.add(&honest);
    let larder = world.serve(&world.database.key());
    client.download(larder.goproxy(), &[module]).success();
    until("the zip is kept", || world.kept("v1.0.0.zip").len() == 1);
    let status = larder.run(&["status"]).success();
    assert!(told(&status.stdout), "{status}");
}

#[test]
fn an_altered_go_mod_is_refused_at_once() {
    let world = Verified::new();
    let honest = Module::simple("example.com/m", "v1.0.0");
    world.add(&honest);
    let altered = honest
        .clone()
        .file("go.mod", "module example.com/m\n\ngo 1.21\n");
    world.proxy.add(&altered);
    let larder = world.serve(&world.database.key());
    let client = world.client("client");
    let refused = client.download(larder.goproxy(), &["example.com/m@v1.0.0"]);
    let refused = refused.failure();
    for part in [altered.mod_h1(), honest.mod_h1()] {
        assert!(refused.stderr.contains(&part), "{part} not in {refused}");
    }
    assert_eq!(world.kept("v1.0.0.mod"), [""; 0]);
}

/// A settings file with a profile for each form of GOSUMDB, and this one in force.
fn profiles(world: &Verified, active: &str) -> String {
    let (proxy, database) = (world.proxy.url(), &world.database);
    format!(
        "profile = \"{active}\"\n\n\
         [profiles.key]\nupstreams = \"{proxy}\"\nchecksum-database = \"{}\"\n\n\
         [profiles.key-and-url]\nupstreams = \"{proxy}\"\nchecksum-database = \"{}\"\n\n\
         [profiles.off]\nupstreams = \"{proxy}\"\nchecksum-database = \"off\"\n",
        database.gosumdb(),
        database.gosumdb_at_url(),
    )
}

#[test]
fn a_profile_names_its_database_in_each_form_of_gosumdb() {
    for (profile, through_proxy, asked, supported) in [
        ("key", true, true, 200),
        ("key-and-url", false, true, 200),
        ("off", false, false, 404),
    ] {
        let world = Verified::new();
        let module = Module::simple("example.com/m", "v1.0.0");
        world.add(&module);
        let larder = world.serve_settings(&profiles(&world, profile));
        let answer = sumdb(&larder, "sums.example.com/supported");
        assert_eq!(answer.status, supported, "{profile}");
        if profile == "off" {
            world.home.set_env("GOSUMDB", "off");
        }
        let client = world.client("client");
        client
            .download(larder.goproxy(), &["example.com/m@v1.0.0"])
            .success();
        let lookups = |paths: Vec<String>| paths.iter().any(|path| path.contains("/lookup/"));
        assert_eq!(lookups(world.proxy.paths()), through_proxy, "{profile}");
        assert_eq!(lookups(world.database.asked()), asked, "{profile}");
        let status = larder.run(&["status", "--json"]).success().stdout;
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        let name = if asked { DATABASE } else { "off" };
        assert_eq!(status["profile"]["checksum_db"], name, "{status}");
        world.tripwire.assert_untouched();
    }
}

#[test]
fn what_was_kept_without_a_database_is_verified_before_it_is_served() {
    let world = Verified::new();
    let honest = Module::simple("example.com/honest", "v1.0.0");
    let kept = Module::simple("example.com/kept", "v1.0.0");
    world.add(&honest);
    world.add(&kept);
    let altered = kept.clone().file("kept.go", "package kept // altered\n");
    world.proxy.add(&altered);
    let modules = ["example.com/honest@v1.0.0", "example.com/kept@v1.0.0"];

    let larder = world.serve_settings(&profiles(&world, "off"));
    let careless = world.client("careless");
    let mut go = careless.go(
        larder.goproxy(),
        &["mod", "download", modules[0], modules[1]],
    );
    test_support::run(go.env("GOSUMDB", "off")).success();
    larder.terminate();
    world.proxy.clear_log();

    // With the same folder, and a database.
    let larder = world.serve_settings(&profiles(&world, "key"));
    let client = world.client("client");
    client.download(larder.goproxy(), &modules[..1]).success();
    client.download(larder.goproxy(), &modules[1..]).failure();
    assert!(!client.has_zip(modules[1]));
    let again = client.download(larder.goproxy(), &modules[1..]).failure();
    for part in [altered.zip_h1(), kept.zip_h1()] {
        assert!(again.stderr.contains(&part), "{part} not in {again}");
    }
    assert_eq!(
        world.proxy.count(&honest.url_path("zip")),
        0,
        "what is right is not fetched anew"
    );
    let status = larder.run(&["status"]).success();
    assert!(status.stdout.contains(&altered.zip_h1()), "{status}");
}
