//! Memory: at rest after a start, and the most over a cold pass and over a large zip.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::{Bench, big, cold};
use crate::corpus;
use crate::process::{self, Watch};
use crate::report::{Aim, Report, megabytes};

/// How long after its start Larder is at rest.
const REST: Duration = Duration::from_secs(2);

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstream = bench.upstream()?;
    let home = bench.home()?;
    let larder = bench.larder(&home, &upstream.url())?;
    thread::sleep(REST);
    let idle = process::memory(&[larder.pid()])?;
    report.row(
        "memory",
        "at rest, RSS (PSS)",
        format!("{} ({})", megabytes(idle.rss), megabytes(idle.pss)),
        "",
        None,
        Aim::is("under 15 MB", idle.rss < 15 << 20),
    );
    peak(report, "300 modules", larder.pid(), || {
        cold::through(&larder, &corpus::modules()).map(drop)
    })?;
    larder.stop()?;

    let home = bench.home()?;
    let larder = bench.larder(&home, &upstream.url())?;
    let zip = larder.path(&corpus::big_modules()[0].file("zip"));
    peak(report, "a zip of 36 MB", larder.pid(), || {
        // Cold, then kept.
        big::fetch(larder.port, &zip)?;
        big::fetch(larder.port, &zip).map(drop)
    })?;
    thread::sleep(REST);
    let after = process::memory(&[larder.pid()])?;
    report.row(
        "memory",
        "at rest after that, RSS (PSS)",
        format!("{} ({})", megabytes(after.rss), megabytes(after.pss)),
        "",
        None,
        Aim::None,
    );
    Ok(())
}

fn peak(
    report: &mut Report,
    what: &str,
    pid: u32,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let watch = Watch::start(vec![pid], Duration::from_millis(20));
    let done = work();
    let pss = watch.end();
    done?;
    let peak = process::memory(&[pid])?.peak_rss;
    report.row(
        "memory",
        format!("{what}: peak, VmHWM (PSS)"),
        format!("{} ({})", megabytes(peak), megabytes(pss)),
        "",
        None,
        Aim::is("under 40 MB", peak < 40 << 20),
    );
    Ok(())
}
