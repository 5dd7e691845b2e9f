//! The matrix: what a person does with `go` where there is no network, after `larder stock` and nothing else.
//!
//! - `upstreams`: the modules of the small projects, on loopback, and how they go away;
//! - `projects`: the small projects;
//! - `rows`: the commands;
//! - `cell`: one command in one project, with a module cache of its own;
//! - `table`: what came of it, as docs/OFFLINE.md has it;
//! - `real`: the same over projects that people work on, with the real upstreams.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::print_stderr, reason = "what takes long says how far it is")]

mod cell;
mod projects;
mod real;
mod rows;
mod table;
mod upstreams;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use cell::Outcome;
use test_support::{Larder, TempHome, VulnerabilityDb, install_govulncheck};
use upstreams::Upstreams;

/// The binary under test.
fn bin() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_larder"))
}

#[test]
fn small_projects_offline_after_stock_and_nothing_else() {
    let mut upstreams = Upstreams::start();
    let home = upstreams.home.clone();
    let folders: Vec<_> = projects::ALL
        .iter()
        .map(|project| upstreams.write(project))
        .collect();
    let installing = {
        let home = home.clone();
        thread::spawn(move || install_govulncheck(&home, bin()))
    };

    let larder = upstreams.serve();
    let mut stock = home.larder(bin());
    stock.arg("stock").args(&folders).args(projects::MODULES);
    let stocked = test_support::run(&mut stock).success();
    eprintln!(
        "stocked in {:.1} s:\n{}",
        stocked.took.as_secs_f32(),
        stocked.stdout
    );
    let given = home.path().join("vulnerabilities");
    VulnerabilityDb::new()
        .entry("GO-2024-0001", projects::ROUTER, "1.3.0", &["Version"])
        .write_to(&given);
    larder
        .run(&["vulndb", "import", given.to_str().unwrap()])
        .success();
    installing.join().unwrap();

    // From here on nothing answers but Larder, and nobody tells it so: it sees it by the first thing that is not there.
    upstreams.stop();
    wait_for_the_notice(&home, &larder);
    for folder in &folders {
        larder.run(&["ready", folder.to_str().unwrap()]).success();
    }
    let started = Instant::now();
    let cells = cell::all(&home, &folders);
    let took = started.elapsed();
    println!(
        "{}\n{} cells in {:.0} s",
        table::render(&cells),
        cells.len(),
        took.as_secs_f32()
    );
    let surprises: Vec<&str> = cells.iter().filter_map(Outcome::surprise).collect();
    assert!(
        surprises.is_empty(),
        "{} cells are not as they should be:\n\n{}",
        surprises.len(),
        surprises.join("\n\n")
    );
    table::hold_against_the_docs(&cells);
    upstreams.tripwire.assert_untouched();
}

/// Asks for what nobody has, until Larder has noticed by itself that it is offline.
#[track_caller]
fn wait_for_the_notice(home: &TempHome, larder: &Larder) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let unknown = ["mod", "download", "example.com/nowhere@v1.0.0"];
        test_support::run(&mut home.go(&unknown)).failure();
        let told = larder.run(&["offline", "--json"]).success().stdout;
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["mode"], "auto", "{told}");
        if told["offline"]["why"].is_string() {
            return;
        }
        assert!(Instant::now() < until, "not noticed within 20 s: {told}");
        thread::sleep(Duration::from_millis(300));
    }
}

/// What the README tells a person to do, in the go env file.
fn point_go_at(home: &TempHome, larder: &Larder) {
    fs::write(home.goenv_file(), format!("GOPROXY={}\n", larder.goproxy())).unwrap();
}

/// Copies a folder to a place where there is nothing, as it is.
fn copy(from: &Path, to: &Path) {
    let mut cp = Command::new("cp");
    test_support::run_within(cp.arg("-a").args([from, to]), Duration::from_secs(600)).success();
}
