//! Modules from version control, fetched by the go command as `GOPROXY=direct` would.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use go_module::{ModulePath, ModuleVersion};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use crate::answer::{Module, Unread};
use crate::child::{Output, Run};
use crate::classify;
use crate::environment::Environment;
use crate::error::GoError;
use crate::find::Go;
use crate::folder::{Folders, RunFolder};
use crate::goauth::without_larder;
use crate::query::{check_path, check_query};

/// The settings of the person that matter to version control. All others are Larder's own.
const PERSON: [&str; 4] = ["GOPRIVATE", "GOVCS", "GOINSECURE", "GOAUTH"];

/// Git settings that choose which ssh is run, outright or for some remotes only. Where there is one, Larder's own
/// GIT_SSH_COMMAND would overrule it.
const OWN_SSH: &str = r"^(core\.sshcommand|includeif\.hasconfig:.*)$";

/// How to fetch from version control.
#[derive(Debug, Clone)]
pub struct DirectOptions {
    /// The go command, with the environment of the person.
    pub go: Go,
    /// A folder for this alone, made when it is not there: clones are kept in it, and runs work in it.
    pub cache: PathBuf,
    /// How many go commands may run at once; at least one may.
    pub at_most: usize,
    /// How long one question may take, the wait for its turn included.
    pub deadline: Duration,
}

/// Fetches modules from version control with the go command.
///
/// Each question runs `go` as a child with `GOPROXY=direct`, a module cache of its own, and GOPRIVATE, GOVCS,
/// GOINSECURE and GOAUTH (but for Larder's own command) as the person has them at that moment. A dropped future ends its
/// child and all that one started.
#[derive(Debug)]
pub struct Direct {
    go: Go,
    folders: Folders,
    turns: Arc<Semaphore>,
    at_most: u32,
    deadline: Duration,
    prepared: OnceCell<()>,
}

/// The files of a version, as `go mod download` made them. They are removed when the guard is dropped.
#[derive(Debug)]
pub struct Downloaded {
    /// The `.info` file.
    pub info: PathBuf,
    /// The `.mod` file.
    pub gomod: PathBuf,
    /// The `.zip` file.
    pub zip: PathBuf,
    /// Keeps the files.
    pub guard: DownloadGuard,
}

/// Keeps the files of a [`Downloaded`] on disk as long as it lives.
#[derive(Debug)]
pub struct DownloadGuard {
    _folder: Arc<RunFolder>,
}

/// What can be said of a version without making its zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The bytes of the `.info` file.
    pub info: Vec<u8>,
    /// The bytes of the `.mod` file.
    pub gomod: Vec<u8>,
}

/// A child's answer about one module, and the folder that its files are in.
struct Answered {
    module: Module,
    folder: Arc<RunFolder>,
}

/// A failed run, before its text is understood.
struct Failure {
    text: String,
    stderr: String,
    folder: Arc<RunFolder>,
}

impl Direct {
    /// Nothing is made or run until the first question.
    #[must_use]
    pub fn new(options: DirectOptions) -> Self {
        let DirectOptions {
            go,
            cache,
            at_most,
            deadline,
        } = options;
        // Far more than any machine runs, and within what a semaphore can count.
        let at_most = u32::try_from(at_most).unwrap_or(u32::MAX).clamp(1, 1 << 10);
        Self {
            go,
            folders: Folders::new(cache),
            turns: Arc::new(Semaphore::new(at_most as usize)),
            at_most,
            deadline,
            prepared: OnceCell::new(),
        }
    }

    /// Fetches a version's `.info`, `.mod` and `.zip` (`go mod download -json`).
    ///
    /// # Errors
    /// See [`GoError`]. [`GoError::TooOld`] when the module's go.mod asks for a newer Go than this one: its `.info` and
    /// `.mod` can still be had from [`describe`](Self::describe).
    pub async fn download(&self, version: &ModuleVersion) -> Result<Downloaded, GoError> {
        self.download_since(version, Instant::now()).await
    }

    async fn download_since(
        &self,
        version: &ModuleVersion,
        started: Instant,
    ) -> Result<Downloaded, GoError> {
        check_path(version.path.as_str())?;
        let argument = version.to_string();
        let arguments = ["mod", "download", "-json", "-modcacherw", "--", &argument];
        let answered = match self.ask(&arguments, Some(version), started).await {
            Err(error) if classify::hides_its_reason(&error.to_string()) => {
                // Only `go list` has `-v`, which tells why: what it says is the better error.
                return Err(self
                    .look_up(&argument, started)
                    .await
                    .err()
                    .unwrap_or(error));
            }
            answered => answered?,
        };
        let Answered { module, folder } = answered;
        same_version(&module, version)?;
        let (Some(info), Some(gomod), Some(zip)) = (module.info, module.go_mod, module.zip) else {
            return Err(GoError::Answer {
                what: what(&arguments),
                reason: "it does not name all three files".to_owned(),
            });
        };
        Ok(Downloaded {
            info,
            gomod,
            zip,
            guard: DownloadGuard { _folder: folder },
        })
    }

