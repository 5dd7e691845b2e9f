//! What can be typed: the options of all commands, and the help that teaches them.

use std::ffi::OsString;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, ValueEnum};

use crate::command::Command;
use crate::exit::Exit;

/// A local Go module proxy: what was fetched once stays at hand, whole and checked.
///
/// Larder runs on this computer and answers the go command. What it has, it gives at once; what it hasn't, it
/// fetches from the upstreams that go itself would ask, checks, and keeps.
#[derive(Debug, Parser)]
#[command(
    name = "larder",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "`larder --help` tells more, `larder COMMAND --help` shows examples.",
    after_long_help = long_help()
)]
pub(crate) struct Cli {
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Global options",
        long_help = "When to use colour. `auto`: on a terminal, unless NO_COLOR is set"
    )]
    pub(crate) color: ColorChoice,

    #[command(subcommand)]
    pub(crate) command: Command,
}

fn long_help() -> String {
    format!(
        "\
Examples:
  larder serve                           Serve modules until Ctrl-C
  export GOPROXY=$(larder goproxy)       Point go at it, in this shell
  larder log -f                          Watch what go asks for, and where it comes from

Environment:
  LARDER_HOME  An absolute path: settings, state, cache and logs all stand in this folder,
               instead of in the platform's own folders for each
  LARDER_LOG   What `larder serve` logs, such as `debug` or `warn,upstream=debug`; what
               libraries say in such detail is never logged, as it may hold secrets
  NO_COLOR     No colour, where it has a value

{}
Errors:
  A message on stderr, and hints that say what to do. With --json, one line of JSON instead:
  {{\"error\":{{\"code\":…,\"message\":…,\"hints\":[…]}}}}",
        Exit::table()
    )
}

/// Reads the command line. Ends the program for `--help`, `--version` and what can't be understood.
pub(crate) fn parse() -> Cli {
    let color = color_asked_for(std::env::args_os().skip(1));
    let matches = Cli::command().color(color).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The value of `--color`, looked for beforehand: clap prints help and errors before it tells what it read.
fn color_asked_for(args: impl Iterator<Item = OsString>) -> ColorChoice {
    let mut args = args
        .map(|arg| arg.to_string_lossy().into_owned())
        .take_while(|arg| arg != "--");
    let mut found = None;
    while let Some(arg) = args.next() {
        if arg == "--color" {
            found = args.next();
        } else if let Some(value) = arg.strip_prefix("--color=") {
            found = Some(value.to_owned());
        }
    }
    found
        .and_then(|value| ColorChoice::from_str(&value, false).ok())
        .unwrap_or(ColorChoice::Auto)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_no_fault_with_it() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command() {
        fn see(mut command: clap::Command, name: &str) {
            command.build();
            let help = command
                .clone()
                .term_width(100)
                .render_long_help()
                .to_string();
            insta::assert_snapshot!(format!("help-{name}"), help);
            for below in command.get_subcommands() {
                see(below.clone(), &format!("{name}-{}", below.get_name()));
            }
        }
        see(Cli::command(), "larder");
    }

    #[test]
    fn every_command_shows_examples() {
        fn see(command: &clap::Command) {
            let help = command
                .get_after_long_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.starts_with("Examples:\n  larder "),
                "{}: {help}",
                command.get_name()
            );
            command.get_subcommands().for_each(see);
        }
        see(&Cli::command());
    }

    #[test]
    fn colour_is_known_before_the_rest_is_read() {
        let asked = |args: &[&str]| color_asked_for(args.iter().map(OsString::from));
        assert_eq!(asked(&["--color", "never", "--help"]), ColorChoice::Never);
        assert_eq!(asked(&["status", "--color=always"]), ColorChoice::Always);
        assert_eq!(
            asked(&["--color=never", "--color", "always"]),
            ColorChoice::Always
        );
        assert_eq!(asked(&["--color", "pink"]), ColorChoice::Auto);
        assert_eq!(asked(&["--", "--color=never"]), ColorChoice::Auto);
        assert_eq!(asked(&["--color"]), ColorChoice::Auto);
    }
}
