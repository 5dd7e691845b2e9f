//! What verification costs: beside the same pass without a database, and beside inflating and hashing alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use go_module::h1;
use test_support::FakeDatabase;

use super::Bench;
use super::cold::through;
use crate::corpus::{self, Module};
use crate::larder::{Home, Larder};
use crate::report::{Aim, Report, median_time, time};

const ROUNDS: usize = 5;
/// How many records of others lie between two of ours: the real log is as sparse, so that hardly two share a tile.
const BETWEEN: u64 = 4_000;
const NAME: &str = "sums.bench.example.com";

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = bench.upstream()?;
    let modules = corpus::modules();
    let zips = read(&bench.modules(), &modules)?;
    let database = database(&bench.modules(), &modules)?;
    let verified = database.gosumdb_at_url();
    let link = upstream.link_url();
    let (mut alone, mut cold, mut slow, mut slow_unverified) = (vec![], vec![], vec![], vec![]);
    let mut stocked = 0;
    for _ in 0..ROUNDS {
        alone.push(hash_all(&zips)?);
        let (took, bytes) = pass(bench, &upstream.url(), &verified, &modules)?;
        cold.push(took);
        stocked = bytes;
    }
    for _ in 0..2 {
        slow.push(pass(bench, &link, &verified, &modules)?.0);
        slow_unverified.push(pass(bench, &link, "off", &modules)?.0);
    }
    let (alone, cold) = (median_time(alone), median_time(cold));
    let (slow, slow_unverified) = (median_time(slow), median_time(slow_unverified));
    let ratio = |ours: Duration, theirs: Duration| ours.as_secs_f64() / theirs.as_secs_f64();
    let each = stocked / modules.len() as u64;
    report.row(
        "verify",
        "kept of the database, a module",
        format!("{each} bytes"),
        "",
        None,
        Aim::is("at most 12,288", each <= 12 * 1024),
    );
    report.row(
        "verify",
        format!(
            "{} modules over a link of 100 Mbit/s; not verified",
            modules.len()
        ),
        time(slow),
        time(slow_unverified),
        Some(ratio(slow, slow_unverified)),
        Aim::is("under 1.05", ratio(slow, slow_unverified) < 1.05),
    );
    report.row(
        "verify",
        "the same at full speed; their zips inflated and hashed alone, on all cores",
        time(cold),
        time(alone),
        Some(ratio(cold, alone)),
        Aim::is("at most 1.2", ratio(cold, alone) <= 1.2),
    );
    Ok(())
}

/// A cold pass, and the bytes that are kept of the database afterwards.
fn pass(
    bench: &Bench,
    upstreams: &str,
    sumdb: &str,
    modules: &[Module],
) -> Result<(Duration, u64)> {
    let home = bench.home()?;
    let larder = Larder::start_with(&bench.program, &home, upstreams, sumdb)?;
    let took = through(&larder, modules)?;
    larder.stop()?;
    Ok((took, kept_of_database(&home)?))
}

fn kept_of_database(home: &Home) -> Result<u64> {
    let mut sum = 0;
    let mut folders = vec![home.path().join("cache")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.components().any(|part| part.as_os_str() == "sumdb") {
                sum += entry.metadata()?.len();
            }
        }
    }
    Ok(sum)
}

/// A database that has the records of all modules, far apart.
fn database(root: &Path, modules: &[Module]) -> Result<FakeDatabase> {
    let database = FakeDatabase::start_blocking(NAME);
    for module in modules {
        database.pad(BETWEEN);
        let zip = fs::read(root.join(module.file("zip")))?;
        let length = zip.len() as u64;
        let zip = h1::of_zip(Cursor::new(zip), length).context("a zip of the corpus")?;
        let go_mod = h1::of_mod(&fs::read(root.join(module.file("mod")))?);
        let (zip, go_mod) = (zip.to_string(), go_mod.to_string());
        database.add(&module.path, &module.version, &zip, &go_mod);
    }
    database.pad(BETWEEN * 20);
    database.publish();
    Ok(database)
}

fn read(root: &Path, modules: &[Module]) -> Result<BTreeMap<String, Vec<u8>>> {
    let read = |module: &Module| {
        let file = module.file("zip");
        let bytes = fs::read(root.join(&file))?;
        Ok((file, bytes))
    };
    modules.iter().map(read).collect()
}

/// Inflates and hashes all zips, from memory, on all cores.
fn hash_all(zips: &BTreeMap<String, Vec<u8>>) -> Result<Duration> {
    let all: Vec<&Vec<u8>> = zips.values().collect();
    let next = AtomicUsize::new(0);
    let cores = thread::available_parallelism()?.get();
    let begun = Instant::now();
    thread::scope(|scope| {
        let hashers: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while let Some(zip) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let hash = h1::of_zip(Cursor::new(zip), zip.len() as u64)?;
                        ensure!(hash.to_string().starts_with("h1:"), "no hash");
                    }
                    Ok(())
                })
            })
            .collect();
        for hasher in hashers {
            hasher.join().ok().context("a hasher panicked")??;
        }
        Ok(begun.elapsed())
    })
}
