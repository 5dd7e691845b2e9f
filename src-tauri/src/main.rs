//! The program `larder-tray`: a tray icon and a window, with the engine inside. It decides nothing: what it shows it
//! asks for, and what a person wants it hands on.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod bridge;
mod clicks;
mod desktop;
mod engine;
mod folder;
mod login;
mod look;
mod notify;
mod run;
mod tray;
mod window;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use app::{Failure, LogFormat, Places};

use crate::args::Wish;

fn main() -> ExitCode {
    let wish = match args::read(env::args_os().skip(1)) {
        Ok(wish) => wish,
        Err(message) => return complain(&format!("larder-tray: {message}\n\n{}", args::HELP), 2),
    };
    let opening = match wish {
        Wish::Say(text) => {
            let said = io::stdout().lock().write_all(text.as_bytes());
            return if said.is_ok() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
        Wish::Run(opening) => opening,
    };
    if !has_display() {
        let message = "larder-tray: there is no display here, so neither tray nor window can be shown.\n\
                       Without a desktop, Larder serves all the same: larder serve\n";
        return complain(message, 1);
    }
    match begin(opening) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => complain(&format!("larder-tray: {failure}\n"), 1),
    }
}

fn begin(opening: args::Opening) -> Result<(), Failure> {
    let places = Places::of_environment()?;
    places.prepare()?;
    let _written_at_the_end = app::start_log(LogFormat::Pretty, &places.logs)?;
    run::run(places, opening)
}

/// Asked before the toolkit is: it ends the program where there is none.
fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn complain(text: &str, code: u8) -> ExitCode {
    let _ = io::stderr().lock().write_all(text.as_bytes());
    code.into()
}