    /// A version's `.info` and `.mod` (`go list -m -json`): cheaper than a download, as no zip is made.
    ///
    /// # Errors
    /// See [`GoError`].
    pub async fn describe(&self, version: &ModuleVersion) -> Result<Described, GoError> {
        let started = Instant::now();
        check_path(version.path.as_str())?;
        let Answered { module, folder } = self.look_up(&version.to_string(), started).await?;
        same_version(&module, version)?;
        let info = module.info();
        let Some(path) = module.go_mod else {
            // `go list` passes over a go.mod that it could not get; `go mod download` says what was wrong with it.
            let files = self.download_since(version, started).await?;
            return Ok(Described {
                info: read(files.info).await?,
                gomod: read(files.gomod).await?,
            });
        };
        let gomod = read(path).await?;
        drop(folder);
        Ok(Described { info, gomod })
    }

    /// All versions that the repository has tags for, retracted ones too, in `go`'s order (`go list -m -versions`).
    ///
    /// A repository without any gives an empty list, also for a folder in it that is no module.
    ///
    /// # Errors
    /// See [`GoError`].
    pub async fn list(&self, path: &ModulePath) -> Result<Vec<String>, GoError> {
        let started = Instant::now();
        check_path(path.as_str())?;
        let arguments = [
            "list",
            "-m",
            "-e",
            "-v",
            "-json",
            "-versions",
            "-retracted",
            "-modcacherw",
            "--",
            path.as_str(),
        ];
        Ok(self.ask(&arguments, None, started).await?.module.versions)
    }

    /// What a query means now: `latest`, a branch, a commit or `v1.2`. The answer is the JSON of a `.info` file, whose
    /// Version is canonical.
    ///
    /// # Errors
    /// See [`GoError`]. [`GoError::InvalidQuery`] for a query that `go` or git could take for something else, an option
    /// above all.
    pub async fn query(&self, path: &ModulePath, query: &str) -> Result<Vec<u8>, GoError> {
        let started = Instant::now();
        check_path(path.as_str())?;
        check_query(query)?;
        let Answered { module, .. } = self.look_up(&format!("{path}@{query}"), started).await?;
        Ok(module.info())
    }

    /// Removes clones, those first that were not fetched into for longest, until what is left is at most `keep` bytes.
    /// Gives the bytes that were removed. While a go command runs, nothing is removed: the next call may.
    ///
    /// # Errors
    /// [`GoError::Folder`] when the clones can't be read.
    pub async fn shrink_clones(&self, keep: u64) -> Result<u64, GoError> {
        let Ok(all_turns) = Arc::clone(&self.turns).try_acquire_many_owned(self.at_most) else {
            return Ok(0);
        };
        let folders = self.folders.clone();
        blocking(move || {
            let removed = folders.shrink_clones(keep);
            drop(all_turns);
            removed
        })
        .await
    }

    async fn look_up(&self, argument: &str, started: Instant) -> Result<Answered, GoError> {
        self.ask(
            &[
                "list",
                "-m",
                "-e",
                "-v",
                "-json",
                "-modcacherw",
                "--",
                argument,
            ],
            None,
            started,
        )
        .await
    }

    /// Runs go, once more when a clone proved damaged, and reads what it says of the one module.
    async fn ask(
        &self,
        arguments: &[&str],
        download: Option<&ModuleVersion>,
        started: Instant,
    ) -> Result<Answered, GoError> {
        let failure = match self.try_once(arguments, download, started).await? {
            Ok(answered) => return Ok(answered),
            Err(failure) => failure,
        };
        let Some(clone) = classify::damaged_clone(&failure.text) else {
            return Err(failure.into_error());
        };
        tracing::warn!(
            clone,
            "a clone of a repository is damaged and will be fetched anew"
        );
        let (folders, clone) = (self.folders.clone(), clone.to_owned());
        blocking(move || {
            folders.forget_clone(&clone);
            Ok(())
        })
        .await?;
        self.try_once(arguments, download, started)
            .await?
            .map_err(Failure::into_error)
    }

