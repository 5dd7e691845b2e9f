//! `larder goproxy`: the value for GOPROXY, and nothing else on stdout.

use app::Places;
use app::command::Goproxy;
use clap::Args;
use server::Client;

use crate::exit::Exit;
use crate::output;
use crate::trouble::Trouble;

/// Print the URL to set GOPROXY to
///
/// It holds a secret: whoever has it can read modules through this Larder. Where Larder is not running, nothing is
/// printed to stdout.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder goproxy                         Print the URL
  export GOPROXY=$(larder goproxy)       Point go at Larder, in this shell
  go env -u GOPROXY                      Give go its own default back")]
pub(crate) struct Options {}

pub(crate) async fn run(places: Places) -> Result<Exit, Trouble> {
    let client = Client::running(&places).await?;
    let address = client.call(Goproxy {}).await?;
    output::print(&format!("{}\n", address.url))?;
    Ok(Exit::Done)
}
