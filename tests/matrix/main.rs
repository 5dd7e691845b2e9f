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
    let upstreams = Upstreams::start();
    let desks: Vec<_> = projects::ALL
        .iter()
        .map(|project| upstreams.desk(project))
        .collect();
    let first = &desks[0].home;
    let govulncheck = first.gopath().join("bin/govulncheck");
    let given = first.path().join("vulnerabilities");
    VulnerabilityDb::new()
        .entry("GO-2024-0001", projects::ROUTER, "1.3.0", &["Version"])
        .write_to(&given);
    thread::scope(|scope| {
        scope.spawn(|| install_govulncheck(first, bin()));
        for (project, desk) in projects::ALL.iter().zip(&desks) {
            let mut stock = desk.home.larder(bin());
            stock.arg("stock").arg(&desk.folder).args(projects::BESIDE);
            let (branch, _) = project.branch;
            stock.arg(format!("{branch}@main"));
            let stocked = test_support::run(&mut stock).success();
            eprintln!("{}{}", stocked.stdout, stocked.stderr);
            let import = ["vulndb", "import", given.to_str().unwrap()];
            desk.larder.run(&import).success();
        }
    });

    // From here on nothing answers but Larder, and nobody tells it so: it sees it by the first thing that is not there.
    upstreams.stop();
    for desk in &desks {
        wait_for_the_notice(&desk.home, &desk.larder);
        let ready = ["ready", desk.folder.to_str().unwrap()];
        desk.larder.run(&ready).success();
    }
    let started = Instant::now();
    let cells = cell::all(&desks, &govulncheck);
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
