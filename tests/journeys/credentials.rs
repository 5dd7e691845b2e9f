//! `go` through Larder to an upstream that wants to know who asks, and `go` by itself with what Larder keeps.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use test_support::{Behaviour, FakeProxy, Larder, Module, TempHome, TlsFront, Tripwire};

use crate::{bin, point_go_at};

const SECRET: &str = "hunter2-0001";
/// `ann:hunter2-0001`, as Basic authentication sends it.
const BASIC: &str = "Basic YW5uOmh1bnRlcjItMDAwMQ==";

/// A proxy with one module, for those who send this.
fn demanding(authorization: &'static str) -> FakeProxy {
    let proxy = FakeProxy::start_blocking();
    proxy.add(&Module::simple("corp.example/lib", "v1.0.0"));
    proxy.on_match(
        move |request| request.header("Authorization") != Some(authorization),
        Behaviour::status(401, "who are you?"),
    );
    proxy
}

/// Settings whose profile has this upstream, and whose helper for this origin says who asks.
fn settings(home: &TempHome, upstream: &str, origin: &str) {
    let script =
        format!("#!/bin/sh\ncat >/dev/null\nprintf 'username=ann\\npassword={SECRET}\\n'\n");
    let helper = home.write("bin/helper", script);
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o700)).unwrap();
    let text = format!(
        "profile = \"company\"\n[credentials.helpers]\n\"{origin}\" = [\"{}\"]\n[profiles.company]\nupstreams = \"{upstream}\"\nchecksum-database = \"off\"\n",
        helper.display()
    );
    let path = home.write("larder/config/settings.toml", text);
    fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn go_builds_with_an_upstream_that_wants_a_password_and_never_sees_it() {
    let (home, proxy) = (TempHome::new(), demanding(BASIC));
    let tripwire = Tripwire::start();
    home.watch(&tripwire);
    settings(&home, &proxy.url(), &proxy.url());
    let larder = Larder::start(bin(), &home, &["--port", "0"]);
    point_go_at(&home, &larder);
    let project = home.program("hello", &[("corp.example/lib", "v1.0.0")]);
    home.run_go(&project, &["mod", "tidy"]).success();
    let ran = home.run_go(&project, &["run", "."]).success();
    assert!(ran.stderr.contains("ran"), "{ran}");
    // Asked for with it from the first request on.
    let all = proxy.requests();
    assert!(!all.is_empty());
    for request in all {
        assert_eq!(
            request.header("Authorization"),
            Some(BASIC),
            "{}",
            request.path
        );
    }
    assert!(!larder.log().contains(SECRET) && !larder.log().contains(&BASIC[6..]));
    assert!(
        !fs::read_to_string(home.goenv_file())
            .unwrap()
            .contains(SECRET)
    );
    tripwire.assert_untouched();
}

#[test]
fn go_itself_is_given_what_larder_keeps_for_what_it_fetches_over_https() {
    let (home, proxy) = (TempHome::new(), demanding(BASIC));
    let front = TlsFront::start(proxy.addr());
    let ca = home.write("ca.pem", front.ca_pem());
    settings(&home, "off", &front.url());
    let _larder = Larder::start(bin(), &home, &["--port", "0"]);
    let download = |goauth: &str| {
        let mut go = home.go(&["mod", "download", "-x", "corp.example/lib@v1.0.0"]);
        go.env("GOPROXY", front.url())
            .env("GOAUTH", goauth)
            .env("SSL_CERT_FILE", &ca);
        test_support::run(&mut go)
    };
    let refused = download("off").failure();
    assert!(refused.stderr.contains("401"), "{refused}");
    let goauth = format!("{} goauth", bin().display());
    let done = download(&goauth).success();
    assert!(!done.to_string().contains(SECRET), "{done}");
    let shown = proxy.requests();
    let shown = shown
        .iter()
        .filter(|request| request.header("Authorization") == Some(BASIC));
    assert!(shown.count() >= 3, "info, mod and zip");
}
