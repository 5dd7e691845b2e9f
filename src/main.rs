//! The program `larder`: reads what is asked, has it done by `app` and `server`, prints what came of it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod command;
mod exit;
mod human;
mod job;
mod output;
mod signals;
mod table;
mod trouble;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = args::parse();
    output::use_color(cli.color);
    let json = cli.command.wants_json();
    command::run(cli.command)
        .unwrap_or_else(|trouble| trouble.report(json))
        .into()
}
