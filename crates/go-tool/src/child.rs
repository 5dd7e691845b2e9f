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
mod tests {
    use std::time::Instant;

    use super::*;

    async fn sh(script: &str, deadline: Duration) -> Result<Output, GoError> {
        let environment = Environment::of_process();
        Run {
            program: Path::new("/bin/sh"),
            arguments: &["-c", script],
            environment: &environment,
            directory: Path::new("/"),
            deadline,
        }
        .output(())
        .await
    }

    /// A child that was not reaped counts; an orphan that waits for the system's first process to reap it does not.
    fn alive(id: i32) -> bool {
        let there = rustix::process::test_kill_process(Pid::from_raw(id).unwrap()).is_ok();
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let orphan = stat.rsplit_once(") Z ").is_some_and(|(_, rest)| {
            rest.split(' ').next() != Some(&std::process::id().to_string())
        });
        there && !orphan
    }

    async fn gone(id: i32) -> bool {
        for _ in 0..100 {
            if !alive(id) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    async fn ids(file: &Path, count: usize) -> Vec<i32> {
        for _ in 0..200 {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let ids: Vec<i32> = text
                .split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect();
            if ids.len() >= count {
                return ids;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the child did not write {count} ids to {}", file.display());
    }

    #[tokio::test]
    async fn output_and_status_come_back() {
        let output = sh("echo out; echo err >&2; exit 3", Duration::from_secs(10))
            .await
            .unwrap();
        assert_eq!(output.stdout, b"out\n");
        assert_eq!(output.stderr, "err\n");
        assert!(!output.success);
    }

    #[tokio::test]
    async fn standard_input_is_empty() {
        let output = sh("cat; echo end", Duration::from_secs(10)).await.unwrap();
        assert_eq!(output.stdout, b"end\n");
    }

    #[tokio::test]
    async fn the_deadline_ends_the_group_even_when_it_ignores_sigterm() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ids");
        let script = format!(
            "trap '' TERM; sleep 60 & echo $$ $! > {}; wait",
            file.display()
        );
        let started = Instant::now();
        let error = sh(&script, Duration::from_secs(2)).await.unwrap_err();
        assert!(matches!(error, GoError::Timeout { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
        for id in ids(&file, 2).await {
            assert!(gone(id).await, "{id} is still there");
        }
    }

    #[tokio::test]
    async fn a_dropped_future_ends_the_group_and_keeps_what_is_held_until_then() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ids");
        let script = format!("sleep 60 & echo $$ $! > {}; wait", file.display());
        let held = std::sync::Arc::new(());
        let environment = Environment::of_process();
        let arguments = ["-c", script.as_str()];
        let run = Run {
            program: Path::new("/bin/sh"),
            arguments: &arguments,
            environment: &environment,
            directory: Path::new("/"),
            deadline: Duration::from_secs(60),
        };
        let ids = tokio::select! {
            ended = run.output(held.clone()) => panic!("ended by itself: {ended:?}"),
            ids = ids(&file, 2) => ids,
        };
        assert_eq!(
            std::sync::Arc::strong_count(&held),
            2,
            "let go of before the child was gone"
        );
        for id in &ids {
            assert!(gone(*id).await, "{id} is still there");
        }
        for _ in 0..100 {
            if std::sync::Arc::strong_count(&held) == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("what was held is never let go of");
    }

    #[test]
    fn a_runtime_that_shuts_down_kills_the_group() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ids");
        let script = format!(
            "trap '' TERM; sleep 60 & echo $! > {}; wait",
            file.display()
        );
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let id = runtime.block_on(async {
            let child = tokio::spawn(async move { sh(&script, Duration::from_secs(60)).await });
            let id = ids(&file, 1).await[0];
            drop(child);
            id
        });
        drop(runtime);
        let started = Instant::now();
        while alive(id) {
            assert!(
                started.elapsed() < Duration::from_secs(5),
                "{id} is still there"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[tokio::test]
    async fn endless_output_is_refused_and_its_child_ended() {
        let started = Instant::now();
        let error = sh("yes", Duration::from_secs(60)).await.unwrap_err();
        assert!(error.to_string().contains("more than 16 MiB"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[tokio::test]
    async fn of_a_long_standard_error_the_end_is_kept() {
        let output = sh(
            "yes warning | head -c 1000000 >&2; echo the reason >&2",
            Duration::from_secs(30),
        )
        .await
        .unwrap();
        assert!(output.stderr.ends_with("the reason\n"));
        assert_eq!(output.stderr.len(), STDERR_CAP);
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let environment = Environment::of_process();
        let run = Run {
            program: Path::new("/nonexistent/go"),
            arguments: &[],
            environment: &environment,
            directory: Path::new("/"),
            deadline: Duration::from_secs(1),
        };
        let error = run.output(()).await.unwrap_err();
        assert!(error.to_string().contains("/nonexistent/go"), "{error}");
    }
}
