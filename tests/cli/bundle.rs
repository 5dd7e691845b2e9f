//! `larder bundle`: out of one cache and into another, and what a hostile file can do.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tar::{EntryType, Header};
use test_support::{FakeDatabase, FakeProxy, Larder, Module, Tamper, TempHome, hostile, http};

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
        let larder = Larder::start(bin(), &home, &["--port", "0"]);
        for module in [hello(), other(), secret()] {
            for kind in ["info", "mod", "zip"] {
                http::get(&format!("{}{}", larder.goproxy(), module.url_path(kind))).whole();
            }
        }
        until("all is kept", || {
            json(&larder.run(&["cache", "size", "--json"]).success())["files"] == 9
        });
        larder.run(&["stop"]).success();
        home
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

/// A tar file that nobody honest wrote.
struct Hostile(tar::Builder<Vec<u8>>);

impl Hostile {
    fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    /// An entry with this name as it stands, whatever it is.
    fn raw(&mut self, name: &str, kind: EntryType, link: &str, bytes: &[u8]) {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o777);
        if !link.is_empty() {
            header.set_link_name_literal(link).unwrap();
        }
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
    }

    fn file(&mut self, name: &str, bytes: &[u8]) {
        self.raw(name, EntryType::Regular, "", bytes);
    }

    fn module(&mut self, module: &Module, zip: &[u8]) {
        let name = |extension| module.url_path(extension)[1..].to_owned();
        self.file(&name("info"), &module.info());
        self.file(&name("mod"), &module.go_mod());
        self.file(&name("zip"), zip);
    }

    fn write(self, path: &Path) {
        fs::write(path, self.0.into_inner().unwrap()).unwrap();
    }
}

/// All that stands in a folder, with what is in it.
fn all_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            all.extend(all_below(&path));
        } else {
            all.push((path.clone(), fs::read(&path).unwrap_or_default()));
        }
    }
    all.sort();
    all
}

