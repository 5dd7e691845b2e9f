//! Thousands of connections that stay open, asked on in turn: nothing may fail, and memory stays small.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Bench, fill};
use crate::load::{self, Phase, Plan};
use crate::nginx::Nginx;
use crate::process::{self, Watch};
use crate::report::{Aim, Report, median, megabytes};

const CONNECTIONS: usize = 9_000;
const ROUNDS: usize = 2;
const SECONDS: f64 = 4.0;

/// One server's numbers over its rounds.
#[derive(Default)]
struct Rounds {
    phases: Vec<Phase>,
    peak_pss: u64,
    /// The most that was resident, from the start of the server on.
    peak_rss: u64,
}

impl Rounds {
    fn add(&mut self, plan: &Plan, pids: &[u32], bench: &Bench) -> Result<()> {
        let watch = Watch::start(pids.to_vec(), Duration::from_millis(250));
        let outcome = load::run(plan, bench.scratch());
        self.peak_pss = self.peak_pss.max(watch.end());
        self.peak_rss = process::memory(pids)?.peak_rss;
        self.phases
            .push(outcome?.phases.pop().context("a phase is missing")?);
        Ok(())
    }

    fn failed(&self) -> u64 {
        self.phases.iter().map(|phase| phase.failed).sum()
    }

    fn rate(&self) -> f64 {
        median(self.phases.iter().map(|phase| phase.rate))
    }

    fn p99(&self) -> f64 {
        median(self.phases.iter().map(|phase| phase.p99_ms))
    }
}

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let connections = CONNECTIONS.min(usize::try_from(load::most_files())?.saturating_sub(300));
    if connections < CONNECTIONS {
        println!("  only {connections} connections: this shell's limit of open files is too low");
    }
    let is_all = connections == CONNECTIONS;
    let upstream = bench.upstream()?;
    let home = bench.home()?;
    let files = bench.warm_files()?;
    let larder = bench.larder(&home, &upstream.url())?;
    fill(&larder, &files)?;
    let nginx = Nginx::start(
        &bench.modules(),
        bench.scratch(),
        &format!("/{}", files[0].0),
    )?;
    let nginx_pids = nginx.pids()?;

    // As a build asks: few at once, on whichever connection. Then the worst: all of them at once.
    for (name, active) in [("64 at once", 64), ("all at once", connections)] {
        let plan = |port: u16, path: &dyn Fn(&str) -> String| Plan {
            port,
            paths: files
                .iter()
                .map(|(name, bytes)| (path(name), bytes.len()))
                .collect(),
            connections,
            seconds: SECONDS,
            active: vec![active],
        };
        let ours = plan(larder.port, &|path| larder.path(path));
        let theirs = plan(nginx.port, &|path| format!("/{path}"));
        let (mut a, mut b) = (Rounds::default(), Rounds::default());
        for _ in 0..ROUNDS {
            a.add(&ours, &[larder.pid()], bench)?;
            b.add(&theirs, &nginx_pids, bench)?;
        }
        report.row(
            "conns",
            format!("{connections} open, {name}: failed"),
            a.failed().to_string(),
            b.failed().to_string(),
            None,
            Aim::is("0 of 9,000", a.failed() == 0 && is_all),
        );
        report.row(
            "conns",
            format!("{name}: answers/s"),
            format!("{:.0}", a.rate()),
            format!("{:.0}", b.rate()),
            Some(a.rate() / b.rate()),
            Aim::None,
        );
        report.row(
            "conns",
            format!("{name}: p99"),
            format!("{:.1} ms", a.p99()),
            format!("{:.1} ms", b.p99()),
            Some(a.p99() / b.p99()),
            Aim::is("under 0.5 s", a.p99() < 500.0),
        );
        report.row(
            "conns",
            format!("{name}: peak memory, VmHWM (PSS)"),
            format!("{} ({})", megabytes(a.peak_rss), megabytes(a.peak_pss)),
            format!("{} ({})", megabytes(b.peak_rss), megabytes(b.peak_pss)),
            Some(a.peak_rss as f64 / b.peak_rss as f64),
            Aim::is("under 120 MB", a.peak_rss < 120 << 20 && is_all),
        );
    }
    Ok(())
}
