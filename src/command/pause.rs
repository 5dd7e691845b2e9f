//! `larder pause`, `larder resume`: go env is given back for a time, and pointed at Larder again as it was.

use std::path::Path;

use app::Places;
use app::command::{Pause, Paused, Resume, Resumed};
use clap::Args;

use super::{ask, env};
use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, CAUTION, FAINT, GOOD, STRONG};
use crate::trouble::Trouble;

/// Give go env back for a time, until larder resume
///
/// go then does what it did before Larder, in every shell and over restarts of Larder. Larder's port goes on answering whoever
/// asks it. What pointed at Larder is remembered.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder pause              go goes by itself from now on
  larder resume             go asks Larder again, as before")]
pub(crate) struct Options {
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// Point go at Larder again, as it was before larder pause
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder resume")]
pub(crate) struct ResumeOptions {
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let paused = ask(&places, async |client| client.call(Pause {}).await).await?;
    if options.json {
        output::print_json(&paused)?;
    } else {
        output::print(&told(&paused))?;
    }
    Ok(Exit::Done)
}

pub(crate) async fn resume(options: ResumeOptions, places: Places) -> Result<Exit, Trouble> {
    places.prepare()?;
    let request = Resume {
        hold: env::hold(&places).await?,
    };
    let resumed = ask(&places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&resumed)?;
    } else {
        output::print(&told_resumed(&resumed))?;
    }
    Ok(Exit::Done)
}

fn told(paused: &Paused) -> String {
    let mut text = format!(
        "{CAUTION}○{CAUTION:#} {STRONG}Paused{STRONG:#}: go env is as it was before, until larder resume\n"
    );
    for given in &paused.files {
        text += &line(&given.file);
        for (key, _) in &given.kept_by_others {
            text += &format!("    {} stays as somebody else set it\n", plain(key));
        }
    }
    text
}

fn told_resumed(resumed: &Resumed) -> String {
    let mut text = if resumed.state.points_here {
        format!("{GOOD}●{GOOD:#} {STRONG}Resumed{STRONG:#}: go asks Larder\n")
    } else {
        format!(
            "{GOOD}●{GOOD:#} {STRONG}Not paused{STRONG:#}; go does not ask Larder (larder env on)\n"
        )
    };
    for file in &resumed.files {
        text += &line(file);
    }
    text
}

fn line(file: &Path) -> String {
    format!("  {FAINT}{}{FAINT:#}\n", plain(&file.display().to_string()))
}
