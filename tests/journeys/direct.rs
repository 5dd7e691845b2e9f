//! `direct`: modules that no proxy has, from a person's own git repositories, through the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use test_support::{Larder, TempHome, http, run};

use crate::{bin, point_go_at};

/// A home whose git finds `https://git.example.test/` in a local folder.
struct Repositories {
    home: TempHome,
    served: PathBuf,
}

impl Repositories {
    fn new() -> Self {
        let home = TempHome::new();
        let served = home.path().join("srv");
        fs::create_dir(&served).unwrap();
        let config = format!(
            "[url \"file://{}/\"]\n\tinsteadOf = https://git.example.test/\n[user]\n\tname = A\n\temail = a@example.test\n",
            served.display()
        );
        fs::write(home.home().join(".gitconfig"), config).unwrap();
        Self { home, served }
    }

    fn git(&self, repository: &Path, args: &[&str]) {
        run(self
            .home
            .apply(Command::new("git").args(args))
            .current_dir(repository))
        .success();
    }

    /// A repository with these files, committed and tagged.
    fn commit(&self, name: &str, files: &[(&str, &str)], tags: &[&str]) {
        let repository = self.served.join(name);
        if !repository.exists() {
            fs::create_dir(&repository).unwrap();
            self.git(&repository, &["init", "-q", "-b", "main"]);
        }
        for (name, content) in files {
            let path = repository.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        self.git(&repository, &["add", "-A"]);
        self.git(&repository, &["commit", "-q", "-m", "content"]);
        for tag in tags {
            self.git(&repository, &["tag", tag]);
        }
    }
}

#[test]
fn modules_come_from_version_control_with_all_their_shapes() {
    let repositories = Repositories::new();
    repositories.commit(
        "all.git",
        &[
            ("go.mod", "module git.example.test/all.git\n"),
            ("all.go", "package all\n"),
            ("sub/go.mod", "module git.example.test/all.git/sub\n"),
            ("sub/sub.go", "package sub\n"),
            ("v2/go.mod", "module git.example.test/all.git/v2\n"),
            ("v2/two.go", "package two\n"),
        ],
        &["v1.0.0", "sub/v0.3.0", "v2.1.0"],
    );
    repositories.commit("old.git", &[("old.go", "package old\n")], &["v3.0.0"]);
    let home = &repositories.home;
    let larder = Larder::start(
        bin(),
        home,
        &["--port", "0", "--upstreams", "direct", "--sumdb", "off"],
    );
    point_go_at(home, &larder);
    for module in [
        "git.example.test/all.git@v1.0.0",
        "git.example.test/all.git/sub@v0.3.0",
        "git.example.test/all.git/v2@v2.1.0",
        "git.example.test/old.git@v3.0.0+incompatible",
    ] {
        home.run_go(home.path(), &["mod", "download", module])
            .success();
    }
    let main = http::get(&format!(
        "{}/git.example.test/all.git/sub/@v/main.info",
        larder.goproxy()
    ));
    assert_eq!(main.status, 200, "{}", main.text());
    assert!(
        main.text().contains("v0.3.1-0.") || main.text().contains("v0.3.0"),
        "a branch becomes a version: {}",
        main.text()
    );

    let list = |module: &str| http::get(&format!("{}/{module}/@v/list", larder.goproxy()));
    assert_eq!(list("git.example.test/all.git").text(), "v1.0.0\n");
    let unknown = http::get(&format!(
        "{}/git.example.test/all.git/@v/v1.9.9.info",
        larder.goproxy()
    ));
    assert_eq!(unknown.status, 404, "{}", unknown.text());
    let none = http::get(&format!(
        "{}/git.example.test/none.git/@v/list",
        larder.goproxy()
    ));
    assert_eq!(none.status, 404, "{}", none.text());
}

#[test]
fn a_tag_that_appears_later_is_found() {
    let repositories = Repositories::new();
    let module = [
        ("go.mod", "module git.example.test/late.git\n"),
        ("late.go", "package late\n"),
    ];
    repositories.commit("late.git", &module, &["v1.0.0"]);
    let home = &repositories.home;
    fs::create_dir_all(home.larder_home().join("config")).unwrap();
    fs::write(
        home.larder_home().join("config/settings.toml"),
        "fresh-for = \"0s\"\n",
    )
    .unwrap();
    let larder = Larder::start(
        bin(),
        home,
        &["--port", "0", "--upstreams", "direct", "--sumdb", "off"],
    );
    let list = || {
        http::get(&format!(
            "{}/git.example.test/late.git/@v/list",
            larder.goproxy()
        ))
        .text()
    };
    assert_eq!(list(), "v1.0.0\n");
    repositories.commit("late.git", &[("more.go", "package late\n")], &["v1.1.0"]);
    assert_eq!(list(), "v1.0.0\nv1.1.0\n");
    point_go_at(home, &larder);
    home.run_go(
        home.path(),
        &["mod", "download", "git.example.test/late.git@v1.1.0"],
    )
    .success();
}