    async fn try_once(
        &self,
        arguments: &[&str],
        download: Option<&ModuleVersion>,
        started: Instant,
    ) -> Result<Result<Answered, Failure>, GoError> {
        let turn = Arc::new(self.turn(arguments, started).await?);
        let folder = self.folder(download).await?;
        let held = (Arc::clone(&turn), Arc::clone(&folder));

        let left = || self.deadline.saturating_sub(started.elapsed());
        let asked = self.go.environment().for_settings();
        let mut person = self.go.ask(&PERSON, &asked, left(), held.clone()).await?;
        if let Some(goauth) = person.get_mut("GOAUTH") {
            *goauth = without_larder(goauth);
        }
        let mut environment = self.go.environment().for_direct(&person, &folder);
        if !has_own_ssh(&environment, &folder, left(), held.clone()).await {
            environment.set_quiet_ssh();
        }

        let run = Run {
            program: self.go.path(),
            arguments,
            environment: &environment,
            directory: &folder.work(),
            deadline: left(),
        };
        let Output {
            stdout,
            stderr,
            success,
        } = run.output(held).await?;
        let text = match Module::read(&stdout) {
            Ok(module) if success => return Ok(Ok(Answered { module, folder })),
            Ok(_) | Err(Unread::Nothing) => stderr.trim().to_owned(),
            Err(Unread::Fault(text)) => text,
            Err(Unread::Malformed(reason)) => {
                return Err(GoError::Answer {
                    what: what(arguments),
                    reason,
                });
            }
        };
        Ok(Err(Failure {
            text,
            stderr,
            folder,
        }))
    }

    /// Waits for a turn, at most until the deadline.
    async fn turn(
        &self,
        arguments: &[&str],
        started: Instant,
    ) -> Result<OwnedSemaphorePermit, GoError> {
        let left = self.deadline.saturating_sub(started.elapsed());
        match tokio::time::timeout(left, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(turn) => Ok(turn.expect("the semaphore is never closed")),
            Err(_) => Err(GoError::Timeout {
                what: what(arguments),
                after: self.deadline,
            }),
        }
    }

    /// The folder for a run. For a download, the folder that go would unpack the zip to is there already, and empty: go
    /// takes it for unpacked (`modfetch.DownloadDir`) and saves itself the work, as nobody is going to read it.
    async fn folder(&self, download: Option<&ModuleVersion>) -> Result<Arc<RunFolder>, GoError> {
        let folders = self.folders.clone();
        self.prepared
            .get_or_try_init(|| blocking(move || folders.prepare()))
            .await?;
        let folders = self.folders.clone();
        let unpacked = download
            .map(|version| format!("{}@{}", version.path.escaped(), version.version.escaped()));
        blocking(move || {
            let folder = folders.run()?;
            if let Some(unpacked) = unpacked {
                let path = folder.module_cache().join(unpacked);
                std::fs::create_dir_all(&path)
                    .map_err(|source| GoError::Folder { path, source })?;
            }
            Ok(Arc::new(folder))
        })
        .await
    }
}

impl Failure {
    fn into_error(self) -> GoError {
        classify::error(&self.text, &self.stderr, self.folder.path())
    }
}

/// Has the person chosen an ssh for git, by variable or in git's configuration?
async fn has_own_ssh<H: Send + 'static>(
    environment: &Environment,
    folder: &RunFolder,
    deadline: Duration,
    held: H,
) -> bool {
    if environment.has_own_ssh() {
        return true;
    }
    let run = Run {
        program: Path::new("git"),
        arguments: &["config", "--name-only", "--get-regexp", OWN_SSH],
        environment,
        directory: &folder.work(),
        deadline,
    };
    // Without git, or with a git that can't read its configuration, go will say so itself.
    run.output(held)
        .await
        .is_ok_and(|output| output.success && !output.stdout.is_empty())
}

fn what(arguments: &[&str]) -> String {
    format!("go {}", arguments.join(" "))
}

fn same_version(module: &Module, asked: &ModuleVersion) -> Result<(), GoError> {
    if module.version == asked.version.as_str() {
        return Ok(());
    }
    Err(GoError::Answer {
        what: format!("go for {asked}"),
        reason: format!("it is about version {:?}", module.version),
    })
}

async fn read(path: PathBuf) -> Result<Vec<u8>, GoError> {
    tokio::fs::read(&path)
        .await
        .map_err(|source| GoError::Folder { path, source })
}

/// Runs what touches the disk apart from the threads that serve.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, GoError> + Send + 'static,
) -> Result<T, GoError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|stopped| {
            Err(GoError::Failed {
                text: format!("work on the disk was stopped: {stopped}"),
            })
        })
}
