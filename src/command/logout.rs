//! `larder logout`: what is kept for an upstream is removed.

use app::Places;
use app::command::{LoggedOut, Logout};
use clap::Args;

use super::ask;
use crate::exit::Exit;
use crate::human;
use crate::output;
use crate::trouble::Trouble;

/// Remove what is kept for an upstream
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder logout https://proxy.corp.example     What is kept for this upstream
  larder logout company                        The same, by the profile whose upstream it is")]
pub(crate) struct Options {
    /// Which upstream: its URL, or the name of a profile with one upstream
    upstream: String,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let request = Logout {
        upstream: options.upstream,
    };
    let done = ask(&places, async |client| client.call(request.clone()).await).await?;
    output::print(&told(&done))?;
    Ok(Exit::Done)
}

fn told(done: &LoggedOut) -> String {
    let origin = human::plain(done.origin.as_str());
    let places: Vec<String> = done.removed.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "What was kept for {origin} is removed ({}).\n",
        places.join(", ")
    );
    if let Some(still) = done.still {
        text +=
            &format!("It is still shown what comes from the {still}, which settings.toml names.\n");
    }
    text
}
