//! A folder that is the whole world of one test: `LARDER_HOME`, Go's environment, the person's home, projects.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::TempDir;

use crate::{
    Module, Output, Tripwire,
    module::{import_lines, require_lines},
    run, txtar,
};

/// A temporary home. Clones are the same home; it is removed with the last of them.
///
/// Commands made here see nothing of the environment of the test but `PATH`. GOPROXY is not set, so that the
/// go env file of the home ([`TempHome::goenv_file`], empty at first) decides; GOSUMDB is off until
/// [`TempHome::use_sumdb`]; the build cache is one for all tests, since filling it costs seconds. For one command alone,
/// set what it is to have on the command: `home.go(&["mod", "download"]).env("GOSUMDB", database.gosumdb())`.
#[derive(Clone)]
pub struct TempHome(Arc<Inner>);

struct Inner {
    dir: TempDir,
    modcache: AtomicUsize,
    /// Set, or with `None` removed, on top of the base environment.
    changes: Mutex<BTreeMap<OsString, Option<OsString>>>,
}

impl TempHome {
    /// A new, empty home.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("larder-test-")
            .tempdir()
            .expect("a temporary folder");
        let home = Self(Arc::new(Inner {
            dir,
            modcache: AtomicUsize::new(1),
            changes: Mutex::default(),
        }));
        for folder in [
            "home",
            "config",
            "xdg-cache",
            "data",
            "state",
            "runtime",
            "tmp",
            "work",
            "gopath",
            "larder",
        ] {
            fs::create_dir(home.path().join(folder)).expect("a folder in a new home");
        }
        for private in ["runtime", "larder"] {
            let mode = fs::Permissions::from_mode(0o700);
            fs::set_permissions(home.path().join(private), mode)
                .expect("the mode of an own folder");
        }
        fs::create_dir(home.gomodcache()).expect("a folder in a new home");
        fs::write(home.goenv_file(), "").expect("a file in a new home");
        // Go's telemetry would start a child of its own that outlives the command.
        home.write("config/go/telemetry/mode", "off");
        home
    }

    /// The folder of all of it.
    pub fn path(&self) -> &Path {
        self.0.dir.path()
    }

    /// `LARDER_HOME`.
    pub fn larder_home(&self) -> PathBuf {
        self.path().join("larder")
    }

    /// `HOME`.
    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// `GOPATH`.
    pub fn gopath(&self) -> PathBuf {
        self.path().join("gopath")
    }

    /// `GOMODCACHE`, the present one.
    pub fn gomodcache(&self) -> PathBuf {
        self.path().join(format!(
            "modcache-{}",
            self.0.modcache.load(Ordering::Relaxed)
        ))
    }

    /// `GOENV`: the file that `go env -w` writes.
    pub fn goenv_file(&self) -> PathBuf {
        self.path().join("goenv")
    }

    /// The newest head that `go` saw of a checksum database, below `GOPATH`: it outlasts the module cache.
    pub fn sumdb_latest(&self, name: &str) -> PathBuf {
        self.gopath().join("pkg/sumdb").join(name).join("latest")
    }

    /// What `go` keeps of a checksum database in the module cache: `lookup/…` and `tile/…`.
    pub fn sumdb_cache(&self, name: &str) -> PathBuf {
        let kept = self.gomodcache().join("cache/download/sumdb");
        kept.join(name)
    }

    /// Gives `go` a new, empty module cache from now on, as on a new machine.
    pub fn fresh_modcache(&self) -> PathBuf {
        self.0.modcache.fetch_add(1, Ordering::Relaxed);
        fs::create_dir(self.gomodcache()).expect("a folder in the home");
        self.gomodcache()
    }

    /// Sets a variable for all later commands.
    pub fn set_env(&self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        let value = Some(value.as_ref().to_owned());
        self.0
            .changes
            .lock()
            .unwrap()
            .insert(name.as_ref().to_owned(), value);
    }

    /// Unsets a variable for all later commands, also one that a home has by itself.
    pub fn remove_env(&self, name: impl AsRef<OsStr>) {
        self.0
            .changes
            .lock()
            .unwrap()
            .insert(name.as_ref().to_owned(), None);
    }

    /// Leaves GOSUMDB to the go env file and Go's default.
    pub fn use_sumdb(&self) {
        self.remove_env("GOSUMDB");
    }

    /// Sends all dials outside loopback of all later commands into the tripwire.
    pub fn watch(&self, tripwire: &Tripwire) {
        for (name, value) in tripwire.env() {
            self.set_env(name, value);
        }
    }

    /// Gives a command this home's environment and nothing else.
    pub fn apply<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let mut vars: BTreeMap<OsString, OsString> = BTreeMap::new();
        let mut set = |name: &str, value: OsString| vars.insert(name.into(), value);
        set("PATH", env::var_os("PATH").unwrap_or_default());
        set("HOME", self.home().into());
        set("TMPDIR", self.path().join("tmp").into());
        set("LC_ALL", "C".into());
        set("XDG_CONFIG_HOME", self.path().join("config").into());
        set("XDG_CACHE_HOME", self.path().join("xdg-cache").into());
        set("XDG_DATA_HOME", self.path().join("data").into());
        set("XDG_STATE_HOME", self.path().join("state").into());
        set("XDG_RUNTIME_DIR", self.path().join("runtime").into());
        set("LARDER_HOME", self.larder_home().into());
        set("GOPATH", self.gopath().into());
        set("GOMODCACHE", self.gomodcache().into());
        set("GOCACHE", shared_gocache().into());
        set("GOENV", self.goenv_file().into());
        set("GOFLAGS", "-modcacherw".into());
        set("GOTOOLCHAIN", "local".into());
        set("GOSUMDB", "off".into());
        // No prompt can hang a test.
        set("GIT_TERMINAL_PROMPT", "0".into());
        for (name, change) in &*self.0.changes.lock().unwrap() {
            match change {
                Some(value) => vars.insert(name.clone(), value.clone()),
                None => vars.remove(name),
            };
        }
        command
            .env_clear()
            .envs(vars)
            .current_dir(self.path().join("work"))
    }

    /// The real `go` with these arguments, in the folder for projects; change it with `current_dir`.
    pub fn go(&self, args: &[&str]) -> Command {
        let mut command = Command::new("go");
        self.apply(command.args(args));
        command
    }

    /// Runs the real `go` in a folder, with a deadline of two minutes.
    #[track_caller]
    pub fn run_go(&self, dir: &Path, args: &[&str]) -> Output {
        run(self.go(args).current_dir(dir))
    }

    /// The larder binary at `bin`, in this home.
    pub fn larder(&self, bin: &Path) -> Command {
        let mut command = Command::new(bin);
        self.apply(&mut command);
        command
    }

    /// Writes a file below the home, with the folders it needs.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder"))
            .expect("folders in the home");
        fs::write(&path, content)
            .unwrap_or_else(|error| panic!("{} can't be written: {error}", path.display()));
        path
    }

    /// Writes the files of a text archive (see [`txtar`]) as a project; gives its folder.
    pub fn project(&self, name: &str, archive: &str) -> PathBuf {
        let dir = self.path().join("work").join(name);
        fs::create_dir_all(&dir).expect("folders in the home");
        for (file, content) in txtar::parse(archive) {
            self.write(&format!("work/{name}/{file}"), content);
        }
        dir
    }

    /// Writes a program that requires and imports each `(path, version)`; gives its folder. It has no `go.sum`:
    /// see [`TempHome::write_go_sum`].
    pub fn program(&self, name: &str, requires: &[(&str, &str)]) -> PathBuf {
        let archive = format!(
            "-- go.mod --\nmodule example.test/{name}\n\ngo 1.24\n{}-- main.go --\npackage main\n{}\nfunc main() {{ println(\"ran\") }}\n",
            require_lines(requires),
            import_lines(requires)
        );
        self.project(name, &archive)
    }

    /// Writes the `go.sum` of a project from fixture modules.
    pub fn write_go_sum<'m>(&self, project: &Path, modules: impl IntoIterator<Item = &'m Module>) {
        let lines: String = modules.into_iter().map(Module::go_sum).collect();
        fs::write(project.join("go.sum"), lines).expect("a file in the project");
    }
}

