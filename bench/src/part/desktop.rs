//! The desktop program: start, memory, rest, clicks, the log at 500 events a second.
//!
//! It wants a screen, a bus and a window's own driver, which the tests of the desktop program have already: they measure
//! (`tests/desktop/measure.py`), each thing on a desktop of its own, and this part reads what they found.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Bench;
use crate::report::{self, Aim, Report, megabytes, time};

const RUN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/desktop/run");
/// A frame that took longer was seen to be late: at 60 a second one lasts 16.7 ms.
const LATE: f64 = 20.0;

/// One finding, as `measure.py` writes it.
#[derive(Deserialize)]
struct Finding {
    what: String,
    values: Vec<f64>,
    unit: String,
}

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let programs = bench.program.parent().context("a program has a folder")?;
    ensure!(
        programs.join("larder-tray").is_file(),
        "there is no larder-tray beside {}: `scripts/ui build`, then `cargo build --release --package larder-tray`",
        bench.program.display()
    );
    let findings = bench.scratch().join("desktop.jsonl");
    let status = Command::new(RUN)
        .arg(programs)
        .arg("--measure")
        .arg(&findings)
        .status()
        .with_context(|| format!("{RUN} can't be started"))?;
    for finding in read(&findings)? {
        row(report, &finding)?;
    }
    ensure!(status.success(), "not everything could be measured");
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Finding>> {
    let text = std::fs::read_to_string(path).context("nothing was found")?;
    text.lines()
        .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
        .collect()
}

fn row(report: &mut Report, finding: &Finding) -> Result<()> {
    let values = &finding.values;
    ensure!(!values.is_empty(), "{}: no values", finding.what);
    let median = report::median(values.iter().copied());
    let most = values.iter().copied().fold(0.0, f64::max);
    let (found, worst) = match finding.unit.as_str() {
        "s" => (
            time(Duration::from_secs_f64(median)),
            time(Duration::from_secs_f64(most)),
        ),
        "bytes" => (megabytes(bytes(median)), String::new()),
        "%" => (format!("{median:.2} %"), String::new()),
        "ms" => {
            let late = values.iter().filter(|&&it| it > LATE).count();
            let said = format!("{late} of {} over {LATE} ms", values.len());
            (said, format!("{most:.0} ms"))
        }
        unit => (format!("{median:.0} {unit}"), String::new()),
    };
    let found = if worst.is_empty() {
        found
    } else {
        format!("{found} (worst {worst})")
    };
    let aim = aim(&finding.what, median, values);
    report.row("desktop", &finding.what, found, "", None, aim);
    Ok(())
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the memory of a process, in whole bytes"
)]
fn bytes(value: f64) -> u64 {
    value as u64
}

/// What it is held against.
fn aim(what: &str, median: f64, values: &[f64]) -> Aim {
    match what {
        "headless: start to a kept file" => Aim::is("under 300 ms", median < 0.3),
        "tray: start to a kept file" => Aim::is("under 1 s", median < 1.0),
        "PSS, window never opened" | "PSS, window closed again" => {
            Aim::is("under 100 MB", median < 100.0 * 1024.0 * 1024.0)
        }
        "tray's menu: click to the other upstream's answer"
        | "window: click to the next frame"
        | "window: click to the screen that was clicked for" => {
            Aim::is("under 100 ms", median < 0.1)
        }
        "window: frames of the log at 500 a second" => {
            Aim::is("none late", values.iter().all(|&it| it <= LATE))
        }
        what if what.starts_with("processor at rest") => Aim::is("near 0", median < 0.5),
        _ => Aim::None,
    }
}
