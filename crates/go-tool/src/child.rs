//! One child process: its own process group, a deadline, bounded output, and nothing left behind.
//!
//! The child is watched by a task of its own that lives until the child is gone. So when nobody waits any more
//! (the future was dropped), the child is ended in order all the same: SIGTERM first, which lets git remove its lock
//! files and half-written packs, a moment later SIGKILL to the whole group, and then the child is reaped. The group's
//! number can't be taken by others meanwhile, as the child is reaped last.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use crate::environment::Environment;
use crate::error::GoError;

/// The most that is taken of a child's standard output; more is an error, as half an answer is none.
pub(crate) const STDOUT_CAP: usize = 16 << 20;
/// The most that is kept of a child's standard error: its end, where the reason stands.
pub(crate) const STDERR_CAP: usize = 64 << 10;
/// Between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_millis(250);

/// What a child printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) success: bool,
}

/// A child to run.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [&'a str],
    pub(crate) environment: &'a Environment,
    pub(crate) directory: &'a Path,
    pub(crate) deadline: Duration,
}

impl Run<'_> {
    /// The command as a person would type it.
    fn what(&self) -> String {
        let name = self.program.file_name().unwrap_or(self.program.as_os_str());
        let mut what = name.to_string_lossy().into_owned();
        for argument in self.arguments {
            what.push(' ');
            what.push_str(argument);
        }
        what
    }

    /// Runs the child to its end. `held` (a turn, a folder) is let go of when the child is gone, and not before.
    ///
    /// # Errors
    /// [`GoError::Spawn`], [`GoError::Timeout`], and [`GoError::Answer`] for output beyond the cap. A child that ran and
    /// failed is no error here: see [`Output::success`].
    pub(crate) async fn output<H: Send + 'static>(self, held: H) -> Result<Output, GoError> {
        let mut child = Command::new(self.program)
            .args(self.arguments)
            .env_clear()
            .envs(self.environment.iter())
            .current_dir(self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|source| GoError::Spawn {
                program: self.program.to_owned(),
                source,
            })?;
        let stdout = child
            .stdout
            .take()
            .expect("standard output was asked for as a pipe");
        let stderr = child
            .stderr
            .take()
            .expect("standard error was asked for as a pipe");
        let group = Group {
            child,
            reaped: false,
            _counted: Counted::new(),
        };

        let (asker, asker_gone) = oneshot::channel::<Infallible>();
        let deadline = self.deadline;
        let watch = tokio::spawn(async move {
            let ended = watch(group, stdout, stderr, deadline, asker_gone).await;
            drop(held);
            ended
        });
        let ended = watch.await;
        drop(asker);
        match ended {
            Ok(Ended::Done(Ok(output))) => Ok(output),
            Ok(Ended::Done(Err(error))) => Err(GoError::Answer {
                what: self.what(),
                reason: error.to_string(),
            }),
            Ok(Ended::Late | Ended::Unwanted) => Err(GoError::Timeout {
                what: self.what(),
                after: self.deadline,
            }),
            Err(stopped) => Err(GoError::Failed {
                text: format!("{} was stopped: {stopped}", self.what()),
            }),
        }
    }
}

enum Ended {
    Done(io::Result<Output>),
    Late,
    Unwanted,
}

async fn watch(
    mut group: Group,
    stdout: impl AsyncRead + Unpin,
    stderr: impl AsyncRead + Unpin,
    deadline: Duration,
    asker_gone: oneshot::Receiver<Infallible>,
) -> Ended {
    let ended = {
        let work = async {
            let (stdout, stderr) = tokio::try_join!(read_all(stdout), read_end(stderr))?;
            let status = group.child.wait().await?;
            group.reaped = true;
            Ok(Output {
                stdout,
                stderr,
                success: status.success(),
            })
        };
        tokio::select! {
            done = work => Ended::Done(done),
            () = tokio::time::sleep(deadline) => Ended::Late,
            _ = asker_gone => Ended::Unwanted,
        }
    };
    group.end().await;
    ended
}

/// All of a stream, or an error when that is more than [`STDOUT_CAP`].
async fn read_all(stream: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    stream
        .take(STDOUT_CAP as u64 + 1)
        .read_to_end(&mut all)
        .await?;
    if all.len() > STDOUT_CAP {
        return Err(io::Error::other(format!(
            "more than {} MiB of output",
            STDOUT_CAP >> 20
        )));
    }
    Ok(all)
}

/// The last [`STDERR_CAP`] bytes of a stream. All of it is read: a child whose pipe is full stands still.
async fn read_end(mut stream: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut end = Vec::new();
    loop {
        if stream.read_buf(&mut end).await? == 0 {
            break;
        }
        if end.len() > 2 * STDERR_CAP {
            end.drain(..end.len() - STDERR_CAP);
        }
    }
    let surplus = end.len().saturating_sub(STDERR_CAP);
    Ok(String::from_utf8_lossy(&end[surplus..]).into_owned())
}

/// A child that leads its own process group. Dropped before it was reaped, the whole group is killed.
struct Group {
    child: Child,
    reaped: bool,
    _counted: Counted,
}

/// How many children there are now, of this process.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// How many children of `go` this process has now.
pub fn children() -> usize {
    RUNNING.load(Ordering::Relaxed)
}

/// One of them, for as long as it lives.
struct Counted;

impl Counted {
    fn new() -> Self {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Group {
    /// Ends the group, if it has not ended by itself, and reaps the child.
    async fn end(&mut self) {
        if self.reaped {
            return;
        }
        self.signal(Signal::TERM);
        tokio::time::sleep(GRACE).await;
        self.signal(Signal::KILL);
        // A killed child ends at once; what `wait` could fail with, the runtime's own reaping covers.
        let _ = self.child.wait().await;
        self.reaped = true;
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.child.id() {
            signal_group(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Only reached with a child that was not reaped when the runtime shuts down under the watching task.
        if !self.reaped {
            self.signal(Signal::KILL);
        }
    }
}

/// Kills the process group that the child with this id leads. The child must not have been reaped yet.
pub(crate) fn kill_group(id: u32) {
    signal_group(id, Signal::KILL);
}

fn signal_group(id: u32, signal: Signal) {
    if let Some(leader) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // ESRCH is the only answer that can come, and it means that all are gone already.
        let _ = kill_process_group(leader, signal);
    }
}

#[cfg(test)]
mod tests;
