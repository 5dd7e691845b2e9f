//! Journeys: the real binary, the real `go`, from the first command to the last. One file a story.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bundle;
mod chain;
mod client;
mod credentials;
mod direct;
mod env;
mod go;
mod heads;
mod lifecycle;
mod offline_database;
mod privacy;
mod private;
mod protocol;
mod real;
mod stock;
mod verify;
mod vulncheck;

use std::fs;
use std::path::Path;

use test_support::{FakeProxy, Larder, TempHome, Tripwire};

/// The binary under test.
fn bin() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_larder"))
}

/// A running Larder before a fake proxy, a home whose `go` asks it, and a guard against any other dial.
struct World {
    proxy: FakeProxy,
    home: TempHome,
    larder: Larder,
    tripwire: Tripwire,
}

impl World {
    fn new() -> Self {
        Self::verified_by("off")
    }

    /// With this checksum database.
    fn verified_by(sumdb: &str) -> Self {
        let proxy = FakeProxy::start_blocking();
        let home = TempHome::new();
        let tripwire = Tripwire::start();
        home.watch(&tripwire);
        let url = proxy.url();
        let args = ["--port", "0", "--upstreams", &url, "--sumdb", sumdb];
        let larder = Larder::start(bin(), &home, &args);
        point_go_at(&home, &larder);
        Self {
            proxy,
            home,
            larder,
            tripwire,
        }
    }

    /// The URL of a path below the module token.
    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.larder.goproxy())
    }
}

/// What the README tells a person to do, in the go env file.
fn point_go_at(home: &TempHome, larder: &Larder) {
    fs::write(home.goenv_file(), format!("GOPROXY={}\n", larder.goproxy())).unwrap();
}

/// `larder log --json`, parsed.
fn log_of(home: &TempHome) -> Vec<serde_json::Value> {
    let printed = test_support::run(home.larder(bin()).args(["log", "--json", "-n", "10000"]))
        .success()
        .stdout
        .clone();
    printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect()
}
