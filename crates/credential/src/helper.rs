//! A helper command: a program that is asked for a short-lived credential.
//!
//! It is run as a child, without a shell, and asked as git asks its credential helpers: `protocol=https` and
//! `host=proxy.corp.example` and an empty line on its standard input; on its standard output it answers `username=` and
//! `password=`, or `token=` for a bearer token, and `expires=` where the answer runs out (RFC 3339, seconds from now, or
//! Unix time). The whole command line is given, nothing is added to it: `["git", "credential", "fill"]`, or
//! `["/opt/corp/bin/git-credential-sso", "get"]`.
//!
//! What it prints on standard error goes nowhere, as nobody can say what secrets are in it.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::credential::Unfit;
use crate::origin::Origin;

mod answer;

pub(crate) use answer::Answer;

/// How long a helper may take; some wait for a browser or a touch.
const DEADLINE: Duration = Duration::from_secs(20);
/// The most it may print.
const CAP: u64 = 64 << 10;

/// The command line of a helper. `Debug` shows the program alone: an argument may be a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct HelperCommand {
    /// The program first. Never empty.
    argv: Vec<String>,
}

/// Why a helper command gave no credential. Quotes nothing of its output and none of its arguments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HelperError {
    /// A command line without a program.
    #[error("the helper command is empty; give a program and its arguments as a list")]
    Empty,
    /// A program named by a path that depends on where Larder was started.
    #[error(
        "the helper command {program} is a relative path; give an absolute one, or a name to be found in PATH"
    )]
    Relative {
        /// The program.
        program: String,
    },
    /// It could not be started.
    #[error(
        "the helper command {program} could not be started ({reason}); see that it is installed and executable"
    )]
    Spawn {
        /// The program.
        program: String,
        /// What the system said.
        reason: String,
    },
    /// It took too long and was ended.
    #[error("the helper command {program} gave no answer for {origin} within {} s; run it in a terminal to see what it waits for", after.as_secs_f64())]
    Deadline {
        /// The program.
        program: String,
        /// Whom it was asked about.
        origin: Origin,
        /// How long it was given.
        after: Duration,
    },
    /// It ended with a failure.
    #[error(
        "the helper command {program} failed for {origin} ({status}); run it in a terminal to see why"
    )]
    Failed {
        /// The program.
        program: String,
        /// Whom it was asked about.
        origin: Origin,
        /// How it ended.
        status: String,
    },
    /// It printed more than any credential has.
    #[error(
        "the helper command {program} printed more than 64 KiB; it is to print lines of key=value"
    )]
    TooMuch {
        /// The program.
        program: String,
    },
    /// What it printed is no answer.
    #[error("the answer of the helper command {program} for {origin} can't be used: {fault}")]
    Answer {
        /// The program.
        program: String,
        /// Whom it was asked about.
        origin: Origin,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// What is wrong with a helper's answer. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Bytes that are no text.
    #[error("it is not UTF-8")]
    NotText,
    /// A line that is not `key=value`.
    #[error("a line of it is not key=value")]
    Line,
    /// It is for somebody else.
    #[error("it is for another protocol or host than the one asked for")]
    OtherOrigin,
    /// Half a credential.
    #[error("it has a username and neither a password nor a token")]
    NoPassword,
    /// A time that is none.
    #[error("its expires is neither a time as 2006-01-02T15:04:05Z nor a number of seconds")]
    Expires,
    /// Run out before it arrived.
    #[error("it has expired already; is the clock right?")]
    Expired,
    /// It can't stand in a header.
    #[error(transparent)]
    Unfit(Unfit),
}

impl HelperCommand {
    /// A helper's command line: the program, by its absolute path or a name in `PATH`, and its arguments.
    ///
    /// # Errors
    /// [`HelperError::Empty`] and [`HelperError::Relative`].
    pub fn new(argv: Vec<String>) -> Result<Self, HelperError> {
        let program = argv.first().filter(|program| !program.is_empty());
        let program = program.ok_or(HelperError::Empty)?;
        if program.contains('/') && !Path::new(program).is_absolute() {
            return Err(HelperError::Relative {
                program: program.clone(),
            });
        }
        Ok(Self { argv })
    }

