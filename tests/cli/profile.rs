//! `larder profile`: profiles are listed, added, changed, shared and removed; nonsense changes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use test_support::{FakeProxy, Larder, Module, TempHome, run};

use crate::{bin, larder};

/// The one JSON document that a command prints.
#[track_caller]
pub(crate) fn asked(home: &TempHome, args: &[&str]) -> Value {
    crate::json(&larder(home, args).success())
}

/// Writes the settings of a home.
pub(crate) fn settings(home: &TempHome, text: &str) {
    let path = home.write("larder/config/settings.toml", text);
    fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
}

pub(crate) fn written(home: &TempHome) -> Option<String> {
    fs::read_to_string(home.larder_home().join("config/settings.toml")).ok()
}

/// Serves by the settings of the home.
#[track_caller]
pub(crate) fn serve(home: &TempHome) -> Larder {
    Larder::start(bin(), home, &["--port", "0"])
}

/// Settings with a profile for each of these fakes, and no database; the first is `public`.
pub(crate) fn profiles(of: &[(&str, &FakeProxy)]) -> String {
    let tables = of.iter().map(|(name, proxy)| {
        format!(
            "[profiles.{name}]\nupstreams = \"{}\"\nchecksum-database = \"off\"\n",
            proxy.url()
        )
    });
    tables.collect()
}

/// A fake proxy with one module.
pub(crate) fn proxy_of(path: &str) -> FakeProxy {
    let proxy = FakeProxy::start_blocking();
    proxy.add(&Module::simple(path, "v1.0.0"));
    proxy
}

/// Does the same without an instance and with one.
fn either_way(test: impl Fn(&TempHome)) {
    let home = TempHome::new();
    test(&home);
    let (home, proxy) = (TempHome::new(), crate::proxy());
    let _running = crate::serve(&home, &proxy);
    test(&home);
}

#[test]
fn a_profile_is_added_changed_and_removed() {
    either_way(|home| {
        let added = larder(
            home,
            &[
                "profile",
                "add",
                "company",
                "--upstreams",
                "https://proxy.corp.example,direct",
                "--checksum-database",
                "off",
                "--private",
                "corp.example/*,github.com/acme",
                "--private-upstreams",
                "https://athens.corp.example",
                "--no-checksum-database",
                "example.org",
                "--rule",
                "example.net/a -> public",
                "--private-rule",
                "github.com/acme/tools -> https://tools.corp.example",
            ],
        )
        .success();
        assert!(
            added.stdout.contains("Use it: larder use company"),
            "{added}"
        );
        let text = written(home).unwrap();
        assert!(
            text.contains("[profiles.company]") && text.contains("# "),
            "{text}"
        );

        let shown = asked(home, &["profile", "show", "company", "--json"]);
        let expected = json!({
            "name": "company",
            "in_force": false,
            "upstreams": "https://proxy.corp.example,direct",
            "checksum_database": "off",
            "private": ["corp.example/*", "github.com/acme"],
            "private_upstreams": "https://athens.corp.example",
            "no_checksum_database": ["example.org"],
            "rules": [
                { "patterns": ["example.net/a"], "to": "public", "upstreams": null, "private": false },
                { "patterns": ["github.com/acme/tools"], "to": null, "upstreams": "https://tools.corp.example", "private": true },
            ],
        });
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&shown[key], value, "{key}");
        }

        let edit = |args: &[&str]| {
            asked(
                home,
                &[&["profile", "edit", "company", "--json"], args].concat(),
            )
        };
        let edited = edit(&[
            "--remove-private",
            "github.com/acme",
            "--remove-rule",
            "1",
            "--private",
            "x.example",
        ]);
        assert_eq!(
            edited["profile"]["private"],
            json!(["corp.example/*", "x.example"])
        );
        assert_eq!(edited["profile"]["rules"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&edited["changed"], &edited["is_new"]),
            (&json!(true), &json!(false))
        );
        let again = edit(&["--private", "x.example"]);
        assert_eq!(again["changed"], false);
        let reset = edit(&[
            "--default",
            "upstreams",
            "--default",
            "private",
            "--private",
            "y.example",
        ]);
        assert_eq!(
            (&reset["profile"]["upstreams"], &reset["profile"]["private"]),
            (&Value::Null, &json!(["y.example"]))
        );
        let first = edit(&["--first", "--rule", "example.net/z -> public"]);
        assert_eq!(first["profile"]["rules"][0]["patterns"][0], "example.net/z");

        let listed = asked(home, &["profile", "list", "--json"]);
        let names: Vec<&Value> = listed["profiles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["name"])
            .collect();
        assert_eq!(names, ["public", "company"]);
        assert_eq!(listed["profiles"][0]["in_force"], true);

        let removed = larder(home, &["profile", "remove", "company"]).success();
        assert_eq!(removed.stdout, "company is removed.\n");
        larder(home, &["profile", "show", "company"]).code(1);
    });
}

