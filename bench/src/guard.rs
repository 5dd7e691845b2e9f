//! Who ends what a run has started when the run itself is cut off: a process of its own, in a group of its own.
//!
//! It hears of each process by id. When its stdin ends, whatever is still running is ended, and the run's folder goes.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

static GUARD: OnceLock<Mutex<ChildStdin>> = OnceLock::new();

/// Starts the guard of this run.
pub(crate) fn start(folder: &Path) -> Result<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("guard")
        .arg(folder)
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .context("the guard can't be started")?;
    let stdin = child.stdin.take().context("the guard has no stdin")?;
    let _ = GUARD.set(Mutex::new(stdin));
    Ok(())
}

/// A process was started.
pub(crate) fn started(pid: u32) {
    tell(&format!("+{pid}\n"));
}

/// A process has ended.
pub(crate) fn ended(pid: u32) {
    tell(&format!("-{pid}\n"));
}

fn tell(line: &str) {
    if let Some(guard) = GUARD.get() {
        let mut guard = guard.lock().unwrap_or_else(PoisonError::into_inner);
        // Without a guard the run goes on.
        let _ = guard.write_all(line.as_bytes());
    }
}

/// `bench guard FOLDER`: the other side.
pub(crate) fn main(folder: &Path) -> Result<()> {
    let mut running = BTreeSet::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (sign, pid) = line.split_at(1);
        let pid: i32 = pid.parse()?;
        match sign {
            "+" => running.insert(pid),
            _ => running.remove(&pid),
        };
    }
    for pid in running.iter().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = kill_process(pid, Signal::TERM);
        // One that was stopped hears nothing before it goes on.
        let _ = kill_process(pid, Signal::CONT);
    }
    if !running.is_empty() {
        thread::sleep(Duration::from_secs(2));
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}
