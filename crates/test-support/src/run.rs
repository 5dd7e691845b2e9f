//! Commands under a deadline, and a panic a person can read when they went wrong.

use std::{
    fmt,
    io::Read,
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// What a command did.
#[derive(Clone, Debug)]
pub struct Output {
    /// The command line, for messages.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Output {
    /// Panics unless it exited with 0.
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(self.status.success(), "expected success of {self}");
        self
    }

    /// Panics unless it exited with a code other than 0.
    #[track_caller]
    pub fn failure(self) -> Self {
        assert!(
            self.status.code().is_some_and(|code| code != 0),
            "expected a failure of {self}"
        );
        self
    }

    /// Panics unless it exited with this code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "expected exit code {code} of {self}"
        );
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            status,
            stdout,
            stderr,
            took,
        } = self;
        write!(
            f,
            "`{command}`\n{status}, after {took:.1?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---"
        )
    }
}

/// Runs a command for at most two minutes; see [`run_within`].
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    run_within(command, Duration::from_secs(120))
}

/// Runs a command with nothing on its standard input. Past the deadline it and its children are killed, and
/// the test panics with what it printed so far.
#[track_caller]
pub fn run_within(command: &mut Command, deadline: Duration) -> Output {
    let line = command_line(command);
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that the deadline ends its children too (git under go).
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("`{line}` can't be started: {error}"));
    let stdout = read_all(child.stdout.take().expect("piped"));
    let stderr = read_all(child.stderr.take().expect("piped"));
    let ended = wait_within(&mut child, deadline);
    let group = Pid::from_child(&child);
    if ended.is_none() {
        // It may end by itself this very moment; then there is no group to signal.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let status = ended.unwrap_or_else(|| child.wait().expect("our own child"));
    let output = Output {
        command: line,
        status,
        stdout: stdout.join().expect("the reader does not panic"),
        stderr: stderr.join().expect("the reader does not panic"),
        took: started.elapsed(),
    };
    assert!(
        ended.is_some(),
        "past its deadline of {deadline:?}: {output}"
    );
    output
}

/// Waits for a child; `None` when it still runs at the deadline.
pub(crate) fn wait_within(child: &mut Child, deadline: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + deadline;
    loop {
        if let Some(status) = child.try_wait().expect("our own child") {
            return Some(status);
        }
        if Instant::now() >= until {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // Whatever came before an error is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::{run, run_within};
    use std::{process::Command, time::Duration};

    #[test]
    fn output_is_told_apart() {
        let output = run(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]))
            .code(3)
            .failure();
        assert_eq!(
            (output.stdout.as_str(), output.stderr.as_str()),
            ("out\n", "err\n")
        );
    }

    #[test]
    #[should_panic(expected = "so far")]
    fn past_the_deadline_the_panic_shows_what_was_printed() {
        // The grandchild holds the pipe: only the end of the whole group frees it.
        run_within(
            Command::new("sh").args(["-c", "echo so far; sleep 60 & wait"]),
            Duration::from_millis(300),
        );
    }
}
