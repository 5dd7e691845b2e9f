//! One person's `go`, as a checksum database sees it: the newest head that it saw, and what it kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use test_support::{Output, TempHome, module::escape};

/// A GOPATH, which keeps the newest head, and a module cache, which keeps all else; in a folder of their own.
pub(crate) struct Client {
    home: TempHome,
    folder: PathBuf,
}

impl Client {
    /// Whose folder this is; at first somebody who never asked for anything.
    pub(crate) fn new(home: &TempHome, folder: PathBuf) -> Self {
        fs::create_dir_all(folder.join("gopath")).unwrap();
        fs::create_dir_all(folder.join("modcache")).unwrap();
        let home = home.clone();
        Self { home, folder }
    }

    /// Somebody who has all that this folder of another one has.
    pub(crate) fn like(home: &TempHome, other: &Path, folder: PathBuf) -> Self {
        copy(other, &folder);
        Self::new(home, folder)
    }

    /// Somebody who has all that this one has, in a folder of this name beside it.
    pub(crate) fn again(&self, name: &str) -> Self {
        Self::like(&self.home, &self.folder, self.folder.with_file_name(name))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn gopath(&self) -> PathBuf {
        self.folder.join("gopath")
    }

    fn modcache(&self) -> PathBuf {
        self.folder.join("modcache")
    }

    /// `go` with these arguments; an empty GOPROXY is Go's own default.
    pub(crate) fn go(&self, goproxy: &str, args: &[&str]) -> Command {
        let mut go = self.home.go(args);
        go.env("GOPATH", self.gopath())
            .env("GOMODCACHE", self.modcache());
        if !goproxy.is_empty() {
            go.env("GOPROXY", goproxy);
        }
        go
    }

    /// `go mod download` of these `path@version`, outside of any project: no go.sum stands in for the database.
    pub(crate) fn download(&self, goproxy: &str, modules: &[&str]) -> Output {
        let mut args = vec!["mod", "download"];
        args.extend(modules);
        test_support::run(&mut self.go(goproxy, &args))
    }

    /// `go mod download` of a project with this go.mod and no go.sum; gives the go.sum that it makes.
    #[track_caller]
    pub(crate) fn download_project(&self, goproxy: &str, go_mod: &str) -> String {
        let project = self.folder.join("project");
        fs::create_dir_all(&project).unwrap();
        fs::write(project.join("go.mod"), go_mod).unwrap();
        let mut go = self.go(goproxy, &["mod", "download"]);
        test_support::run(go.current_dir(&project)).success();
        let sums = project.join("go.sum");
        let made = fs::read_to_string(&sums).unwrap();
        fs::remove_file(sums).unwrap();
        made
    }

    /// Whether the zip of this `path@version` is in its cache.
    pub(crate) fn has_zip(&self, module: &str) -> bool {
        let (path, version) = module.split_once('@').unwrap();
        let file = format!("{}/@v/{}.zip", escape(path), escape(version));
        self.modcache().join("cache/download").join(file).exists()
    }

    /// The newest head that it saw of the database of this name.
    pub(crate) fn latest(&self, database: &str) -> PathBuf {
        self.gopath()
            .join("pkg/sumdb")
            .join(database)
            .join("latest")
    }

    /// Lets it have seen this head.
    pub(crate) fn has_seen(&self, database: &str, head: &str) {
        let latest = self.latest(database);
        fs::create_dir_all(latest.parent().unwrap()).unwrap();
        fs::write(latest, head).unwrap();
    }

    /// How many records there are in the newest head that it saw; 0 where it saw none.
    pub(crate) fn size_seen(&self, database: &str) -> u64 {
        fs::read_to_string(self.latest(database)).map_or(0, |note| size_of(&note))
    }

    /// `go clean -modcache`: modules, look-ups and tiles go, the newest head stays.
    pub(crate) fn clean(&self) {
        fs::remove_dir_all(self.modcache()).unwrap();
        fs::create_dir(self.modcache()).unwrap();
    }

    /// As [`Client::clean`], but for the tiles of the database.
    pub(crate) fn clean_but_for_tiles(&self, database: &str) {
        let tiles = Path::new("cache/download/sumdb")
            .join(database)
            .join("tile");
        let aside = self.folder.join("tiles");
        fs::rename(self.modcache().join(&tiles), &aside).unwrap();
        self.clean();
        let back = self.modcache().join(tiles);
        fs::create_dir_all(back.parent().unwrap()).unwrap();
        fs::rename(aside, back).unwrap();
    }
}

/// The size of the tree that a signed note is about.
pub(crate) fn size_of(note: &str) -> u64 {
    note.lines().nth(1).unwrap_or_default().parse().unwrap()
}

/// The path of the whole tile of level 0 with this number.
pub(crate) fn level_0_tile(n: u64) -> String {
    match (n / 1000, n % 1000) {
        (0, ones) => format!("tile/8/0/{ones:03}"),
        (thousands @ ..1000, ones) => format!("tile/8/0/x{thousands:03}/{ones:03}"),
        _ => panic!("no record of a test has so high a number"),
    }
}

/// Copies a folder to a place where there is nothing, as it is.
pub(crate) fn copy(from: &Path, to: &Path) {
    test_support::run(Command::new("cp").arg("-a").args([from, to])).success();
}
