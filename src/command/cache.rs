//! `larder cache`: what is kept. Done by the running instance, or in this process where there is none.

mod clear;
mod list;
mod quota;
mod size;
mod verify;

use app::Places;
use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::trouble::Trouble;

/// See, verify and clear what is kept, and say how much may be
///
/// These commands work whether Larder runs or not.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder cache list                          What is kept
  larder cache size 'github.com/acme/*'      How much of it is acme's
  larder cache verify                        Whether it is whole
  larder cache clear 'example.com/m@v1.2.*'  Make room
  larder cache quota 20GB                    How much may be kept")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::Options),
    Size(size::Options),
    Verify(verify::Options),
    Clear(clear::Options),
    Quota(quota::Options),
}

/// Which modules it is about.
#[derive(Args, Debug)]
struct Which {
    /// Which modules: globs as in GOPRIVATE, with `@` and a glob for the version if need be
    ///
    /// `github.com/acme` is all below it, `*.corp.example/m@v1.*` is versions of one module. Without it: all modules.
    pattern: Option<String>,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::List(options) => options.json,
            What::Size(options) => options.json,
            What::Verify(options) => options.json,
            What::Clear(options) => options.json,
            What::Quota(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        What::List(options) => list::run(options, &places).await,
        What::Size(options) => size::run(options, &places).await,
        What::Verify(options) => verify::run(&options, &places).await,
        What::Clear(options) => clear::run(options, &places).await,
        What::Quota(options) => quota::run(options, &places).await,
    }
}