    /// The program, without its arguments: what may be shown of it.
    pub fn program(&self) -> &str {
        &self.argv[0]
    }

    /// Asks it for the credential of this origin; none where it has none.
    ///
    /// Dropping the future ends the helper and all it started in its process group.
    pub(crate) async fn ask(
        &self,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Option<Answer>, HelperError> {
        self.ask_within(origin, now, DEADLINE).await
    }

    async fn ask_within(
        &self,
        origin: &Origin,
        now: Timestamp,
        deadline: Duration,
    ) -> Result<Option<Answer>, HelperError> {
        let program = || self.program().to_owned();
        let run = tokio::time::timeout(deadline, self.run(origin));
        let printed = run.await.unwrap_or_else(|_| {
            Err(HelperError::Deadline {
                program: program(),
                origin: origin.clone(),
                after: deadline,
            })
        })?;
        str::from_utf8(&printed)
            .map_err(|_| Fault::NotText)
            .and_then(|text| answer::parse(text, origin, now))
            .map_err(|fault| HelperError::Answer {
                program: program(),
                origin: origin.clone(),
                fault,
            })
    }

    /// Runs it to its end, and gives what it printed.
    async fn run(&self, origin: &Origin) -> Result<Zeroizing<Vec<u8>>, HelperError> {
        let program = || self.program().to_owned();
        let failed = |status: String| HelperError::Failed {
            program: program(),
            origin: origin.clone(),
            status,
        };
        let mut group = Group::spawn(&self.argv).map_err(|error| HelperError::Spawn {
            program: program(),
            reason: error.to_string(),
        })?;
        let mut stdin = group.0.stdin.take().expect("asked for as a pipe");
        let stdout = group.0.stdout.take().expect("asked for as a pipe");

        let question = answer::question(origin);
        let ask = async move {
            // One that answers without reading is as good: the pipe is then closed.
            match stdin.write_all(question.as_bytes()).await {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                _ => Ok(()),
            }
        };
        let mut printed = Zeroizing::new(Vec::with_capacity(4096));
        let mut stdout = stdout.take(CAP + 1);
        tokio::try_join!(ask, stdout.read_to_end(&mut printed))
            .map_err(|error| failed(error.to_string()))?;
        if printed.len() as u64 > CAP {
            return Err(HelperError::TooMuch { program: program() });
        }
        let status = group
            .0
            .wait()
            .await
            .map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            return Err(failed(status.to_string()));
        }
        Ok(printed)
    }
}

/// A child that leads its own process group. Dropped before it ended, it is killed with all it started; one that ended by
/// itself may leave a daemon behind, as git's credential cache does.
struct Group(Child);

impl Group {
    fn spawn(argv: &[String]) -> io::Result<Self> {
        Command::new(&argv[0])
            .args(&argv[1..])
            // There is nobody at a terminal to answer git's questions.
            .env("GIT_TERMINAL_PROMPT", "0")
            // Not where Larder was started: programs take settings from the folder they are run in.
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map(Self)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The id is there until the child is reaped, so the number can't be another group's by now.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(leader) = id.and_then(Pid::from_raw) {
            // ESRCH is the only answer that can come, and it means that all are gone already.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl fmt::Debug for HelperCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HelperCommand({} …)", self.program())
    }
}

impl TryFrom<Vec<String>> for HelperCommand {
    type Error = HelperError;

    fn try_from(argv: Vec<String>) -> Result<Self, HelperError> {
        Self::new(argv)
    }
}

impl From<HelperCommand> for Vec<String> {
    fn from(command: HelperCommand) -> Self {
        command.argv
    }
}

#[cfg(test)]
mod tests;
