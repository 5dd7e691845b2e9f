//! The real binary, serving: started, waited for, and ended by its process id.

use std::{
    fs::{self, File},
    net::{TcpStream, ToSocketAddrs as _},
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    Output, TempHome, run,
    run::{run_within, wait_within},
};

/// A start on a busy machine with two cores.
const START: Duration = Duration::from_secs(30);
/// More than any orderly end takes.
const END: Duration = Duration::from_secs(30);

/// A running `larder serve`. Ends with its value; nothing is left behind.
pub struct Larder {
    child: Child,
    bin: PathBuf,
    home: TempHome,
    log: PathBuf,
    goproxy: String,
}

/// How a process ended.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// Its exit code or signal.
    pub status: ExitStatus,
    /// From the signal to the end.
    pub took: Duration,
}

impl Larder {
    /// Starts `larder serve <args>` in `home` and waits until `larder goproxy` prints an address that takes
    /// connections. Panics with the log where that does not come about.
    #[track_caller]
    pub fn start(bin: &Path, home: &TempHome, args: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let log = home.path().join(format!(
            "serve-{}.log",
            COUNT.fetch_add(1, Ordering::Relaxed)
        ));
        let file = File::create(&log).expect("a log in the home");
        let child = home
            .larder(bin)
            .arg("serve")
            .args(args)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}", bin.display()));
        let mut larder = Self {
            child,
            bin: bin.to_owned(),
            home: home.clone(),
            log,
            goproxy: String::new(),
        };
        larder.goproxy = larder.wait_for_address();
        larder
    }

    #[track_caller]
    fn wait_for_address(&mut self) -> String {
        let until = Instant::now() + START;
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                panic!(
                    "larder serve ended while it started: {status}\n{}",
                    self.log()
                );
            }
            let asked = run_within(self.home.larder(&self.bin).arg("goproxy"), START);
            let address = asked.stdout.trim();
            if asked.status.success() && takes_connections(address) {
                return address.to_owned();
            }
            assert!(
                Instant::now() < until,
                "larder serve was not ready within {START:?}; the last answer was of {asked}\n{}",
                self.log()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What `larder goproxy` printed: the GOPROXY value, token included.
    pub fn goproxy(&self) -> &str {
        &self.goproxy
    }

    /// Runs the same binary in the same home with other arguments.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Output {
        run(self.home.larder(&self.bin).args(args))
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it printed so far.
    pub fn log(&self) -> String {
        let text = fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        format!("--- log of larder serve\n{}---", text.unwrap_or_default())
    }

    /// SIGTERM; waits until it ended, and panics with the log where it does not within half a minute.
    #[track_caller]
    pub fn terminate(mut self) -> Stopped {
        let started = Instant::now();
        kill_process(Pid::from_child(&self.child), Signal::TERM)
            .expect("our own child takes signals");
        let Some(status) = wait_within(&mut self.child, END) else {
            panic!(
                "larder serve did not end within {END:?} of SIGTERM\n{}",
                self.log()
            );
        };
        Stopped {
            status,
            took: started.elapsed(),
        }
    }

    /// SIGKILL, as a crash or a power cut; waits until it ended.
    #[track_caller]
    pub fn kill9(mut self) -> Stopped {
        let started = Instant::now();
        self.child.kill().expect("our own child takes signals");
        let status = self.child.wait().expect("our own child");
        Stopped {
            status,
            took: started.elapsed(),
        }
    }
}

impl Drop for Larder {
    fn drop(&mut self) {
        if thread::panicking() {
            // The test's captured output is where a person looks first.
            #[expect(
                clippy::print_stderr,
                reason = "a failed test shows what the server said"
            )]
            {
                eprintln!("{}", self.log());
            }
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            // In good order first, so that it ends its own children; it may be gone this very moment.
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            if wait_within(&mut self.child, Duration::from_secs(5)).is_none() {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
    }
}

/// Whether the host of an `http://host:port/…` address takes connections.
fn takes_connections(address: &str) -> bool {
    let host = address
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next());
    let addr = host.and_then(|host| host.to_socket_addrs().ok()?.next());
    addr.is_some_and(|addr| TcpStream::connect_timeout(&addr, Duration::from_secs(1)).is_ok())
}
