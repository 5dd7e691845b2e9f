//! Where the go command is on this machine.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::caller::CallerEnv;
use crate::environment::Environment;
use crate::error::GoError;

/// How long a candidate may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// A go command that was found and answered.
///
/// It carries the environment of this process as it was when it was found; every child gets that environment
/// (for `direct`: what is left of it, see [`crate::Direct`]).
#[derive(Debug, Clone)]
pub struct Go {
    path: PathBuf,
    version: String,
    environment: Environment,
}

impl Go {
    /// Finds the go command. Runs each candidate once (`go env GOVERSION`), so it blocks for some milliseconds.
    ///
    /// With a `search_path` (folders as in PATH) only that is searched. Without one, in this order: PATH, `$GOROOT/bin`,
    /// and then where installers put Go, as a program started from a desktop often has a short PATH. Relative folders
    /// are passed over, as `go` itself does (package `os/exec`): what is run must not depend on where one stands.
    ///
    /// # Errors
    /// [`GoError::NoGo`] names the places that were searched, and says what was wrong with a go command that did not work.
    pub fn find(search_path: Option<&OsStr>) -> Result<Self, GoError> {
        let environment = Environment::of_process();
        let folders = match search_path {
            Some(path) => std::env::split_paths(path).collect(),
            None => usual_folders(&environment),
        };
        Self::find_in(folders, environment)
    }

    /// Finds the go command as the caller's shell would: in their PATH, and then in the usual places of their home. What
    /// it is asked, it answers with the caller's settings. Blocks like [`Go::find`].
    ///
    /// # Errors
    /// As [`Go::find`].
    pub fn of_caller(caller: &CallerEnv) -> Result<Self, GoError> {
        let environment = Environment::of_caller(caller);
        Self::find_in(usual_folders(&environment), environment)
    }

    fn find_in(folders: Vec<PathBuf>, environment: Environment) -> Result<Self, GoError> {
        let mut searched: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        for folder in folders {
            let path = folder.join("go");
            if !path.is_absolute() || !seen.insert(path.clone()) {
                continue;
            }
            let looked_at = path.display().to_string();
            if !is_executable(&path) {
                searched.push(looked_at);
                continue;
            }
            match ask_version(&path, &environment) {
                Ok(version) => {
                    return Ok(Self {
                        path,
                        version,
                        environment,
                    });
                }
                Err(reason) => searched.push(format!("{looked_at}, which {reason}")),
            }
        }
        let searched = if searched.is_empty() {
            "nothing: the search path is empty".to_owned()
        } else {
            searched.join("; ")
        };
        Err(GoError::NoGo { searched })
    }

    /// The go command's absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it calls itself, `go1.26.8` for example (GOVERSION).
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The same go command for a person whose environment has `name` set to `value`.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.set(name, value);
        self
    }

    /// The same go command for a person whose environment does not have `name`.
    #[must_use]
    pub fn without_variable(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.remove(name.as_ref());
        self
    }

    /// The same go command for the person whose environment this is.
    #[must_use]
    pub fn for_caller(mut self, caller: &CallerEnv) -> Self {
        self.environment = Environment::of_caller(caller);
        self
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }
}

/// PATH, then GOROOT, then the places of the Go installers, of Linux distributions, Homebrew, MacPorts and snap.
pub(crate) fn usual_folders(environment: &Environment) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = environment
        .get("PATH")
        .map(|path| std::env::split_paths(path).collect())
        .unwrap_or_default();
    folders.extend(
        environment
            .get("GOROOT")
            .map(|root| Path::new(root).join("bin")),
    );
    folders.extend(
        [
            "/usr/local/go/bin",
            "/usr/local/bin",
            "/usr/bin",
            "/usr/lib/go/bin",
            "/usr/lib/golang/bin",
            "/opt/homebrew/bin",
            "/opt/local/bin",
            "/snap/bin",
        ]
        .map(PathBuf::from),
    );
    if let Some(home) = environment.get("HOME").map(Path::new) {
        folders.extend(
            ["go/bin", ".local/go/bin", "sdk/go/bin", ".local/bin"].map(|below| home.join(below)),
        );
    }
    folders
}

pub(crate) fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Runs `go env GOVERSION`, apart from any go.mod, go.work or toolchain setting. The error says what it did instead.
pub(crate) fn ask_version(path: &Path, environment: &Environment) -> Result<String, String> {
    let mut child = Command::new(path)
        .args(["env", "GOVERSION"])
        .env_clear()
        .envs(environment.without_settings().iter())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("could not be started ({error})"))?;
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5))
            }
            Ok(None) | Err(_) => {
                crate::child::kill_group(child.id());
                // It was killed: the wait is short, and leaves no zombie.
                let _ = child.wait();
                return Err(format!("did not answer within {PATIENCE:?}"));
            }
        }
    };
    let mut answer = String::new();
    if let Some(stdout) = child.stdout.take() {
        // One line of a go command is a few bytes; another program of that name may print without end.
        let _ = stdout.take(1024).read_to_string(&mut answer);
    }
    let answer = answer.trim();
    if !status.success() {
        return Err(format!("failed ({status})"));
    }
    if !answer.contains("go1") && !answer.starts_with("devel") {
        return Err("is another program, not the go command of Go".to_owned());
    }
    Ok(answer.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn finds_the_go_of_this_machine() {
        let go = Go::find(None).expect("Go must be installed for the tests: run scripts/setup");
        assert!(go.path().is_absolute());
        assert!(go.version().contains("go1"), "{}", go.version());
    }

    #[test]
    fn the_first_folder_wins_and_what_does_not_work_is_passed_over() {
        let [broken, other, first, second] = [(); 4].map(|()| tempfile::tempdir().unwrap());
        program(broken.path(), "go", "#!/bin/sh\nexit 3\n");
        program(other.path(), "go", "#!/bin/sh\necho a board game\n");
        let expected = program(first.path(), "go", "#!/bin/sh\necho go1.99.1\n");
        program(second.path(), "go", "#!/bin/sh\necho go1.98.0\n");
        let path = std::env::join_paths([broken.path(), other.path(), first.path(), second.path()])
            .unwrap();
        let go = Go::find(Some(&path)).unwrap();
        assert_eq!(go.path(), expected);
        assert_eq!(go.version(), "go1.99.1");
    }

    #[test]
    fn no_go_says_where_it_looked_and_what_to_do() {
        let broken = tempfile::tempdir().unwrap();
        program(broken.path(), "go", "#!/bin/sh\nexit 3\n");
        let plain = tempfile::tempdir().unwrap();
        std::fs::write(plain.path().join("go"), "not executable").unwrap();
        let path = std::env::join_paths([broken.path(), plain.path()]).unwrap();
        let text = Go::find(Some(&path)).unwrap_err().to_string();
        assert!(text.contains("which failed (exit status: 3)"), "{text}");
        assert!(
            text.contains(&plain.path().join("go").display().to_string()),
            "{text}"
        );
        assert!(text.contains("install Go"), "{text}");
    }

    #[test]
    fn a_relative_folder_is_never_used() {
        let text = Go::find(Some(OsStr::new(".:bin:")))
            .unwrap_err()
            .to_string();
        assert!(text.contains("the search path is empty"), "{text}");
    }

    #[test]
    fn the_environment_is_not_printed() {
        let go = Go::find(None)
            .unwrap()
            .with_variable("CORP_TOKEN", "hunter2");
        assert!(!format!("{go:?}").contains("hunter2"));
    }
}
