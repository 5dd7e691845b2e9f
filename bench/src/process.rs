//! What the system says about a process: memory, time on the processor, children. And how one is ended, by its id.

use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::guard;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Clock ticks a second in /proc, on every Linux.
const TICKS: u64 = 100;

/// The memory of one or more processes, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Resident now, shared pages counted by their share.
    pub(crate) pss: u64,
    /// Resident now.
    pub(crate) rss: u64,
    /// The most that was ever resident.
    pub(crate) peak_rss: u64,
}

/// The memory of these processes, summed.
pub(crate) fn memory(pids: &[u32]) -> Result<Memory> {
    let mut all = Memory::default();
    for pid in pids {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        all.pss += field(&rollup, "Pss:")?;
        all.rss += field(&status, "VmRSS:")?;
        all.peak_rss += field(&status, "VmHWM:")?;
    }
    Ok(all)
}

fn field(text: &str, name: &str) -> Result<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .with_context(|| format!("no {name} in /proc"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes << 10)
}

/// Watches the PSS of processes and keeps the highest.
pub(crate) struct Watch {
    highest: Arc<AtomicU64>,
    end: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watch {
    pub(crate) fn start(pids: Vec<u32>, every: Duration) -> Self {
        let highest = Arc::new(AtomicU64::new(0));
        let end = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (highest, end) = (Arc::clone(&highest), Arc::clone(&end));
            move || {
                while !end.load(Ordering::Relaxed) {
                    if let Ok(memory) = memory(&pids) {
                        highest.fetch_max(memory.pss, Ordering::Relaxed);
                    }
                    thread::sleep(every);
                }
            }
        });
        Self {
            highest,
            end,
            thread,
        }
    }

    /// The highest PSS in bytes.
    pub(crate) fn end(self) -> u64 {
        self.end.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
        self.highest.load(Ordering::Relaxed)
    }
}

/// The time that these processes have had on the processor, in and out of the kernel.
pub(crate) fn cpu(pids: &[u32]) -> Result<Duration> {
    pids.iter()
        .map(|pid| cpu_in(&format!("/proc/{pid}/stat")))
        .sum()
}

/// The same of this process.
pub(crate) fn cpu_of_self() -> Result<Duration> {
    cpu_in("/proc/self/stat")
}

fn cpu_in(path: &str) -> Result<Duration> {
    let text = fs::read_to_string(path)?;
    // The name in parentheses may hold anything; the fields are counted from behind it.
    let (_, rest) = text.rsplit_once(") ").context("/proc/PID/stat is cut")?;
    let mut fields = rest.split(' ').skip(11);
    let mut ticks =
        || -> Result<u64> { Ok(fields.next().context("/proc/PID/stat is short")?.parse()?) };
    let ticks = ticks()? + ticks()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// The process and its children.
pub(crate) fn family(pid: u32) -> Result<Vec<u32>> {
    let path = PathBuf::from(format!("/proc/{pid}/task/{pid}/children"));
    let text = fs::read_to_string(&path)?;
    let mut pids = vec![pid];
    for child in text.split_whitespace() {
        pids.push(child.parse()?);
    }
    Ok(pids)
}

/// Asks a child to end, waits, and ends it the hard way where it does not. Says how long it took.
pub(crate) fn end(child: &mut Child, patience: Duration) -> Result<Duration> {
    let begun = Instant::now();
    if child.try_wait()?.is_some() {
        guard::ended(child.id());
        return Ok(Duration::ZERO);
    }
    kill_process(Pid::from_child(child), Signal::TERM)?;
    while child.try_wait()?.is_none() {
        if begun.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            guard::ended(child.id());
            bail!("a process did not end within {patience:?} of SIGTERM");
        }
        thread::sleep(Duration::from_millis(2));
    }
    guard::ended(child.id());
    Ok(begun.elapsed())
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}
