//! A company's modules beside public ones: nobody in public hears a private name.

use std::fs;

use test_support::{Behaviour, FakeProxy, Module, Recorded};

use crate::point_go_at;
use crate::verify::Verified;

/// In the names of all that is private, and of nothing else.
const PRIVATE: [&str; 2] = ["corp.example", "hammer"];

/// What was said in a request: its path, its headers, its body.
fn said(request: &Recorded) -> String {
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {:?} {body}", request.path, request.headers)
}

#[track_caller]
fn assert_unheard(who: &str, requests: &[Recorded]) {
    assert!(!requests.is_empty(), "{who} was asked nothing at all");
    for request in requests {
        let said = said(request);
        let leaked = PRIVATE.iter().any(|name| said.contains(name));
        assert!(!leaked, "{who} heard {said}");
    }
}

#[test]
fn a_mixed_build_tells_nobody_a_private_name() {
    let world = Verified::new();
    let (corp, tools) = (FakeProxy::start_blocking(), FakeProxy::start_blocking());
    let open = Module::simple("example.com/open", "v1.0.0");
    world.add(&open);
    // In public, and not in the database.
    let loose = Module::simple("loose.example/m", "v1.0.0");
    world.proxy.add(&loose);
    let needs = [("example.com/open", "v1.0.0")];
    let secret = Module::requiring("corp.example/secret/lib", "v1.1.0", &needs);
    corp.add(&Module::simple("corp.example/secret/lib", "v1.0.0"));
    corp.add(&secret);
    corp.set_query("corp.example/secret/lib", "main", "v1.1.0");
    tools.add(&Module::simple("tools.example/hammer", "v0.1.0"));
    // Somebody has put newer ones of these names in public.
    world
        .proxy
        .add(&Module::simple("corp.example/secret/lib", "v1.9.0"));
    world
        .proxy
        .add(&Module::simple("tools.example/hammer", "v0.9.0"));

    let larder = world.serve_settings(&format!(
        "profile = \"company\"\n\n\
         [profiles.company]\n\
         upstreams = \"{}\"\n\
         checksum-database = \"{}\"\n\
         private = [\"corp.example\"]\n\
         private-upstreams = \"{}\"\n\
         no-checksum-database = \"loose.example\"\n\n\
         [[profiles.company.rules]]\n\
         patterns = [\"tools.example/hammer\"]\n\
         upstreams = \"{}\"\n\
         private = true\n",
        world.proxy.url(),
        world.database.key(),
        corp.url(),
        tools.url()
    ));
    point_go_at(&world.home, &larder);
    let mut go_env = fs::read_to_string(world.home.goenv_file()).unwrap();
    go_env += "GOPRIVATE=corp.example,tools.example/hammer\nGONOPROXY=none\n\
               GONOSUMDB=corp.example,tools.example/hammer,loose.example\n";
    fs::write(world.home.goenv_file(), go_env).unwrap();

    let app = world.home.project(
        "app",
        "-- go.mod --\nmodule example.test/app\n\ngo 1.24\n\
         -- main.go --\npackage main\n\n\
         import _ \"corp.example/secret/lib\"\n\
         import _ \"example.com/open\"\n\
         import _ \"loose.example/m\"\n\
         import _ \"tools.example/hammer\"\n\n\
         func main() {}\n",
    );
    for args in [
        &["mod", "tidy"][..],
        &["run", "."],
        &["mod", "download"],
        &["get", "corp.example/secret/lib@latest"],
        &["get", "corp.example/secret/lib@main"],
        &["get", "tools.example/hammer@v0.1.0"],
        &["list", "-m", "-u", "all"],
        &["list", "-m", "-versions", "tools.example/hammer"],
    ] {
        world.home.run_go(&app, args).success();
    }
    for args in [
        &["get", "corp.example/secret/nowhere@latest"][..],
        &["get", "corp.example/secret/lib/deep/er@v1.1.0"],
        &["get", "tools.example/hammer/nowhere@v7.0.0"],
    ] {
        world.home.run_go(&app, args).failure();
    }
    let go_mod = fs::read_to_string(app.join("go.mod")).unwrap();
    for line in [
        "corp.example/secret/lib v1.1.0",
        "tools.example/hammer v0.1.0",
    ] {
        assert!(go_mod.contains(line), "{go_mod}");
    }

    // Somebody whose go env does not say what is private: told so, and nobody else is.
    let careless = world.client("careless");
    let mut go = careless.go("", &["mod", "download", "corp.example/secret/lib@v1.0.0"]);
    let refused = test_support::run(go.env("GONOSUMDB", "none").env("GOPRIVATE", "none"));
    let refused = refused.failure();
    for part in ["403", "private in this profile", "GONOSUMDB"] {
        assert!(refused.stderr.contains(part), "{part} not in {refused}");
    }

    larder.terminate();
    assert_unheard("the public proxy", &world.proxy.requests());
    assert_unheard("the checksum database", &world.database.requests());
    world.tripwire.assert_untouched();
    // Everybody was asked for what is theirs.
    let asked = |proxy: &FakeProxy, module: &str| {
        let paths = proxy.paths();
        paths.iter().any(|path| path.contains(module))
    };
    assert!(asked(&corp, "corp.example/secret/lib/@v/v1.1.0.zip"));
    assert!(!asked(&corp, "hammer"), "{:?}", corp.paths());
    assert!(asked(&tools, "tools.example/hammer/@v/v0.1.0.zip"));
    assert!(!asked(&tools, "corp.example"), "{:?}", tools.paths());
    assert!(asked(&world.proxy, "loose.example/m/@v/v1.0.0.zip"));
    let lookups = world.database.asked_of("/lookup/");
    assert_eq!(lookups, ["/lookup/example.com/open@v1.0.0"]);
}

