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
fn what_is_private_in_one_of_a_choice_is_private_in_all_of_it() {
    let private = |profile: &str, name: &str, path: &str| {
        let settings = parse(&format!("profile = {profile}\n{TWO}")).unwrap();
        settings.private_patterns(name).matches(path)
    };
    let all = "[\"company\", \"home\", \"public\"]";
    for name in ["company", "home", "public"] {
        assert!(private(all, name, "corp.example/x") && private(all, name, "home.example/x"));
        assert!(!private(all, name, "example.org"));
    }
    let some = "[\"company\", \"public\"]";
    assert!(private(some, "public", "corp.example") && !private(some, "public", "home.example"));
    assert!(private(some, "home", "home.example") && !private(some, "home", "corp.example"));
    assert!(!private("\"company\"", "public", "corp.example"));
}
