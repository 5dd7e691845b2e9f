//! Stocked before the flight: the project goes on with everything down, with the real `go` and a fresh GOMODCACHE.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use test_support::{Behaviour, Larder, Module, TempHome};

use crate::bin;
use crate::verify::{Verified, until};

/// Modules that a small service needs, and newer ones that upgrades would bring.
fn publish(world: &Verified) {
    let leaf = |version| Module::simple("example.com/leaf", version);
    let branch = |version, leaf: &str, more: &[(&str, &str)]| {
        let requires: Vec<(&str, &str)> = [&[("example.com/leaf", leaf)], more].concat();
        Module::requiring("example.com/Branch/v2", version, &requires)
    };
    // Its newest version is taken back by itself.
    let sad = |version, retract: &str| {
        let archive = format!(
            "-- go.mod --\nmodule example.com/sad\n\ngo 1.24\n{retract}\n-- sad.go --\npackage sad\n"
        );
        Module::new("example.com/sad", version, &archive)
    };
    // An old module without a go.mod of its own, whose tests need something.
    let old = Module::new(
        "example.com/old",
        "v1.0.0",
        "-- old.go --\npackage old\n-- old_test.go --\npackage old\n",
    );
    // What only a dependency's tests import, and what that imports.
    let tested = Module::new(
        "example.com/tested",
        "v1.0.0",
        "-- go.mod --\nmodule example.com/tested\n\ngo 1.24\n\nrequire example.com/asserts v1.0.0\n\nrequire example.com/pretty v1.0.0 // indirect\n\
         -- tested.go --\npackage tested\n-- tested_test.go --\npackage tested\n\nimport _ \"example.com/asserts\"\n",
    );
    let through = Module::requiring(
        "example.com/through",
        "v1.0.0",
        &[("example.com/tested", "v1.0.0")],
    );
    let asserts = Module::requiring(
        "example.com/asserts",
        "v1.0.0",
        &[("example.com/pretty", "v1.0.0")],
    );
    let pretty = Module::simple("example.com/pretty", "v1.0.0");
    let tool = Module::new(
        "example.com/gen",
        "v1.0.0",
        "-- go.mod --\nmodule example.com/gen\n\ngo 1.24\n\nrequire example.com/leaf v1.0.0\n\
         -- cmd/gen/main.go --\npackage main\n\nimport \"example.com/leaf\"\n\nfunc main() { println(\"made\", leaf.Version()) }\n",
    );
    for module in [
        leaf("v1.0.0"),
        leaf("v1.1.0"),
        leaf("v1.2.0"),
        branch("v2.1.0", "v1.0.0", &[]),
        branch("v2.2.0", "v1.1.0", &[("example.com/twig", "v1.0.0")]),
        Module::simple("example.com/twig", "v1.0.0"),
        Module::simple("example.com/check", "v1.0.0"),
        sad("v1.0.0", ""),
        sad("v1.1.0", ""),
        sad("v1.2.0", "retract v1.2.0 // it was a mistake"),
        old,
        tested,
        through,
        asserts,
        pretty,
        tool,
    ] {
        world.add(&module);
    }
}

/// A service as somebody wrote it: nobody has tidied it yet.
fn service(home: &TempHome, name: &str) -> PathBuf {
    let archive = format!(
        "\
-- go.mod --
module example.test/{name}

go 1.24

tool example.com/gen/cmd/gen

require (
	example.com/Branch/v2 v2.1.0
	example.com/check v1.0.0
	example.com/gen v1.0.0
	example.com/old v1.0.0
	example.com/sad v1.0.0
	example.com/through v1.0.0
)
-- main.go --
package main

import (
	branch \"example.com/Branch/v2\"
	_ \"example.com/old\"
	_ \"example.com/sad\"
	_ \"example.com/through\"
)

func main() {{ println(branch.Version()) }}
-- main_test.go --
package main

import (
	\"testing\"

	\"example.com/check\"
)

func TestIt(t *testing.T) {{ t.Log(check.Version()) }}
"
    );
    home.project(name, &archive)
}

