//! A large zip: when its first byte comes, and when its last, beside the upstream itself.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::Bench;
use crate::ask::{self, Times};
use crate::corpus;
use crate::report::{Aim, Report, median_time, time};

const PATIENCE: Duration = Duration::from_secs(60);
const ROUNDS: usize = 4;

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = bench.upstream()?;
    let paced = upstream.paced_url();
    for (name, url, prefix, rounds) in [
        ("full speed", upstream.url(), "", ROUNDS),
        ("12 MB/s", paced, "paced/", ROUNDS / 2),
    ] {
        let home = bench.home()?;
        let larder = bench.larder(&home, &url)?;
        let (mut straight, mut cold, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for module in corpus::big_modules().iter().take(rounds) {
            let path = module.file("zip");
            straight.push(fetch(upstream.port, &format!("/{prefix}{path}"))?);
            cold.push(fetch(larder.port, &larder.path(&path))?);
            kept.push(fetch(larder.port, &larder.path(&path))?);
        }
        let first = |all: &[Times]| median_time(all.iter().map(|times| times.first_byte));
        let total = |all: &[Times]| median_time(all.iter().map(|times| times.total));
        let (ours, theirs) = (first(&cold), first(&straight));
        report.row(
            "big",
            format!("{name}: first byte"),
            time(ours),
            time(theirs),
            None,
            Aim::is(
                "within 10 ms of it",
                ours.saturating_sub(theirs) <= Duration::from_millis(10),
            ),
        );
        for (what, ours) in [("total", &cold), ("total, kept", &kept)] {
            report.row(
                "big",
                format!("{name}: {what}"),
                time(total(ours)),
                time(total(&straight)),
                Some(total(ours).as_secs_f64() / total(&straight).as_secs_f64()),
                Aim::None,
            );
        }
    }
    Ok(())
}

/// On a connection of its own; the bytes are counted and dropped.
pub(crate) fn fetch(port: u16, path: &str) -> Result<Times> {
    let mut client = ask::Client::connect(port, PATIENCE)?;
    let (status, times) = client.get_into(path, |_| {})?;
    ensure!(status == 200, "{status} for a large zip");
    Ok(times)
}
