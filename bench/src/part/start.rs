//! Start to first answer as the cache grows; and what else may grow with it.
//!
//! The caches are written straight in the layout of the store (docs/ARCHITECTURE.md), without waiting for the disk; their
//! index is made by a first start, which is not measured as one of the others.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use data_encoding::HEXLOWER;
use fastrand::Rng;
use sha2::{Digest, Sha256};

use super::Bench;
use crate::ask::Client;
use crate::corpus;
use crate::larder::{Home, Larder};
use crate::process;
use crate::report::{Aim, Report, median_time, megabytes, time};

const SIZES: [usize; 3] = [100, 10_000, 100_000];
const STARTS: usize = 5;
const VERSIONS_A_MODULE: usize = 20;
/// How many kept files are asked for after a start.
const HITS: usize = 2_000;
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the making of an index may take.
const INDEX: Duration = Duration::from_secs(180);

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = bench.upstream()?;
    for versions in SIZES {
        let home = bench.home()?;
        grow(bench, &home, &upstream.url(), versions)?;
        measure(bench, report, &home, &upstream.url(), versions)
            .with_context(|| format!("with {versions} versions"))?;
    }
    Ok(())
}

/// Fills a home with versions: `.info` and `.mod` of each, a zip of every tenth.
fn grow(bench: &Bench, home: &Home, url: &str, versions: usize) -> Result<()> {
    // A Larder names the realm of this upstream, and makes the token.
    let larder = bench.larder(home, url)?;
    let first = corpus::modules()[0].file("mod");
    ensure!(
        larder.get(&first, PATIENCE)?.status == 200,
        "a first file does not come"
    );
    larder.stop()?;
    let realms = home.path().join("cache/realms");
    let realm = fs::read_dir(realms)?
        .next()
        .context("no realm was made")??
        .path();

    let begun = Instant::now();
    let modules = versions.div_ceil(VERSIONS_A_MODULE);
    let halves = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..halves)
            .map(|half| {
                let realm = &realm;
                scope.spawn(move || -> Result<()> {
                    for n in (half..modules).step_by(halves) {
                        let count = VERSIONS_A_MODULE.min(versions - n * VERSIONS_A_MODULE);
                        write_module(realm, n, count)?;
                    }
                    Ok(())
                })
            })
            .collect();
        for writer in writers {
            writer.join().ok().context("a writer panicked")??;
        }
        anyhow::Ok(())
    })?;
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        let _ = fs::remove_file(home.path().join("cache").join(name));
    }
    println!(
        "    {versions} versions written in {}",
        time(begun.elapsed())
    );
    Ok(())
}

fn module_path(n: usize) -> String {
    format!("grown.example.com/group{}/module{n}", n % 100)
}

fn file(n: usize, version: usize, extension: &str) -> String {
    format!("{}/@v/v1.{version}.0.{extension}", module_path(n))
}

fn write_module(realm: &Path, n: usize, versions: usize) -> Result<()> {
    let folder = realm.join(module_path(n)).join("@v");
    fs::create_dir_all(&folder)?;
    for version in 0..versions {
        let name = format!("v1.{version}.0");
        let info = format!("{{\"Version\":\"{name}\",\"Time\":\"2024-05-01T12:00:00Z\"}}");
        let go_mod = format!("module {}\n\ngo 1.21\n", module_path(n));
        write_kept(&folder.join(format!("{name}.info")), info.as_bytes())?;
        write_kept(&folder.join(format!("{name}.mod")), go_mod.as_bytes())?;
        if version % 10 == 0 {
            write_kept(&folder.join(format!("{name}.zip")), go_mod.as_bytes())?;
        }
    }
    Ok(())
}

/// A file and its sidecar.
fn write_kept(path: &Path, bytes: &[u8]) -> Result<()> {
    let sidecar = format!(
        "{{\"schema\":1,\"sha256\":\"{}\",\"size\":{},\"origin\":\"bench\",\"kept_at\":\"2026-01-01T00:00:00Z\"}}\n",
        HEXLOWER.encode(&Sha256::digest(bytes)),
        bytes.len()
    );
    fs::write(path, bytes)?;
    let mut name = path.as_os_str().to_owned();
    name.push(".larder");
    fs::write(name, sidecar)?;
    Ok(())
}

