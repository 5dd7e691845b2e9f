//! `larder stock` and `larder ready`: what is named, listed, forgotten; toolchains, starters, and what was missed.

use std::fs;

use test_support::{Module, TempHome};

use crate::{json, proxy, serve, until};

/// A module without code.
fn project(home: &TempHome, name: &str, go_mod: &str) -> String {
    let archive = format!("-- go.mod --\nmodule example.test/{name}\n\n{go_mod}");
    home.project(name, &archive).to_str().unwrap().to_owned()
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let (home, upstream) = (TempHome::new(), proxy());
    let running = serve(&home, &upstream);
    let refused = |args: &[&str], said: &str| {
        let output = running.run(args).code(2);
        assert!(output.stderr.contains(said), "{args:?}: {output}");
    };
    let empty = home.path().join("work");
    let empty = empty.to_str().unwrap();
    refused(&["stock", empty], "there is no go.mod or go.work in");
    refused(&["ready", empty], "there is no go.mod or go.work in");
    refused(&["stock", "no/such/folder"], "name a project's folder");
    refused(&["stock", "example.com/hello@"], "can't be stocked");
    let bad = project(&home, "bad", "go 1.24\n\nrequire example.com/hello main\n");
    refused(
        &["stock", &bad],
        "bad/go.mod:5: example.com/hello: version \"main\" invalid",
    );
    let sums = project(&home, "sums", "go 1.24\n");
    home.write("work/sums/go.sum", "<<<<<<< HEAD\n");
    refused(&["stock", &sums], "sums/go.sum:1: ");
    refused(
        &["stock", "--watch", "example.com/hello@v1.0.0"],
        "there is nothing to watch",
    );
    let good = project(
        &home,
        "good",
        "go 1.24\n\nrequire example.com/hello v1.0.0\n",
    );
    refused(&["stock", &good, &bad], "bad/go.mod:5: ");
    assert_eq!(
        upstream.count("/example.com/hello/@v/v1.0.0.mod"),
        0,
        "nothing was begun"
    );
    let missing = running
        .run(&["stock", "example.com/nowhere/cmd/x@v1.0.0"])
        .code(1);
    assert!(missing.stderr.contains("not found"), "{missing}");
    let none = running.run(&["stock", "--forget", &good]).code(1);
    assert!(none.stderr.contains("nothing of it was stocked"), "{none}");
    let listed = running.run(&["stock", "--list"]).success();
    assert!(
        listed.stdout.contains("nothing was stocked yet"),
        "{listed}"
    );
}

#[test]
fn what_was_stocked_is_listed_stays_and_is_forgotten() {
    let (home, upstream) = (TempHome::new(), proxy());
    let app = project(
        &home,
        "app",
        "go 1.24\n\nrequire example.com/hello v1.0.0\n",
    );
    let list = home.write(
        "list.txt",
        "# to have with me\nwork/app\nexample.com/other/cmd/x@latest # a tool\n",
    );
    let running = serve(&home, &upstream);
    let list = list.to_str().unwrap();
    let reports = json(&running.run(&["stock", "--json", "--from", list]).success());
    assert_eq!(reports.as_array().unwrap().len(), 2);
    // The version and the newest, with what they need, and the list.
    assert_eq!(reports[0]["work"]["total"], 1);
    assert_eq!(reports[0]["upgrades"]["total"], 2);
    let listed = json(&running.run(&["stock", "--list", "--json"]).success());
    assert_eq!(listed[0]["subject"]["project"], app.as_str(), "{listed:#}");
    assert_eq!(
        listed[1]["subject"]["module"],
        "example.com/other/cmd/x@latest"
    );
    let pins = running.run(&["pin", "--list", "--json"]);
    if pins.status.success() {
        assert!(pins.stdout.contains(&format!("project:{app}")), "{pins}");
    }
    let again = json(&running.run(&["stock", "--json", &app]).success());
    assert_eq!(again[0]["fetched"], 0, "all of it is there: {again:#}");
    let forgot = running.run(&["stock", "--forget", &app]).success();
    assert_eq!(forgot.stdout, format!("forgot {app}\n"));
    let shown = running.run(&["stock", "--list"]).success().stdout;
    assert!(!shown.contains(&app) && shown.contains("1 of 1"), "{shown}");
}

