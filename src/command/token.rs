//! `larder token`: the secret in the URL that go is given.

use app::Places;
use app::command::RotateToken;
use clap::{Args, Subcommand};

use super::ask;
use crate::exit::Exit;
use crate::output;
use crate::trouble::Trouble;

/// Replace the secret in the GOPROXY URL
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder token rotate    Make a new token; the old URL is refused from now on")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a new token; the old URL is refused from now on
    ///
    /// Wherever GOPROXY holds the old URL, set it again.
    #[command(after_long_help = "\
Examples:
  larder token rotate                    Make a new token
  export GOPROXY=$(larder goproxy)       Then point go at the new URL")]
    Rotate,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        What::Rotate => rotate(&places).await,
    }
}

async fn rotate(places: &Places) -> Result<Exit, Trouble> {
    let rotated = ask(places, async |client| client.call(RotateToken {}).await).await?;
    output::print(text(rotated.serving))?;
    Ok(Exit::Done)
}

fn text(serving: bool) -> &'static str {
    if serving {
        "The token is new; the old one is refused from now on.\n\
         Point go at the new URL: export GOPROXY=$(larder goproxy)\n"
    } else {
        "The token is new; the old one is refused from the next start on.\n\
         Then point go at the new URL: export GOPROXY=$(larder goproxy)\n"
    }
}
