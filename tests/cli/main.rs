//! Journeys of the program `larder` as a person or a script goes them: the real binary, a home of its own, a fake
//! proxy as its only upstream.

#![allow(clippy::unwrap_used)]

mod bundle;
mod cache;
mod canary;
mod credentials;
mod doctor;
mod env;
mod explain;
mod help;
mod import;
mod input;
mod life;
mod log;
mod metrics;
mod mirror;
mod node;
mod notices;
mod offline;
mod pause;
mod pool;
mod profile;
mod room;
mod secrets;
mod service;
mod state;
mod stock;
mod traces;
mod trust;
mod use_profile;
mod verify;
mod vulncheck;
mod vulndb;
mod way;
mod window;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::{FakeProxy, Larder, Module, Output, TempHome, http, run};

/// More than anything orderly takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn bin() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_larder"))
}

/// Runs a command of larder to its end.
#[track_caller]
fn larder(home: &TempHome, args: &[&str]) -> Output {
    run(home.larder(bin()).args(args))
}

/// A fake proxy with two versions of one module and one of another.
fn proxy() -> FakeProxy {
    let proxy = FakeProxy::start_blocking();
    proxy.add(&Module::simple("example.com/hello", "v1.0.0"));
    proxy.add(&Module::simple("example.com/hello", "v1.1.0"));
    proxy.add(&Module::simple("example.com/other", "v0.1.0"));
    proxy
}

/// Serves at a free port, with this proxy as its only upstream and no checksum database.
#[track_caller]
fn serve(home: &TempHome, proxy: &FakeProxy) -> Larder {
    Larder::start(
        bin(),
        home,
        &["--port", "0", "--upstreams", &proxy.url(), "--sumdb", "off"],
    )
}

/// Fetches all files of a version through Larder, and waits until they are kept: a client has its bytes a moment
/// before they are safe on disk.
#[track_caller]
fn fetch(larder: &Larder, module: &str, version: &str) {
    for kind in ["info", "mod", "zip"] {
        http::get(&format!(
            "{}/{module}/@v/{version}.{kind}",
            larder.goproxy()
        ))
        .whole();
    }
    let pattern = format!("{module}@{version}");
    until("all is kept", || {
        json(&larder.run(&["cache", "size", &pattern, "--json"]).success())["files"] == 3
    });
}

/// The one JSON document on stdout.
#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error} in {output}"))
}

/// Asks again until it is so.
#[track_caller]
fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A running command whose stdout is read line by line; killed with its value.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: PathBuf,
}

impl Running {
    #[track_caller]
    fn start(home: &TempHome, args: &[&str]) -> Self {
        let name = format!("stderr-{}", args.join("-").replace('/', "_"));
        let stderr = home.path().join(name);
        let mut child = home
            .larder(bin())
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// `larder serve` that has said where it serves; the value of GOPROXY.
    #[track_caller]
    fn serve(home: &TempHome, args: &[&str]) -> (Self, String) {
        let mut running = Self::start(home, &[&["serve"], args].concat());
        let line = running.line();
        let goproxy = line.strip_prefix("export GOPROXY=");
        let goproxy = goproxy
            .unwrap_or_else(|| panic!("{line:?}\n{}", running.stderr()))
            .to_owned();
        (running, goproxy)
    }

    /// The next line of stdout, without its end; empty where there is no more.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the end.
    #[track_caller]
    fn end(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
