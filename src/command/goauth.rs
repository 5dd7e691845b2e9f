//! `larder goauth`: what `go` runs as a command of its GOAUTH list, for what it fetches itself over https.

use std::io::{self, Read};
use std::time::Duration;

use app::command::{Carried, GoAuth};
use app::{Places, Secret};
use clap::Args;
use server::Client;
use tokio::time::timeout;

use crate::exit::Exit;
use crate::output;
use crate::trouble::Trouble;

/// How long the instance is looked for: `go` waits meanwhile.
const FIND: Duration = Duration::from_secs(2);
/// How long the head of a response may take to arrive.
const READ: Duration = Duration::from_secs(2);
/// The most of it that is looked at.
const LONGEST: u64 = 64 << 10;

/// Give go the credentials that Larder keeps, as a command of GOAUTH
///
/// `go` runs it for what it fetches itself over https (`go help goauth`). It asks the running Larder; without one, or
/// without a credential, it prints nothing.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder goauth                                        What go would be given at its start
  go env -w GOAUTH=\"$(which larder) goauth; netrc\"     What `larder env on` does by itself")]
pub(crate) struct Options {
    /// The URL that was refused, as go gives it; the head of the response is on standard input
    url: Option<String>,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let status_line = match options.url {
        Some(_) => status_line().await,
        None => String::new(),
    };
    let Ok(Ok(client)) = timeout(FIND, Client::running(&places)).await else {
        return Ok(Exit::Done);
    };
    let request = GoAuth {
        url: options.url.map(|url| Carried::new(Secret::new(url))),
        status_line,
    };
    match client.call(request).await {
        Ok(answer) => output::print(answer.text.secret().expose())?,
        // `go` asks its next command then; a person who tries it out sees why.
        Err(failure) => output::tell(&format!("larder goauth: {failure}\n")),
    }
    Ok(Exit::Done)
}

/// The first line of standard input; empty where nothing comes.
async fn status_line() -> String {
    if io::IsTerminal::is_terminal(&io::stdin()) {
        return String::new();
    }
    let read = tokio::task::spawn_blocking(|| {
        let mut head = Vec::new();
        // To its end, so that go's writing does not fail.
        let _ = io::stdin().take(LONGEST).read_to_end(&mut head);
        let first = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(first).trim_end().to_owned()
    });
    match timeout(READ, read).await {
        Ok(Ok(line)) => line,
        Ok(Err(_)) | Err(_) => String::new(),
    }
}
