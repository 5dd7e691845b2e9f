//! `larder env` and the profile: the safety net that hangs behind Larder, and what go was told before.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use test_support::{FakeProxy, Larder, TempHome};

use super::{env_file, go_reads, home, write};
use crate::{bin, json, proxy};

fn with_settings(home: &TempHome, text: &str) {
    home.write("larder/config/settings.toml", text);
    let config = home.larder_home().join("config");
    fs::set_permissions(config, fs::Permissions::from_mode(0o700)).unwrap();
}

/// What Larder wants of a key.
fn wants(report: &Value, key: &str) -> Value {
    let settings = report["settings"].as_array().unwrap();
    let found = settings.iter().find(|setting| setting["key"] == key);
    found.map_or(Value::Null, |setting| setting["wants"].clone())
}

#[test]
fn the_safety_net_hangs_only_where_nothing_is_walked_around() {
    let proxy = proxy();
    let go_default = |home: &TempHome| go_reads(home, "GOPROXY");
    for (settings, hangs) in [
        ("", true),
        ("[profiles.public]\nsafety-net = false\n", false),
        ("[profiles.public]\nchecksum-database = \"off\"\n", false),
        ("[profiles.public]\nprivate = [\"corp.example\"]\n", false),
        (
            "[[profiles.public.rules]]\npatterns = [\"a.example\"]\nupstreams = \"direct\"\n",
            false,
        ),
    ] {
        let home = home();
        let default = go_default(&home);
        with_settings(&home, settings);
        let serving = Larder::start(bin(), &home, &["--port", "0"]);
        serving.run(&["env", "on"]).success();
        let expected = if hangs {
            format!("{}|{default}", serving.goproxy())
        } else {
            serving.goproxy().to_owned()
        };
        assert_eq!(go_reads(&home, "GOPROXY"), expected, "{settings}");
        let shown = json(&serving.run(&["env", "show", "--json"]).success());
        assert_eq!(shown["no_safety_net"].is_null(), hangs, "{shown}");
        // Port 0 and nobody to hold it: GONOPROXY=none is not for such a run.
        assert_ne!(wants(&shown, "GONOPROXY")["value"], "none", "{shown}");
    }
    drop(proxy);
}

#[test]
fn what_go_was_told_becomes_a_profile_first() {
    let proxy: FakeProxy = proxy();
    let home = home();
    let url = proxy.url();
    let told = format!(
        "GOPROXY={url},direct\nGOPRIVATE=corp.example/*,a[\nGONOSUMDB=corp.example/*,example.org\nGOSUMDB=off\n"
    );
    write(&env_file(&home), told.as_bytes(), 0o644);
    let serving = Larder::start(bin(), &home, &["--port", "0"]);
    let on = json(&serving.run(&["env", "on", "--json"]).success());
    assert_eq!(on["taken_over"]["profile"], "company", "{on}");
    assert_eq!(on["profile"], "company");
    let notes = on["notes"].to_string();
    assert!(
        notes.contains("GOPRIVATE") && notes.contains("malformed"),
        "{on}"
    );
    let settings = fs::read_to_string(home.larder_home().join("config/settings.toml")).unwrap();
    for line in [
        "profile = \"company\"",
        "[profiles.company]",
        &format!("upstreams = \"{url},direct\""),
        "checksum-database = \"off\"",
        "private = [\"corp.example/*\"]",
        "private-upstreams = \"direct\"",
        "no-checksum-database = [\"example.org\"]",
    ] {
        assert!(settings.contains(line), "{line} in {settings}");
    }
    assert_eq!(go_reads(&home, "GOPROXY"), serving.goproxy());
    assert_eq!(go_reads(&home, "GOPRIVATE"), "corp.example/*");
    assert_eq!(go_reads(&home, "GOSUMDB"), "off");
    // Larder delivers by it at once.
    let status = json(&serving.run(&["status", "--json"]).success());
    assert_eq!(status["profile"]["name"], "company", "{status}");
    serving.run(&["env", "off"]).success();
    assert_eq!(fs::read(env_file(&home)).unwrap(), told.as_bytes());

    // Again, there is no second profile of the same.
    let again = json(&serving.run(&["env", "on", "--json"]).success());
    assert_eq!(again["taken_over"], Value::Null, "{again}");
    let settings = fs::read_to_string(home.larder_home().join("config/settings.toml")).unwrap();
    assert!(!settings.contains("company-2"), "{settings}");
    serving.run(&["env", "off"]).success();
    // Something else does not get that name.
    write(&env_file(&home), b"GOPROXY=https://other.example\n", 0o644);
    let other = json(&serving.run(&["env", "on", "--json"]).success());
    assert_eq!(other["taken_over"]["profile"], "company-2", "{other}");
}
