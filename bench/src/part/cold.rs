//! A cold pass: modules that nobody has yet, through Larder, beside the same files fetched and hashed without it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::Bench;
use crate::ask::Client;
use crate::corpus::{self, Module};
use crate::larder::Larder;
use crate::report::{Aim, Report, median, median_time, time};

const ASKERS: usize = 8;
const ROUNDS: usize = 5;

/// What an asker does with what it gets.
#[derive(Clone, Copy)]
enum Then<'a> {
    /// Counts the bytes.
    Nothing,
    /// Hashes them.
    Hash,
    /// Hashes them, and keeps the file as anything careful would: a temporary name, fsync, rename.
    Keep(&'a Path),
}

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = bench.upstream()?;
    let modules = corpus::modules();
    let (mut straight, mut careful, mut cold, mut kept) = (vec![], vec![], vec![], vec![]);
    let mut cpu = Vec::new();
    for _ in 0..ROUNDS {
        straight.push(pass(&modules, upstream.port, "/", Then::Hash)?);
        let folder = tempfile::tempdir_in(bench.scratch())?;
        careful.push(pass(
            &modules,
            upstream.port,
            "/",
            Then::Keep(folder.path()),
        )?);
        let home = bench.home()?;
        let larder = bench.larder(&home, &upstream.url())?;
        let before = crate::process::cpu(&[larder.pid()])?;
        cold.push(through(&larder, &modules)?);
        cpu.push((crate::process::cpu(&[larder.pid()])? - before).as_secs_f64());
        kept.push(through(&larder, &modules)?);
        larder.stop()?;
    }
    let (straight, careful) = (median_time(straight), median_time(careful));
    let (cold, kept) = (median_time(cold), median_time(kept));
    let ratio = |ours: Duration, theirs: Duration| ours.as_secs_f64() / theirs.as_secs_f64();
    report.row(
        "cold",
        format!(
            "{} modules, {ASKERS} askers; straight and hashed",
            modules.len()
        ),
        time(cold),
        time(straight),
        Some(ratio(cold, straight)),
        Aim::is("at most 3.0", ratio(cold, straight) <= 3.0),
    );
    report.row(
        "cold",
        "the same; straight, hashed and kept (fsync, rename)",
        time(cold),
        time(careful),
        Some(ratio(cold, careful)),
        Aim::None,
    );
    report.row(
        "cold",
        "CPU of Larder for a cold file",
        format!("{:.0} µs", median(cpu) * 1e6 / (modules.len() * 3) as f64),
        "",
        None,
        Aim::None,
    );
    report.row(
        "cold",
        "the same again, kept",
        time(kept),
        time(straight),
        Some(ratio(kept, straight)),
        Aim::None,
    );
    Ok(())
}

/// A pass over all modules through Larder.
pub(crate) fn through(larder: &Larder, modules: &[Module]) -> Result<Duration> {
    pass(modules, larder.port, &larder.path(""), Then::Nothing)
}

/// Each asker takes a module and asks for its three files, as `go` does.
fn pass(modules: &[Module], port: u16, prefix: &str, then: Then<'_>) -> Result<Duration> {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    thread::scope(|scope| {
        let askers: Vec<_> = (0..ASKERS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut client = Client::connect(port, Duration::from_secs(30))?;
                    while let Some(module) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
                        for extension in ["info", "mod", "zip"] {
                            fetch(&mut client, prefix, &module.file(extension), then)?;
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        for asker in askers {
            asker.join().ok().context("an asker panicked")??;
        }
        Ok(begun.elapsed())
    })
}

fn fetch(client: &mut Client, prefix: &str, file: &str, then: Then<'_>) -> Result<()> {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::new();
    let (status, _) = client.get_into(&format!("{prefix}{file}"), |part| match then {
        Then::Nothing => {}
        Then::Hash => hasher.update(part),
        Then::Keep(_) => {
            hasher.update(part);
            bytes.extend_from_slice(part);
        }
    })?;
    ensure!(status == 200, "{status} for {file}");
    std::hint::black_box(hasher.finalize());
    if let Then::Keep(folder) = then {
        let place = folder.join(file);
        fs::create_dir_all(place.parent().context("a path with a folder")?)?;
        let temporary = folder.join(file.replace('/', "-"));
        let mut out = File::create(&temporary)?;
        out.write_all(&bytes)?;
        out.sync_all()?;
        fs::rename(temporary, place)?;
    }
    Ok(())
}
