//! `larder profile`: where modules come from, what vouches for them and what is private.

mod edit;
mod list;
mod share;
mod show;

use app::Places;
use app::command::ProfileRemove;
use clap::{Args, Subcommand};

use super::ask;
use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, CAUTION, STRONG};
use crate::trouble::Trouble;

/// See, add, change and share profiles: where modules come from, and what is private
///
/// A profile says which upstreams modules come from, which checksum database vouches for them, which paths are private
/// and where those come from. One is in force at a time (`larder use`); `public` is always there: the upstreams and the
/// database that go itself uses. What was fetched and verified under one profile is at hand in all.
///
/// All of it stands in settings.toml, which can be edited by hand as well. Where Larder runs, a change is in force at
/// once; requests under way end as they began.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder profile add company --upstreams https://proxy.corp.example,direct \\
    --private corp.example --private-upstreams https://proxy.corp.example
  larder use company                          Ask the company's proxy from now on
  larder profile list                         Which there are, and which is in force
  larder profile export company -o team.toml  For the others of the team, without secrets")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::Options),
    Show(show::Options),
    Add(edit::Add),
    Edit(edit::Edit),
    Remove(Remove),
    Export(share::Export),
    Import(share::Import),
}

/// Remove a profile
///
/// Neither the one in force nor one to which a rule of another leads. `public` stays, and is then as go has it.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder use public               Use another one first
  larder profile remove company   Then remove it")]
struct Remove {
    /// Its name
    name: String,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::List(options) => options.json,
            What::Show(options) => options.json,
            What::Add(options) => options.json,
            What::Edit(options) => options.json,
            What::Remove(options) => options.json,
            What::Export(options) => options.json,
            What::Import(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        What::List(options) => list::run(&options, &places).await,
        What::Show(options) => show::run(options, &places).await,
        What::Add(options) => edit::add(options, &places).await,
        What::Edit(options) => edit::edit(options, &places).await,
        What::Remove(options) => remove(options, &places).await,
        What::Export(options) => share::export(options, &places).await,
        What::Import(options) => share::import(options, &places).await,
    }
}

async fn remove(options: Remove, places: &Places) -> Result<Exit, Trouble> {
    let request = ProfileRemove { name: options.name };
    let removed = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&removed)?;
    } else {
        let name = plain(&removed.name);
        output::print(&if removed.stays {
            format!("{STRONG}{name}{STRONG:#} is as go has it; it is always there.\n")
        } else {
            format!("{STRONG}{name}{STRONG:#} is removed.\n")
        })?;
    }
    Ok(Exit::Done)
}

/// What a person should know, a line each.
pub(super) fn notes(notes: &[String]) -> String {
    let lines = notes
        .iter()
        .map(|note| format!("{CAUTION}note:{CAUTION:#} {}\n", plain(note)));
    lines.collect()
}