#[test]
fn who_has_a_star_behind_the_host_is_told_that_the_host_itself_is_public() {
    either_way(|home| {
        let add = |name: &str, patterns: &str| {
            let upstreams = ["--upstreams", "off", "--private-upstreams", "direct"];
            let args = ["profile", "add", name, "--private", patterns];
            larder(home, &[&args[..], &upstreams].concat())
                .success()
                .stderr
        };
        let told = add("a", "corp.example/*,github.com/acme");
        let note =
            "corp.example/* is not for corp.example itself; corp.example as a pattern is for both";
        assert!(
            told.contains(note) && told.matches("note:").count() == 1,
            "{told}"
        );
        assert_eq!(add("b", "corp.example,*.corp.example/*"), "");
        assert_eq!(add("c", "corp.example,corp.example/*"), "");
        let edited = ["profile", "edit", "b", "--private", "example.org/team/*/"];
        let told = larder(home, &edited).success().stderr;
        assert!(
            told.contains("is not for example.org/team itself"),
            "{told}"
        );
    });
}

#[test]
fn nonsense_changes_nothing_on_disk_nor_in_force() {
    either_way(|home| {
        larder(
            home,
            &["profile", "add", "company", "--private", "corp.example"],
        )
        .success();
        larder(
            home,
            &["profile", "add", "other", "--rule", "a.example -> company"],
        )
        .success();
        larder(home, &["use", "company"]).success();
        let before = (
            written(home),
            crate::json(&larder(home, &["status", "--json"]))["profile"].clone(),
        );
        let add = |args: &[&'static str]| [&["profile", "add", "new"], args].concat();
        let edit = |args: &[&'static str]| [&["profile", "edit", "company"], args].concat();
        for (args, code, says) in [
            (vec!["profile"], 2, "Usage"),
            (vec!["profile", "add"], 2, "<NAME>"),
            (
                vec!["profile", "add", "company"],
                2,
                "there is a profile company already",
            ),
            (vec!["profile", "add", "Company"], 2, "a-z, 0-9"),
            (vec!["profile", "add", "off"], 2, "means something else"),
            (
                add(&["--upstreams", "ftp://a.example"]),
                2,
                "https, http or file",
            ),
            (add(&["--upstreams", ""]), 2, "no entries"),
            (
                add(&["--upstreams", "http://ann:pw@a.example"]),
                2,
                "plain http",
            ),
            (add(&["--private-upstreams", "nonsense"]), 2, "no scheme"),
            (add(&["--checksum-database", "sums.example.com"]), 2, "key"),
            (add(&["--private", "https://a.example"]), 2, "not addresses"),
            (add(&["--private", "a.example b.example"]), 2, "spaces"),
            (add(&["--private", "*"]), 2, "golang.org/toolchain"),
            (add(&["--no-checksum-database", "{a,b}"]), 2, "braces"),
            (add(&["--rule", "a.example"]), 2, "arrow"),
            (
                add(&["--rule", "a.example -> nobody"]),
                2,
                "there is no profile nobody",
            ),
            (
                add(&["--private-rule", "a.example -> public"]),
                2,
                "that is public",
            ),
            (edit(&[]), 2, "nothing was said"),
            (edit(&["--remove-rule", "1"]), 2, "there is no rule 1"),
            (edit(&["--remove-rule", "x"]), 2, "invalid value"),
            (
                edit(&["--remove-private", "b.example"]),
                2,
                "not a private pattern",
            ),
            (edit(&["--default", "everything"]), 2, "invalid value"),
            (
                edit(&["--default", "upstreams", "--upstreams", "off"]),
                2,
                "set and reset",
            ),
            (
                edit(&["--rule", "a.example -> company"]),
                2,
                "its own profile",
            ),
            (
                vec!["profile", "edit", "nobody", "--private", "a.example"],
                1,
                "there is no profile \"nobody\"",
            ),
            (vec!["profile", "show", "nobody"], 1, "there is no profile"),
            (
                vec!["profile", "export", "nobody"],
                1,
                "there is no profile",
            ),
            (
                vec!["profile", "remove", "nobody"],
                1,
                "there is no profile",
            ),
            (vec!["profile", "remove", "company"], 2, "in force"),
            (
                vec!["profile", "import", "/nowhere.toml"],
                2,
                "can't be read",
            ),
            (vec!["use"], 2, "Usage"),
            (vec!["use", "nobody"], 1, "there is no profile"),
            (
                vec!["use", "other", "--auto", "other,public"],
                2,
                "cannot be used with",
            ),
            (vec!["use", "--auto", "other"], 2, "nothing to choose"),
            (vec!["use", "--auto", "other,other"], 2, "named twice"),
            (
                vec!["use", "--auto", "other,nobody"],
                1,
                "there is no profile",
            ),
        ] {
            let refused = larder(home, &args).code(code);
            assert_eq!(refused.stdout, "", "{refused}");
            assert!(refused.stderr.contains(says), "{args:?}: {refused}");
            let is_helpful = refused.stderr.contains("hint: ") || refused.stderr.contains("--help");
            assert!(
                is_helpful && !refused.stderr.contains("pw@"),
                "{args:?}: {refused}"
            );
        }
        larder(home, &["use", "public"]).success();
        let led_to = larder(home, &["profile", "remove", "company"]).code(2);
        assert!(
            led_to.stderr.contains("a rule of profile other leads to"),
            "{led_to}"
        );
        larder(home, &["use", "company"]).success();
        let after = (
            written(home),
            crate::json(&larder(home, &["status", "--json"]))["profile"].clone(),
        );
        assert_eq!(after, before);

        let as_json = larder(
            home,
            &["profile", "edit", "company", "--private", "*", "--json"],
        )
        .code(2);
        let error: Value = serde_json::from_str(&as_json.stderr).unwrap();
        assert_eq!(error["error"]["code"], "bad-input");
    });
}

#[test]
fn a_private_list_with_one_of_gos_own_upstreams_is_refused() {
    let home = TempHome::new();
    let go = run(home.go(&["env", "GOPROXY"]).env("GOENV", "off")).success();
    let public = go.stdout.trim().split(',').next().unwrap().to_owned();
    assert!(public.starts_with("https://"), "{go}");
    let list = format!("https://athens.corp.example|{public}/");
    let refused = larder(
        &home,
        &["profile", "add", "company", "--private-upstreams", &list],
    )
    .code(2);
    let host = public.trim_start_matches("https://");
    assert!(
        refused.stderr.contains(host) && refused.stderr.contains("that is public"),
        "{refused}"
    );
    let rule = format!("corp.example -> {public}");
    larder(
        &home,
        &["profile", "add", "company", "--private-rule", &rule],
    )
    .code(2);
    assert_eq!(written(&home), None);

    // What somebody has written by hand is theirs to say; but it is told.
    let by_hand = format!(
        "profile = \"company\"\n[profiles.company]\nupstreams = \"off\"\nchecksum-database = \"off\"\nprivate = \"corp.example\"\nprivate-upstreams = \"{public}\"\n"
    );
    let other = TempHome::new();
    settings(&other, &by_hand);
    let running = serve(&other);
    let status = asked(&other, &["status", "--json"]);
    let warning = status["warnings"][0].as_str().unwrap();
    assert!(
        warning.contains(host) && warning.contains("that is public"),
        "{status}"
    );
    drop(running);

    // Nor by the profile that a rule leads to.
    larder(
        &home,
        &[
            "profile",
            "add",
            "mirror",
            "--upstreams",
            "https://mirror.example.com",
        ],
    )
    .success();
    larder(
        &home,
        &[
            "profile",
            "add",
            "company",
            "--private-rule",
            "corp.example -> mirror",
        ],
    )
    .success();
    for args in [
        &["--upstreams", public.as_str()][..],
        &["--default", "upstreams"],
    ] {
        let refused = larder(&home, &[&["profile", "edit", "mirror"], args].concat()).code(2);
        assert!(
            refused.stderr.contains("rule 1 of profile company"),
            "{refused}"
        );
    }
}

#[test]
fn an_export_holds_no_secret_and_is_taken_in_elsewhere() {
    let home = TempHome::new();
    settings(
        &home,
        r#"
[profiles.mirror]
upstreams = "https://me:hunter2@mirror.example.com"
[profiles.company]
upstreams = "https://me:hunter2@proxy.corp.example/go?key=hunter2,direct"
checksum-database = "off"
private = ["corp.example/*"]
private-upstreams = "https://hunter2@athens.corp.example"
[[profiles.company.rules]]
patterns = "example.net"
to = "mirror"
[[profiles.company.rules]]
patterns = "example.org"
to = "public"
"#,
    );
    let file = home.path().join("team.toml");
    let file = file.to_str().unwrap();
    let exported = larder(&home, &["profile", "export", "company", "-o", file]).success();
    assert!(
        exported.stderr.contains("Left out of `upstreams`"),
        "{exported}"
    );
    let text = fs::read_to_string(file).unwrap();
    assert!(
        text.starts_with("# A profile of Larder") && text.contains("# Left out of a rule"),
        "{text}"
    );
    for output in [
        format!("{exported} {text}"),
        larder(&home, &["profile", "export", "company"])
            .success()
            .to_string(),
        larder(&home, &["profile", "export", "company", "--json"])
            .success()
            .to_string(),
        larder(&home, &["profile", "show", "company"])
            .success()
            .to_string(),
        larder(&home, &["profile", "list", "--json"])
            .success()
            .to_string(),
    ] {
        assert!(!output.contains("hunter2"), "{output}");
    }

    let elsewhere = TempHome::new();
    let taken = larder(&elsewhere, &["profile", "import", file]).success();
    assert!(taken.stdout.starts_with("company\n"), "{taken}");
    let shown = asked(&elsewhere, &["profile", "show", "company", "--json"]);
    assert_eq!(shown["upstreams"], "https://proxy.corp.example/go,direct");
    assert_eq!(shown["private_upstreams"], "https://athens.corp.example");
    assert_eq!(shown["rules"][0]["upstreams"], "https://mirror.example.com");
    assert_eq!(shown["rules"][1]["to"], "public");

    // It is whole in itself: exported again it is the same but for what was left out.
    let again = larder(&elsewhere, &["profile", "export", "company"])
        .success()
        .stdout;
    let table = |text: &str| text[text.find('[').unwrap()..].to_owned();
    assert_eq!(table(&again), table(&text));

    let before = written(&elsewhere);
    let there = larder(&elsewhere, &["profile", "import", file]).code(2);
    assert!(
        there.stderr.contains("already") && there.stderr.contains("--replace"),
        "{there}"
    );
    for (bad, says) in [
        ("", "holds 0 profiles"),
        ("[profiles.a]\n[profiles.b]\n", "holds 2 profiles"),
        (
            "port = 3\n[profiles.a]\n",
            "team.toml:1:1: Larder knows no setting `port`",
        ),
        (
            "[profiles.a]\nprivat = \"x.example\"\n",
            "team.toml:2:1: Larder knows no setting `profiles.a.privat`",
        ),
        ("[profiles.a]\nprivate = \"*\"\n", "team.toml:2:11: "),
        ("[profiles.A]\n", "team.toml:1:11: "),
        ("[profiles.off]\n", "means something else"),
        (
            "[profiles.a]\n[[profiles.a.rules]]\npatterns = \"x.example\"\nto = \"b\"\n",
            "there is no profile b",
        ),
        (
            "[profiles.a]\n[[profiles.a.rules]]\npatterns = \"x.example\"\nto = \"public\"\nprivate = true\n",
            "that is public",
        ),
        (
            "[profiles.a]\nupstreams = \"http://me:pw@a.example\"\n",
            "plain http",
        ),
    ] {
        fs::write(file, bad).unwrap();
        let refused = larder(&elsewhere, &["profile", "import", file]).code(2);
        assert!(
            refused.stderr.contains(says) && refused.stderr.contains("hint: "),
            "{bad}: {refused}"
        );
    }
    assert_eq!(written(&elsewhere), before);
    fs::write(file, &text).unwrap();
    larder(&elsewhere, &["profile", "import", file, "--name", "second"]).success();
    larder(&elsewhere, &["profile", "import", file, "--replace"]).success();
}
