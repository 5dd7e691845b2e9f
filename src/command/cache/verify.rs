//! `larder cache verify`: reads every file again, and names what is damaged.

use app::Places;
use app::command::{CacheVerify, Verified};
use clap::Args;

use super::super::with_client;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::job;
use crate::output::{self, ERROR, GOOD};
use crate::trouble::Trouble;

/// Read every kept file again, and name what is damaged
///
/// The exit code is 4 where damage was found and stays. Larder never hands out a damaged file: it fetches it again.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder cache verify             Look
  larder cache verify --repair    Remove what is damaged; it is fetched again when it is asked for
  larder cache verify --json      For scripts")]
pub(super) struct Options {
    /// Remove what is damaged, and build the index anew from the files
    #[arg(long)]
    repair: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: &Options, places: &Places) -> Result<Exit, Trouble> {
    let verify = CacheVerify {
        repair: options.repair,
    };
    let found = with_client(places, async |client| {
        job::carry_out(client, verify, "verifying").await
    })
    .await?;
    if options.json {
        output::print_json(&found)?;
    } else {
        output::print(&render(&found))?;
    }
    Ok(if found.damaged.is_empty() || found.repaired {
        Exit::Done
    } else {
        Exit::Damaged
    })
}

fn render(found: &Verified) -> String {
    let mut text = String::new();
    for damaged in &found.damaged {
        let (path, reason) = (plain(&damaged.path), plain(&damaged.reason));
        text += &format!("{ERROR}damaged{ERROR:#}  {path}\n         {reason}\n");
    }
    let seen = format!(
        "{}, {}",
        human::count(found.files, "file", "files"),
        human::bytes(found.bytes)
    );
    let damaged = found.damaged.len();
    match (damaged, found.repaired) {
        (0, _) => text += &format!("{GOOD}All is whole{GOOD:#}: {seen}.\n"),
        (_, true) => {
            text += &format!(
                "{damaged} damaged, now removed, of {seen}. They are fetched again when they are asked for.\n"
            );
        }
        (_, false) => {
            text += &format!(
                "{damaged} damaged of {seen}. Remove them: larder cache verify --repair\n"
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use app::command::DamagedFile;

    use super::*;

    fn shown(found: &Verified) -> String {
        anstream::adapter::strip_str(&render(found)).to_string()
    }

    #[test]
    fn whole_damaged_and_repaired() {
        let whole = Verified {
            files: 3,
            bytes: 2048,
            damaged: Vec::new(),
            repaired: false,
        };
        let damaged = Verified {
            damaged: vec![DamagedFile {
                path: "modules/example.com/hello/@v/v1.0.0.zip".to_owned(),
                reason: "it has 3 bytes, kept were 4".to_owned(),
            }],
            ..whole.clone()
        };
        let repaired = Verified {
            repaired: true,
            ..damaged.clone()
        };
        insta::assert_snapshot!(
            [whole, damaged, repaired]
                .map(|found| shown(&found))
                .join("---\n")
        );
    }
}
