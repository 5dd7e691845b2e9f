//! A person's machine in a temporary folder: real git repositories, a home, fake ssh, and small HTTP servers on loopback.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use go_module::{ModulePath, ModuleVersion, Version};
use go_tool::{Direct, DirectOptions, Go};
use tempfile::TempDir;

/// Nobody listens there: the discard port.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A machine. Module paths below `git.example.test/` are the repositories in `srv/`, by git's `insteadOf`.
pub(crate) struct Machine {
    root: TempDir,
    go: Go,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["srv", "home", "bin", "cache"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let go = Go::find(None).expect("Go must be installed for the tests: run scripts/setup");
        let git = Command::new("git").arg("version").output();
        assert!(
            git.is_ok_and(|git| git.status.success()),
            "git must be installed for the tests: run scripts/setup"
        );

        let home = root.path().join("home");
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths(
            [root.path().join("bin")]
                .into_iter()
                .chain(std::env::split_paths(&path)),
        )
        .unwrap();
        // Nothing of the machine that runs the tests: no configuration, no keys, no way out. The person has settings
        // that would break `direct` if they reached it: GOPROXY leads nowhere and GOFLAGS is for another situation.
        let mut machine = Self { root, go };
        for name in [
            "XDG_CONFIG_HOME",
            "GIT_SSH",
            "GIT_SSH_COMMAND",
            "GIT_ASKPASS",
            "SSH_AUTH_SOCK",
            "GIT_CONFIG_COUNT",
        ] {
            machine = machine.without(name);
        }
        for name in [
            "GIT_CONFIG_GLOBAL",
            "GOPRIVATE",
            "GOVCS",
            "GOINSECURE",
            "GOAUTH",
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ] {
            machine = machine.without(name);
        }
        for name in [
            "ALL_PROXY",
            "no_proxy",
            "NETRC",
            "DISPLAY",
            "GOENV",
            "GOROOT",
        ] {
            machine = machine.without(name);
        }
        machine = machine
            .with("HOME", &home)
            .with("PATH", path)
            .with("GIT_CONFIG_NOSYSTEM", "1")
            .with("GOPROXY", NOWHERE)
            .with("GOFLAGS", "-mod=vendor")
            .with("HTTP_PROXY", NOWHERE)
            .with("HTTPS_PROXY", NOWHERE)
            .with("NO_PROXY", "127.0.0.1");
        machine.script("ssh", &format!(
            "echo \"$@\" >> {}\necho 'git@git.example.test: Permission denied (publickey).' >&2\nexit 255",
            machine.path("ssh.log").display()
        ));
        let served = format!("file://{}/", machine.path("srv").display());
        machine.redirect(&served, "https://git.example.test/");
        machine
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.go = self.go.with_variable(name, value.as_ref());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.go = self.go.without_variable(name);
        self
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    pub(crate) fn go(&self) -> &Go {
        &self.go
    }

    /// Makes git ask `instead` for what begins with `of`.
    pub(crate) fn redirect(&self, instead: &str, of: &str) {
        self.git_config(&format!("url.{instead}.insteadOf"), of);
    }

    pub(crate) fn git_config(&self, key: &str, value: &str) {
        let file = self.path("home/.gitconfig");
        let status = Command::new("git")
            .arg("config")
            .arg("--file")
            .arg(file)
            .args(["--add", key, value])
            .status();
        assert!(status.unwrap().success());
    }

    /// Writes a line to the person's go env file.
    pub(crate) fn go_env(&self, line: &str) {
        let file = self.path("home/.config/go/env");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text = fs::read_to_string(&file).unwrap_or_default();
        fs::write(file, format!("{text}{line}\n")).unwrap();
    }

    /// Puts a shell script before everything else in PATH.
    pub(crate) fn script(&self, name: &str, text: &str) {
        let file = self.path("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A new repository `srv/<name>`, whose module path is `git.example.test/<name>.git`.
    pub(crate) fn repository(&self, name: &str) -> Repository {
        let repository = Repository {
            folder: self.path("srv").join(name),
        };
        fs::create_dir(&repository.folder).unwrap();
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    pub(crate) fn direct(&self) -> Direct {
        self.direct_with(2, Duration::from_secs(120))
    }

    pub(crate) fn direct_with(&self, at_most: usize, deadline: Duration) -> Direct {
        Direct::new(DirectOptions {
            go: self.go.clone(),
            cache: self.path("cache"),
            at_most,
            deadline,
        })
    }

    /// The names in a folder of the cache.
    pub(crate) fn cached(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path("cache").join(folder)).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// The one clone's folder.
    pub(crate) fn clone_folder(&self) -> PathBuf {
        let clones: Vec<PathBuf> = self
            .cached("vcs")
            .into_iter()
            .map(|name| self.path("cache/vcs").join(name))
            .filter(|path| path.is_dir())
            .collect();
        assert_eq!(clones.len(), 1, "{clones:?}");
        clones.into_iter().next().unwrap()
    }
}

/// A git repository that is served.
pub(crate) struct Repository {
    folder: PathBuf,
}

impl Repository {
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=Gopher",
                "-c",
                "user.email=gopher@example.test",
                "-c",
                "commit.gpgSign=false",
            ])
            .args(arguments)
            .current_dir(&self.folder)
            .env_remove("GIT_DIR")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> &Self {
        let file = self.folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    pub(crate) fn commit(&self) -> &Self {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "A change"]);
        self
    }

    pub(crate) fn tag(&self, name: &str) -> &Self {
        self.git(&["tag", name]);
        self
    }
}

/// A module at the root of `srv/repo`, with one release.
pub(crate) fn released(machine: &Machine) -> Repository {
    let repository = machine.repository("repo");
    repository
        .write("go.mod", "module git.example.test/repo.git\n\ngo 1.20\n")
        .write("repo.go", "package repo\n");
    repository.commit().tag("v1.0.0");
    repository
}

pub(crate) fn path(text: &str) -> ModulePath {
    ModulePath::parse(text).unwrap()
}

pub(crate) fn version(text: &str) -> ModuleVersion {
    let (path, version) = text.split_once('@').unwrap();
    ModuleVersion::new(self::path(path), Version::parse(version).unwrap()).unwrap()
}

/// The Version of a `.info` answer.
pub(crate) fn version_in(info: &[u8]) -> String {
    let info: serde_json::Value = serde_json::from_slice(info).unwrap();
    info["Version"].as_str().unwrap().to_owned()
}

/// Does the zip at this path have a file of this name? Names stand in the central directory as they are.
pub(crate) fn zip_has(zip: &Path, name: &str) -> bool {
    fs::read(zip)
        .unwrap()
        .windows(name.len())
        .any(|bytes| bytes == name.as_bytes())
}

/// Waits until a condition holds; false when it does not within ten seconds.
pub(crate) async fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() > Duration::from_secs(10) {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// Process ids in a file, one a line.
pub(crate) fn ids(file: &Path) -> Vec<i32> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(|line| line.trim().parse().unwrap())
        .collect()
}

/// Is there a process with this id, or one that Larder should have reaped? An orphan that was killed and waits for the
/// system's first process to reap it does not count: some containers have none that does.
pub(crate) fn exists(id: i32) -> bool {
    let there =
        rustix::process::test_kill_process(rustix::process::Pid::from_raw(id).unwrap()).is_ok();
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // After the name in parentheses: the state, and the parent.
    let orphan = stat
        .rsplit_once(") Z ")
        .is_some_and(|(_, rest)| rest.split(' ').next() != Some(&std::process::id().to_string()));
    there && !orphan
}

/// A small HTTP server on loopback: one answer a connection, every request line remembered.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request line (`GET /x HTTP/1.1`) with a status and headers line, and a body.
    pub(crate) fn start(
        answer: impl Fn(&str, &str) -> (&'static str, String) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (own, seen) = (address.clone(), Arc::clone(&asked));
        // Ends with the test's process: the listener has no other owner.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut lines = BufReader::new(stream.try_clone().unwrap())
                    .take(64 << 10)
                    .lines();
                let Some(Ok(request)) = lines.next() else {
                    continue;
                };
                for line in lines {
                    if line.is_ok_and(|line| line.is_empty()) {
                        break;
                    }
                }
                seen.lock().unwrap().push(request.clone());
                let (status, body) = answer(&own, &request);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { address, asked }
    }
}
