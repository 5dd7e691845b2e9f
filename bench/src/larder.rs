//! A Larder of our own, in a home of its own, started and ended by its process id.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::ask::{self, Client, Got};
use crate::guard;
use crate::process;

/// How long a start or an end may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder that is all of a Larder's; it goes with its value.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new(scratch: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("home-")
            .tempdir_in(scratch)?;
        for name in ["config", "cache", "data", "run"] {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(folder.path().join(name))?;
        }
        Ok(Self { folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `settings.toml`.
    pub(crate) fn settings(&self, text: &str) -> Result<()> {
        Ok(fs::write(self.path().join("config/settings.toml"), text)?)
    }

    /// The program with a subcommand, in this home and with nothing of this shell's environment.
    pub(crate) fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("LARDER_HOME", self.path())
            .env("HOME", self.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null());
        command
    }
}

/// A running `larder serve`.
pub(crate) struct Larder {
    child: Child,
    pub(crate) port: u16,
    /// The secret first element of every path.
    pub(crate) token: String,
    log: PathBuf,
}

impl Larder {
    /// Starts it and waits until it answers.
    pub(crate) fn start(program: &Path, home: &Home, upstreams: &str) -> Result<Self> {
        Self::start_with(program, home, upstreams, "off")
    }

    /// The same, with this checksum database.
    pub(crate) fn start_with(
        program: &Path,
        home: &Home,
        upstreams: &str,
        sumdb: &str,
    ) -> Result<Self> {
        Self::start_by(program, home, &["--upstreams", upstreams, "--sumdb", sumdb])
    }

    /// The same, with these arguments.
    pub(crate) fn start_by(program: &Path, home: &Home, arguments: &[&str]) -> Result<Self> {
        let mut larder = Self::spawn(program, home, arguments)?;
        let until = Instant::now() + PATIENCE;
        loop {
            if larder.read_token(home).is_ok() && larder.get("/", PATIENCE).is_ok() {
                return Ok(larder);
            }
            larder.still_runs()?;
            ensure!(
                Instant::now() < until,
                "larder did not start within {PATIENCE:?}"
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Starts it and waits for nothing; the token is there if the home has had a Larder before.
    pub(crate) fn spawn(program: &Path, home: &Home, arguments: &[&str]) -> Result<Self> {
        let port = process::free_port()?;
        let log = home.path().join("serve.log");
        let out = File::create(&log)?;
        let child = home
            .command(program, &["serve", "--port", &port.to_string()])
            .args(arguments)
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("{} can't be started", program.display()))?;
        guard::started(child.id());
        let mut larder = Self {
            child,
            port,
            token: String::new(),
            log,
        };
        // At the first start it is yet to come.
        let _ = larder.read_token(home);
        Ok(larder)
    }

    fn read_token(&mut self, home: &Home) -> Result<()> {
        let text = fs::read_to_string(home.path().join("data/token.module"))?;
        ensure!(!text.trim().is_empty(), "no token yet");
        self.token = text.trim().to_owned();
        Ok(())
    }

    /// Fails, with the log, when the process has ended.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            bail!("larder serve ended: {status}\n{log}");
        }
        Ok(())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The path as it is asked for, token and all.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("/{}/{}", self.token, path.trim_start_matches('/'))
    }

    /// One request on a connection of its own.
    pub(crate) fn get(&self, path: &str, patience: Duration) -> Result<Got> {
        ask::get(self.port, &self.path(path), patience)
    }

    pub(crate) fn client(&self) -> Result<Client> {
        Client::connect(self.port, PATIENCE)
    }

    /// Ends it in good order.
    pub(crate) fn stop(mut self) -> Result<Duration> {
        process::end(&mut self.child, PATIENCE)
    }
}

impl Drop for Larder {
    fn drop(&mut self) {
        let _ = process::end(&mut self.child, Duration::from_secs(10));
    }
}
