//! A mirror that hangs: what it costs those who ask, beside no mirror.

use std::time::Duration;

use anyhow::{Result, ensure};
use test_support::cluster::{Asking, Cluster, Found, Load};

use super::Bench;
use super::failover::{CLIENTS, heard, program};
use crate::guard;
use crate::larder::{Home, Larder};
use crate::report::{Aim, Report, time};

const ROUNDS: usize = 6;
const ROUND: Duration = Duration::from_secs(3);

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let cluster = Cluster::start(program, 2, heard);
    let mirror = &cluster.nodes()[1];
    guard::started(mirror.pid());
    mirror.pause();
    let settings = cluster.settings(Found::Alone, Duration::from_secs(1));
    let with = format!(
        "{settings}mirror = {{ to = \"http://{}\", share = 100 }}\n",
        mirror.addr()
    );
    let (home, home_with) = (bench.home()?, bench.home()?);
    let without = start(bench, &home, &settings)?;
    let with = start(bench, &home_with, &with)?;
    let mut asked: [Vec<Asking>; 2] = Default::default();
    for round in 0..ROUNDS * 2 {
        // Each begins as often as it ends.
        let which = (round + round / 2) % 2;
        let goproxy = goproxy(if which == 0 { &without } else { &with });
        let load = Load::start_from(&goproxy, CLIENTS, round * 1_000_000);
        std::thread::sleep(ROUND);
        asked[which].extend(load.end());
    }
    without.stop()?;
    with.stop()?;
    mirror.resume();
    guard::ended(mirror.pid());
    for asked in &asked {
        let failed = asked.iter().find_map(|asking| asking.failure.as_ref());
        ensure!(failed.is_none(), "{failed:?}");
    }
    let [without, with] = asked.map(|asked| {
        let mut times: Vec<_> = asked.into_iter().map(|asking| asking.took).collect();
        times.sort_unstable();
        times
    });
    for (name, share) in [("median", 0.5), ("p99", 0.99)] {
        let at = |times: &[Duration]| times[(times.len() as f64 * share) as usize];
        let (with, without) = (at(&with), at(&without));
        report.row(
            "mirror",
            format!("{name}, with a mirror that hangs; with none"),
            time(with),
            time(without),
            Some(with.as_secs_f64() / without.as_secs_f64()),
            Aim::None,
        );
    }
    let (with, without) = (with.len(), without.len());
    let ratio = with as f64 / without as f64;
    report.row(
        "mirror",
        format!(
            "answers to 16 clients in {} s each",
            ROUNDS as u64 * ROUND.as_secs()
        ),
        with.to_string(),
        without.to_string(),
        Some(ratio),
        Aim::is("at least 0.95", ratio >= 0.95),
    );
    Ok(())
}

fn start(bench: &Bench, home: &Home, settings: &str) -> Result<Larder> {
    home.settings(settings)?;
    Larder::start_by(&bench.program, home, &[])
}

fn goproxy(larder: &Larder) -> String {
    format!("http://127.0.0.1:{}/{}", larder.port, larder.token)
}