fn stock(larder: &Larder, what: &[&str]) -> Value {
    let args = [&["stock", "--json"], what].concat();
    serde_json::from_str(&larder.run(&args).success().stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_service_goes_on_with_everything_down() {
    let world = Verified::new();
    publish(&world);
    world.proxy.set_query("example.com/leaf", "main", "v1.1.0");
    let app = service(&world.home, "service");
    let larder = world.serve(&world.database.key());
    world.home.set_env("GOPROXY", larder.goproxy());

    let before = larder.run(&["ready", text(&app)]).code(1);
    assert!(before.stdout.contains("not ready for offline"), "{before}");
    let reports = stock(&larder, &[text(&app), "example.com/leaf@main"]);
    assert_eq!(
        reports[0]["work"]["ready"], reports[0]["work"]["total"],
        "{reports:#}"
    );
    assert_eq!(reports[0]["lacks"], Value::Array(Vec::new()), "{reports:#}");
    assert!(reports[0]["fetched"].as_u64().unwrap() > 0);

    world.all_down();
    let ready = larder.run(&["ready", text(&app)]).success();
    assert!(ready.stdout.contains("ready for offline: "), "{ready}");

    let gobin = world.home.path().join("bin");
    world.home.set_env("GOBIN", &gobin);
    let go = |folder: &Path, args: &[&str]| world.home.run_go(folder, args).success();
    // Each with a fresh cache: nothing is there but what Larder has.
    for args in [
        &["mod", "tidy"][..],
        &["mod", "download"],
        &["build", "./..."],
        &["vet", "./..."],
        &["test", "./..."],
        &["list", "-m", "-u", "all"],
        &["list", "-m", "-versions", "example.com/leaf"],
        &["mod", "graph"],
        &["mod", "why", "-m", "example.com/leaf"],
        &["mod", "verify"],
        &["mod", "vendor", "-o", "made-vendor"],
        &["tool", "gen"],
        &["install", "example.com/gen/cmd/gen@v1.0.0"],
        &["install", "example.com/gen/cmd/gen@latest"],
    ] {
        world.home.fresh_modcache();
        go(&app, args);
    }
    // Upgrades, each from the same state.
    let files = ["go.mod", "go.sum"].map(|name| (name, fs::read(app.join(name)).unwrap()));
    for (args, path, version) in [
        (
            &["get", "example.com/Branch/v2@latest"][..],
            "example.com/leaf",
            "v1.1.0",
        ),
        (
            &["get", "example.com/sad@latest"],
            "example.com/sad",
            "v1.1.0",
        ),
        (&["get", "-u", "./..."], "example.com/Branch/v2", "v2.2.0"),
        (
            &["get", "example.com/leaf@main"],
            "example.com/leaf",
            "v1.1.0",
        ),
        (
            &["get", "example.com/Branch/v2@v2.2.0"],
            "example.com/twig",
            "v1.0.0",
        ),
    ] {
        world.home.fresh_modcache();
        go(&app, args);
        let listed = go(&app, &["list", "-m", path]).stdout;
        assert_eq!(listed.trim(), format!("{path} {version}"), "{args:?}");
        go(&app, &["build", "./..."]);
        for (name, before) in &files {
            fs::write(app.join(name), before).unwrap();
        }
    }
    world.tripwire.assert_untouched();
}

#[test]
fn a_workspace_with_folders_and_replacements_goes_on() {
    let world = Verified::new();
    publish(&world);
    let fork = Module::new(
        "example.com/fork",
        "v1.0.0",
        "-- go.mod --\nmodule example.com/twig\n\ngo 1.24\n-- twig.go --\npackage twig\n\nfunc Version() string { return \"fork\" }\n",
    );
    world.add(&fork);
    let space = world.home.project(
        "space",
        "\
-- go.work --
go 1.24

use (
	./one
	./two
)

replace example.com/twig => example.com/fork v1.0.0
-- one/go.mod --
module example.test/one

go 1.24

require (
	example.com/leaf v1.1.0
	lib v0.0.0
)

replace lib => ../lib
-- one/one.go --
package one

import (
	_ \"example.com/leaf\"
	_ \"lib\"
)
-- two/go.mod --
module example.test/two

go 1.24

require example.com/Branch/v2 v2.2.0

require (
	example.com/leaf v1.1.0 // indirect
	example.com/twig v1.0.0 // indirect
)
-- two/main.go --
package main

import branch \"example.com/Branch/v2\"

func main() { println(branch.Version()) }
-- lib/go.mod --
module lib

go 1.24

require example.com/check v1.0.0
-- lib/lib.go --
package lib

import _ \"example.com/check\"
",
    );
    let larder = world.serve(&world.database.key());
    world.home.set_env("GOPROXY", larder.goproxy());
    // Asked of within, as go would be.
    let reports = stock(&larder, &[text(&space.join("two"))]);
    assert_eq!(reports[0]["subject"].as_str(), space.to_str());
    assert_eq!(
        reports[0]["work"]["ready"], reports[0]["work"]["total"],
        "{reports:#}"
    );
    world.all_down();
    larder.run(&["ready", text(&space)]).success();
    for args in [
        &["work", "sync"][..],
        &["build", "./one", "./two"],
        &["list", "-m", "-u", "all"],
        &["mod", "download"],
    ] {
        world.home.fresh_modcache();
        world.home.run_go(&space, args).success();
    }
    world.home.fresh_modcache();
    let two = space.join("two");
    world.home.run_go(&two, &["mod", "tidy"]).success();
    world.tripwire.assert_untouched();
}

#[test]
fn killed_in_the_middle_it_goes_on_by_itself_and_all_of_it_verifies() {
    let world = Verified::new();
    publish(&world);
    for number in 0..12 {
        let path = format!("example.com/many/m{number}");
        world.add(&Module::simple(&path, "v1.0.0").bulk("bulk.bin", 200_000));
    }
    let requires: String = (0..12)
        .map(|number| format!("require example.com/many/m{number} v1.0.0\n"))
        .collect();
    let archive = format!("-- go.mod --\nmodule example.test/many\n\ngo 1.24\n\n{requires}");
    let app = world.home.project("many", &archive);
    let slow = Behaviour::normal().delay_body(100_000, Duration::from_millis(400));
    world
        .proxy
        .on_match(|request| request.path.ends_with(".zip"), slow);

    let larder = world.serve(&world.database.key());
    let mut command: Command = world.home.larder(bin());
    let mut stocking = command.args(["stock", text(&app)]).spawn().unwrap();
    until("a zip has come", || !zips(&world.home).is_empty());
    larder.kill9();
    stocking.wait().unwrap();
    let came = zips(&world.home).len();
    assert!(came < 12, "it was in the middle: {came}");

    // Nobody asks for it again.
    let larder = world.serve(&world.database.key());
    until("it goes on by itself", || {
        larder
            .run(&["ready", "--json", text(&app)])
            .status
            .success()
    });
    until("it is told as done", || {
        let listed = larder.run(&["stock", "--list"]).success().stdout;
        listed.contains("12 of 12") || !listed.contains("under way")
    });
    larder.run(&["cache", "verify"]).success();
    world.all_down();
    world.home.set_env("GOPROXY", larder.goproxy());
    world.home.run_go(&app, &["mod", "download"]).success();
}

/// The zips that are kept whole.
fn zips(home: &TempHome) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![home.larder_home().join("cache")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "zip") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_watched_project_is_stocked_again_when_it_changes_over_restarts() {
    let world = Verified::new();
    publish(&world);
    let app = world.home.program("app", &[("example.com/leaf", "v1.0.0")]);
    let larder = world.serve(&world.database.key());
    larder.run(&["stock", "--watch", text(&app)]).success();
    let is_kept = |path: &str| {
        let zips = zips(&world.home);
        zips.iter()
            .any(|zip| zip.ends_with(format!("{path}/@v/v1.0.0.zip")))
    };
    assert!(!is_kept("example.com/twig"));
    world.home.write(
        "work/app/go.mod",
        "module example.test/app\n\ngo 1.24\n\nrequire example.com/twig v1.0.0\n",
    );
    until("what is required now is brought", || {
        is_kept("example.com/twig")
    });
    larder.terminate();

    // What changes meanwhile is brought at the next start.
    world.home.write(
        "work/app/go.mod",
        "module example.test/app\n\ngo 1.24\n\nrequire example.com/check v1.0.0\n",
    );
    let larder = world.serve(&world.database.key());
    until("what changed while it did not run", || {
        is_kept("example.com/check")
    });
    let listed = larder.run(&["stock", "--list"]).success().stdout;
    assert!(listed.contains("watched"), "{listed}");
    larder.run(&["stock", "--unwatch", text(&app)]).success();
    let listed = larder.run(&["stock", "--list"]).success().stdout;
    assert!(!listed.contains("watched"), "{listed}");
}

#[test]
fn what_cannot_be_had_is_named_and_the_rest_comes() {
    let world = Verified::new();
    publish(&world);
    let app = world.home.program(
        "app",
        &[
            ("example.com/leaf", "v1.0.0"),
            ("example.com/gone", "v1.0.0"),
        ],
    );
    let larder = world.serve(&world.database.key());
    let stocked = larder.run(&["stock", text(&app)]).code(1);
    assert!(
        stocked.stdout.contains("not ready for offline"),
        "{stocked}"
    );
    assert!(
        stocked.stdout.contains("example.com/gone@v1.0.0"),
        "{stocked}"
    );
    assert!(stocked.stdout.contains("not found"), "{stocked}");
    assert_eq!(
        zips(&world.home).len(),
        2,
        "what is there has come: {stocked}"
    );

    // What goes from the cache is missed at once; nobody is asked.
    let app = world
        .home
        .program("whole", &[("example.com/leaf", "v1.0.0")]);
    larder.run(&["stock", text(&app)]).success();
    world.proxy.clear_log();
    larder.run(&["ready", text(&app)]).success();
    larder
        .run(&["cache", "clear", "example.com/leaf@v1.0.0"])
        .success();
    let ready = larder.run(&["ready", text(&app)]).code(1);
    assert!(ready.stdout.contains("example.com/leaf@v1.0.0"), "{ready}");
    assert!(ready.stdout.contains("larder stock"), "{ready}");
    let files = |path: &String| path.contains("/@v/");
    assert!(
        !world.proxy.paths().iter().any(files),
        "{:?}",
        world.proxy.paths()
    );
    // Without an instance it is the same.
    larder.terminate();
    world.home.larder(bin());
    let ready = test_support::run(world.home.larder(bin()).args(["ready", text(&app)])).code(1);
    assert!(ready.stdout.contains("example.com/leaf@v1.0.0"), "{ready}");
}
