//! `larder stock`: all that a project needs, into the cache.

mod input;
mod missed;
mod report;
mod starter;

use std::ffi::OsString;
use std::path::PathBuf;

use app::command::{Ready, Stock, StockForget, StockList, StockWatch};
use app::stock::{Remembered, Report, Subject};
use app::{Code, Failure, Places};
use clap::Args;

use super::{ask, with_client};
use crate::exit::Exit;
use crate::job;
use crate::output;
use crate::trouble::Trouble;

/// Bring all that a project needs into the cache, for when there is no network
///
/// What it takes to build, test, vet and tidy: the go.mod files of the module graph, the modules of the build and of go.sum, the
/// toolchain of the go line, and what the checksum database says of all that. What it takes to upgrade: lists of versions, and the newest
/// version of what is imported, with what it would bring. Larder reads the project's files itself; go is not run there.
///
/// What was stocked stays in the cache until it is forgotten. Stocking that was cut off goes on where it was. The exit code is 0
/// where all that the work needs is there.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder stock                                The project of this folder
  larder stock ~/src/service ~/src/tools      Several
  larder stock example.com/cmd/tool@latest    What `go install` needs
  larder stock --watch                        And again whenever go.mod or go.sum change
  larder stock --missed                       What was missing while offline, once back
  larder stock --starter > list.txt           A list to edit: what go has on this computer
  larder stock --from list.txt                What stands in it")]
pub(crate) struct Options {
    /// Projects, or modules at a version [default: the project of this folder]
    #[arg(value_name = "DIR|go.mod|go.work|MODULE@VERSION")]
    what: Vec<OsString>,
    /// What stands in a file, one a line, too; `#` begins a comment
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Keep the projects stocked from now on: whenever their files change, while Larder runs
    #[arg(long)]
    watch: bool,
    /// Watch them no longer; what was stocked stays
    #[arg(long, conflicts_with_all = ["watch", "from"])]
    unwatch: bool,
    /// Forget them: what was stocked for them may go when room is needed
    #[arg(long, conflicts_with_all = ["watch", "unwatch", "from"])]
    forget: bool,
    /// Show what was stocked
    #[arg(long, conflicts_with_all = ["what", "watch", "unwatch", "forget", "from"])]
    list: bool,
    /// Bring what was asked for and missing while offline
    #[arg(long, conflicts_with_all = ["what", "watch", "unwatch", "forget", "from", "list"])]
    missed: bool,
    /// Print a list to begin with: what is in go's own module cache, and what was asked for through Larder
    #[arg(long, conflicts_with_all = ["what", "watch", "unwatch", "forget", "from", "list", "missed"])]
    starter: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    if options.list {
        let all = ask(&places, async |client| client.call(StockList {}).await).await?;
        return show_list(&all, options.json);
    }
    if options.missed {
        return missed::run(&places, options.json).await;
    }
    if options.starter {
        return starter::run(&places, options.json).await;
    }
    let subjects = input::subjects(&options.what, options.from.as_deref())?;
    if options.forget {
        return forget(&places, subjects, options.json).await;
    }
    if options.unwatch {
        let all = watch(&places, subjects, false).await?;
        return show_list(&all, options.json);
    }
    if options.watch {
        watch(&places, subjects.clone(), true).await?;
    }
    let stock = Stock { subjects };
    let reports = with_client(&places, async |client| {
        job::carry_out(client, stock, "stocking").await
    })
    .await?;
    show(&reports, options.json, report::Said::Stocked)
}

async fn watch(
    places: &Places,
    subjects: Vec<Subject>,
    watched: bool,
) -> Result<Vec<Remembered>, Trouble> {
    let watch = StockWatch { subjects, watched };
    ask(places, async |client| client.call(watch.clone()).await).await
}

async fn forget(places: &Places, subjects: Vec<Subject>, json: bool) -> Result<Exit, Trouble> {
    let forget = StockForget {
        subjects: subjects.clone(),
    };
    let known = ask(places, async |client| client.call(forget.clone()).await).await?;
    if json {
        output::print_json(&known)?;
    } else {
        for subject in &known {
            output::print(&format!(
                "forgot {}\n",
                crate::human::plain(&subject.name())
            ))?;
        }
    }
    if known.is_empty() {
        return Err(Failure::new(Code::NotFound, "nothing of it was stocked")
            .hint("see what was: larder stock --list")
            .into());
    }
    Ok(Exit::Done)
}

fn show_list(all: &[Remembered], json: bool) -> Result<Exit, Trouble> {
    if json {
        output::print_json(&all)?;
    } else {
        output::print(&report::list(all))?;
    }
    Ok(Exit::Done)
}

fn show(reports: &[Report], json: bool, said: report::Said) -> Result<Exit, Trouble> {
    if json {
        output::print_json(&reports)?;
    } else {
        output::print(&report::render(reports, said))?;
    }
    if reports.iter().all(Report::is_ready) {
        Ok(Exit::Done)
    } else {
        Ok(Exit::Failed)
    }
}

/// Tell whether a project can be worked on without a network
///
/// Larder goes through all that `larder stock` would bring, and looks into its cache alone: nobody is asked. The exit code is 0
/// where all that the work needs is there, and 1 where not; what upgrades need is told, and does not count.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder ready                        The project of this folder
  larder ready ~/src/service          Another
  larder ready || larder stock        Stock it where something is missing")]
pub(crate) struct ReadyOptions {
    /// Projects, or modules at a version [default: the project of this folder]
    #[arg(value_name = "DIR|go.mod|go.work|MODULE@VERSION")]
    what: Vec<OsString>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn ready(options: ReadyOptions, places: Places) -> Result<Exit, Trouble> {
    let subjects = input::subjects(&options.what, None)?;
    let ready = Ready { subjects };
    let reports = with_client(&places, async |client| {
        job::carry_out(client, ready, "looking").await
    })
    .await?;
    show(&reports, options.json, report::Said::Looked)
}
