//! Which profile is in force: named, or chosen among several.

use super::*;
use crate::settings::write::{with_active, without_profile};

const TWO: &str = "[profiles.company]\nprivate = \"corp.example\"\n\n[profiles.home]\nprivate-upstreams = \"off\"\n[[profiles.home.rules]]\npatterns = \"home.example\"\nupstreams = \"https://home.example\"\nprivate = true\n";

fn among(names: &[&str]) -> Choice {
    Choice::among(names.iter().map(|name| (*name).to_owned()).collect()).unwrap()
}

#[test]
fn a_list_is_a_choice_and_a_list_of_one_a_name() {
    let read = |value: &str| parse(&format!("profile = {value}\n{TWO}")).unwrap().active;
    assert_eq!(
        read("[\"company\", \"public\"]"),
        Choice::FirstThatAnswers(vec!["company".to_owned(), "public".to_owned()])
    );
    assert_eq!(read("[\"company\"]"), named("company"));
    for (value, place, says) in [
        ("[]", "1:11", "no profile is named"),
        ("[\"company\", \"company\"]", "1:11", "named twice"),
        ("[\"company\", 3]", "1:23", "a list of names"),
        (
            "[\"company\", \"x\"]",
            "1:11",
            "there is public, company, home;",
        ),
        ("3", "1:11", "a list of names"),
    ] {
        let failure = parse(&format!("profile = {value}\n{TWO}")).unwrap_err();
        let begins = failure
            .message
            .starts_with(&format!("settings.toml:{place}: "));
        assert!(
            begins && failure.message.contains(says),
            "{value}: {failure}"
        );
    }
}

#[test]
fn a_choice_is_written_with_all_else_kept() {
    let path = Path::new("settings.toml");
    let text = format!("# mine\nprofile = \"home\" # for now\n{TWO}");
    let choice = among(&["company", "home", "public"]);
    let changed = with_active(path, &text, &choice).unwrap();
    assert_eq!(
        changed,
        text.replace("\"home\" #", "[\"company\", \"home\", \"public\"] #")
    );
    assert_eq!(parse(&changed).unwrap().active, choice);
    assert_eq!(with_active(path, &changed, &named("home")).unwrap(), text);
    let absent = with_active(path, &text, &among(&["company", "x"])).unwrap_err();
    assert_eq!(absent.code, Code::NotFound);
    let used = without_profile(path, &changed, "company").unwrap_err();
    assert!(used.message.contains("chooses among"), "{used}");

    let fresh = with_active(path, TEMPLATE, &Choice::default()).unwrap();
    assert_eq!(fresh, TEMPLATE);
    let fresh = format!("{TEMPLATE}{TWO}");
    let changed = with_active(path, &fresh, &among(&["home", "public"])).unwrap();
    assert_eq!(
        changed,
        fresh.replace("# profile = \"public\"", "profile = [\"home\", \"public\"]")
    );
}

#[test]
fn what_is_private_in_one_profile_is_private_in_all() {
    let private = |profile: &str, name: &str, path: &str| {
        let settings = parse(&format!("profile = {profile}\n{TWO}")).unwrap();
        let profile = settings.in_effect(name).unwrap();
        profile.private_patterns().matches(path)
    };
    for choice in ["\"company\"", "\"public\"", "[\"company\", \"public\"]"] {
        for name in ["company", "home", "public"] {
            assert!(private(choice, name, "corp.example/x"));
            assert!(private(choice, name, "home.example/x"));
            assert!(!private(choice, name, "example.org"));
        }
    }
}

#[test]
fn unless_one_says_that_it_is_not_and_that_for_sure() {
    let company = "[profiles.company]\nprivate = [\"corp.example/*\", \"github.com/acme\"]\n";
    for (said, left) in [
        ("", &["corp.example/*", "github.com/acme"][..]),
        ("not-private = \"corp.example/*\"", &["github.com/acme"]),
        ("not-private = \"corp.example/*/\"", &["github.com/acme"]),
        ("not-private = \"corp.example\"", &["github.com/acme"]),
        ("not-private = \"corp.example,github.com\"", &[]),
        // For some of it, or perhaps not: it stays.
        (
            "not-private = \"corp.example/?\"",
            &["corp.example/*", "github.com/acme"],
        ),
        (
            "not-private = \"github.com/acme/open\"",
            &["corp.example/*", "github.com/acme"],
        ),
        // What it has private itself is its own.
        ("private = \"corp.example\"", &["github.com/acme"]),
        (
            "private = \"corp.example/?\"",
            &["corp.example/*", "github.com/acme"],
        ),
    ] {
        let settings = parse(&format!("{company}[profiles.home]\n{said}\n")).unwrap();
        let elsewhere = settings.private_elsewhere("home");
        let found: Vec<&str> = elsewhere
            .iter()
            .flat_map(|(_, patterns)| patterns.iter().map(|pattern| pattern.as_str()))
            .collect();
        assert_eq!(found, left, "{said}");
        assert!(elsewhere.iter().all(|(name, _)| *name == "company"));
    }
}
