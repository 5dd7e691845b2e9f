//! `larder bundle`: out of one cache and into another, and what a hostile file can do.

mod history;
mod hostile;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use test_support::{FakeDatabase, FakeProxy, Larder, Module, TempHome, http};

use crate::{bin, json, larder, until};

struct World {
    proxy: FakeProxy,
    database: FakeDatabase,
}

fn hello() -> Module {
    Module::simple("example.com/Hello", "v1.0.0")
}

fn other() -> Module {
    Module::simple("example.com/other", "v0.1.0")
}

fn secret() -> Module {
    Module::simple("corp.example/secret", "v1.0.0")
}

impl World {
    fn new() -> Self {
        let proxy = FakeProxy::start_blocking();
        let database = FakeDatabase::start_blocking("sums.example.com");
        proxy.offer(&database);
        // The records lie apart, and their heads are of different ages.
        for module in [hello(), other()] {
            proxy.add(&module);
            database.pad(700);
            database.add_module(&module);
            database.publish();
        }
        proxy.add(&secret());
        Self { proxy, database }
    }

    /// A home with these settings and an empty cache.
    fn home(&self) -> TempHome {
        let home = TempHome::new();
        let settings = format!(
            "[profiles.public]\nupstreams = \"{url}\"\nchecksum-database = \"{}\"\nprivate = [\"corp.example/*\"]\nprivate-upstreams = \"{url}\"\n",
            self.database.gosumdb(),
            url = self.proxy.url(),
        );
        let path = home.write("larder/config/settings.toml", settings);
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
        home
    }

    /// A home that has all modules.
    fn filled(&self) -> TempHome {
        let home = self.home();
        self.fill(&home, &[hello(), other(), secret()]);
        home
    }

    /// Another computer that has met only this module.
    fn that_has_met(&self, module: &Module) -> TempHome {
        let home = self.home();
        self.fill(&home, std::slice::from_ref(module));
        home
    }

    /// Has all files of these modules brought into a cache.
    fn fill(&self, home: &TempHome, modules: &[Module]) {
        let larder = Larder::start(bin(), home, &["--port", "0"]);
        for module in modules {
            for kind in ["info", "mod", "zip"] {
                http::get(&format!("{}{}", larder.goproxy(), module.url_path(kind))).whole();
            }
        }
        until("all is kept", || {
            let size = json(&larder.run(&["cache", "size", "--json"]).success());
            size["files"] == modules.len() as u64 * 3
        });
        larder.run(&["stop"]).success();
    }

    fn go_offline(&self) {
        self.proxy.stop();
        self.database.down(true);
    }
}

fn names(bundle: &Path) -> Vec<String> {
    let mut archive = tar::Archive::new(File::open(bundle).unwrap());
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            assert!(entry.header().entry_type().is_file());
            entry.path().unwrap().to_str().unwrap().to_owned()
        })
        .collect()
}

fn export(home: &TempHome, args: &[&str]) -> (PathBuf, Value) {
    let bundle = home.path().join("bundle.tar");
    let output = ["-o", bundle.to_str().unwrap(), "--json"];
    let exported = larder(home, &[&["bundle", "export"], args, &output].concat()).success();
    let report = json(&exported);
    (bundle, report)
}

