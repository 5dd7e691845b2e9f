//! Asks for what must not be shown: at the terminal without echo, or from standard input.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};

use app::{Code, Failure, Secret};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::signals::unless_interrupted;
use crate::trouble::Trouble;

/// The longest line that is taken.
const LONGEST: u64 = 64 << 10;

/// The first line of standard input.
///
/// # Errors
/// `bad-input` where there is none, or it is no text.
pub(crate) async fn from_stdin() -> Result<Secret, Trouble> {
    let line = unless_interrupted(apart(|| line_of(io::stdin()))).await?;
    if line.is_empty() {
        return Err(Failure::new(
            Code::BadInput,
            "standard input is empty; the password or token is to be its first line",
        )
        .into());
    }
    Ok(line)
}

/// Asks at the terminal of this process, whatever its standard input is; without echo where it is a secret.
///
/// # Errors
/// `bad-input` without a terminal; `cancelled` by a signal, with the echo as it was.
pub(crate) async fn at_terminal(question: &str, is_secret: bool) -> Result<Secret, Trouble> {
    let no_terminal = |_: io::Error| {
        Failure::new(Code::BadInput, "there is no terminal to ask at").hint(
            "give it on standard input, with --stdin: never as an argument, which others can see",
        )
    };
    let mut terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(no_terminal)?;
    write!(terminal, "{question}")?;
    terminal.flush()?;
    // It is dropped here, also when a signal ends the question while its thread still reads.
    let _silence = match is_secret {
        true => Some(Silence::on(terminal.try_clone()?)?),
        false => None,
    };
    unless_interrupted(apart(move || line_of(terminal))).await
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silence {
    terminal: File,
    before: Termios,
}

impl Silence {
    fn on(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone has no echo to be restored.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

async fn apart(
    work: impl FnOnce() -> io::Result<Secret> + Send + 'static,
) -> Result<Secret, Trouble> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    Ok(done.map_err(|error| {
        Failure::new(
            Code::BadInput,
            format!("what was given can't be read: {error}"),
        )
    })?)
}

/// One line without its end.
fn line_of(from: impl Read) -> io::Result<Secret> {
    let mut line = String::with_capacity(1024);
    BufReader::new(from.take(LONGEST)).read_line(&mut line)?;
    let length = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(length);
    Ok(Secret::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_without_its_end_and_with_its_spaces() {
        for (text, line) in [
            ("hunter2\n", "hunter2"),
            ("hunter2\r\n", "hunter2"),
            (" hunter 2 ", " hunter 2 "),
            ("one\ntwo\n", "one"),
            ("", ""),
            ("\n", ""),
        ] {
            assert_eq!(line_of(text.as_bytes()).unwrap().expose(), line);
        }
        assert!(line_of(&b"\xff\xfe\n"[..]).is_err());
    }
}
