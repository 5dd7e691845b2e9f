//! `larder verify`: go.sum files and modules, held against the checksum database and what is kept.

mod input;
mod report;

use std::ffi::OsString;

use app::Places;
use app::command::Verify;
use clap::Args;

use super::with_client;
use crate::exit::Exit;
use crate::job;
use crate::output;
use crate::trouble::Trouble;
use input::Asked;
use report::Report;

/// Check go.sum files, or modules, against the checksum database and what is kept
///
/// Each line of a go.sum is held against what the checksum database of the profile in force says, and against the file
/// that Larder keeps, which is read and hashed again. What lies outside the database, such as private modules, is
/// compared with the kept file and with the hash that Larder saw first. Nothing is fetched but the database's records,
/// and nothing is changed; only a file that proves damaged is set aside, as it always is. (`go mod verify` compares
/// go's own cache with go.sum, and asks no database.)
///
/// Shown is what disagrees, and what could not be checked in full. The exit code is 0 where all agree, 4 where something
/// disagrees, and 1 where something could not be checked and nothing disagrees.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder verify                               The go.sum of this folder
  larder verify */go.sum go.work.sum          Several
  larder verify example.com/m@v1.2.3          What is kept of one module version
  larder verify --json | jq '.items[] | select(.verdict == \"disagrees\")'")]
pub(crate) struct Options {
    /// go.sum files, or versions of modules [default: ./go.sum]
    #[arg(value_name = "FILE|MODULE@VERSION")]
    what: Vec<OsString>,
    /// Print one JSON document, with what agrees too
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let Asked { items, files } = input::read(&options.what)?;
    let mut findings = Vec::with_capacity(items.len());
    if !items.is_empty() {
        with_client(&places, async |client| {
            for part in Verify::in_parts(items.clone()) {
                findings.extend(job::carry_out(client, part, "verifying").await?);
            }
            Ok(())
        })
        .await?;
    }
    let report = Report::new(findings, files);
    if options.json {
        output::print_json(&report)?;
    } else {
        output::print(&report.render())?;
    }
    Ok(report.exit())
}