#[test]
fn a_private_name_is_redirected_to_no_one_whom_nobody_has_named() {
    let world = Verified::new();
    let (corp, storage) = (FakeProxy::start_blocking(), FakeProxy::start_blocking());
    let secret = Module::simple("corp.example/secret/lib", "v1.0.0");
    for proxy in [&corp, &storage, &world.proxy] {
        proxy.add(&secret);
    }
    let zip = secret.url_path("zip");
    corp.on(&zip, Behaviour::redirect(&world.proxy.url_of(&zip), 302));
    let larder = world.serve_settings(&format!(
        "profile = \"company\"\n\n[profiles.company]\nupstreams = \"{}\"\n\
         checksum-database = \"{}\"\nprivate = \"corp.example\"\nprivate-upstreams = \"{}\"\n",
        world.proxy.url(),
        world.database.key(),
        corp.url(),
    ));
    let client = world.client("client");
    let download = || {
        let args = ["mod", "download", "corp.example/secret/lib@v1.0.0"];
        let mut go = client.go(larder.goproxy(), &args);
        test_support::run(go.env("GONOSUMDB", "corp.example"))
    };
    let refused = download().failure();
    let mend = format!("--private-redirect {}", world.proxy.url());
    for part in ["502", "private", &mend] {
        assert!(refused.stderr.contains(part), "{part} not in {refused}");
    }
    assert_eq!(world.proxy.paths(), [""; 0]);

    // To its own store, once somebody has said so; the signature of the URL comes along.
    let signed = format!("{}?sig=1", storage.url_of(&zip));
    corp.on(&zip, Behaviour::redirect(&signed, 307));
    download().failure();
    assert_eq!(storage.paths(), [""; 0]);
    let edit = ["profile", "edit", "company", "--private-redirect"];
    larder
        .run(&[&edit[..], &[&storage.url()]].concat())
        .success();
    download().success();
    assert_eq!(storage.paths(), [format!("{zip}?sig=1")]);
    assert_eq!(world.proxy.paths(), [""; 0]);
    world.tripwire.assert_untouched();
}

#[test]
fn private_modules_with_no_place_are_asked_of_nobody() {
    let world = Verified::new();
    let settings = format!(
        "profile = \"careful\"\n\n[profiles.careful]\nupstreams = \"{}\"\n\
         checksum-database = \"{}\"\nprivate = \"corp.example\"\n",
        world.proxy.url(),
        world.database.key(),
    );
    let larder = world.serve_settings(&settings);
    let client = world.client("client");
    for query in ["v1.0.0", "latest", "main"] {
        let module = format!("corp.example/secret/lib@{query}");
        let mut go = client.go(larder.goproxy(), &["mod", "download", &module]);
        let refused = test_support::run(go.env("GONOSUMDB", "corp.example")).failure();
        assert!(refused.stderr.contains("private-upstreams"), "{refused}");
    }
    larder.terminate();
    assert_eq!(world.proxy.paths(), [""; 0]);
    assert_eq!(world.database.asked(), [""; 0]);
    world.tripwire.assert_untouched();
}
