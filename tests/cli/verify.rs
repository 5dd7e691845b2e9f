//! `larder verify`: go.sum files and modules, held against the checksum database and what is kept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;
use test_support::{Behaviour, FakeDatabase, FakeProxy, Gate, Larder, Module, Output, TempHome};

use crate::{Running, bin, fetch, json, larder};

const NAME: &str = "sums.example.com";

/// A home whose settings name a fake proxy and a fake checksum database; paths below `corp.example` are private.
struct World {
    home: TempHome,
    proxy: FakeProxy,
    database: FakeDatabase,
}

impl World {
    fn new() -> Self {
        let (home, proxy) = (TempHome::new(), FakeProxy::start_blocking());
        let database = FakeDatabase::start_blocking(NAME);
        proxy.offer(&database);
        let world = Self {
            home,
            proxy,
            database,
        };
        for module in [hello(), other()] {
            world.proxy.add(&module);
            world.database.add_module(&module);
        }
        world.database.publish();
        world.proxy.add(&secret());
        let settings = format!(
            "[profiles.public]\nupstreams = \"{url}\"\nchecksum-database = \"{}\"\nprivate = [\"corp.example/*\"]\nprivate-upstreams = \"{url}\"\n",
            world.database.gosumdb(),
            url = world.proxy.url(),
        );
        let path = world.home.write("larder/config/settings.toml", settings);
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
        world
    }

    fn serve(&self) -> Larder {
        Larder::start(bin(), &self.home, &["--port", "0"])
    }

    /// With one public and one private module kept.
    fn filled() -> Self {
        let world = Self::new();
        let larder = world.serve();
        fetch(&larder, "example.com/hello", "v1.0.0");
        fetch(&larder, "corp.example/secret", "v1.0.0");
        larder.run(&["stop"]).success();
        world.database.clear_log();
        world
    }

    fn write(&self, go_sum: &str) {
        self.home.write("work/go.sum", go_sum);
    }

    #[track_caller]
    fn verify(&self, args: &[&str]) -> Output {
        larder(&self.home, &[&["verify"], args].concat())
    }

    #[track_caller]
    fn verified(&self, args: &[&str], code: i32) -> Value {
        json(&self.verify(&[args, &["--json"]].concat()).code(code))
    }

    /// The kept zip of the public module.
    fn kept_zip(&self) -> PathBuf {
        let mut realms = fs::read_dir(self.home.larder_home().join("cache/realms")).unwrap();
        let zip = realms.find_map(|realm| {
            let zip = realm
                .unwrap()
                .path()
                .join("example.com/hello/@v/v1.0.0.zip");
            zip.exists().then_some(zip)
        });
        zip.expect("it is kept in the database's realm")
    }
}

fn hello() -> Module {
    Module::simple("example.com/hello", "v1.0.0")
}

fn other() -> Module {
    Module::simple("example.com/other", "v0.1.0")
}

fn secret() -> Module {
    Module::simple("corp.example/secret", "v1.0.0")
}

/// Does the same without an instance and with one.
fn either_way(test: impl Fn(&World)) {
    test(&World::filled());
    let world = World::filled();
    let running = world.serve();
    world.database.clear_log();
    test(&world);
    running.run(&["stop"]).success();
}

/// The verdicts, by `path kind`.
fn verdicts(report: &Value) -> Vec<String> {
    let items = report["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let word = |name: &str| item[name].as_str().unwrap();
            format!("{} {} {}", word("module"), word("kind"), word("verdict"))
        })
        .collect()
}

