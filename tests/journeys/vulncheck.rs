//! The real govulncheck on a kept database, with no network: what it says of a program that calls what is vulnerable.

use std::fs;
use std::path::Path;
use std::time::Duration;

use test_support::{
    FakeProxy, Larder, Module, TempHome, Tripwire, VulnerabilityDb, install_govulncheck,
};

use crate::{bin, point_go_at};

/// A module whose `Open` is vulnerable before v1.1.0, and whose `Close` is not.
fn hole(version: &str) -> Module {
    let code = "package hole\n\n// Open is vulnerable.\nfunc Open() string { return \"open\" }\n\n// Close is not.\nfunc Close() string { return \"closed\" }\n";
    Module::simple("example.com/hole", version).file("hole.go", code)
}

fn program(home: &TempHome, name: &str, version: &str, calls: &str) -> std::path::PathBuf {
    home.project(
        name,
        &format!(
            "-- go.mod --\nmodule example.test/{name}\n\ngo 1.24\n\nrequire example.com/hole {version}\n-- main.go --\npackage main\n\nimport \"example.com/hole\"\n\nfunc main() {{ println(hole.{calls}()) }}\n"
        ),
    )
}

fn vulncheck(home: &TempHome, project: &Path, args: &[&str]) -> test_support::Output {
    let mut command = home.larder(bin());
    command.arg("vulncheck").args(args).current_dir(project);
    test_support::run_within(&mut command, Duration::from_secs(300))
}

#[test]
fn govulncheck_reports_what_is_called_offline_and_only_that() {
    let home = TempHome::new();
    install_govulncheck(&home, bin());

    let proxy = FakeProxy::start_blocking();
    proxy.add(&hole("v1.0.0"));
    proxy.add(&hole("v1.1.0"));
    let tripwire = Tripwire::start();
    home.watch(&tripwire);
    let args = ["--port", "0", "--upstreams", &proxy.url(), "--sumdb", "off"];
    let larder = Larder::start(bin(), &home, &args);
    point_go_at(&home, &larder);
    let given = home.path().join("given");
    VulnerabilityDb::new()
        .entry("GO-2024-0001", "example.com/hole", "1.1.0", &["Open"])
        .entry("GO-2024-0002", "example.com/elsewhere", "2.0.0", &["Run"])
        .write_to(&given);
    larder
        .run(&["vulndb", "import", given.to_str().unwrap()])
        .success();
    let calls = program(&home, "calls", "v1.0.0", "Open");
    let spares = program(&home, "spares", "v1.0.0", "Close");
    let mended = program(&home, "mended", "v1.1.0", "Open");
    for project in [&calls, &spares, &mended] {
        home.run_go(project, &["mod", "tidy"]).success();
    }

    // From here on nothing is reached: the upstream is down, and what is not on loopback trips.
    proxy.stop();
    home.fresh_modcache();
    let found = vulncheck(&home, &calls, &["./..."]).code(3);
    for says in [
        "GO-2024-0001",
        "example.com/hole@v1.0.0",
        "example.com/hole@v1.1.0",
        "hole.Open",
    ] {
        assert!(found.stdout.contains(says), "{found} does not say {says}");
    }
    assert!(!found.stdout.contains("GO-2024-0002"), "{found}");
    let spared = vulncheck(&home, &spares, &["./..."]).success();
    assert!(
        spared.stdout.contains("No vulnerabilities found"),
        "{spared}"
    );
    vulncheck(&home, &mended, &["./..."]).success();

    // Arguments go through as they are, and no instance is needed.
    larder.terminate();
    fs::write(home.goenv_file(), "GOPROXY=off\n").unwrap();
    let json = vulncheck(&home, &calls, &["-json", "./..."]).success();
    assert!(json.stdout.contains("\"GO-2024-0001\""), "{json}");
    tripwire.assert_untouched();
}
