//! `larder doctor`: each line is shown broken, or as a warning where it can't be; and the report keeps secrets.

mod around;
mod network;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use test_support::disk::{Disk, runs_where_it_may_mount};
use test_support::{FakeDatabase, Module, Output, TempHome, http};

use crate::trust::day;
use crate::{fetch, json, larder, proxy, serve, until};

/// What was found, by the names of the checks.
struct Diagnosis(Vec<Value>);

impl Diagnosis {
    /// Of a run that ends with this code.
    #[track_caller]
    fn of(home: &TempHome, code: i32) -> Self {
        Self::told(larder(home, &["doctor", "--json"]).code(code))
    }

    #[track_caller]
    fn told(output: Output) -> Self {
        Self(json(&output)["lines"].as_array().unwrap().clone())
    }

    fn lines(&self, check: &str) -> Vec<&Value> {
        let lines = self.0.iter();
        lines.filter(|line| line["check"] == check).collect()
    }

    /// Holds that a line of the check is so, says this, and, unless it is well, what to do.
    #[track_caller]
    fn has(&self, check: &str, health: &str, says: &str) -> &Self {
        let fits = |line: &&&Value| {
            line["health"] == health && line["found"].as_str().unwrap().contains(says)
        };
        let lines = self.lines(check);
        let line = lines.iter().find(fits);
        let line = line.unwrap_or_else(|| panic!("no {check} {health} with {says:?}: {lines:#?}"));
        assert_eq!(line["mend"].is_array(), health != "ok", "{line}");
        self
    }
}

/// A home whose profile asks these, and no database unless one is given.
fn home_asking(upstreams: &str, database: &str) -> TempHome {
    let home = TempHome::new();
    settle(
        &home,
        &format!(
            "[profiles.public]\nupstreams = \"{upstreams}\"\nchecksum-database = \"{database}\"\n"
        ),
    );
    home
}

fn settle(home: &TempHome, text: &str) {
    home.write("larder/config/settings.toml", text);
    let folder = home.larder_home().join("config");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn where_it_serves_and_go_asks_it_nothing_is_broken() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    home.set_env("GOPROXY", larder.goproxy());
    let told = Diagnosis::told(larder.run(&["doctor", "--json"]).success());
    told.has("instance", "ok", "runs, process ")
        .has("port", "ok", "held by this Larder")
        .has("go-env", "ok", "pointed at Larder")
        .has("upstream", "ok", " answers in ")
        .has("credentials", "ok", "")
        .has("checksum-database", "ok", "off in this profile")
        .has("disk", "ok", " free for the cache in ")
        .has("settings", "ok", "well")
        .has("notices", "ok", "nothing needs attention")
        .has("first-sight", "ok", "all there")
        .has("grants", "ok", "nothing is let through");
    let shown = larder.run(&["doctor"]).success().stdout;
    let (first, last) = (shown.lines().next(), shown.lines().last());
    assert!(first.unwrap().starts_with("ok       instance"), "{shown}");
    assert!(last.unwrap().contains("nothing is broken"), "{shown}");
}

#[test]
fn nothing_runs_nobody_answers_and_there_is_no_keyring() {
    let proxy = proxy();
    let home = home_asking(&proxy.url(), "off");
    proxy.stop();
    let told = Diagnosis::of(&home, 1);
    told.has("instance", "warning", "not running")
        .has("upstream", "broken", &proxy.addr().to_string())
        .has("clock", "ok", "no upstream has told its time")
        .has("keyring", "warning", "none can be reached")
        .has("go-env", "warning", "and not Larder");
    let shown = larder(&home, &["doctor"]).code(1).stdout;
    assert!(shown.contains("→  larder serve\n"), "{shown}");
    assert!(shown.contains("1 broken, "), "{shown}");
}

#[test]
fn settings_that_are_odd_or_useless() {
    let proxy = proxy();
    let home = home_asking(&proxy.url(), "off");
    let path = home.larder_home().join("config/settings.toml");
    let good = fs::read_to_string(&path).unwrap();
    settle(&home, &format!("colour = \"red\"\n{good}"));
    Diagnosis::of(&home, 0).has("settings", "warning", "colour");
    settle(&home, "port = [");
    Diagnosis::of(&home, 1)
        .has("settings", "broken", "settings.toml:1:")
        .lines("instance");
    settle(&home, &good);
    let larder = serve(&home, &proxy);
    settle(&home, &format!("fresh-for = \"5s\"\n{good}"));
    let told = Diagnosis::told(larder.run(&["doctor", "--json"]).success());
    told.has("settings", "warning", "not in force yet");
    settle(&home, "port = [");
    let told = Diagnosis::told(larder.run(&["doctor", "--json"]).code(1));
    told.has("settings", "broken", "settings.toml:1:")
        .has("instance", "ok", "runs");
}

