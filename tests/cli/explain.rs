//! `larder explain`: which rule, upstreams, database and tree, and why; and nobody is asked.

use serde_json::{Value, json};
use test_support::{FakeDatabase, FakeProxy, Module, TempHome, http};

use crate::profile::{asked, profiles, proxy_of, serve, settings};
use crate::{fetch, larder, until};

const HELLO: &str = "example.com/hello";

/// What explain says about a module.
#[track_caller]
fn explain(home: &TempHome, module: &str) -> Value {
    asked(home, &["explain", module, "--json"])
}

#[test]
fn of_every_path_it_says_where_it_goes_and_why_and_asks_nobody() {
    let (public, company, tools) = (
        FakeProxy::start_blocking(),
        FakeProxy::start_blocking(),
        FakeProxy::start_blocking(),
    );
    let home = TempHome::new();
    let text = format!(
        "profile = \"company\"\n{}private = [\"corp.example/*\"]\nno-checksum-database = \"example.org\"\n\
         [[profiles.company.rules]]\npatterns = \"example.net,example.org/x\"\nto = \"public\"\n\
         [[profiles.company.rules]]\npatterns = \"github.com/acme/*\"\nupstreams = \"{}|off\"\nprivate = true\n",
        profiles(&[("public", &public), ("company", &company)]),
        tools.url(),
    );
    // With a database of its own, which nobody passes on.
    let database = FakeDatabase::start_blocking("sums.example.com");
    let text = text.replacen("[profiles.company]", "[profiles.company] # here", 1);
    let (head, rest) = text.split_once("[profiles.company] # here").unwrap();
    let rest = rest.replacen(
        "checksum-database = \"off\"",
        &format!("checksum-database = \"{}\"", database.gosumdb_at_url()),
        1,
    );
    settings(&home, &format!("{head}[profiles.company]{rest}"));

    let test = || {
        let name = |proxy: &FakeProxy| proxy.addr().to_string();
        for (module, expected) in [
            (
                "example.com/hello",
                json!({ "private": null, "rule": null, "upstreams": [name(&company)], "database": "sums.example.com", "covered": true, "sumdb": true }),
            ),
            (
                "example.net/x/y@v1.0.0",
                json!({ "private": null, "rule": { "number": 1, "pattern": "example.net", "to": "public", "private": false }, "upstreams": [name(&public)], "covered": true, "sumdb": true }),
            ),
            (
                "example.org/x@latest",
                json!({ "rule": { "number": 1, "pattern": "example.org/x", "to": "public", "private": false }, "upstreams": [name(&public)], "covered": false, "sumdb": false }),
            ),
            (
                "corp.example/secret",
                json!({ "private": { "pattern": "corp.example/*", "profile": "company" }, "rule": null, "upstreams": [], "covered": false, "sumdb": false, "trees": [] }),
            ),
            (
                "github.com/acme/tool@v1.2.3",
                json!({ "private": { "pattern": "github.com/acme/*", "profile": "company" }, "rule": { "number": 2, "pattern": "github.com/acme/*", "to": null, "private": true }, "upstreams": [name(&tools)], "covered": false, "sumdb": false }),
            ),
        ] {
            let explained = explain(&home, module);
            for (key, value) in expected.as_object().unwrap() {
                assert_eq!(&explained[key], value, "{module}: {key} of {explained}");
            }
            for key in ["upstreams_because", "database_because", "sumdb_because"] {
                assert!(
                    !explained[key].as_str().unwrap().is_empty(),
                    "{module}: {key}"
                );
            }
            assert_eq!(explained["profile"], "company");
            assert_eq!(explained["kept"], json!([]));
            let text = larder(&home, &["explain", module]).success().stdout;
            assert!(text.starts_with(&format!("{module}\n")), "{text}");
        }
        let nowhere = larder(&home, &["explain", "corp.example/secret"])
            .success()
            .stdout;
        assert!(nowhere.contains("comes from      nowhere"), "{nowhere}");
        for bad in [
            "",
            "example",
            "example.com/x@",
            "example.com/x@v2.0.0",
            "../x",
            "https://example.com/x",
        ] {
            let refused = larder(&home, &["explain", bad]).code(2);
            assert!(refused.stderr.contains("hint: "), "{bad}: {refused}");
        }
    };
    test();
    let running = serve(&home);
    test();
    drop(running);
    for proxy in [&public, &company, &tools] {
        assert_eq!(proxy.paths(), Vec::<String>::new());
    }
    assert_eq!(database.asked(), Vec::<String>::new());
}

