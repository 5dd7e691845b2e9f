//! Faults: the real binary while upstreams lie, processes die, disks fill up, files rot and clients misbehave.
//! One file a story. Whatever happened, the cache is whole afterwards and Larder serves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod clients;
mod damage;
mod disk;
mod process;
mod upstream;
mod zips;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::{FakeProxy, Larder, Module, Output, TempHome, http, run};

/// More than anything orderly takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The binary under test.
fn bin() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_larder"))
}

/// A running Larder before a fake proxy, in a home of its own.
struct World {
    proxy: FakeProxy,
    home: TempHome,
    larder: Larder,
}

impl World {
    fn new() -> Self {
        Self::at_home(TempHome::new())
    }

    fn at_home(home: TempHome) -> Self {
        let proxy = FakeProxy::start_blocking();
        let larder = serve(&home, &proxy);
        Self {
            proxy,
            home,
            larder,
        }
    }

    /// Ends Larder in good order, has something done meanwhile, and starts it again.
    fn restart_after(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self {
            proxy,
            home,
            larder,
        } = self;
        assert!(larder.terminate().status.success());
        meanwhile(&home.larder_home().join("cache"));
        let larder = serve(&home, &proxy);
        Self {
            proxy,
            home,
            larder,
        }
    }

    /// The URL of a path as the proxy has it, with its leading slash.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.larder.goproxy())
    }

    fn get(&self, path: &str) -> http::Reply {
        http::get(&self.url(path))
    }

    /// Fetches the three files of a version, and waits until they are kept: a client has its bytes a moment before
    /// they are safe on disk.
    #[track_caller]
    fn keep(&self, module: &Module) {
        self.proxy.add(module);
        self.assert_served(module);
        let pattern = format!("{}@{}", module.path(), module.version());
        until("all is kept", || self.files(&pattern) == 3);
    }

    /// How many files the index knows that the pattern takes.
    fn files(&self, pattern: &str) -> u64 {
        let size = json(
            &self
                .larder
                .run(&["cache", "size", pattern, "--json"])
                .success(),
        );
        size["files"].as_u64().unwrap()
    }

    #[track_caller]
    fn assert_served(&self, module: &Module) {
        for (kind, bytes) in files_of(module) {
            assert_eq!(
                self.get(&module.url_path(kind)).whole(),
                bytes,
                "{module:?}.{kind}"
            );
        }
    }

    /// The cache is whole, and Larder serves what it never saw before.
    #[track_caller]
    fn assert_well(&self) {
        assert_whole(&self.home);
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.keep(&Module::simple(
            &format!("example.com/well{number}"),
            "v1.0.0",
        ));
    }

    fn cache(&self) -> PathBuf {
        self.home.larder_home().join("cache")
    }
}

/// The kinds of a version's files, with their bytes.
fn files_of(module: &Module) -> [(&'static str, Vec<u8>); 3] {
    [
        ("info", module.info()),
        ("mod", module.go_mod()),
        ("zip", module.zip()),
    ]
}

/// Serves at a free port, with this proxy as its only upstream and no checksum database.
#[track_caller]
fn serve(home: &TempHome, proxy: &FakeProxy) -> Larder {
    Larder::start(bin(), home, &serve_args(&proxy.url())[1..])
}

/// What starts an instance before this upstream.
fn serve_args(upstream: &str) -> [&str; 7] {
    [
        "serve",
        "--port",
        "0",
        "--upstreams",
        upstream,
        "--sumdb",
        "off",
    ]
}

/// What `larder cache verify` finds, by the instance or, without one, by itself: paths within the cache.
#[track_caller]
fn damaged(home: &TempHome) -> BTreeSet<String> {
    let verified = run(home.larder(bin()).args(["cache", "verify", "--json"]));
    let found = json(&verified);
    let damaged: BTreeSet<String> = found["damaged"]
        .as_array()
        .unwrap()
        .iter()
        .map(|damaged| damaged["path"].as_str().unwrap().to_owned())
        .collect();
    verified.code(if damaged.is_empty() { 0 } else { 4 });
    damaged
}

/// `larder cache verify` finds nothing.
#[track_caller]
fn assert_whole(home: &TempHome) {
    assert_eq!(damaged(home), BTreeSet::new());
}

/// The one file of the cache whose path ends so.
#[track_caller]
fn kept_file(cache: &Path, end: &str) -> PathBuf {
    let mut found = Vec::new();
    let mut folders = vec![cache.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(end) {
                found.push(path);
            }
        }
    }
    assert_eq!(found.len(), 1, "files that end in {end}: {found:?}");
    found.remove(0)
}

/// The one JSON document on stdout.
#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error} in {output}"))
}

/// Asks again until it is so.
#[track_caller]
fn until(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How many rounds a test with chance in it goes: 50, or what LARDER_TEST_ROUNDS says.
fn rounds() -> u32 {
    match std::env::var("LARDER_TEST_ROUNDS") {
        Ok(rounds) => rounds
            .parse()
            .unwrap_or_else(|_| panic!("LARDER_TEST_ROUNDS={rounds} is no number")),
        Err(_) => 50,
    }
}

/// Chance that can be had again: the seed is printed, and LARDER_TEST_SEED sets it.
fn chance() -> fastrand::Rng {
    let seed = match std::env::var("LARDER_TEST_SEED") {
        Ok(seed) => seed
            .parse()
            .unwrap_or_else(|_| panic!("LARDER_TEST_SEED={seed} is no number")),
        Err(_) => fastrand::u64(..),
    };
    #[expect(clippy::print_stdout, reason = "a failed test shows it")]
    {
        println!("LARDER_TEST_SEED={seed}");
    }
    fastrand::Rng::with_seed(seed)
}