#[test]
fn a_hostile_bundle_touches_nothing_and_what_is_good_in_it_is_taken() {
    let world = World::new();
    let home = world.home();
    let outside = home.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "as it was").unwrap();
    let before = all_below(&outside);

    let mut hostile_tar = Hostile::new();
    let absolute = outside.join("absolute");
    hostile_tar.file("../../outside/up", b"x");
    hostile_tar.file(
        "example.com/other/@v/../../../../../../outside/v1.0.0.mod",
        b"x",
    );
    hostile_tar.file(absolute.to_str().unwrap(), b"x");
    hostile_tar.raw(
        "example.com/link/@v/v1.0.0.mod",
        EntryType::Symlink,
        outside.join("precious").to_str().unwrap(),
        b"",
    );
    // A folder that is a link, and a file through it.
    hostile_tar.raw(
        "example.com/linked",
        EntryType::Symlink,
        outside.to_str().unwrap(),
        b"",
    );
    hostile_tar.file(
        "example.com/linked/@v/v1.0.0.mod",
        b"module example.com/linked\n",
    );
    hostile_tar.raw(
        "example.com/hard/@v/v1.0.0.mod",
        EntryType::Link,
        outside.join("precious").to_str().unwrap(),
        b"",
    );
    for (name, kind) in [
        ("char", EntryType::Char),
        ("block", EntryType::Block),
        ("pipe", EntryType::Fifo),
        ("sparse", EntryType::GNUSparse),
        ("cont", EntryType::Continuous),
    ] {
        hostile_tar.raw(&format!("example.com/{name}/@v/v1.0.0.mod"), kind, "", b"");
    }
    hostile_tar.module(&hello(), &hostile::other_content(&hello()));
    hostile_tar.module(&other(), &other().zip());
    // The second of a name does not replace the first.
    hostile_tar.file(&other().url_path("mod")[1..], b"module example.com/evil\n");
    hostile_tar.file("example.com/big/@v/v1.0.0.info", &vec![b' '; (1 << 20) + 1]);
    hostile_tar.file("stray", b"x");
    hostile_tar.file("sumdb/sums.example.com/latest/../../../x", b"x");
    // A long name that is none, one that is too long, and an extension that renames.
    hostile_tar.raw(
        "././@LongLink",
        EntryType::GNULongName,
        "",
        b"../../outside/long\0",
    );
    hostile_tar.file("example.com/short/@v/v1.0.0.mod", b"x");
    hostile_tar.raw(
        "././@LongLink",
        EntryType::GNULongName,
        "",
        &vec![b'a'; 5_000_000],
    );
    hostile_tar.file("example.com/toolong/@v/v1.0.0.mod", b"x");
    hostile_tar.raw(
        "PaxHeaders/x",
        EntryType::XHeader,
        "",
        b"28 path=../../outside/paxed\n",
    );
    hostile_tar.file("example.com/pax/@v/v1.0.0.mod", b"x");
    let bundle = home.path().join("hostile.tar");
    hostile_tar.write(&bundle);

    let report = json(
        &larder(
            &home,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    let left_out: Vec<&str> = report["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    for name in [
        "../../outside/up",
        absolute.to_str().unwrap(),
        "example.com/link/@v/v1.0.0.mod",
        "example.com/linked",
        "example.com/hard/@v/v1.0.0.mod",
        "example.com/char/@v/v1.0.0.mod",
        "example.com/block/@v/v1.0.0.mod",
        "example.com/pipe/@v/v1.0.0.mod",
        "example.com/sparse/@v/v1.0.0.mod",
        "example.com/cont/@v/v1.0.0.mod",
        "example.com/Hello@v1.0.0 (zip)",
        "example.com/other/@v/v0.1.0.mod",
        "example.com/big/@v/v1.0.0.info",
        "stray",
        "../../outside/long",
        "",
        "example.com/pax/@v/v1.0.0.mod",
    ] {
        assert!(left_out.contains(&name), "{name} in {left_out:#?}");
    }
    assert_eq!(all_below(&outside), before);
    let kept = versions(&home);
    assert!(
        kept.contains(&"example.com/other@v0.1.0 3".to_owned()),
        "{kept:?}"
    );
    assert!(
        kept.contains(&"example.com/Hello@v1.0.0 2".to_owned()),
        "{kept:?}"
    );
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(
        larder(&home, &["cache", "verify"])
            .success()
            .stdout
            .contains("All is whole")
    );
    assert_eq!(
        fs::read_dir(home.larder_home().join("cache/tmp"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_bundle_that_claims_more_than_it_has_or_is_none_is_said() {
    let world = World::new();
    let home = world.home();
    let bundle = home.path().join("b.tar");
    let mut claims = Hostile::new();
    claims.module(&other(), &other().zip());
    let mut header = Header::new_gnu();
    header.set_path("example.com/huge/@v/v1.0.0.zip").unwrap();
    header.set_entry_type(EntryType::Regular);
    header.set_size(u64::MAX >> 1);
    header.set_cksum();
    let mut bytes = claims.0.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(&[b'x'; 600]);
    fs::write(&bundle, bytes).unwrap();
    let report = json(
        &larder(
            &home,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    assert_eq!(versions(&home), ["example.com/other@v0.1.0 3"], "{report}");
    assert!(report["left_out_in_all"].as_u64().unwrap() >= 1, "{report}");

    fs::write(&bundle, vec![b'x'; 2000]).unwrap();
    let none = larder(&home, &["bundle", "import", bundle.to_str().unwrap()]).code(2);
    assert!(none.stderr.contains("is no bundle"), "{none}");
    larder(&home, &["bundle", "import", "/nowhere.tar"]).code(1);
    larder(&home, &["bundle", "import", home.path().to_str().unwrap()]).code(2);
}

#[test]
fn records_in_a_bundle_must_be_proven() {
    let world = World::new();
    let home = world.filled();
    let (bundle, _) = export(&home, &["example.com/*"]);
    // The record says what the lying zip is; its signature stays.
    let lie = other().file("other.go", "package other // altered\n");
    let mut forged = Hostile::new();
    let mut archive = tar::Archive::new(File::open(&bundle).unwrap());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        if name.contains("lookup/example.com/other") {
            let text = String::from_utf8(bytes).unwrap();
            bytes = text.replace(&other().zip_h1(), &lie.zip_h1()).into_bytes();
        }
        if name == other().url_path("zip")[1..] {
            bytes = lie.zip();
        }
        forged.file(&name, &bytes);
    }
    let path = bundle.with_file_name("forged.tar");
    forged.write(&path);
    world.go_offline();
    let there = world.home();
    let report = json(
        &larder(
            &there,
            &["bundle", "import", path.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    let kept = versions(&there);
    assert!(
        kept.contains(&"example.com/Hello@v1.0.0 3".to_owned()),
        "{kept:?}"
    );
    // Of the other one nothing but the .info, which no database speaks of.
    let others: Vec<&String> = kept
        .iter()
        .filter(|line| line.starts_with("example.com/other"))
        .collect();
    assert_eq!(others, ["example.com/other@v0.1.0 1"], "{report:#}");
}

#[test]
fn a_bundle_with_an_older_head_is_held_against_the_newer_one() {
    let world = World::new();
    let home = world.filled();
    let (bundle, _) = export(&home, &["example.com/*"]);
    // The other computer has seen more of the database since.
    let later = Module::simple("example.com/later", "v1.0.0");
    world.proxy.add(&later);
    world.database.pad(900);
    world.database.add_module(&later);
    world.database.publish();
    let there = world.home();
    let larder_there = Larder::start(bin(), &there, &["--port", "0"]);
    http::get(&format!(
        "{}{}",
        larder_there.goproxy(),
        later.url_path("zip")
    ))
    .whole();
    until("it is kept", || {
        json(&larder_there.run(&["cache", "size", "--json"]).success())["files"] == 3
    });
    larder_there.run(&["stop"]).success();
    world.go_offline();
    // What would prove that the older tree is the beginning of the newer one is on neither side: it is not taken on faith.
    let report = json(
        &larder(
            &there,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    assert_eq!(report["left_out_in_all"], 4, "{report:#}");
    assert!(
        !versions(&there)
            .iter()
            .any(|line| line.starts_with("example.com/other") && line.ends_with(" 3"))
    );
    // With the database at hand it is proven, and the modules still come from the bundle.
    world.database.down(false);
    world.proxy.restart();
    world.proxy.clear_log();
    larder(&there, &["bundle", "import", bundle.to_str().unwrap()]).success();
    assert_eq!(
        versions(&there)
            .iter()
            .filter(|line| line.ends_with(" 3"))
            .count(),
        3
    );
    assert!(
        world
            .proxy
            .paths()
            .iter()
            .all(|path| !path.ends_with(".zip")),
        "{:?}",
        world.proxy.paths()
    );
}

#[test]
fn a_bundle_of_another_history_is_refused() {
    let world = World::new();
    let there = world.filled();
    // The same key signs another log, whose first records are the same.
    world.database.tamper(Tamper::Fork { shared: 900 });
    let lie = Module::simple("example.com/lie", "v1.0.0");
    world.proxy.add(&lie);
    world.database.add_module(&lie);
    world.database.publish();
    let misled = world.home();
    let larder_there = Larder::start(bin(), &misled, &["--port", "0"]);
    http::get(&format!(
        "{}{}",
        larder_there.goproxy(),
        lie.url_path("zip")
    ))
    .whole();
    until("it is kept", || {
        json(&larder_there.run(&["cache", "size", "--json"]).success())["files"] == 3
    });
    larder_there.run(&["stop"]).success();
    let (bundle, report) = export(&misled, &["example.com/lie"]);
    assert_eq!(report["records"], 1);
    world.go_offline();
    let report = json(
        &larder(
            &there,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    assert_eq!(report["left_out_in_all"], 2, "{report:#}");
    assert!(
        !versions(&there)
            .iter()
            .any(|line| line.contains("lie") && !line.ends_with(" 1")),
        "{report:#}"
    );
}
