//! The two streams: what was asked for goes to stdout, all else to stderr; colour only where a terminal wants it.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
pub(crate) use clap::builder::styling::Style;
use clap::builder::styling::{AnsiColor, Effects};
use serde::Serialize;

/// What is to stand out.
pub(crate) const STRONG: Style = Style::new().effects(Effects::BOLD);
/// What is there for completeness.
pub(crate) const FAINT: Style = Style::new().effects(Effects::DIMMED);
/// It is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// It deserves a look.
pub(crate) const CAUTION: Style = AnsiColor::Yellow.on_default();
/// It went wrong.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
/// What can be done about it.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
/// As the terminal has it.
pub(crate) const PLAIN: Style = Style::new();

/// Follows `--color` from now on, on both streams.
pub(crate) fn use_color(choice: clap::ColorChoice) {
    match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
    .write_global();
}

/// Prints to stdout what was asked for, whole.
///
/// # Errors
/// The stream can't be written; `BrokenPipe` where its reader left.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Prints one JSON document to stdout, laid out for eyes as well.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Prints to stderr what goes along with it. Where nobody reads that, nothing is lost.
pub(crate) fn tell(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

/// Whether colour goes to stderr.
pub(crate) fn stderr_has_color() -> bool {
    !matches!(AutoStream::choice(&io::stderr()), ColorChoice::Never)
}

/// Whether a person is there to answer a question.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