#[test]
fn a_good_go_sum_is_one_line() {
    either_way(|world| {
        world.write(&(hello().go_sum() + &other().go_sum()));
        let good = world.verify(&[]).success();
        assert_eq!(good.stdout, "4 lines: 4 agree.\n");
        assert_eq!(good.stderr, "");
        let report = world.verified(&[], 0);
        assert_eq!(report["agree"], 4);
        let first = &report["items"][0];
        assert_eq!(first["file"], "go.sum");
        let hashes = first["hashes"].as_array().unwrap();
        let who: Vec<_> = hashes.iter().map(|said| &said["by"]).collect();
        assert_eq!(who, ["go-sum", "database", "cache"]);
        assert_eq!(hashes[1]["name"], NAME);
        assert!(hashes.iter().all(|said| said["h1"] == hello().zip_h1()));
        // Not one file was fetched for it.
        assert_eq!(world.proxy.count("/example.com/other/@v/v0.1.0.zip"), 0);
    });
}

#[test]
fn several_files_and_modules_at_once() {
    either_way(|world| {
        world
            .home
            .write("work/sub/go.work.sum", hello().go_sum() + &other().go_sum());
        world.write(&hello().go_sum());
        let args = ["go.sum", "sub/go.work.sum", "example.com/hello@v1.0.0"];
        let all = world.verify(&args).success();
        assert_eq!(all.stdout, "8 files: 8 agree.\n");
        let report = world.verified(&args, 0);
        let files: Vec<_> = report["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["file"].as_str())
            .collect();
        let (one, two) = (Some("go.sum"), Some("sub/go.work.sum"));
        assert_eq!(files, [one, one, two, two, two, two, None, None]);
    });
}

#[test]
fn a_changed_line_is_shown_with_both_hashes() {
    either_way(|world| {
        let changed = hello()
            .go_sum()
            .replace(&hello().zip_h1(), &other().zip_h1());
        world.write(&(changed + &other().go_sum()));
        let shown = world.verify(&[]).code(4);
        for hash in [hello().zip_h1(), other().zip_h1()] {
            assert!(shown.stdout.contains(&hash), "{shown}");
        }
        assert!(
            shown
                .stdout
                .starts_with("disagrees  example.com/hello@v1.0.0 (zip)\n"),
            "{shown}"
        );
        assert!(
            shown
                .stdout
                .contains("go.sum has another hash than sums.example.com"),
            "{shown}"
        );
        assert!(
            shown.stdout.ends_with("4 lines: 3 agree, 1 disagrees.\n"),
            "{shown}"
        );
        let report = world.verified(&[], 4);
        assert_eq!(verdicts(&report)[0], "example.com/hello zip disagrees");
        assert_eq!(
            (&report["agree"], &report["disagree"]),
            (&3.into(), &1.into())
        );
    });
}

#[test]
fn a_module_is_held_against_the_database_without_a_go_sum() {
    either_way(|world| {
        let good = world.verify(&["example.com/hello@v1.0.0"]).success();
        assert_eq!(good.stdout, "2 files: 2 agree.\n");
        // The database knows it; there is nothing that it could vouch for.
        let absent = world.verify(&["example.com/other@v0.1.0"]).code(1);
        assert!(absent.stdout.contains("nothing of it is kept"), "{absent}");
    });
}

#[test]
fn what_the_database_does_not_know_is_not_taken_for_good() {
    either_way(|world| {
        let unknown = Module::simple("example.com/unknown", "v1.0.0");
        world.write(&(hello().go_sum() + &unknown.go_sum()));
        let shown = world.verify(&[]).code(1);
        assert!(
            shown
                .stdout
                .contains("unknown    example.com/unknown@v1.0.0 (zip)\n"),
            "{shown}"
        );
        assert!(
            shown
                .stdout
                .ends_with("4 lines: 2 agree, 2 are unknown to the database.\n"),
            "{shown}"
        );
        assert_eq!(world.verified(&[], 1)["unknown"], 2);
    });
}

#[test]
fn private_modules_are_compared_without_a_word_to_the_database() {
    either_way(|world| {
        world.write(&(hello().go_sum() + &secret().go_sum()));
        let shown = world.verify(&[]).success();
        assert!(
            shown.stdout.starts_with(
                "outside    corp.example/secret@v1.0.0 (zip)\n           corp.example/secret@v1.0.0 (mod)\n           it is private in this profile; it was compared with the kept file and what was seen first\n"
            ),
            "{shown}"
        );
        assert!(
            shown
                .stdout
                .ends_with("4 lines: 2 agree, 2 are outside the database.\n"),
            "{shown}"
        );

        let changed = secret()
            .go_sum()
            .replace(&secret().zip_h1(), &other().zip_h1());
        let unseen = Module::simple("corp.example/unseen", "v1.0.0");
        world.write(&changed);
        let shown = world.verify(&[]).code(4);
        assert!(
            shown.stdout.contains("first seen (") && shown.stdout.contains("kept file"),
            "{shown}"
        );
        world.write(&unseen.go_sum());
        let shown = world.verify(&[]).code(1);
        assert!(
            shown.stdout.contains("nothing to compare it with"),
            "{shown}"
        );
        assert_eq!(world.database.asked_of("corp.example"), [] as [&str; 0]);
    });
}

#[test]
fn without_a_database_what_is_kept_still_counts() {
    either_way(|world| {
        world.database.down(true);
        world.write(&hello().go_sum());
        let kept = world.verify(&[]).success();
        assert_eq!(kept.stdout, "2 lines: 2 agree.\n");
        let changed = hello()
            .go_sum()
            .replace(&hello().zip_h1(), &other().zip_h1());
        world.write(&changed);
        world.verify(&[]).code(4);

        // What is not kept can't be checked, and says so in one block; nor is the database asked for each line.
        let asked = |world: &World| {
            let paths = world.proxy.paths();
            paths
                .iter()
                .filter(|path| path.starts_with("/sumdb/"))
                .count()
        };
        let many: String = (0..300)
            .map(|minor| Module::simple("example.com/many", &format!("v1.{minor}.0")).go_sum())
            .collect();
        world.write(&(many + &hello().go_sum()));
        let before = asked(world);
        let shown = world.verify(&[]).code(1);
        let times = asked(world) - before;
        assert!(times < 100, "it was asked {times} times");
        assert!(
            shown
                .stdout
                .ends_with("602 lines: 2 agree, 600 could not be checked.\n"),
            "{shown}"
        );
        assert!(
            shown.stdout.contains("could not be asked") && shown.stdout.lines().count() < 30,
            "{shown}"
        );
        world.database.down(false);
    });
}

#[test]
fn a_damaged_file_is_found_and_fetched_anew() {
    either_way(|world| {
        let zip = world.kept_zip();
        let mut bytes = fs::read(&zip).unwrap();
        bytes[40] ^= 1;
        fs::write(&zip, bytes).unwrap();
        world.write(&hello().go_sum());
        let shown = world.verify(&[]).code(4);
        assert!(
            shown.stdout.contains("the kept file was damaged")
                && shown.stdout.contains("fetched anew"),
            "{shown}"
        );
        // It is no longer there; what go.sum has is right all the same.
        world.verify(&[]).success();
    });
}

#[test]
fn a_kept_file_is_hashed_whatever_its_sidecar_says() {
    either_way(|world| {
        let zip = world.kept_zip();
        let sidecar = PathBuf::from(format!("{}.larder", zip.display()));
        let forged = hello().file("forged.go", "package hello\n").zip();
        fs::write(&zip, &forged).unwrap();
        let sum = test_support::run(std::process::Command::new("sha256sum").arg(&zip)).success();
        let mut said: Value = serde_json::from_slice(&fs::read(&sidecar).unwrap()).unwrap();
        said["sha256"] = sum.stdout.split_whitespace().next().unwrap().into();
        said["size"] = forged.len().into();
        assert_eq!(
            said["h1"],
            hello().zip_h1(),
            "it goes on claiming the old hash"
        );
        fs::write(&sidecar, said.to_string()).unwrap();

        let shown = world.verify(&["example.com/hello@v1.0.0"]).code(4);
        let forged = hello().file("forged.go", "package hello\n").zip_h1();
        assert!(
            shown.stdout.contains(&forged) && shown.stdout.contains(&hello().zip_h1()),
            "{shown}"
        );
        assert!(
            shown
                .stdout
                .contains("larder cache clear example.com/hello@v1.0.0"),
            "{shown}"
        );
    });
}

#[test]
fn five_thousand_lines_find_their_way_to_an_instance() {
    let world = World::new();
    let first = world.database.publish();
    world.database.pad(2_500);
    world.database.publish();
    let lines: String = (first..first + 2_500)
        .map(|id| {
            format!(
                "filler.example/m{id} v1.0.0 h1:{id:042}A=\nfiller.example/m{id} v1.0.0/go.mod h1:{id:042}A=\n"
            )
        })
        .collect();
    world.write(&lines);
    let running = world.serve();
    assert_eq!(
        world.verify(&[]).success().stdout,
        "5000 lines: 5000 agree.\n"
    );
    running.run(&["stop"]).success();
}

#[test]
fn an_interrupt_ends_it() {
    either_way(|world| {
        let gate = Gate::new();
        let held = Behaviour::normal().gate(&gate);
        world
            .database
            .on_match(|request| request.path.starts_with("/lookup/"), [held]);
        world.write(&other().go_sum());
        let mut running = Running::start(&world.home, &["verify"]);
        gate.wait_arrived(1);
        running.signal("INT");
        assert_eq!(running.end().code(), Some(130));
        assert_eq!(running.line(), "");
        assert!(
            running
                .stderr()
                .contains("verification was cancelled after 0 of 2 files"),
            "{}",
            running.stderr()
        );
        gate.open();
        world.database.clear_behaviours();
        // Nothing is left of it.
        world.verify(&[]).success();
    });
}

#[test]
fn a_malformed_line_is_named() {
    let home = TempHome::new();
    home.write("work/sub/go.sum", hello().go_sum() + "<<<<<<< HEAD\n");
    let refused = larder(&home, &["verify", "sub/go.sum"]).code(2);
    assert!(
        refused
            .stderr
            .contains("error: sub/go.sum:3: it has 2 words")
            && refused.stderr.contains("hint: mend that line"),
        "{refused}"
    );
    assert_eq!(refused.stdout, "");
    let refused = larder(&home, &["verify", "sub/go.sum", "--json"]).code(2);
    let error: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(error["error"]["code"], "bad-input", "{refused}");
    assert_eq!(fs::read_dir(home.larder_home()).unwrap().count(), 0);
}

#[test]
fn nonsense_is_refused_before_anything_is_touched() {
    let home = TempHome::new();
    home.write("work/folder/go.sum/x", "");
    for (args, message) in [
        (&[][..], "there is no go.sum in this folder"),
        (&["no/go.sum"], "there is no file no/go.sum"),
        (&["folder/go.sum"], "folder/go.sum is a folder"),
        (&["folder"], "folder can't be verified"),
        (
            &["example.com/hello"],
            "example.com/hello can't be verified",
        ),
        (
            &["example.com/hello@latest"],
            "example.com/hello@latest can't be",
        ),
        (
            &["example.com/hello@v2.0.0"],
            "example.com/hello@v2.0.0 can't be",
        ),
    ] {
        let refused = larder(&home, &[&["verify"], args].concat()).code(2);
        assert!(
            refused.stderr.contains(&format!("error: {message}"))
                && refused.stderr.contains("hint: "),
            "{refused}"
        );
        assert_eq!(refused.stdout, "", "{refused}");
    }
    assert_eq!(fs::read_dir(home.larder_home()).unwrap().count(), 0);
    home.write("work/go.sum", "");
    let empty = larder(&home, &["verify"]).success();
    assert_eq!(empty.stdout, "There is no line to verify.\n");
}
