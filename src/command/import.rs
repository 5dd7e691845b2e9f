//! `larder import`: an existing GOMODCACHE becomes part of the cache.

use std::path::{Path, PathBuf};

use app::command::{Import, ImportReport};
use app::{CallerEnv, Code, Failure, Places};
use clap::Args;

use super::with_client;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::job;
use crate::output::{self, CAUTION};
use crate::trouble::Trouble;

/// How many of those left out are named on a terminal.
const NAMED: usize = 20;

/// Take in what go has downloaded before
///
/// The files of a GOMODCACHE are taken into the cache as if they had come from an upstream: what the checksum database
/// covers is held against its records, private modules against what was seen first. What can't be verified is left out and
/// named, and so is what is damaged. Go's lists and notes of hashes are not taken. The folder is not changed.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder import                          What `go env GOMODCACHE` holds
  larder import /backup/go/pkg/mod       Another one
  larder import --json | jq .left_out    What was left out, and why")]
pub(crate) struct Options {
    /// A GOMODCACHE; without it, that of `go env`
    folder: Option<PathBuf>,
    /// Link files rather than copy them: no room is taken, but who can write there writes here too
    #[arg(long)]
    hard_links: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let folder = options.folder.as_deref().map(absolute).transpose()?;
    let job = Import {
        folder,
        hard_links: options.hard_links,
        caller: CallerEnv::of_process(),
    };
    let imported = with_client(&places, async |client| {
        job::carry_out(client, job, "importing").await
    })
    .await?;
    if options.json {
        output::print_json(&imported)?;
    } else {
        output::print(&render(&imported))?;
    }
    Ok(ended(&imported))
}

/// How it ended: 4 where something was left out, 1 where there was no room.
pub(super) fn ended(imported: &ImportReport) -> Exit {
    match (imported.left_out_in_all, imported.no_room) {
        (0, 0) => Exit::Done,
        (0, _) => Exit::Failed,
        _ => Exit::Damaged,
    }
}

/// The instance has another working folder than the caller.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::new(Code::BadInput, format!("{}: {error}", path.display())))
}

pub(super) fn render(imported: &ImportReport) -> String {
    let mut text = String::new();
    for left_out in imported.left_out.iter().take(NAMED) {
        let (what, reason) = (plain(&left_out.what), plain(&left_out.reason));
        text += &format!("{CAUTION}left out{CAUTION:#}  {what}\n          {reason}\n");
    }
    let named = imported.left_out.len().min(NAMED) as u64;
    if imported.left_out_in_all > named {
        let more = imported.left_out_in_all - named;
        text += &format!("          and {more} more: --json names them\n");
    }
    text += &format!(
        "Took in {}, {}",
        human::count(imported.files, "file", "files"),
        human::bytes(imported.bytes)
    );
    if imported.already > 0 {
        text += &format!("; {} were there", imported.already);
    }
    if imported.left_out_in_all > 0 {
        text += &format!("; {} left out", imported.left_out_in_all);
    }
    if imported.no_room > 0 {
        let versions = human::count(imported.no_room, "module version", "module versions");
        text += &format!("; no room for {versions}");
    }
    text += ".\n";
    for warning in &imported.warnings {
        text += &format!("{CAUTION}warning:{CAUTION:#} {}\n", plain(warning));
    }
    text
}

#[cfg(test)]
mod tests {
    use app::command::LeftOut;

    use super::*;

    #[test]
    fn what_came_of_it() {
        let mut imported = ImportReport {
            files: 642,
            bytes: 90_000_000,
            already: 3,
            no_room: 1,
            ..ImportReport::default()
        };
        let shown =
            |imported: &ImportReport| anstream::adapter::strip_str(&render(imported)).to_string();
        insta::assert_snapshot!(shown(&imported), @"Took in 642 files, 85.8 MiB; 3 were there; no room for 1 module version.");
        imported.left_out = (0..22)
            .map(|number| LeftOut {
                what: format!("example.com/m@v1.{number}.0 (zip)"),
                reason: "it is no zip file".to_owned(),
            })
            .collect();
        imported.left_out_in_all = 22;
        let text = shown(&imported);
        assert!(text.contains("and 2 more: --json names them"), "{text}");
        assert!(
            text.contains("left out  example.com/m@v1.0.0 (zip)\n          it is no zip file\n"),
            "{text}"
        );
    }
}
