//! `larder import`: an existing GOMODCACHE, whole and damaged.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use test_support::{FakeDatabase, FakeProxy, Larder, Module, Output, TempHome, hostile};

use crate::{Running, bin, json, larder};

/// A home with a GOMODCACHE, a proxy and a checksum database; paths below `corp.example` are private.
struct World {
    home: TempHome,
    proxy: FakeProxy,
    database: FakeDatabase,
}

fn public() -> Vec<Module> {
    vec![
        Module::simple("example.com/hello", "v1.0.0"),
        Module::simple("example.com/Upper", "v0.2.0-RC1"),
        Module::simple("example.com/other", "v0.1.0").bulk("bulk.bin", 300_000),
    ]
}

fn secret() -> Module {
    Module::simple("corp.example/secret", "v1.0.0")
}

impl World {
    fn new() -> Self {
        let (home, proxy) = (TempHome::new(), FakeProxy::start_blocking());
        let database = FakeDatabase::start_blocking("sums.example.com");
        proxy.offer(&database);
        for module in public() {
            database.add_module(&module);
        }
        database.publish();
        let settings = format!(
            "[profiles.public]\nupstreams = \"{url}\"\nchecksum-database = \"{}\"\nprivate = [\"corp.example/*\"]\nprivate-upstreams = \"{url}\"\n",
            database.gosumdb(),
            url = proxy.url(),
        );
        let path = home.write("larder/config/settings.toml", settings);
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
        let world = Self {
            home,
            proxy,
            database,
        };
        for module in public().iter().chain([&secret()]) {
            world.download(module);
        }
        world
    }

    fn downloads(&self) -> PathBuf {
        self.home.gomodcache().join("cache/download")
    }

    fn place(&self, module: &Module, extension: &str) -> PathBuf {
        self.downloads().join(&module.url_path(extension)[1..])
    }

    /// Puts a module where `go mod download` would.
    fn download(&self, module: &Module) {
        self.put(module, "info", module.info());
        self.put(module, "mod", module.go_mod());
        self.put(module, "zip", module.zip());
        self.put(module, "ziphash", b"h1:not-to-be-trusted".to_vec());
        self.put(module, "lock", Vec::new());
    }

