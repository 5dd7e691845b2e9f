//! A cold pass: modules that nobody has yet, through Larder, beside the same files fetched and hashed without it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::Bench;
use crate::ask::Client;
use crate::corpus::{self, Module};
use crate::larder::Larder;
use crate::report::{Aim, Report, median_time, time};

const ASKERS: usize = 8;
const ROUNDS: usize = 4;

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = bench.upstream()?;
    let modules = corpus::modules();
    let (mut straight, mut cold, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        straight.push(pass(&modules, upstream.port, "/", true)?);
        let home = bench.home()?;
        let larder = bench.larder(&home, &upstream.url())?;
        cold.push(through(&larder, &modules)?);
        kept.push(through(&larder, &modules)?);
        larder.stop()?;
    }
    let straight = median_time(straight);
    let (cold, kept) = (median_time(cold), median_time(kept));
    let ratio = |ours: Duration| ours.as_secs_f64() / straight.as_secs_f64();
    report.row(
        "cold",
        format!("{} modules, {ASKERS} askers", modules.len()),
        time(cold),
        time(straight),
        Some(ratio(cold)),
        Aim::is("at most 3.0", ratio(cold) <= 3.0),
    );
    report.row(
        "cold",
        "the same again, kept",
        time(kept),
        time(straight),
        Some(ratio(kept)),
        Aim::None,
    );
    Ok(())
}

/// A pass over all modules through Larder.
pub(crate) fn through(larder: &Larder, modules: &[Module]) -> Result<Duration> {
    pass(modules, larder.port, &larder.path(""), false)
}

/// Each asker takes a module and asks for its three files, as `go` does.
fn pass(modules: &[Module], port: u16, prefix: &str, hashes: bool) -> Result<Duration> {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    thread::scope(|scope| {
        let askers: Vec<_> = (0..ASKERS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut client = Client::connect(port, Duration::from_secs(30))?;
                    while let Some(module) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
                        for extension in ["info", "mod", "zip"] {
                            let path = format!("{prefix}{}", module.file(extension));
                            let mut hasher = Sha256::new();
                            let (status, _) = client.get_into(&path, |bytes| {
                                if hashes {
                                    hasher.update(bytes);
                                }
                            })?;
                            std::hint::black_box(hasher.finalize());
                            ensure!(status == 200, "{status} for {}", module.file(extension));
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
