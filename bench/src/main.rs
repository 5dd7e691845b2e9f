//! `make bench`: how fast Larder is, measured from outside, beside nginx and beside the upstream itself.
//!
//! Everything runs on loopback, in a folder that is gone afterwards. What is measured how is in docs/PERFORMANCE.md.
//!
//! ```text
//! bench --larder PROGRAM [PART...]     all parts, or those named
//! bench serve-upstream FOLDER          the upstream, a process of its own
//! bench serve-node                     a node of a cluster, a process of its own
//! bench load PLAN                      the load generator, a process of its own
//! bench guard FOLDER                   ends what a run that was cut off has left
//! ```

#![allow(
    clippy::print_stdout,
    reason = "what it finds is for the person who started it"
)]

mod ask;
mod corpus;
mod guard;
mod larder;
mod load;
mod nginx;
mod part;
mod process;
mod report;
mod upstream;
mod zip;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use part::{Bench, PARTS};
use report::Report;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let mut program = None;
    let mut wanted = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut operand = || {
            arguments
                .next()
                .with_context(|| format!("{argument} wants a path"))
        };
        match argument.as_str() {
            "serve-upstream" => {
                upstream::serve(Path::new(&operand()?))?;
                return Ok(ExitCode::SUCCESS);
            }
            "serve-node" => {
                test_support::cluster::node::serve();
                return Ok(ExitCode::SUCCESS);
            }
            "guard" => {
                guard::main(Path::new(&operand()?))?;
                return Ok(ExitCode::SUCCESS);
            }
            "load" => {
                load::main(Path::new(&operand()?))?;
                return Ok(ExitCode::SUCCESS);
            }
            "--larder" => program = Some(PathBuf::from(operand()?)),
            name => match PARTS.iter().find(|part| part.name == name) {
                Some(part) => wanted.push(part),
                None => {
                    let names: Vec<_> = PARTS.iter().map(|part| part.name).collect();
                    bail!("there is no part {name}; there are {}", names.join(", "));
                }
            },
        }
    }
    if wanted.is_empty() {
        wanted.extend(PARTS);
    }
    let program = program
        .context("--larder PROGRAM says what is measured")?
        .canonicalize()?;
    measure(program, &wanted)
}

fn measure(program: PathBuf, wanted: &[&part::Part]) -> Result<ExitCode> {
    let begun = Instant::now();
    let cores = std::thread::available_parallelism()?;
    let load = || std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{}, {cores} cores, load {}",
        jiff::Zoned::now().strftime("%Y-%m-%d %H:%M"),
        load().trim()
    );
    let bench = Bench::prepare(program)?;
    println!(
        "the modules are written ({:.1} s)",
        begun.elapsed().as_secs_f64()
    );
    let mut report = Report::default();
    let mut failed = false;
    for part in wanted {
        let since = Instant::now();
        println!("\n{}: {}", part.name, part.what);
        // One part that can't be measured leaves the others.
        if let Err(error) = (part.run)(&bench, &mut report) {
            println!("  not measured: {error:#}");
            failed = true;
        }
        println!(
            "  ({:.1} s, load {})",
            since.elapsed().as_secs_f64(),
            load().trim()
        );
    }
    println!("\n{}", report.table());
    println!("{:.0} s in all", begun.elapsed().as_secs_f64());
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
