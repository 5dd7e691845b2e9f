//! Small files that are kept: the rate of answers and the slowest of a hundred, Larder and nginx in turns.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, fill};
use crate::load::{self, Phase, Plan};
use crate::nginx::Nginx;
use crate::process;
use crate::report::{Aim, Report, median};

/// One server's numbers over its rounds.
#[derive(Default)]
struct Rounds {
    phases: Vec<Phase>,
    /// Time on the processor for one answer, in microseconds, each round.
    cpu: Vec<f64>,
}

impl Rounds {
    fn add(&mut self, plan: &Plan, pids: &[u32], bench: &Bench) -> Result<()> {
        let before = process::cpu(pids)?;
        let outcome = load::run(plan, bench.scratch())?;
        let used = process::cpu(pids)? - before;
        for phase in outcome.phases {
            // The generator's warm-up is in `used` too: the rate holds for it as well.
            let answers = phase.rate * (plan.seconds + 0.3);
            self.cpu.push(used.as_secs_f64() * 1e6 / answers);
            self.phases.push(phase);
        }
        Ok(())
    }

    fn rate(&self) -> f64 {
        median(self.phases.iter().map(|phase| phase.rate))
    }

    fn p99(&self) -> f64 {
        median(self.phases.iter().map(|phase| phase.p99_ms))
    }

    fn failed(&self) -> u64 {
        self.phases.iter().map(|phase| phase.failed).sum()
    }

    fn cpu(&self) -> f64 {
        median(self.cpu.iter().copied())
    }

    fn generator(&self) -> f64 {
        median(self.phases.iter().map(|phase| phase.own_cpu))
    }
}

/// What is asked for, in how many rounds.
struct Mix {
    name: &'static str,
    takes: fn(&str) -> bool,
    connections: usize,
    rounds: usize,
    seconds: f64,
    is_held: bool,
}

const MIXES: &[Mix] = &[
    Mix {
        name: "mix, 32 connections",
        takes: |_| true,
        connections: 32,
        rounds: 5,
        seconds: 2.5,
        is_held: true,
    },
    Mix {
        name: "mix, 64 connections",
        takes: |_| true,
        connections: 64,
        rounds: 5,
        seconds: 2.5,
        is_held: true,
    },
    Mix {
        name: ".mod only, 64",
        takes: |path| path.ends_with(".mod"),
        connections: 64,
        rounds: 3,
        seconds: 1.5,
        is_held: false,
    },
    Mix {
        name: "list only, 64",
        takes: |path| path.ends_with("/list"),
        connections: 64,
        rounds: 3,
        seconds: 1.5,
        is_held: false,
    },
];

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
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
    std::thread::sleep(Duration::from_millis(500));

    for mix in MIXES {
        let plan = |port: u16, path: &dyn Fn(&str) -> String| Plan {
            port,
            paths: files
                .iter()
                .filter(|(name, _)| (mix.takes)(name))
                .map(|(name, bytes)| (path(name), bytes.len()))
                .collect(),
            connections: mix.connections,
            seconds: mix.seconds,
            active: vec![mix.connections],
        };
        let ours = plan(larder.port, &|path| larder.path(path));
        let theirs = plan(nginx.port, &|path| format!("/{path}"));
        let (mut a, mut b) = (Rounds::default(), Rounds::default());
        for _ in 0..mix.rounds {
            a.add(&ours, &[larder.pid()], bench)?;
            b.add(&theirs, &nginx_pids, bench)?;
        }
        let ratio = a.rate() / b.rate();
        let aim = if mix.is_held {
            Aim::is("at least 1.0", ratio >= 1.0 && a.failed() == 0)
        } else {
            Aim::None
        };
        report.row(
            "warm",
            format!("{}: answers/s", mix.name),
            format!("{:.0}", a.rate()),
            format!("{:.0}", b.rate()),
            Some(ratio),
            aim,
        );
        report.row(
            "warm",
            format!("{}: p99", mix.name),
            format!("{:.2} ms", a.p99()),
            format!("{:.2} ms", b.p99()),
            Some(a.p99() / b.p99()),
            Aim::None,
        );
        report.row(
            "warm",
            format!("{}: CPU an answer", mix.name),
            format!("{:.1} µs", a.cpu()),
            format!("{:.1} µs", b.cpu()),
            Some(a.cpu() / b.cpu()),
            Aim::None,
        );
        println!(
            "    the generator took {:.0} % and {:.0} % of a core; failed: {} and {}",
            a.generator() * 100.0,
            b.generator() * 100.0,
            a.failed(),
            b.failed()
        );
    }
    Ok(())
}
