//! On a plane: what is not there is told soon, what is there comes at once.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::Bench;
use crate::corpus;
use crate::larder::Larder;
use crate::report::{Aim, Report, time};

const ASKERS: usize = 16;
/// How many unknown paths each asks for.
const EACH: usize = 500;
/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// What an unknown path may take at p99.
const SOON: Duration = Duration::from_millis(5);

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = bench.upstream()?;
    let home = bench.home()?;
    let larder = bench.larder(&home, &upstream.url())?;
    let modules = corpus::modules();
    for module in modules.iter().take(40) {
        for path in [module.file("info"), module.file("mod"), module.file("zip")] {
            let got = larder.get(&path, PATIENCE)?;
            ensure!(got.status == 200, "{} while the upstream lives", got.status);
        }
    }
    drop(upstream);
    // The first one notices it.
    let first = larder.get("/code.example.com/nobody/@v/list", PATIENCE)?;
    ensure!(
        first.status == 404,
        "{} where nobody is in reach",
        first.status
    );
    report.row(
        "offline",
        "the request that finds nobody in reach",
        time(first.times.total),
        "",
        None,
        Aim::None,
    );
    let alone = percentiles(ask(&larder, 0, EACH * 4)?);
    let all = thread::scope(|scope| {
        let askers: Vec<_> = (1..=ASKERS)
            .map(|asker| {
                scope.spawn({
                    let larder = &larder;
                    move || ask(larder, asker, EACH)
                })
            })
            .collect();
        let mut all = Vec::new();
        for asker in askers {
            all.extend(asker.join().ok().context("an asker panicked")??);
        }
        anyhow::Ok(all)
    })?;
    let all = percentiles(all);
    for (who, (median, p99), aim) in [
        ("one asker", alone, Aim::is("under 5 ms", alone.1 < SOON)),
        ("16 at once", all, Aim::None),
    ] {
        let median = time(median);
        report.row(
            "offline",
            format!("unknown path, {who}: p99 (median {median})"),
            time(p99),
            "",
            None,
            aim,
        );
    }
    let begun = Instant::now();
    for module in modules.iter().take(40) {
        let got = larder.get(&module.list(), PATIENCE)?;
        // Their graphs are not whole: nothing of them may be offered.
        ensure!(got.status == 404, "{} for a list", got.status);
    }
    report.row(
        "offline",
        "a list, its versions looked at for the first time (mean of 40)",
        time(begun.elapsed() / 40),
        "",
        None,
        Aim::None,
    );
    Ok(())
}

/// Asks for what nobody has, and how long each took: lists, latest and files in turn.
fn ask(larder: &Larder, asker: usize, times: usize) -> Result<Vec<Duration>> {
    let mut client = larder.client()?;
    let mut took = Vec::new();
    for n in 0..times {
        let rest = ["@v/list", "@latest", "@v/v1.0.0.mod"][n % 3];
        let path = larder.path(&format!("code.example.com/nobody{asker}/x{n}/{rest}"));
        let begun = Instant::now();
        let got = client.get(&path)?;
        took.push(begun.elapsed());
        ensure!(got.status == 404, "{} for what nobody has", got.status);
    }
    Ok(took)
}

/// The median and the p99.
fn percentiles(mut took: Vec<Duration>) -> (Duration, Duration) {
    took.sort();
    (took[took.len() / 2], took[took.len() * 99 / 100])
}
