//! Many askers of one zip that is not there: the upstream is asked once, and memory stays small.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{Bench, big};
use crate::corpus;
use crate::process::{self, Watch};
use crate::report::{Aim, Report, megabytes, time};

const ASKERS: usize = 50;

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = bench.upstream()?;
    let home = bench.home()?;
    let larder = bench.larder(&home, &upstream.paced_url())?;
    let module = &corpus::big_modules()[0];
    let path = module.file("zip");
    let watch = Watch::start(vec![larder.pid()], Duration::from_millis(100));
    let barrier = Barrier::new(ASKERS);
    let begun = Instant::now();
    thread::scope(|scope| -> Result<()> {
        let askers: Vec<_> = (0..ASKERS)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    big::fetch(larder.port, &larder.path(&path))
                })
            })
            .collect();
        for asker in askers {
            asker.join().ok().context("an asker panicked")??;
        }
        Ok(())
    })?;
    let took = begun.elapsed();
    let pss = watch.end();
    let gets = upstream.gets(&format!("paced/{path}"))?;
    let alone = big::fetch(upstream.port, &format!("/paced/{path}"))?.total;
    report.row(
        "flight",
        format!("GETs for {ASKERS} askers"),
        gets.to_string(),
        "",
        None,
        Aim::is("1", gets == 1),
    );
    report.row(
        "flight",
        format!("{ASKERS} have 36 MB each, one straight"),
        time(took),
        time(alone),
        Some(took.as_secs_f64() / alone.as_secs_f64()),
        Aim::None,
    );
    let peak = process::memory(&[larder.pid()])?.peak_rss;
    report.row(
        "flight",
        "peak memory, VmHWM (PSS)",
        format!("{} ({})", megabytes(peak), megabytes(pss)),
        "",
        None,
        Aim::is("under 40 MB", peak < 40 << 20),
    );
    Ok(())
}
