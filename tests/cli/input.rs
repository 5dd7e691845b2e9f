//! Input that makes no sense: a code of its own, a reason, a way out, and nothing changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use test_support::{TempHome, run};

use crate::{bin, larder};

#[test]
fn each_command_refuses_nonsense() {
    let home = TempHome::new();
    for args in [
        &["nonsense"][..],
        &["serve", "--port", "65536"],
        &["serve", "--port", "http"],
        &["serve", "--log-format", "xml"],
        &["serve", "extra"],
        &["serve", "--upstreams", "", "--sumdb", "off"],
        &[
            "serve",
            "--upstreams",
            "ftp://example.com",
            "--sumdb",
            "off",
        ],
        &["serve", "--upstreams", "off", "--sumdb", ""],
        &["goproxy", "extra"],
        &["status", "extra"],
        &["stop", "--now"],
        &["token"],
        &["token", "forget"],
        &["log", "-n", "-1"],
        &["log", "-n", "10001"],
        &["log", "-n", "many"],
        &["cache"],
        &["cache", "list", "a["],
        &["cache", "size", "a["],
        &["cache", "clear", "a["],
        &["cache", "verify", "example.com"],
        &["cache", "clear"],
        &["completions"],
        &["completions", "nonsense"],
        &["man", "--dir"],
        &["status", "--color", "pink"],
    ] {
        let refused = larder(&home, args).code(2);
        assert_eq!(refused.stdout, "", "{refused}");
        assert!(
            refused.stderr.contains("error: ") || refused.stderr.contains("Usage: "),
            "{refused}"
        );
    }
    assert!(!home.larder_home().join("config/settings.toml").exists());
}

#[test]
fn with_json_an_error_is_an_object() {
    let home = TempHome::new();
    for args in [
        &["cache", "list", "a[", "--json"][..],
        &["cache", "clear", "--json"],
    ] {
        let refused = larder(&home, args).code(2);
        let error: Value = serde_json::from_str(&refused.stderr).unwrap();
        assert_eq!(error["error"]["code"], "bad-input", "{refused}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
        assert!(!error["error"]["hints"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_broken_settings_file_is_named_to_the_column_and_left_alone() {
    let home = TempHome::new();
    let text = "# mine\nport = 4700\nfresh-for = 60 # seconds?\n";
    let path = home.write("larder/config/settings.toml", text);
    fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    for args in [
        &["serve"][..],
        &["cache", "list"],
        &["status"],
        &["token", "rotate"],
    ] {
        let refused = larder(&home, args).code(6);
        assert!(refused.stderr.contains("settings.toml:3:13: "), "{refused}");
        assert!(refused.stderr.contains("`fresh-for`"), "{refused}");
        assert_eq!(refused.stdout, "");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn an_unknown_setting_is_warned_about() {
    let home = TempHome::new();
    let path = home.write("larder/config/settings.toml", "prot = 4700\n");
    fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    let status = larder(&home, &["status"]).code(3);
    assert!(
        status.stdout.contains("warning: ") && status.stdout.contains("`prot`"),
        "{status}"
    );
}

#[test]
fn the_environment_is_looked_at_too() {
    let home = TempHome::new();
    let relative = run(home.larder(bin()).arg("status").env("LARDER_HOME", "here"));
    assert!(relative.code(2).stderr.contains("LARDER_HOME is here"));
    let loud = run(home
        .larder(bin())
        .arg("serve")
        .env("LARDER_LOG", "larder=loud"));
    assert!(
        loud.code(2)
            .stderr
            .contains("LARDER_LOG is \"larder=loud\"")
    );
}

#[test]
fn a_home_that_others_can_write_to_is_refused() {
    let home = TempHome::new();
    larder(&home, &["status"]).code(3);
    let cache = home.larder_home().join("cache");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = larder(&home, &["cache", "size"]).code(1);
    assert!(
        refused.stderr.contains("hint: ") && refused.stderr.contains("chmod 700"),
        "{refused}"
    );
}