/// One build cache for all tests: `LARDER_TEST_GOCACHE`, else `test-gocache` in cargo's target folder.
fn shared_gocache() -> PathBuf {
    if let Some(given) = env::var_os("LARDER_TEST_GOCACHE") {
        return given.into();
    }
    let exe = env::current_exe().expect("a test runs from a file");
    let target = exe
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target
        .map_or_else(env::temp_dir, Path::to_owned)
        .join("test-gocache")
}

#[cfg(test)]
mod tests {
    use super::TempHome;
    use crate::run;
    use std::process::Command;

    #[test]
    fn a_command_sees_this_environment_and_no_other() {
        let home = TempHome::new();
        home.set_env("ASKED_FOR", "1");
        home.use_sumdb();
        let mut command = Command::new("env");
        let seen = run(home.apply(command.env("LEAKED", "1"))).success().stdout;
        assert!(seen.contains("ASKED_FOR=1"), "{seen}");
        assert!(
            seen.contains(&format!("LARDER_HOME={}\n", home.larder_home().display())),
            "{seen}"
        );
        for absent in ["LEAKED", "GOSUMDB", "GOPROXY", "CARGO"] {
            assert!(
                !seen.lines().any(|line| line.starts_with(absent)),
                "{absent} in {seen}"
            );
        }
    }

    #[test]
    fn a_home_goes_with_its_last_clone() {
        let home = TempHome::new();
        let (path, clone) = (home.path().to_owned(), home.clone());
        drop(home);
        assert!(path.is_dir());
        drop(clone);
        assert!(!path.exists());
    }

    #[test]
    fn a_fresh_modcache_is_another_empty_folder() {
        let home = TempHome::new();
        let first = home.gomodcache();
        let second = home.fresh_modcache();
        assert_ne!(first, second);
        assert_eq!(second, home.gomodcache());
        assert_eq!(second.read_dir().unwrap().count(), 0);
    }
}
