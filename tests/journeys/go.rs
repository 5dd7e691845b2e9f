//! The real `go` works through Larder and never notices.

use test_support::Module;

use crate::{World, log_of};

/// A service of three modules, two of them deep.
fn stock(world: &World) -> [Module; 3] {
    let leaf = Module::simple("example.com/leaf", "v1.0.0");
    let branch = Module::requiring(
        "example.com/Branch/v2",
        "v2.1.0",
        &[("example.com/leaf", "v1.0.0")],
    );
    let newer = Module::simple("example.com/leaf", "v1.1.0");
    for module in [&leaf, &branch, &newer] {
        world.proxy.add(module);
    }
    [leaf, branch, newer]
}

#[test]
fn tidy_build_and_run_cold_then_warm_with_the_upstream_gone() {
    let world = World::new();
    stock(&world);
    let app = world
        .home
        .program("app", &[("example.com/Branch/v2", "v2.1.0")]);
    world.home.run_go(&app, &["mod", "tidy"]).success();
    world.home.run_go(&app, &["mod", "download"]).success();
    world.home.run_go(&app, &["run", "."]).success();

    world.proxy.clear_log();
    world.home.fresh_modcache();
    world.home.run_go(&app, &["mod", "download"]).success();
    world.home.run_go(&app, &["build", "./..."]).success();
    let asked: Vec<String> = world.proxy.paths();
    assert!(
        asked
            .iter()
            .all(|path| path.ends_with("/list") || path.ends_with("/@latest")),
        "warm, nothing immutable is asked: {asked:?}"
    );

    world.proxy.stop();
    world.home.fresh_modcache();
    world.home.run_go(&app, &["mod", "download"]).success();
    world.home.run_go(&app, &["build", "./..."]).success();
    world.tripwire.assert_untouched();
}

#[test]
fn get_latest_a_version_and_a_branch() {
    let world = World::new();
    stock(&world);
    world.proxy.set_query("example.com/leaf", "main", "v1.1.0");
    let app = world.home.program("app", &[("example.com/leaf", "v1.0.0")]);
    for (query, version) in [
        ("latest", "v1.1.0"),
        ("v1.0.0", "v1.0.0"),
        ("main", "v1.1.0"),
    ] {
        world
            .home
            .run_go(&app, &["get", &format!("example.com/leaf@{query}")])
            .success();
        let listed = world
            .home
            .run_go(&app, &["list", "-m", "example.com/leaf"])
            .success()
            .stdout
            .clone();
        assert_eq!(
            listed.trim(),
            format!("example.com/leaf {version}"),
            "@{query}"
        );
    }
    let versions = ["list", "-m", "-versions", "example.com/leaf"];
    let updates = world.home.run_go(&app, &versions).success().stdout.clone();
    assert!(updates.contains("v1.0.0 v1.1.0"), "{updates}");
}

#[test]
fn go_shows_the_person_what_went_wrong() {
    let world = World::new();
    stock(&world);
    let app = world.home.program("app", &[]);
    let missing = world
        .home
        .run_go(&app, &["get", "example.com/nowhere@v1.0.0"])
        .failure()
        .stderr
        .clone();
    assert!(missing.contains("not found"), "{missing}");

    let bad = Module::simple("example.com/bad", "v1.0.0");
    world
        .proxy
        .add(&bad.clone().with_zip(test_support::hostile::wrong_prefix(
            &bad,
            "example.com/other@v1.0.0/",
        )));
    let refused = world
        .home
        .run_go(&app, &["mod", "download", "example.com/bad@v1.0.0"])
        .failure()
        .stderr
        .clone();
    assert!(!refused.is_empty());
    assert!(
        !world
            .home
            .gomodcache()
            .join("cache/download/example.com/bad/@v/v1.0.0.zip")
            .exists(),
        "go kept a bad zip"
    );

    world.proxy.stop();
    let down = world
        .home
        .run_go(&app, &["mod", "download", "example.com/other@v1.0.0"])
        .failure()
        .stderr
        .clone();
    assert!(
        down.contains("502") && down.contains("could not be reached"),
        "{down}"
    );
}

#[test]
fn the_log_shows_a_build() {
    let world = World::new();
    stock(&world);
    let app = world
        .home
        .program("app", &[("example.com/Branch/v2", "v2.1.0")]);
    world.home.run_go(&app, &["mod", "tidy"]).success();
    std::thread::sleep(std::time::Duration::from_millis(600));
    let log = log_of(&world.home);
    assert!(
        log.iter()
            .any(|item| item["module"] == "example.com/Branch/v2" && item["kind"] == "zip"),
        "{log:#?}"
    );
    let seqs: Vec<i64> = log
        .iter()
        .map(|item| item["seq"].as_i64().unwrap())
        .collect();
    assert!(seqs.is_sorted() && seqs.windows(2).all(|pair| pair[0] != pair[1]));
}
