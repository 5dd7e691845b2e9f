//! `larder trust`: grants are given, shown and taken back, with an instance and without; nonsense changes nothing.

use serde_json::Value;
use test_support::{TempHome, run};

use crate::{bin, json, larder, proxy, serve};

/// A day that is some days away, as `date` says it: this program counts its days in local time.
pub(crate) fn day(days: u32) -> String {
    let day =
        run(std::process::Command::new("date").args(["-d", &format!("{days} days"), "+%Y-%m-%d"]));
    day.success().stdout.trim().to_owned()
}

#[track_caller]
fn grants(home: &TempHome) -> Vec<Value> {
    let list = json(&larder(home, &["trust", "list", "--json"]).success());
    list.as_array().unwrap().clone()
}

/// Does the same without an instance and with one.
fn either_way(test: impl Fn(&TempHome)) {
    test(&TempHome::new());
    let home = TempHome::new();
    let running = serve(&home, &proxy());
    test(&home);
    running.run(&["stop"]).success();
    assert_eq!(grants(&home).len(), 1, "they outlive the instance");
}

#[test]
fn a_grant_is_given_shown_and_taken_back() {
    either_way(|home| {
        let none = larder(home, &["trust", "list"]).success();
        assert_eq!(
            (none.stdout.as_str(), none.stderr.as_str()),
            ("", "Nothing is let through unverified.\n")
        );
        let (soon, late) = (day(3), day(90));
        let allow = |pattern: &str, until: &str, because: &str| {
            larder(
                home,
                &[
                    "trust",
                    "allow",
                    pattern,
                    "--until",
                    until,
                    "--because",
                    because,
                ],
            )
        };
        let told = allow("example.com/tool", &soon, "tags were moved").success();
        assert!(
            told.stdout.starts_with(&format!(
                "example.com/tool is let through unverified until {soon} 23:59.\n"
            )),
            "{told}"
        );
        allow("*.corp.example", &late, "not public yet").success();
        let again = allow("example.com/tool/", &late, "still moved").success();
        assert!(
            again
                .stdout
                .contains(&format!("in the place of a grant until {soon}")),
            "{again}"
        );

        let listed = grants(home);
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[1]["pattern"], "example.com/tool");
        assert_eq!(listed[1]["because"], "still moved");
        let left = listed[1]["seconds_left"].as_u64().unwrap();
        assert!(left > 89 * 24 * 3600 && left < 91 * 25 * 3600, "{left}");
        let table = larder(home, &["trust", "list"]).success().stdout;
        assert!(
            table.starts_with("PATTERN") && table.contains(&format!("{late} 23:59")),
            "{table}"
        );

        let status = larder(home, &["status"]).stdout;
        assert!(
            status.contains("unverified    *.corp.example until ")
                && status.contains("left): not public yet"),
            "{status}"
        );
        let status = json(&larder(home, &["status", "--json"]));
        assert_eq!(status["grants"].as_array().unwrap().len(), 2, "{status}");
        assert_eq!(status["grants"][1]["pattern"], "example.com/tool");

        let revoked = larder(home, &["trust", "revoke", "example.com/tool"]).success();
        assert_eq!(revoked.stdout, "example.com/tool is verified again.\n");
        let missing = larder(home, &["trust", "revoke", "example.com/tool"]).code(1);
        assert!(missing.stderr.contains("hint: see what is"), "{missing}");
        assert_eq!(grants(home).len(), 1);
    });
}

#[test]
fn nonsense_changes_nothing() {
    let home = TempHome::new();
    let good = day(3);
    let good = good.as_str();
    let (past, far) = ("2020-01-01", day(92));
    let long = "x".repeat(201);
    for (pattern, until, because, says) in [
        ("*", good, "a reason", "pattern"),
        ("*.com", good, "a reason", "too wide"),
        (
            "https://me:hunter2@example.com/x",
            good,
            "a reason",
            "module paths",
        ),
        ("example.com/x,example.org", good, "a reason", "list"),
        ("example.com/[", good, "a reason", "malformed"),
        ("golang.org/toolchain", good, "a reason", "toolchain"),
        ("example.com/x", past, "a reason", "over already"),
        (
            "example.com/x",
            &far,
            "a reason",
            "the last day it can be is",
        ),
        ("example.com/x", "next week", "a reason", "2030-12-31"),
        ("example.com/x", "", "a reason", "2030-12-31"),
        ("example.com/x", good, "", "no reason"),
        ("example.com/x", good, " ", "no reason"),
        ("example.com/x", good, "two\nlines", "can't be shown"),
        ("example.com/x", good, &long, "200 characters"),
    ] {
        let args = [
            "trust",
            "allow",
            pattern,
            "--until",
            until,
            "--because",
            because,
        ];
        let refused = larder(&home, &args).code(2);
        assert_eq!(refused.stdout, "", "{refused}");
        assert!(
            refused.stderr.starts_with("error: ") && refused.stderr.contains(says),
            "{refused}"
        );
        assert!(!refused.stderr.contains("hunter2"), "{refused}");
    }
    for args in [
        &["trust"][..],
        &["trust", "allow"],
        &["trust", "allow", "example.com/x"],
        &["trust", "allow", "example.com/x", "--until", good],
        &["trust", "allow", "example.com/x", "--because", "a reason"],
        &["trust", "revoke"],
        &["trust", "list", "extra"],
    ] {
        assert!(larder(&home, args).code(2).stderr.contains("Usage: "));
    }
    larder(&home, &["trust", "revoke", "example.com/x"]).code(1);
    assert_eq!(grants(&home), [] as [Value; 0]);
}

#[test]
fn a_grant_is_gone_at_its_moment() {
    let home = TempHome::new();
    let moment = run(std::process::Command::new("date").args([
        "-u",
        "-d",
        "2 seconds",
        "+%Y-%m-%dT%H:%M:%SZ",
    ]));
    let until = moment.success().stdout.trim().to_owned();
    run(home.larder(bin()).args([
        "trust",
        "allow",
        "example.com/x",
        "--until",
        &until,
        "--because",
        "a test",
    ]))
    .success();
    crate::until("it is gone", || grants(&home).is_empty());
    assert!(!larder(&home, &["status"]).stdout.contains("example.com/x"));
}
