//! `larder profile export` and `larder profile import`: a profile as a file, for the others of a team.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::{fs, io};

use app::command::{ProfileExport, ProfileImport, Typed};
use app::{Code, Failure, Places};
use clap::Args;

use super::super::ask;
use super::{edit, notes};
use crate::exit::Exit;
use crate::output;
use crate::trouble::Trouble;

/// No profile is longer, in bytes.
const LONGEST: u64 = 1 << 20;

/// Write a profile into a file for others
///
/// The file holds no secrets: user names, passwords and queries are cut out of URLs, and it says so. What a rule takes from
/// another profile stands in it as a list, so that it is whole in itself.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder profile export company -o team.toml   Into a file
  larder profile export company                To stdout")]
pub(super) struct Export {
    /// Its name
    name: String,
    /// The file to write; without it, the profile goes to stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long, conflicts_with = "output")]
    pub(super) json: bool,
}

/// Take in a profile that was exported
///
/// All of it is checked before anything is written. It is not in force by that: see `larder use`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder profile import team.toml                  Under the name in the file
  larder profile import team.toml --name company   Under another
  larder profile import team.toml --replace        In the place of the one there is
  curl -s https://corp.example/team.toml | larder profile import -")]
pub(super) struct Import {
    /// The file; - is stdin
    file: PathBuf,
    /// What it is to be called, if not as in the file
    #[arg(long)]
    name: Option<String>,
    /// Let it take the place of a profile that there is
    #[arg(long)]
    replace: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn export(options: Export, places: &Places) -> Result<Exit, Trouble> {
    let request = ProfileExport { name: options.name };
    let exported = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&exported)?;
        return Ok(Exit::Done);
    }
    match &options.output {
        None => output::print(&exported.toml)?,
        Some(path) => fs::write(path, &exported.toml).map_err(|error| {
            let message = format!("{} can't be written: {error}", path.display());
            Failure::new(Code::Disk, message).hint("name another file, in a folder that is there")
        })?,
    }
    output::tell(&notes(&exported.left_out));
    Ok(Exit::Done)
}

pub(super) async fn import(options: Import, places: &Places) -> Result<Exit, Trouble> {
    let request = ProfileImport {
        text: Typed(read(&options.file)?),
        file: options.file.display().to_string(),
        name: options.name,
        replace: options.replace,
    };
    let put = ask(places, async |client| client.call(request.clone()).await).await?;
    edit::print(&put, options.json)
}

fn read(path: &Path) -> Result<String, Failure> {
    let open = || -> io::Result<Box<dyn Read>> {
        if path == Path::new("-") {
            return Ok(Box::new(io::stdin()));
        }
        Ok(Box::new(fs::File::open(path)?))
    };
    let read = || {
        let mut text = String::new();
        let length = open()?.take(LONGEST + 1).read_to_string(&mut text)?;
        if length as u64 > LONGEST {
            return Err(io::Error::other("it is too large to be a profile"));
        }
        Ok(text)
    };
    read().map_err(|error| {
        Failure::new(
            Code::BadInput,
            format!("{} can't be read: {error}", path.display()),
        )
        .hint("give it the file that `larder profile export` wrote")
    })
}
