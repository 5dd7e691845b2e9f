//! The real `go` takes the fixtures for what they are, and the hostile ones too.

#![allow(clippy::unwrap_used)]

use std::fs;

use test_support::{FakeProxy, Module, TempHome, Tripwire, hostile};

/// A home whose go env file points at the fake, and a guard against any other dial.
fn home_of(proxy: &FakeProxy) -> (TempHome, Tripwire) {
    let home = TempHome::new();
    fs::write(home.goenv_file(), format!("GOPROXY={}\n", proxy.url())).unwrap();
    let tripwire = Tripwire::start();
    home.watch(&tripwire);
    (home, tripwire)
}

#[test]
fn go_downloads_builds_and_agrees_on_every_hash() {
    let proxy = FakeProxy::start_blocking();
    let leaf = Module::simple("example.com/Leaf", "v1.0.0-RC1")
        .file("empty.txt", "")
        .file("dir/~x.txt", "x\n");
    let middle = Module::requiring(
        "example.com/middle/v2",
        "v2.1.0",
        &[("example.com/Leaf", "v1.0.0-RC1")],
    );
    proxy.add(&leaf);
    proxy.add(&middle);
    let (home, tripwire) = home_of(&proxy);
    let program = home.program("app", &[("example.com/middle/v2", "v2.1.0")]);

    home.run_go(&program, &["mod", "tidy"]).success();
    let sums = fs::read_to_string(program.join("go.sum")).unwrap();
    for line in leaf.go_sum().lines().chain(middle.go_sum().lines()) {
        assert!(sums.contains(line), "{line}\nis not in go's own\n{sums}");
    }

    home.fresh_modcache();
    home.write_go_sum(&program, [&leaf, &middle]);
    home.run_go(&program, &["mod", "download"]).success();
    let ran = home.run_go(&program, &["run", "."]).success();
    assert_eq!(ran.stderr, "ran\n");
    let kept = home
        .gomodcache()
        .join("cache/download/example.com/!leaf/@v/v1.0.0-!r!c1.zip");
    assert_eq!(fs::read(kept).unwrap(), leaf.zip());
    tripwire.assert_untouched();
}

#[test]
fn go_resolves_latest_and_branches() {
    let proxy = FakeProxy::start_blocking();
    proxy.add(&Module::simple("example.com/hello", "v1.2.0"));
    proxy.add(&Module::simple("example.com/hello", "v1.10.0"));
    proxy.set_query("example.com/hello", "main", "v1.2.0");
    let (home, tripwire) = home_of(&proxy);
    let resolve = |query: &str| {
        let module = format!("example.com/hello@{query}");
        home.run_go(home.path(), &["list", "-m", "-f", "{{.Version}}", &module])
            .success()
            .stdout
    };
    assert_eq!(resolve("latest"), "v1.10.0\n");
    assert_eq!(resolve("main"), "v1.2.0\n");
    tripwire.assert_untouched();
}

#[test]
fn go_refuses_what_is_hostile() {
    let module = Module::simple("example.com/bad", "v1.0.0");
    let zip = module.zip();
    let download = |zip: Vec<u8>| {
        let proxy = FakeProxy::start_blocking();
        proxy.add(&module.clone().with_zip(zip));
        let (home, tripwire) = home_of(&proxy);
        let output = home.run_go(home.path(), &["mod", "download", "example.com/bad@v1.0.0"]);
        tripwire.assert_untouched();
        output
    };
    download(zip.clone()).success();
    // Measured: go looks at no mode and unpacks a link as the plain file that holds its target.
    download(hostile::symlink(&module, "/etc/passwd")).success();
    // Each with the reason that go gives, so that none is refused for another's.
    let cases = [
        (
            hostile::truncated(&zip, zip.len() / 2),
            "not a valid zip file",
        ),
        (
            hostile::garbage_after(&zip, &[b'#'; 70_000]),
            "not a valid zip file",
        ),
        (
            hostile::wrong_prefix(&module, "example.com/other@v1.0.0/"),
            "has unexpected file",
        ),
        (
            hostile::case_twin(&module),
            "case-insensitive file name collision",
        ),
        (hostile::duplicate(&module), "multiple entries"),
        (hostile::escaping_name(&module), "invalid path element"),
        (
            hostile::with_name(&module, "/etc/evil"),
            "has unexpected file",
        ),
        (hostile::bomb(&module, 501 << 20), "too large"),
        (
            hostile::lying_bomb(&module, 1 << 20, 1 << 10),
            "not a valid zip file",
        ),
    ];
    for (zip, reason) in cases {
        let output = download(zip).failure();
        assert!(
            output.stderr.contains(reason),
            "expected {reason:?}: {output}"
        );
    }
}

#[test]
fn go_sum_tells_other_content() {
    let module = Module::simple("example.com/bad", "v1.0.0");
    for zip in [
        hostile::other_content(&module),
        hostile::other_go_mod(&module),
    ] {
        let proxy = FakeProxy::start_blocking();
        proxy.add(&module.clone().with_zip(zip));
        let (home, _tripwire) = home_of(&proxy);
        let program = home.program("app", &[("example.com/bad", "v1.0.0")]);
        home.write_go_sum(&program, [&module]);
        let output = home.run_go(&program, &["mod", "download"]).failure();
        assert!(output.stderr.contains("checksum mismatch"), "{output}");
    }
}

#[test]
fn a_dial_of_go_outside_loopback_trips_the_wire() {
    let home = TempHome::new();
    fs::write(home.goenv_file(), "GOPROXY=https://proxy.example.test\n").unwrap();
    let tripwire = Tripwire::start();
    home.watch(&tripwire);
    home.run_go(
        home.path(),
        &["mod", "download", "example.com/hello@v1.0.0"],
    )
    .failure();
    assert!(
        tripwire.dials()[0].starts_with("CONNECT proxy.example.test:443"),
        "{:?}",
        tripwire.dials()
    );
}