    fn put(&self, module: &Module, extension: &str, bytes: Vec<u8>) {
        let path = self.place(module, extension);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[track_caller]
    fn import(&self, args: &[&str]) -> Output {
        larder(&self.home, &[&["import"], args].concat())
    }

    fn serve(&self) -> Larder {
        Larder::start(bin(), &self.home, &["--port", "0"])
    }

    fn listed(&self) -> Vec<String> {
        let listed = json(&larder(&self.home, &["cache", "list", "--json"]).success());
        let line = |found: &Value| {
            let kinds: Vec<&str> = found["files"]
                .as_array()
                .unwrap()
                .iter()
                .map(|file| file["kind"].as_str().unwrap())
                .collect();
            let tree = found["tree"].as_str().unwrap();
            let tree = if tree.starts_with("realms/db-") {
                "database"
            } else if tree.ends_with("-private") {
                "private"
            } else {
                tree
            };
            format!(
                "{tree} {}@{} {}",
                found["module"].as_str().unwrap(),
                found["version"].as_str().unwrap(),
                kinds.join(" ")
            )
        };
        let mut lines: Vec<String> = listed.as_array().unwrap().iter().map(line).collect();
        lines.sort();
        lines
    }

    fn is_whole(&self) {
        let verified = larder(&self.home, &["cache", "verify"]).success();
        assert!(verified.stdout.contains("All is whole"), "{verified}");
    }
}

const ALL: [&str; 4] = [
    "database example.com/Upper@v0.2.0-RC1 info mod zip",
    "database example.com/hello@v1.0.0 info mod zip",
    "database example.com/other@v0.1.0 info mod zip",
    "private corp.example/secret@v1.0.0 info mod zip",
];

#[test]
fn what_go_had_is_taken_in_verified_and_served_without_asking_anybody() {
    for with_instance in [false, true] {
        let world = World::new();
        let running = with_instance.then(|| world.serve());
        // The folder is that of the caller's go.
        let report = json(&world.import(&["--json"]).success());
        assert_eq!(
            (&report["files"], &report["left_out_in_all"]),
            (&12.into(), &0.into()),
            "{report}"
        );
        assert_eq!(world.listed(), ALL);
        assert!(
            world
                .proxy
                .paths()
                .iter()
                .all(|path| path.contains("/sumdb/")),
            "no module is fetched: {:?}",
            world.proxy.paths()
        );
        assert!(
            world
                .database
                .asked()
                .iter()
                .all(|path| !path.contains("corp.example"))
        );
        let again = world.import(&[]).success();
        assert_eq!(again.stdout, "Took in 0 files, 0 B; 12 were there.\n");
        world.is_whole();
        let source = fs::metadata(world.place(&secret(), "zip")).unwrap();
        assert_eq!(source.nlink(), 1, "nothing is shared");
        if let Some(running) = running {
            running.run(&["stop"]).success();
        }
        // On a plane.
        world.proxy.stop();
        world.database.down(true);
        let larder = world.serve();
        for module in public().iter().chain([&secret()]) {
            for kind in ["info", "mod", "zip"] {
                test_support::http::get(&format!("{}{}", larder.goproxy(), module.url_path(kind)))
                    .whole();
            }
        }
        larder.run(&["stop"]).success();
    }
}

#[test]
fn what_is_damaged_or_odd_is_named_and_left_out() {
    let world = World::new();
    let [hello, upper, other] = <[Module; 3]>::try_from(public()).unwrap();
    let zip = hello.zip();
    world.put(&hello, "zip", hostile::truncated(&zip, zip.len() / 2));
    world.put(&upper, "zip", hostile::other_content(&upper));
    world.put(
        &other,
        "info",
        Module::simple("example.com/other", "v0.9.9").info(),
    );
    fs::remove_file(world.place(&other, "mod")).unwrap();
    symlink("/etc/hostname", world.place(&other, "mod")).unwrap();
    world.put(&hello, "zip.partial", b"PK".to_vec());
    fs::write(
        world.downloads().join("example.com/hello/@v/list"),
        "v1.0.0\nv9.9.9\n",
    )
    .unwrap();
    fs::write(
        world.downloads().join("example.com/hello/@v/v1.0.info"),
        "{}",
    )
    .unwrap();
    fs::write(world.downloads().join("stray"), "x").unwrap();
    // Nobody vouches for this one, and its path is public.
    world.download(&Module::simple("example.com/unknown", "v1.0.0"));

    let report = json(&world.import(&["--json"]).code(4));
    let mut left_out: Vec<String> = report["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap().to_owned())
        .collect();
    left_out.sort();
    assert_eq!(
        left_out,
        [
            "example.com/Upper@v0.2.0-RC1 (zip)",
            "example.com/hello@v1.0.0 (zip)",
            "example.com/other/@v/v0.1.0.mod",
            "example.com/other@v0.1.0 (info)",
            "example.com/unknown@v1.0.0 (mod)",
            "example.com/unknown@v1.0.0 (zip)",
            "stray",
        ],
        "{report:#}"
    );
    assert!(
        report["left_out"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| !it["reason"].as_str().unwrap().is_empty())
    );
    let listed = world.listed();
    assert!(
        listed.contains(&"database example.com/hello@v1.0.0 info mod".to_owned()),
        "{listed:?}"
    );
    assert!(
        listed.contains(&"database example.com/other@v0.1.0 zip".to_owned()),
        "{listed:?}"
    );
    assert!(
        !listed
            .iter()
            .any(|line| line.contains("unknown") && line.contains("zip")),
        "{listed:?}"
    );
    // The zip that is another than the record says is told as what it is.
    let notices = larder(&world.home, &["notices"]).stdout;
    assert!(notices.contains("example.com/Upper"), "{notices}");
    world.is_whole();
}

#[test]
fn what_can_not_be_verified_now_is_left_out_and_taken_later() {
    let world = World::new();
    world.database.down(true);
    world.proxy.stop();
    let offline = json(&world.import(&["--json"]).code(4));
    assert!(
        offline["warnings"][0]
            .as_str()
            .unwrap()
            .contains("could not be asked"),
        "{offline}"
    );
    assert!(
        world
            .listed()
            .iter()
            .all(|line| line.contains("corp.example") || line.ends_with(" info")),
        "{:?}",
        world.listed()
    );
    world.database.down(false);
    world.proxy.restart();
    world.import(&[]).success();
    assert_eq!(world.listed(), ALL);
}

#[test]
fn a_private_module_that_is_another_than_was_seen_first_is_left_out() {
    let world = World::new();
    world.import(&[]).success();
    larder(&world.home, &["cache", "clear", "corp.example/secret"]).success();
    world.put(
        &secret(),
        "zip",
        secret()
            .file("secret.go", "package secret // altered\n")
            .zip(),
    );
    let report = json(&world.import(&["--json"]).code(4));
    assert_eq!(
        report["left_out"][0]["what"],
        "corp.example/secret@v1.0.0 (zip)"
    );
}

#[test]
fn hard_links_are_made_only_on_request_and_said() {
    let world = World::new();
    let linked = world.import(&["--hard-links"]).success();
    assert!(
        linked.stdout.contains("warning: files are shared with"),
        "{linked}"
    );
    assert!(fs::metadata(world.place(&secret(), "zip")).unwrap().nlink() > 1);
    world.is_whole();
    // Somebody writes to it there: it is damaged here, and found to be.
    let mut bytes = fs::read(world.place(&secret(), "zip")).unwrap();
    bytes[40] ^= 1;
    fs::write(world.place(&secret(), "zip"), bytes).unwrap();
    larder(&world.home, &["cache", "verify"]).code(4);
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let home = TempHome::new();
    let refused = larder(&home, &["import", "/nowhere"]).code(1);
    assert!(
        refused.stderr.contains("/nowhere is no folder"),
        "{refused}"
    );
    // One that holds nothing of the kind is empty.
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let nothing = larder(&home, &["import", empty.to_str().unwrap()]).success();
    assert_eq!(nothing.stdout, "Took in 0 files, 0 B.\n");
}

#[test]
fn an_import_beyond_the_quota_takes_what_has_room() {
    let world = World::new();
    for number in 0..6 {
        let module = Module::simple("corp.example/bulk", &format!("v1.{number}.0"))
            .bulk("bulk.bin", 1_000_000);
        world.download(&module);
    }
    larder(&world.home, &["cache", "quota", "4 MB"]).success();
    let report = json(&world.import(&["--json"]));
    let no_room = report["no_room"].as_u64().unwrap();
    assert!((2..6).contains(&no_room), "{report}");
    assert!(
        report["warnings"][0]
            .as_str()
            .unwrap()
            .contains("larder cache quota SIZE"),
        "{report}"
    );
    let used = json(&larder(&world.home, &["cache", "quota", "--json"]).success());
    assert!(used["used"].as_u64().unwrap() <= 4_500_000, "{used}");
}

#[test]
fn a_kill_in_the_middle_leaves_all_whole_and_once_more_finishes() {
    let world = World::new();
    for number in 0..200 {
        world.download(&Module::simple(
            "corp.example/many",
            &format!("v1.{number}.0"),
        ));
    }
    for round in 0..3 {
        let mut running = Running::start(&world.home, &["import"]);
        std::thread::sleep(Duration::from_millis(60 + 90 * round));
        running.signal("KILL");
        running.end();
        world.is_whole();
    }
    let report = json(&world.import(&["--json"]).success());
    let [files, already] = ["files", "already"].map(|name| report[name].as_u64().unwrap());
    assert_eq!(files + already, 612);
    world.is_whole();
}