#[test]
fn what_needs_attention_is_lost_or_let_through() {
    let (home, proxy) = (TempHome::new(), proxy());
    let database = FakeDatabase::start_blocking("sums.example.com");
    let other = Module::simple("example.com/hello", "v1.1.0");
    let lines = other.go_sum().replace("v1.1.0", "v1.0.0");
    database.add_text("example.com/hello", "v1.0.0", &lines);
    database.publish();
    let sumdb = database.gosumdb_at_url();
    let upstreams = proxy.url();
    let options = ["--port", "0", "--upstreams", &upstreams, "--sumdb", &sumdb];
    let larder_with_database = test_support::Larder::start(crate::bin(), &home, &options);
    let url = format!(
        "{}/example.com/hello/@v/v1.0.0.zip",
        larder_with_database.goproxy()
    );
    until("there is a notice", || {
        http::get(&url);
        !json(&larder(&home, &["notices", "--json"]))
            .as_array()
            .unwrap()
            .is_empty()
    });
    let allow = ["trust", "allow", "example.com/tool", "--because", "a test"];
    larder(&home, &[&allow[..], &["--until", &day(3)]].concat()).success();
    let told = Diagnosis::told(larder_with_database.run(&["doctor", "--json"]));
    told.has("notices", "warning", "1 notice")
        .has("grants", "warning", "1 pattern is let through");
    for line in &told.0 {
        let line = line.to_string();
        assert!(!line.contains("example.com/"), "{line}");
    }
    larder_with_database.run(&["stop"]).success();

    let home = home_asking(&proxy.url(), "off");
    let running = serve(&home, &proxy);
    fetch(&running, "example.com/hello", "v1.0.0");
    running.run(&["stop"]).success();
    for entry in fs::read_dir(home.larder_home().join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("state.sqlite") {
            fs::remove_file(path).unwrap();
        }
    }
    Diagnosis::of(&home, 0).has("first-sight", "warning", "are lost since");
}

#[test]
fn a_disk_that_is_full_or_read_only() {
    if !runs_where_it_may_mount("doctor::a_disk_that_is_full_or_read_only") {
        return;
    }
    let proxy = proxy();
    let home = home_asking(&proxy.url(), "off");
    let cache = home.larder_home().join("cache");
    fs::create_dir(&cache).unwrap();
    let small = Disk::mount(&cache, 64 << 20);
    Diagnosis::of(&home, 1).has("disk", "broken", "MiB free for the cache");
    drop(small);
    let _view = Disk::read_only_view(&cache);
    Diagnosis::of(&home, 1)
        .has("disk", "broken", "read-only")
        .has("instance", "broken", "could not be started");
}

#[test]
fn a_report_is_for_others_eyes() {
    let proxy = proxy();
    let home = TempHome::new();
    let url = proxy.url().replace("http://", "http://ann:hunter2@");
    settle(
        &home,
        &format!(
            "# ann's, hunter2\nprofile = \"company\"\n[profiles.company]\nupstreams = \"{url}\"\nchecksum-database = \"off\"\nprivate = [\"corp.example/secret-plan\"]\n"
        ),
    );
    let allow = ["trust", "allow", "example.com/tool", "--because", "a test"];
    larder(&home, &[&allow[..], &["--until", &day(3)]].concat()).success();
    home.set_env("HOME", home.larder_home());
    let running = test_support::Larder::start(crate::bin(), &home, &["--port", "0"]);
    let told = running.run(&["doctor", "--report"]).success();
    assert!(
        told.stderr.contains("The report is in larder-doctor.txt"),
        "{told}"
    );
    let path = home.path().join("work/larder-doctor.txt");
    let report = fs::read_to_string(&path).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for wanted in [
        "grants",
        "profile",
        "company",
        "~/cache",
        "[hidden: 1 of them]",
    ] {
        assert!(report.contains(wanted), "{wanted} in {report}");
    }
    let tokens: Vec<String> = fs::read_dir(home.larder_home().join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| name(path).starts_with("token"))
        .map(|path| fs::read_to_string(path).unwrap().trim().to_owned())
        .collect();
    assert!(tokens.len() > 1 && tokens.iter().all(|token| token.len() > 8));
    let home_folder = home.larder_home().display().to_string();
    let secrets = [
        "hunter2",
        "ann",
        "secret-plan",
        "example.com/tool",
        "corp.example",
    ];
    let secrets = secrets.into_iter().chain(tokens.iter().map(String::as_str));
    for secret in secrets.chain([home_folder.as_str()]) {
        assert!(!report.contains(secret), "{secret} in {report}");
    }
    let again = running.run(&["doctor", "--report"]).code(2);
    assert!(
        again.stdout.is_empty() && again.stderr.contains("--force"),
        "{again}"
    );
    running.run(&["doctor", "--report", "--force"]).success();
    running.run(&["doctor", "--force"]).code(2);
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
