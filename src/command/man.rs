//! `larder man`: the manual, made from the help of all commands.

use std::path::{Path, PathBuf};
use std::{fs, io};

use app::{Code, Failure};
use clap::builder::Resettable;
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::args::Cli;
use crate::exit::Exit;
use crate::output;
use crate::trouble::Trouble;

/// Print the manual page, or write those of all commands
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder man | man -l -                      Read the page of larder itself
  larder man --dir ~/.local/share/man/man1   Write all pages to where man finds them")]
pub(crate) struct Options {
    /// Write a page for each command into this folder, which is made if need be
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<Exit, Trouble> {
    let mut larder = Cli::command();
    larder.build();
    match &options.dir {
        None => output::print(&String::from_utf8_lossy(&page(&larder)?))?,
        Some(folder) => fs::create_dir_all(folder)
            .and_then(|()| write_all(&larder, folder))
            .map_err(|error| {
                let text = format!(
                    "the manual can't be written to {}: {error}",
                    folder.display()
                );
                Failure::new(Code::Disk, text)
            })?,
    }
    Ok(Exit::Done)
}

fn write_all(command: &clap::Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands() {
        write_all(below, folder)?;
    }
    fs::write(
        folder.join(Man::new(command.clone()).get_filename()),
        page(command)?,
    )
}

/// The page of one command: what clap makes of it, and each part of its long help as a section with the lines as they
/// stand there.
fn page(command: &clap::Command) -> io::Result<Vec<u8>> {
    let help = command
        .get_after_long_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let bare = command
        .clone()
        .after_help(Resettable::Reset)
        .after_long_help(Resettable::Reset);
    let mut page = Vec::new();
    Man::new(bare).render(&mut page)?;
    let mut sections = Roff::new();
    for line in help.lines() {
        match line
            .strip_suffix(':')
            .filter(|title| !title.starts_with(' '))
        {
            Some(title) => {
                sections
                    .control("fi", [])
                    .control("SH", [title.to_uppercase().as_str()]);
                sections.control("nf", []);
            }
            None => {
                sections.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
        }
    }
    sections.to_writer(&mut page)?;
    Ok(page)
}
