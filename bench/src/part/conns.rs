//! Thousands of connections that stay open, asked on in turn: nothing may fail, and memory stays small.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, fill};
use crate::load::{self, Phase, Plan};
use crate::nginx::Nginx;
use crate::process::{self, Memory, Watch};
use crate::report::{Aim, Report, median, megabytes};

const CONNECTIONS: usize = 9_000;
/// As many as are asked on at once in the first phase; in the second, all.
const FEW: usize = 64;
const ROUNDS: usize = 2;
const SECONDS: f64 = 4.0;

#[derive(Default)]
struct Rounds {
    few: Vec<Phase>,
    all: Vec<Phase>,
    connecting: Vec<f64>,
    peak_pss: u64,
}

impl Rounds {
    fn add(&mut self, plan: &Plan, pids: Vec<u32>, bench: &Bench) -> Result<()> {
        let watch = Watch::start(pids, Duration::from_millis(250));
        let outcome = load::run(plan, bench.scratch());
        self.peak_pss = self.peak_pss.max(watch.end());
        let mut outcome = outcome?;
        self.connecting.push(outcome.connecting_ms);
        self.all.extend(outcome.phases.pop());
        self.few.extend(outcome.phases.pop());
        Ok(())
    }

    fn failed(&self) -> u64 {
        self.few
            .iter()
            .chain(&self.all)
            .map(|phase| phase.failed)
            .sum()
    }
}

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let connections = CONNECTIONS.min(usize::try_from(load::most_files())?.saturating_sub(300));
    if connections < CONNECTIONS {
        println!("  only {connections} connections: this shell's limit of open files is too low");
    }
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

    let plan = |port: u16, path: &dyn Fn(&str) -> String| Plan {
        port,
        paths: files
            .iter()
            .map(|(name, bytes)| (path(name), bytes.len()))
            .collect(),
        connections,
        seconds: SECONDS,
        active: vec![FEW, connections],
    };
    let ours = plan(larder.port, &|path| larder.path(path));
    let theirs = plan(nginx.port, &|path| format!("/{path}"));
    let (mut a, mut b) = (Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        a.add(&ours, vec![larder.pid()], bench)?;
        b.add(&theirs, nginx_pids.clone(), bench)?;
    }
    let (our_memory, their_memory): (Memory, Memory) = (
        process::memory(&[larder.pid()])?,
        process::memory(&nginx_pids)?,
    );

    let is_all = connections == CONNECTIONS;
    report.row(
        "conns",
        format!("{connections} open: failed requests"),
        a.failed().to_string(),
        b.failed().to_string(),
        None,
        Aim::is("0 of 9,000 connections", a.failed() == 0 && is_all),
    );
    report.row(
        "conns",
        "peak memory, VmHWM",
        megabytes(our_memory.peak_rss),
        megabytes(their_memory.peak_rss),
        Some(our_memory.peak_rss as f64 / their_memory.peak_rss as f64),
        Aim::is("under 120 MB", our_memory.peak_rss < 120 << 20 && is_all),
    );
    report.row(
        "conns",
        "peak memory, PSS",
        megabytes(a.peak_pss),
        megabytes(b.peak_pss),
        Some(a.peak_pss as f64 / b.peak_pss as f64),
        Aim::None,
    );
    let phases: [(String, &[Phase], &[Phase]); 2] = [
        (format!("{FEW} at once"), &a.few, &b.few),
        ("all at once".to_owned(), &a.all, &b.all),
    ];
    for (name, a, b) in phases {
        let rate = |phases: &[Phase]| median(phases.iter().map(|phase| phase.rate));
        let p99 = |phases: &[Phase]| median(phases.iter().map(|phase| phase.p99_ms));
        report.row(
            "conns",
            format!("{name}: answers/s"),
            format!("{:.0}", rate(a)),
            format!("{:.0}", rate(b)),
            Some(rate(a) / rate(b)),
            Aim::None,
        );
        report.row(
            "conns",
            format!("{name}: p99"),
            format!("{:.1} ms", p99(a)),
            format!("{:.1} ms", p99(b)),
            Some(p99(a) / p99(b)),
            Aim::is("under 0.5 s", p99(a) < 500.0),
        );
    }
    println!(
        "    connecting took {:.0} ms and {:.0} ms",
        median(a.connecting),
        median(b.connecting)
    );
    Ok(())
}
