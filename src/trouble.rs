//! What ends a command early, and how a person or a script is told of it.

use std::{fmt, io};

use app::{Code, Failure};

use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, ERROR, HINT};

/// What ends a command early.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It could not be done; this says why.
    Failure(Failure),
    /// What was to be printed could not be.
    Output(io::Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// On one line, for the log.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failure(Failure { message, hints, .. }) if hints.is_empty() => {
                f.write_str(message)
            }
            Self::Failure(Failure { message, hints, .. }) => {
                write!(f, "{message} ({})", hints.join("; "))
            }
            Self::Output(error) => write!(f, "the output can't be written: {error}"),
        }
    }
}

impl Trouble {
    /// Somebody pressed Ctrl-C, or ended this command by a signal.
    pub(crate) fn interrupted() -> Self {
        Self::Failure(Failure::new(Code::Cancelled, "interrupted"))
    }

    /// Tells of it on stderr, and says how the program ends. A reader that went away (`larder log | head`) has all
    /// that it wanted: that is no trouble.
    pub(crate) fn report(self, json: bool) -> Exit {
        let failure = match self {
            Self::Failure(failure) => failure,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Done,
            Self::Output(error) => {
                Failure::new(Code::Disk, format!("the output can't be written: {error}"))
            }
        };
        output::tell(&if json {
            as_json(&failure)
        } else {
            as_text(&failure)
        });
        Exit::of(failure.code)
    }
}

/// One line, `{"error":{code, message, hints}}`: what scripts get that asked for JSON.
fn as_json(failure: &Failure) -> String {
    format!("{}\n", serde_json::json!({ "error": failure }))
}

fn as_text(failure: &Failure) -> String {
    let mut text = entry("error:", ERROR, &failure.message);
    for hint in &failure.hints {
        text += &entry("hint:", HINT, hint);
    }
    text
}

/// A word in front, and further lines set in below the first.
fn entry(word: &str, style: output::Style, message: &str) -> String {
    let indent = format!("\n{:width$}", "", width = word.len() + 1);
    let lines: Vec<String> = message.trim_end().lines().map(plain).collect();
    format!("{style}{word}{style:#} {}\n", lines.join(&indent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure::new(
            Code::PortTaken,
            "port 4677 is taken\nby another program\u{1b}[2J",
        )
        .hint("end that program")
        .hint("or take another port: larder serve --port 4678")
    }

    #[test]
    fn a_failure_reads_well_and_cannot_steer_the_terminal() {
        let text = anstream::adapter::strip_str(&as_text(&failure())).to_string();
        insta::assert_snapshot!(text, @r"
        error: port 4677 is taken
               by another program\u{1b}[2J
        hint: end that program
        hint: or take another port: larder serve --port 4678
        ");
    }

    #[test]
    fn scripts_get_one_object() {
        let text = as_json(&failure());
        assert_eq!(text.lines().count(), 1);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["error"]["code"], "port-taken");
        assert_eq!(read["error"]["hints"][0], "end that program");
    }

    #[test]
    fn a_reader_that_left_is_no_trouble_but_a_full_disk_is() {
        let left = Trouble::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(left.report(false), Exit::Done);
        let full = Trouble::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.report(false), Exit::Failed);
    }
}