fn versions(home: &TempHome) -> Vec<String> {
    let listed = json(&larder(home, &["cache", "list", "--json"]).success());
    let name = |found: &Value| {
        format!(
            "{}@{} {}",
            found["module"].as_str().unwrap(),
            found["version"].as_str().unwrap(),
            found["files"].as_array().unwrap().len()
        )
    };
    listed.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn what_one_cache_has_another_takes_in_without_a_network() {
    let world = World::new();
    let home = world.filled();
    let (bundle, report) = export(&home, &["*"]);
    assert_eq!(
        (&report["versions"], &report["records"]),
        (&2.into(), &2.into()),
        "{report}"
    );
    assert_eq!(report["private_left_out"], 1);
    let names = names(&bundle);
    assert!(
        names.contains(&"example.com/!hello/@v/list".to_owned()),
        "{names:?}"
    );
    assert!(
        names.contains(&"sumdb/sums.example.com/supported".to_owned()),
        "{names:?}"
    );
    assert!(
        !names.iter().any(|name| name.contains("corp.example")),
        "{names:?}"
    );

    world.go_offline();
    let there = world.home();
    let imported = json(
        &larder(
            &there,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .success(),
    );
    assert_eq!(imported["files"], 6, "{imported}");
    assert_eq!(
        versions(&there),
        ["example.com/Hello@v1.0.0 3", "example.com/other@v0.1.0 3"]
    );
    assert!(
        larder(&there, &["cache", "verify"])
            .success()
            .stdout
            .contains("All is whole")
    );
    let again = larder(&there, &["bundle", "import", bundle.to_str().unwrap()]).success();
    assert_eq!(again.stdout, "Took in 0 files, 0 B; 6 were there.\n");
    assert_eq!(
        fs::read_dir(there.larder_home().join("cache/tmp"))
            .unwrap()
            .count(),
        0
    );
    // And on from there, with what came along.
    let (further, report) = export(&there, &["example.com/other@v0.1.0"]);
    assert_eq!(
        (&report["versions"], &report["records"]),
        (&1.into(), &1.into())
    );
    let third = world.home();
    larder(&third, &["bundle", "import", further.to_str().unwrap()]).success();
    assert_eq!(versions(&third), ["example.com/other@v0.1.0 3"]);
}

#[test]
fn by_pipe_and_with_an_instance() {
    let world = World::new();
    let (home, there) = (world.filled(), world.home());
    let running = [&home, &there].map(|home| Larder::start(bin(), home, &["--port", "0"]));
    let mut exporting = home.larder(bin());
    exporting.args([
        "bundle",
        "export",
        "example.com/*",
        "corp.example/*",
        "--private",
    ]);
    let mut exporting = exporting
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut importing = there.larder(bin());
    importing.args(["bundle", "import", "-"]);
    let importing = importing
        .stdin(exporting.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(exporting.wait().unwrap().success());
    let told = String::from_utf8(importing.stdout).unwrap();
    assert!(
        importing.status.success(),
        "{told} {}",
        String::from_utf8_lossy(&importing.stderr)
    );
    assert!(told.starts_with("Took in 9 files"), "{told}");
    for (running, home) in running.into_iter().zip([&home, &there]) {
        running.run(&["stop"]).success();
        assert_eq!(
            fs::read_dir(home.larder_home().join("cache/tmp"))
                .unwrap()
                .count(),
            0
        );
    }
}

#[test]
fn what_can_not_go_into_one_is_named() {
    let world = World::new();
    let home = world.filled();
    let nothing = larder(
        &home,
        &["bundle", "export", "corp.example/*", "-o", "/tmp/never.tar"],
    )
    .code(1);
    assert!(
        nothing.stderr.contains("nothing to put into a bundle")
            && nothing.stderr.contains("--private"),
        "{nothing}"
    );
    let app = home.program("app", &[]);
    let unstocked = [
        "bundle",
        "export",
        app.to_str().unwrap(),
        "-o",
        "/tmp/never.tar",
    ];
    let project = larder(&home, &unstocked).code(1);
    assert!(project.stderr.contains("is not stocked"), "{project}");
    larder(&home, &["bundle", "export", "a,b", "-o", "/tmp/never.tar"]).code(2);
    let out = home.path().join("b.tar");
    let some = larder(
        &home,
        &[
            "bundle",
            "export",
            "example.com/other",
            "example.org/x",
            "-o",
            out.to_str().unwrap(),
        ],
    )
    .code(1);
    assert!(
        some.stdout.contains("left out  example.org/x")
            && some.stdout.contains("Bundled 1 module version"),
        "{some}"
    );
    assert!(!Path::new("/tmp/never.tar").exists());
    // One that can't be written leaves nothing behind.
    let folder = home.path().join("missing/b.tar");
    larder(
        &home,
        &[
            "bundle",
            "export",
            "example.com/other",
            "-o",
            folder.to_str().unwrap(),
        ],
    )
    .code(1);
}