fn measure(
    bench: &Bench,
    report: &mut Report,
    home: &Home,
    url: &str,
    versions: usize,
) -> Result<()> {
    let kept = file(0, 0, "mod");
    // As a person starts it; the upstreams are ours, for the files are kept under their name.
    let options = ["--upstreams", url];

    let (without_index, larder) = start(bench, home, &options, &kept)?;
    let begun = Instant::now();
    while size(bench, home)?.0 < versions as u64 {
        ensure!(
            begun.elapsed() < INDEX,
            "the index is not made within {INDEX:?}"
        );
        thread::sleep(Duration::from_millis(50));
    }
    println!(
        "    index made in {}, first answer meanwhile after {}",
        time(begun.elapsed()),
        time(without_index)
    );
    larder.stop()?;

    let (mut starts, mut sizes, mut stops) = (Vec::new(), Vec::new(), Vec::new());
    let (mut first_hits, mut hits) = (Vec::new(), Vec::new());
    let (mut rss, mut rss_after) = (0, 0);
    for round in 0..STARTS {
        let (took, larder) = start(bench, home, &options, &kept)?;
        starts.push(took);
        if round == STARTS - 1 {
            rss = process::memory(&[larder.pid()])?.rss;
            sizes.extend(
                (0..3)
                    .map(|_| size(bench, home))
                    .collect::<Result<Vec<_>>>()?
                    .iter()
                    .map(|size| size.1),
            );
            rss_after = process::memory(&[larder.pid()])?.rss;
            let mut random = Rng::with_seed(3);
            let paths: Vec<String> = (0..HITS)
                .map(|_| {
                    let at = random.usize(0..versions);
                    larder.path(&file(at / VERSIONS_A_MODULE, at % VERSIONS_A_MODULE, "mod"))
                })
                .collect();
            let mut client = larder.client()?;
            for times in [&mut first_hits, &mut hits] {
                for path in &paths {
                    times.push(hit(&mut client, path)?);
                }
            }
        }
        stops.push(larder.stop()?);
    }
    let count = match versions {
        n if n >= 1000 => format!("{},{:03} versions", n / 1000, n % 1000),
        n => format!("{n} versions"),
    };
    let took = median_time(starts);
    let aim = if versions == 100_000 {
        Aim::is("under 300 ms", took < Duration::from_millis(300))
    } else {
        Aim::None
    };
    let mut row = |what: &str, found: String, aim: Aim| {
        report.row("start", format!("{count}: {what}"), found, "", None, aim);
    };
    row("start to first answer", time(took), aim);
    row(
        "first hit of a kept .mod",
        time(median_time(first_hits)),
        Aim::None,
    );
    row("hit again", time(median_time(hits)), Aim::None);
    row("`cache size`", time(median_time(sizes)), Aim::None);
    row("RSS at the start", megabytes(rss), Aim::None);
    row("RSS after `cache size`", megabytes(rss_after), Aim::None);
    row("stop", time(median_time(stops)), Aim::None);
    Ok(())
}

/// From the start of the process to a kept file in the client's hands.
fn start(bench: &Bench, home: &Home, options: &[&str], kept: &str) -> Result<(Duration, Larder)> {
    let begun = Instant::now();
    let mut larder = Larder::spawn(&bench.program, home, options)?;
    loop {
        if let Ok(got) = larder.get(kept, PATIENCE) {
            ensure!(got.status == 200, "{} for a kept file", got.status);
            return Ok((begun.elapsed(), larder));
        }
        larder.still_runs()?;
        ensure!(begun.elapsed() < PATIENCE, "larder does not answer");
        thread::sleep(Duration::from_micros(500));
    }
}

/// `larder cache size`: how many versions, and how long it took to say so.
fn size(bench: &Bench, home: &Home) -> Result<(u64, Duration)> {
    let begun = Instant::now();
    let output = home
        .command(&bench.program, &["cache", "size", "--json"])
        .output()?;
    let took = begun.elapsed();
    ensure!(
        output.status.success(),
        "larder cache size: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let versions = said["versions"]
        .as_u64()
        .context("larder cache size says no versions")?;
    Ok((versions, took))
}

fn hit(client: &mut Client, path: &str) -> Result<Duration> {
    let (status, times) = client.get_into(path, |_| {})?;
    ensure!(status == 200, "{status} for a kept file");
    Ok(times.total)
}
