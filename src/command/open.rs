//! `larder open`: shows the window of the running Larder in the browser.

use app::Places;
use clap::Args;
use server::Client;

use crate::exit::Exit;
use crate::output;
use crate::trouble::Trouble;

/// Show the window of the running Larder in the browser
///
/// The browser is given a file that lets it in once, within a minute, and that nobody else can read. Where nothing runs,
/// `larder serve --open` starts Larder and then does the same.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder open                            Show the window
  larder open --no-browser               Print the file to open by hand, within a minute")]
pub(crate) struct Options {
    /// Start no browser, print the file that it would be given
    #[arg(long)]
    no_browser: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    places.prepare()?;
    show(&places, options.no_browser).await?;
    Ok(Exit::Done)
}

/// Has the instance write a page that lets in, and gives it to the browser. The way to open it by hand is always told: that a
/// browser was started does not say that it shows anything.
pub(super) async fn show(places: &Places, no_browser: bool) -> Result<(), Trouble> {
    let client = Client::running(places)
        .await
        .map_err(|failure| failure.hint("start Larder and show its window: larder serve --open"))?;
    let page = client.open_window().await?.page;
    if no_browser {
        return Ok(output::print(&format!("{}\n", page.display()))?);
    }
    let told = match open::that_detached(&page) {
        Ok(()) => "The window opens in the browser. If none comes up, open".to_owned(),
        Err(error) => format!("No browser could be started ({error}). Open"),
    };
    output::tell(&format!(
        "{told} this file in one, within a minute:\n  {}\n",
        page.display()
    ));
    Ok(())
}