#[test]
fn the_toolchain_of_the_go_line_is_brought() {
    let (home, upstream) = (TempHome::new(), proxy());
    for platform in ["linux-amd64", "linux-arm64", "darwin-arm64"] {
        let version = format!("v0.0.1-go1.99.1.{platform}");
        let archive = "-- bin/go --\nno program\n";
        upstream.add(&Module::new("golang.org/toolchain", &version, archive));
    }
    let running = serve(&home, &upstream);
    let app = project(&home, "app", "go 1.24\n\ntoolchain go1.99.1\n");
    let reports = json(&running.run(&["stock", "--json", &app]).success());
    assert!(
        reports[0]["work"]["ready"].as_u64().unwrap() >= 1,
        "{reports:#}"
    );
    let zips: Vec<String> = upstream.paths();
    let zips: Vec<&String> = zips.iter().filter(|path| path.ends_with(".zip")).collect();
    assert_eq!(zips.len(), 1, "for this machine alone: {zips:?}");
    assert_eq!(
        upstream.count("/golang.org/toolchain/@v/v0.0.1-go1.99.1.linux-amd64.info"),
        1
    );
    let app = project(&home, "newer", "go 1.100\n");
    let lacking = running.run(&["stock", &app]).code(1);
    assert!(
        lacking.stdout.contains("the toolchain v0.0.1-go1.100.0."),
        "{lacking}"
    );
}

#[test]
fn a_starter_names_what_go_has() {
    let (home, upstream) = (TempHome::new(), proxy());
    let running = serve(&home, &upstream);
    home.set_env("GOPROXY", running.goproxy());
    let work = home.path().join("work");
    let download = [
        "mod",
        "download",
        "example.com/hello@v1.0.0",
        "example.com/other@v0.1.0",
    ];
    home.run_go(&work, &download).success();
    home.run_go(&work, &["mod", "download", "example.com/hello@v1.1.0"])
        .success();
    let starter = running.run(&["stock", "--starter"]).success().stdout;
    let lines: Vec<&str> = starter
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(
        lines,
        ["example.com/hello@v1.1.0", "example.com/other@v0.1.0", ""]
    );
    assert!(starter.contains("#example.com/hello@v1.0.0"), "{starter}");
    let file = home.path().join("starter.txt");
    fs::write(&file, &starter).unwrap();
    running
        .run(&["stock", "--from", file.to_str().unwrap()])
        .success();
}

#[test]
fn what_was_missed_is_brought_once_there_is_a_network_again() {
    let (home, upstream) = (TempHome::new(), proxy());
    let running = serve(&home, &upstream);
    home.set_env("GOPROXY", running.goproxy());
    assert_eq!(
        running.run(&["stock", "--missed"]).success().stdout,
        "nothing was missed\n"
    );
    upstream.stop();
    let app = home.program("app", &[("example.com/hello", "v1.0.0")]);
    home.run_go(&app, &["mod", "tidy"]).failure();
    let plain = home.program("plain", &[]);
    for wanted in ["example.com/other@latest", "example.com/nowhere@latest"] {
        home.run_go(&plain, &["get", wanted]).failure();
    }
    until("it is noted what was missed", || {
        let missed = &json(&running.run(&["status", "--json"]).success())["network"]["missed"];
        missed.as_u64().unwrap_or_default() >= 3
    });
    let still = running.run(&["stock", "--missed"]).code(1);
    assert!(still.stdout.contains("still missing: "), "{still}");

    upstream.restart();
    until("there is a way again", || {
        running
            .run(&["offline"])
            .success()
            .stdout
            .contains("Online")
    });
    let brought = running.run(&["stock", "--missed"]).success().stdout;
    assert!(brought.contains("example.com/hello@v1.0.0"), "{brought}");
    assert!(brought.contains("example.com/other@latest"), "{brought}");
    assert!(brought.contains("for what does not exist"), "{brought}");
    assert_eq!(
        running.run(&["stock", "--missed"]).success().stdout,
        "nothing was missed\n"
    );
    upstream.stop();
    home.fresh_modcache();
    home.run_go(&app, &["mod", "tidy"]).success();
    home.run_go(&plain, &["get", "example.com/other@latest"])
        .success();
}
