//! `larder env`: go is pointed at Larder, and given back what it was.

mod told;

use std::io;
use std::path::Path;

use app::command::{EnvOff, EnvOn, EnvShow};
use app::{CallerEnv, Code, Failure, Instance, Places, PortHold, Settings};
use clap::{Args, Subcommand};
use server::service;

use self::told::{told, told_off, told_on};
use super::{ask, service as own_service};
use crate::exit::Exit;
use crate::output;
use crate::signals::unless_interrupted;
use crate::trouble::Trouble;

/// Point go at Larder in go's own env file, and give it back as it was
///
/// What go was told before is not lost: a GOPROXY of your own becomes a profile, private patterns go along, and the file
/// is kept as it was, byte for byte. `larder env off` puts it back.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder env on                  Have go use Larder, in every shell
  larder env show                What Larder wants, what go goes by, and who has the say
  larder env off                 As it was before

Without Larder, the script that `larder env show` names gives it back as well: sh …/restore.sh")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    On(On),
    Off(Off),
    Show(Show),
}

/// Have go use Larder
///
/// A GOPROXY that is not Go's default first becomes the profile `company`, with the patterns of GOPRIVATE, GONOPROXY and
/// GONOSUMDB, and that is then in use. Only go's env file is written: what a shell exports still wins, and is told.
///
/// Where nothing holds Larder's port while it does not run (`larder service install` sees to that), go env is given back
/// when Larder ends. On a terminal you are asked; else that is how it is.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder env on
  larder service install && larder env on    For good: over logout and restart")]
struct On {
    /// Print one JSON document, and ask nothing
    #[arg(long)]
    json: bool,
}

/// Give go's env file back as it was before
///
/// Where somebody else changed it since, only what still is Larder's is put back, and the rest is told.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder env off")]
struct Off {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Show what Larder wants of go, what the file and the shell say, and who wins
///
/// The exit code is not 0 where something stands in the way: no go command, an env file that can't be written.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder env show
  larder env show --json | jq '.settings[] | select(.wins != \"larder\")'")]
struct Show {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::On(options) => options.json,
            What::Off(options) => options.json,
            What::Show(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    places.prepare()?;
    match options.what {
        What::On(options) => on(&options, &places).await,
        What::Off(options) => off(&options, &places).await,
        What::Show(options) => show(&options, &places).await,
    }
}

async fn on(options: &On, places: &Places) -> Result<Exit, Trouble> {
    let caller = CallerEnv::of_process();
    let mut hold = hold(places).await?;
    let runs = Instance::is_alive(places)?;
    if hold == PortHold::Nobody && !options.json && output::can_ask() && wants_service(runs).await?
    {
        let installed = own_service::install(places).await?;
        output::tell(&own_service::told_installed(&installed));
        hold = self::hold(places).await?;
    }
    let request = EnvOn {
        caller,
        // Without it GOAUTH is left alone.
        larder: std::env::current_exe().ok(),
        hold,
    };
    let done = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&done)?;
    } else {
        output::print(&told_on(
            &done,
            std::env::var_os("HOME").as_deref().map(Path::new),
        ))?;
    }
    Ok(Exit::Done)
}

/// Who holds the port that go is to ask.
pub(super) async fn hold(places: &Places) -> Result<PortHold, Failure> {
    let running = Instance::announced(places).filter(|_| Instance::is_alive(places) == Ok(true));
    let port = match running {
        Some(instance) => Some(instance.port),
        None => Settings::read(&places.settings())?.port,
    };
    Ok(match port {
        Some(port) => service::hold(port).await,
        None => PortHold::Nobody,
    })
}

/// Asks whether the port is to be held. No answer is a no.
async fn wants_service(runs: bool) -> Result<bool, Trouble> {
    let so = if runs {
        "go env is then given back whenever Larder ends"
    } else {
        "go would find nobody there now"
    };
    output::tell(&format!(
        "Nothing holds Larder's port while Larder does not run: another user of this computer could take it, so {so}.\n\
         Have it held from login on (larder service install)? [y/N] "
    ));
    unless_interrupted(async {
        let mut answer = String::new();
        let read =
            tokio::task::spawn_blocking(move || io::stdin().read_line(&mut answer).map(|_| answer));
        let answer = read
            .await
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))??;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    })
    .await
}

async fn off(options: &Off, places: &Places) -> Result<Exit, Trouble> {
    let request = EnvOff {
        caller: CallerEnv::of_process(),
    };
    let given = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&given)?;
    } else {
        output::print(&told_off(&given))?;
    }
    Ok(Exit::Done)
}

async fn show(options: &Show, places: &Places) -> Result<Exit, Trouble> {
    let request = EnvShow {
        caller: CallerEnv::of_process(),
    };
    let report = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&report)?;
    } else {
        output::print(&told(
            &report,
            std::env::var_os("HOME").as_deref().map(Path::new),
        ))?;
    }
    let first = report.problems.first();
    Ok(first.map_or(Exit::Done, |problem| Exit::of(problem.code)))
}
