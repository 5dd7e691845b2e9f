//! `larder man`: the manual, made from the help of all commands.

use std::fs;
use std::path::{Path, PathBuf};

use app::{Code, Failure};
use clap::{Args, CommandFactory};
use clap_mangen::Man;

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
    match &options.dir {
        None => {
            let mut page = Vec::new();
            Man::new(Cli::command()).render(&mut page)?;
            output::print(&String::from_utf8_lossy(&page))?;
        }
        Some(folder) => write_all(folder).map_err(|error| {
            let text = format!(
                "the manual can't be written to {}: {error}",
                folder.display()
            );
            Failure::new(Code::Disk, text)
        })?,
    }
    Ok(Exit::Done)
}

fn write_all(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Cli::command(), folder)
}
