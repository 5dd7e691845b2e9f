//! With the real upstream: well-known modules, Go's own default list and its own checksum database.

use std::fs;
use std::time::{Duration, Instant};

use test_support::{Larder, TempHome, http};

use crate::{bin, log_of, point_go_at};

/// A well-known project with some hundreds of modules in its graph.
const PROJECT: &str = "github.com/prometheus/prometheus/@v/v0.54.0.mod";

#[test]
fn a_project_of_several_hundred_modules_cold_and_warm_with_no_configuration_at_all() {
    let home = TempHome::new();
    home.use_sumdb();
    let larder = Larder::start(bin(), &home, &["--port", "0"]);
    point_go_at(&home, &larder);
    let gomod = http::get(&format!("{}/{PROJECT}", larder.goproxy()));
    assert_eq!(gomod.status, 200, "{}", gomod.text());
    let project = home.path().join("project");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("go.mod"), gomod.whole()).unwrap();

    let download = |what: &str| {
        let started = Instant::now();
        test_support::run_within(
            home.go(&["mod", "download"]).current_dir(&project),
            Duration::from_secs(600),
        )
        .success();
        eprintln!("{what}: {:.1} s", started.elapsed().as_secs_f32());
    };
    download("cold, through Larder");
    let sums = fs::read_to_string(project.join("go.sum")).unwrap();
    assert!(
        sums.lines().count() > 500,
        "{} lines in go.sum",
        sums.lines().count()
    );

    std::thread::sleep(Duration::from_secs(1));
    let before = log_of(&home).last().unwrap()["seq"].as_i64().unwrap();
    home.fresh_modcache();
    download("warm, through Larder");
    assert_eq!(fs::read_to_string(project.join("go.sum")).unwrap(), sums);

    std::thread::sleep(Duration::from_secs(1));
    let warm: Vec<_> = log_of(&home)
        .into_iter()
        .filter(|item| item["seq"].as_i64().unwrap() > before)
        .collect();
    let files = |kind: &str| warm.iter().filter(|item| item["kind"] == kind).count();
    assert!(
        files("zip") > 100 && files("mod") > 500,
        "{} zips, {} mods",
        files("zip"),
        files("mod")
    );
    let immutable = warm
        .iter()
        .filter(|item| ["info", "mod", "zip"].contains(&item["kind"].as_str().unwrap()));
    for item in immutable.filter(|item| item["background"] == false) {
        assert_eq!(
            item["source"], "cache",
            "warm, the upstream is asked for nothing immutable: {item}"
        );
    }
}
