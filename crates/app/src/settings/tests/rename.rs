//! A profile under another name: everywhere it is named, with its comments, and nothing else.

use super::*;
use crate::settings::rename::with_renamed;

const TEXT: &str = r#"profile = ["company", "public"] # at work first

# The company's own.
[profiles.company] # asked first
upstreams = "https://me:pw@proxy.corp.example" # by me

# Tools.
[[profiles.company.rules]]
patterns = ["a.example"]
to = "public"

[profiles.home]
upstreams = "direct"

[[profiles.home.rules]]
patterns = ["corp.example"]
to = "company" # over there
private = true

[profiles.flat]
rules = [{ patterns = ["x.example"], to = "company" }]
"#;

fn renamed(from: &str, to: &str) -> Result<String, Failure> {
    with_renamed(Path::new("settings.toml"), TEXT, from, to)
}

#[test]
fn it_is_renamed_wherever_it_is_named_and_all_else_stays() {
    let expected = TEXT
        .replace("[\"company\", \"public\"]", "[\"firm\", \"public\"]")
        .replace("profiles.company", "profiles.firm")
        .replace("to = \"company\"", "to = \"firm\"");
    assert_eq!(renamed("company", "firm").unwrap(), expected);
}

#[test]
fn what_is_not_there_or_taken_or_public_is_refused() {
    for (from, to, code) in [
        ("nobody", "firm", Code::NotFound),
        ("company", "home", Code::BadInput),
        ("public", "mine", Code::BadInput),
        ("company", "My Firm", Code::BadInput),
    ] {
        assert_eq!(renamed(from, to).unwrap_err().code, code, "{from} {to}");
    }
}

#[test]
fn it_is_changed_and_renamed_in_one_go_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    fs::write(&path, TEXT).unwrap();
    let before = Settings::read(&path).unwrap();
    let mut firm = before.profile("company").unwrap().clone();
    firm.name = "firm".to_owned();
    firm.private = vec!["corp.example".to_owned()];
    let after = Settings::replace_renamed(&path, "company", &firm).unwrap();
    assert_eq!(after.profile("firm"), Some(&firm));
    assert_eq!(after.profile("company"), None);
    assert_eq!(after.active.candidates(), ["firm", "public"]);
    assert_eq!(after, Settings::read(&path).unwrap());
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("# by me") && text.contains("# The company's own."),
        "{text}"
    );
    firm.name = "home".to_owned();
    Settings::replace_renamed(&path, "firm", &firm).unwrap_err();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}