#[test]
fn it_says_what_is_kept_and_how_sure_that_is() {
    let (proxy, database) = (
        proxy_of(HELLO),
        FakeDatabase::start_blocking("sums.example.com"),
    );
    let module = Module::simple(HELLO, "v1.0.0");
    database.add_module(&module);
    database.publish();
    proxy.offer(&database);
    let home = TempHome::new();
    let covered = format!(
        "[profiles.public]\nupstreams = \"{url}\"\nchecksum-database = \"{sumdb}\"\n[profiles.bare]\nupstreams = \"{url}\"\nchecksum-database = \"off\"\n",
        url = proxy.url(),
        sumdb = database.gosumdb(),
    );
    settings(&home, &covered);
    let running = serve(&home);
    fetch(&running, HELLO, "v1.0.0");
    proxy.clear_log();

    let explained = explain(&home, &format!("{HELLO}@v1.0.0"));
    let of = |kind: &str, explained: &Value| {
        let kept = explained["kept"].as_array().unwrap();
        kept.iter()
            .find(|file| file["kind"] == kind)
            .cloned()
            .unwrap_or_else(|| panic!("{kind}: {explained}"))
    };
    let zip = of("zip", &explained);
    assert_eq!(
        zip["standing"],
        json!({ "is": "verified", "by": "sums.example.com" })
    );
    assert_eq!(zip["h1"], module.zip_h1());
    assert_eq!(zip["tree"], explained["trees"][0]);
    assert_eq!(of("info", &explained)["standing"]["is"], "uncovered");
    let versions = explain(&home, HELLO);
    assert_eq!(versions["kept"].as_array().unwrap().len(), 3, "{versions}");

    // Under another profile it is not looked for there.
    running.run(&["use", "bare"]).success();
    let other = explain(&home, &format!("{HELLO}@v1.0.0"));
    let kept = other["kept"].as_array().unwrap();
    assert!(kept.iter().all(|file| file["kind"] == "info"), "{other}");
    assert_eq!(other["elsewhere"], explained["trees"], "{other}");
    assert_eq!(proxy.paths(), Vec::<String>::new());
    let zip = format!("{}/{HELLO}/@v/v1.0.0.zip", running.goproxy());
    assert_eq!(http::get(&zip).whole(), module.zip());
    let look = || explain(&home, &format!("{HELLO}@v1.0.0"));
    until("its zip is kept", || {
        let kept = look()["kept"].as_array().unwrap().clone();
        kept.iter().any(|file| file["kind"] == "zip")
    });
    let pinned = of("zip", &look());
    assert_eq!(pinned["standing"]["is"], "pinned", "{pinned}");
    assert_eq!(pinned["h1"], module.zip_h1());
}

#[test]
fn where_larder_is_to_choose_it_says_for_which_profile_it_speaks() {
    let (company, public) = (FakeProxy::start_blocking(), FakeProxy::start_blocking());
    let home = TempHome::new();
    let text = profiles(&[("public", &public), ("company", &company)]);
    settings(
        &home,
        &format!("profile = [\"company\", \"public\"]\n{text}"),
    );
    let explained = explain(&home, HELLO);
    assert_eq!(explained["profile"], "company");
    let note = explained["notes"][0].as_str().unwrap();
    assert!(
        note.contains("will choose") && note.contains("company, public"),
        "{note}"
    );
    assert_eq!((company.paths().len(), public.paths().len()), (0, 0));
    company.stop();
    let running = serve(&home);
    let explained = explain(&home, HELLO);
    assert_eq!(explained["profile"], "public");
    assert!(
        explained["automatic"]
            .as_str()
            .unwrap()
            .contains("company does not answer"),
        "{explained}"
    );
    drop(running);
}
