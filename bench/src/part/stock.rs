//! Stocking a project, beside `go mod download` of the same project from the same upstream.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use test_support::{FakeDatabase, FakeProxy, Module};

use super::Bench;
use crate::larder::Home;
use crate::report::{Aim, Report, median_time, time};

const ROUNDS: usize = 5;
const MODULES: usize = 120;
/// Bytes that hardly pack, in each zip.
const BULK: usize = 120_000;
const NAME: &str = "sums.bench.example.com";

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = FakeProxy::start_blocking();
    let database = FakeDatabase::start_blocking(NAME);
    let project = bench.scratch().join("project");
    make(&project, &upstream, &database)?;
    let (mut ours, mut gos) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        gos.push(download(bench, &project, &upstream, &database)?);
        ours.push(stock(bench, &project, &upstream, &database)?);
    }
    let (ours, gos) = (median_time(ours), median_time(gos));
    let ratio = ours.as_secs_f64() / gos.as_secs_f64();
    report.row(
        "stock",
        format!("a project of {MODULES} modules; go mod download of it"),
        time(ours),
        time(gos),
        Some(ratio),
        Aim::is("not slower", ratio <= 1.0),
    );
    Ok(())
}

/// A project that requires each module; every fifth has a newer version, which stocking brings as well.
fn make(project: &Path, upstream: &FakeProxy, database: &FakeDatabase) -> Result<()> {
    let mut go_mod = "module bench.example.com/project\n\ngo 1.21\n\nrequire (\n".to_owned();
    let mut go_sum = String::new();
    for n in 0..MODULES {
        let path = format!("code.example.com/team{}/m{n}", n % 9);
        let newest = if n % 5 == 0 { "v1.1.0" } else { "v1.0.0" };
        for version in ["v1.0.0", newest] {
            let module = Module::simple(&path, version).bulk("data.bin", BULK);
            if version == "v1.0.0" {
                go_sum += &module.go_sum();
            }
            upstream.add(&module);
            database.pad(500);
            database.add_module(&module);
        }
        writeln!(go_mod, "\t{path} v1.0.0")?;
    }
    go_mod += ")\n";
    database.pad(20_000);
    database.publish();
    upstream.offer(database);
    fs::create_dir_all(project)?;
    fs::write(project.join("go.mod"), go_mod)?;
    fs::write(project.join("go.sum"), go_sum)?;
    fs::write(project.join("main.go"), "package main\n\nfunc main() {}\n")?;
    Ok(())
}

/// Into an empty module cache, verified as `go` does it where go.sum is not there yet.
fn download(
    bench: &Bench,
    project: &Path,
    upstream: &FakeProxy,
    database: &FakeDatabase,
) -> Result<Duration> {
    let home = bench.home()?;
    let copy = home.path().join("project");
    fs::create_dir(&copy)?;
    for name in ["go.mod", "main.go"] {
        fs::copy(project.join(name), copy.join(name))?;
    }
    let mut command = home.command(Path::new("go"), &["mod", "download"]);
    command
        .current_dir(&copy)
        .env("GOPATH", home.path().join("go"))
        .env("GOENV", "off")
        .env("GOFLAGS", "-modcacherw")
        .env("GOTOOLCHAIN", "local")
        .env("GOPROXY", upstream.url())
        .env("GOSUMDB", database.gosumdb());
    timed(command, "go mod download")
}

fn stock(
    bench: &Bench,
    project: &Path,
    upstream: &FakeProxy,
    database: &FakeDatabase,
) -> Result<Duration> {
    let home = stocked_home(bench, upstream, database)?;
    let project = project.to_str().context("a path in plain text")?;
    timed(
        home.command(&bench.program, &["stock", project]),
        "larder stock",
    )
}

fn stocked_home(bench: &Bench, upstream: &FakeProxy, database: &FakeDatabase) -> Result<Home> {
    let home = bench.home()?;
    home.settings(&format!(
        "[profiles.public]\nupstreams = \"{}\"\nchecksum-database = \"{}\"\n",
        upstream.url(),
        database.gosumdb()
    ))?;
    Ok(home)
}

fn timed(mut command: Command, what: &str) -> Result<Duration> {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let begun = Instant::now();
    let done = command
        .output()
        .with_context(|| format!("{what} can't be started"))?;
    let took = begun.elapsed();
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{what}: {}\n{said}", done.status);
    Ok(took)
}
