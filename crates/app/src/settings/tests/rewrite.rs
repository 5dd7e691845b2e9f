//! Settings, rewritten: one thing changes, and all else stays.

use super::profiles::KEY;
use super::*;
use crate::settings::write::{with_active, with_profile, without_profile};

fn path() -> &'static Path {
    Path::new("settings.toml")
}

fn full(name: &str) -> ProfileSettings {
    ProfileSettings {
        upstreams: Some("https://me:pw@proxy.corp.example,direct".parse().unwrap()),
        checksum_db: Some("off".parse().unwrap()),
        private: vec!["corp.example/*".to_owned()],
        private_upstreams: Some("off".parse().unwrap()),
        private_redirects: vec!["https://storage.corp.example".parse().unwrap()],
        not_private: vec!["corp.example/open".to_owned()],
        no_checksum_db: vec!["example.org".to_owned(), "a.example/[xy]*".to_owned()],
        safety_net: false,
        http_proxy: Some("http://proxy.corp.example:3128".parse().unwrap()),
        extra_ca: Some("/etc/corp/ca.pem".into()),
        client_certificate: Some("/etc/corp/client \"x\".pem".into()),
        rules: vec![
            rule("github.com/acme", RuleTarget::Profile(PUBLIC.to_owned())),
            rule(
                "b.example",
                RuleTarget::Upstreams("https://b.example".parse().unwrap()),
            ),
        ],
        ..ProfileSettings::new(name)
    }
}

fn rule(pattern: &str, target: RuleTarget) -> RuleSettings {
    RuleSettings {
        patterns: vec![pattern.to_owned()],
        target,
        private: false,
    }
}

#[test]
fn a_profile_is_added_to_a_file_that_is_not_there_yet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let settings = Settings::add_profile(&path, &full("company")).unwrap();
    assert_eq!(settings, Settings::read(&path).unwrap());
    assert_eq!(settings.profile("company"), Some(&full("company")));
    let settings = Settings::use_profile(&path, &named("company")).unwrap();
    assert_eq!(settings.active, named("company"));
    Settings::remember_port(&path, 4700).unwrap();

    let text = fs::read_to_string(&path).unwrap();
    let (head, end) = TEMPLATE.split_once("# profile = \"public\"\n").unwrap();
    let head = head.replace("# port = 4677", "port = 4700");
    let added = text
        .strip_prefix(&format!("{head}profile = \"company\"\n{end}"))
        .unwrap_or_else(|| panic!("{text}"));
    assert_eq!(
        added,
        r#"
[profiles.company]
upstreams = "https://me:pw@proxy.corp.example,direct"
checksum-database = "off"
private = ["corp.example/*"]
private-upstreams = "off"
private-redirects = ["https://storage.corp.example"]
not-private = ["corp.example/open"]
no-checksum-database = ["example.org", "a.example/[xy]*"]
safety-net = false
http-proxy = "http://proxy.corp.example:3128"
extra-ca = "/etc/corp/ca.pem"
client-certificate = '/etc/corp/client "x".pem'

[[profiles.company.rules]]
patterns = ["github.com/acme"]
to = "public"

[[profiles.company.rules]]
patterns = ["b.example"]
upstreams = "https://b.example"
"#
    );

    let again = Settings::add_profile(&path, &full("company")).unwrap_err();
    assert_eq!(again.code, Code::BadInput);
    let in_force = Settings::remove_profile(&path, "company").unwrap_err();
    assert_eq!(in_force.code, Code::BadInput);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    Settings::use_profile(&path, &named(PUBLIC)).unwrap();
    Settings::remove_profile(&path, "company").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, format!("{head}profile = \"public\"\n{end}"));
}

const COMMENTED: &str = r#"# mine
port = 4700 # the port

# direct is slow
[direct] # few
at-once = 1

# about profiles

# of the company
[profiles.company] # head
# where from
upstreams = "https://a.example" # a
private = [
    "corp.example/*", # ours
]

# the first rule
[[profiles.company.rules]] # one
patterns = ["x.example"]
to = "other"

# the second rule
[[profiles.company.rules]] # two
patterns = ["y.example"]
upstreams = "off"

# the other
[profiles.other]

[activity] # log
keep-days = 3
# the end
"#;

#[test]
fn what_a_replaced_profile_has_in_common_stays_as_it_is_written() {
    let old = parse(COMMENTED)
        .unwrap()
        .profile("company")
        .unwrap()
        .clone();
    assert_eq!(with_profile(path(), COMMENTED, &old).unwrap(), COMMENTED);

    let mut new = old.clone();
    new.upstreams = Some("https://b.example".parse().unwrap());
    new.checksum_db = Some("off".parse().unwrap());
    let third = rule("z.example", RuleTarget::Profile("other".to_owned()));
    new.rules = vec![old.rules[1].clone(), third, old.rules[0].clone()];
    let text = with_profile(path(), COMMENTED, &new).unwrap();
    let second = "\n# the second rule\n[[profiles.company.rules]] # two\npatterns = [\"y.example\"]\nupstreams = \"off\"\n";
    let expected = COMMENTED
        .replace("https://a.example", "https://b.example")
        .replace("# ours\n]\n", "# ours\n]\nchecksum-database = \"off\"\n")
        .replace(second, "")
        .replace(
            "\n# the first rule",
            &format!("{second}\n[[profiles.company.rules]]\npatterns = [\"z.example\"]\nto = \"other\"\n\n# the first rule"),
        );
    assert_eq!(text, expected);

    new.upstreams = None;
    new.private = Vec::new();
    new.rules = Vec::new();
    let text = with_profile(path(), &text, &new).unwrap();
    let start = COMMENTED.find("# where from").unwrap();
    let end = COMMENTED.find("\n# the other").unwrap();
    let expected = format!(
        "{}checksum-database = \"off\"\n{}",
        &COMMENTED[..start],
        &COMMENTED[end..]
    );
    assert_eq!(text, expected);
}

#[test]
fn a_removed_profile_leaves_all_else() {
    let text = without_profile(path(), COMMENTED, "company").unwrap();
    let start = COMMENTED.find("\n# of the company").unwrap();
    let end = COMMENTED.find("\n# the other").unwrap();
    assert_eq!(
        text,
        format!("{}{}", &COMMENTED[..start], &COMMENTED[end..])
    );

    let led_to = without_profile(path(), COMMENTED, "other").unwrap_err();
    assert_eq!(led_to.code, Code::BadInput);
    assert!(led_to.message.contains("company"), "{led_to}");
    let absent = without_profile(path(), COMMENTED, "nobody").unwrap_err();
    assert_eq!(absent.code, Code::NotFound);
    assert_eq!(
        without_profile(path(), COMMENTED, PUBLIC).unwrap(),
        COMMENTED,
        "public is as go has it already"
    );
    let public = "[profiles.public]\nupstreams = \"off\"\n";
    assert_eq!(without_profile(path(), public, PUBLIC).unwrap(), "");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut profile = full("Big");
    let refused = |profile: &ProfileSettings| with_profile(path(), "", profile).unwrap_err();
    assert_eq!(refused(&profile).code, Code::BadInput);
    profile.name = "a".to_owned();
    assert!(with_profile(path(), "", &profile).is_ok());
    for target in ["a", "nobody"] {
        profile.rules[0].target = RuleTarget::Profile(target.to_owned());
        assert_eq!(refused(&profile).code, Code::BadInput);
    }
    profile.rules.remove(0);
    profile.private = vec!["a[".to_owned()];
    assert_eq!(refused(&profile).code, Code::BadInput);
    assert_eq!(
        with_active(path(), "", &named("nobody")).unwrap_err().code,
        Code::NotFound
    );
    assert_eq!(
        with_active(path(), "port = [", &named("a"))
            .unwrap_err()
            .code,
        Code::BadSettings
    );
}

const NAMES: [&str; 4] = [PUBLIC, "a", "b-2", "c"];

fn any_profile(name: &'static str) -> impl Strategy<Value = ProfileSettings> {
    let list = || {
        prop::option::of(prop::sample::select(vec![
            "off",
            "direct",
            "https://me:p%22w@a.example|direct",
            "a.example, b.example",
        ]))
        .prop_map(|list| list.map(|list| list.parse::<UpstreamList>().unwrap()))
    };
    let database = prop::option::of(prop::sample::select(vec![
        "off".to_owned(),
        format!("{KEY} https://sums.example.com/a'\""),
    ]));
    let patterns = |least| prop::collection::vec("[a-c]{1,3}[*?]?(/[a-c~]{1,2})?", least..3);
    let target = prop_oneof![
        prop::sample::select(NAMES.to_vec())
            .prop_filter("itself", move |to| *to != name)
            .prop_map(|to| RuleTarget::Profile(to.to_owned())),
        list().prop_filter_map("a list", |list| list.map(RuleTarget::Upstreams)),
    ];
    let rule =
        (patterns(1), target, any::<bool>()).prop_map(|(patterns, target, private)| RuleSettings {
            patterns,
            target,
            private,
        });
    let rules = prop::collection::vec(rule, 0..3);
    let redirects = prop::collection::vec(
        prop::sample::select(vec!["https://s.example", "http://10.0.0.2:9000"])
            .prop_map(|origin| origin.parse().unwrap()),
        0..3,
    );
    let lists = (list(), list(), redirects);
    let public = (patterns(0), patterns(0), any::<bool>());
    let file = || prop::option::of("/[a-z \"']{1,8}\\.pem".prop_map(std::path::PathBuf::from));
    let proxy = prop::option::of(prop_oneof![
        Just("off"),
        Just("http://proxy.corp.example:3128"),
        Just("https://proxy.corp.example")
    ]);
    let beside = || {
        let to = prop::sample::select(vec!["https://next.example/go", "http://10.0.0.3:81"]);
        let beside = (to, 1..=1000_u16).prop_map(|(to, tenths)| Beside {
            to: SafeUrl::parse(to).unwrap(),
            share: delivery::Share::of_percent(f64::from(tenths) / 10.0).unwrap(),
        });
        prop::option::of(beside)
    };
    let way = (proxy, file(), file(), beside(), beside());
    (lists, database, patterns(0), public, way, rules).prop_map(
        move |(lists, database, private, (not_private, no_checksum_db, safety_net), way, rules)| {
            ProfileSettings {
                name: name.to_owned(),
                upstreams: lists.0,
                checksum_db: database.map(|database| database.parse().unwrap()),
                private,
                private_upstreams: lists.1,
                private_redirects: lists.2,
                not_private,
                no_checksum_db,
                safety_net,
                http_proxy: way.0.map(|proxy| proxy.parse().unwrap()),
                extra_ca: way.1,
                client_certificate: way.2,
                canary: way.3,
                mirror: way.4,
                rules,
            }
        },
    )
}

/// A profile as somebody might write it: in one of three forms, with comments and empty lines.
fn written(profile: &ProfileSettings, form: u8, comment: &str) -> String {
    let toml = |value: String| toml_edit::Value::from(value).to_string();
    let list = |patterns: &[String]| {
        let array: toml_edit::Array = patterns.iter().collect();
        array.to_string()
    };
    let mut fields = Vec::new();
    if let Some(upstreams) = &profile.upstreams {
        fields.push(("upstreams", toml(upstreams.expose().to_owned())));
    }
    if let Some(database) = &profile.checksum_db {
        fields.push(("checksum-database", toml(database.expose().to_owned())));
    }
    if !profile.private.is_empty() {
        fields.push(("private", list(&profile.private)));
    }
    if let Some(upstreams) = &profile.private_upstreams {
        fields.push(("private-upstreams", toml(upstreams.expose().to_owned())));
    }
    if !profile.private_redirects.is_empty() {
        let origins = profile.private_redirects.iter().map(ToString::to_string);
        fields.push(("private-redirects", list(&origins.collect::<Vec<_>>())));
    }
    if !profile.not_private.is_empty() {
        fields.push(("not-private", list(&profile.not_private)));
    }
    if !profile.no_checksum_db.is_empty() {
        fields.push(("no-checksum-database", list(&profile.no_checksum_db)));
    }
    if !profile.safety_net {
        fields.push(("safety-net", "false".to_owned()));
    }
    if let Some(proxy) = &profile.http_proxy {
        fields.push(("http-proxy", toml(proxy.expose().to_owned())));
    }
    for (key, beside) in [("canary", &profile.canary), ("mirror", &profile.mirror)] {
        let value = beside.as_ref().map(|it| it.to_value().to_string());
        fields.extend(value.map(|value| (key, value)));
    }
    let files = [
        ("extra-ca", &profile.extra_ca),
        ("client-certificate", &profile.client_certificate),
    ];
    for (key, path) in files {
        if let Some(path) = path {
            fields.push((key, toml(path.to_str().unwrap().to_owned())));
        }
    }
    let rules = profile.rules.iter().map(|rule| {
        let target = match &rule.target {
            RuleTarget::Profile(to) => format!("to = {}", toml(to.clone())),
            RuleTarget::Upstreams(list) => {
                format!("upstreams = {}", toml(list.expose().to_owned()))
            }
        };
        [
            format!("patterns = {}", list(&rule.patterns)),
            target,
            format!("private = {}", rule.private),
        ]
    });
    let inline = || {
        let rules = rules
            .clone()
            .map(|rule| format!("{{ {} }}", rule.join(", ")));
        format!("[{}]", rules.collect::<Vec<_>>().join(", "))
    };
    let name = &profile.name;
    let mut text = String::new();
    match form {
        // A head, even where there is nothing below it.
        0 | 1 => {
            text += &format!("# above {comment}\n[profiles.{name}] # head {comment}\n\n");
            for (key, value) in fields {
                text += &format!("# on {comment}\n{key} = {value} # of {comment}\n");
            }
            if form == 1 {
                text += &format!("rules = {}\n", inline());
            } else {
                for rule in rules {
                    text += &format!(
                        "\n# rule {comment}\n[[profiles.{name}.rules]]\n{}\n",
                        rule.join("\n")
                    );
                }
            }
        }
        // One line, to stand below `[profiles]`.
        _ => {
            fields.push(("rules", inline()));
            let fields: Vec<String> = fields
                .into_iter()
                .map(|(key, value)| match form {
                    2 => format!("{key} = {value}"),
                    _ => format!("{name}.{key} = {value} # of {comment}"),
                })
                .collect();
            text += &match form {
                2 => format!("{name} = {{ {} }} # of {comment}\n", fields.join(", ")),
                _ => fields.join("\n") + "\n",
            };
        }
    }
    text + "\n"
}

/// A file with all four profiles in any forms, and what is in it.
fn any_file() -> impl Strategy<Value = (String, Vec<ProfileSettings>)> {
    let profiles = (
        any_profile(NAMES[0]),
        any_profile(NAMES[1]),
        any_profile(NAMES[2]),
        any_profile(NAMES[3]),
    );
    (profiles, prop::array::uniform4(0..4_u8), any::<bool>()).prop_map(
        |((first, second, third, fourth), forms, active)| {
            let profiles = vec![first, second, third, fourth];
            let mut text = "# first\n\n".to_owned();
            if active {
                text += "profile = \"a\" # in force\n";
            }
            let (lines, heads): (Vec<_>, Vec<_>) =
                profiles.iter().zip(forms).partition(|(_, form)| *form >= 2);
            if !lines.is_empty() {
                text += "\n[profiles] # all\n";
            }
            for (profile, form) in lines.into_iter().chain(heads) {
                text += &written(profile, form, &profile.name);
            }
            (text + "[direct] # last\nat-once = 2\n", profiles)
        },
    )
}

fn find<'s>(settings: &'s Settings, name: &str) -> Option<&'s ProfileSettings> {
    settings.profile(name)
}

/// Comments of the file that do not belong to this profile.
fn foreign_comments(text: &str, name: &str) -> Vec<String> {
    let mut comments = comments(text);
    comments.retain(|comment| !comment.ends_with(&format!(" {name}")));
    comments
}

proptest! {
    #[test]
    fn a_profile_is_changed_in_any_form_and_nothing_else_is(
        (text, profiles) in any_file(),
        new in prop::sample::select(NAMES.to_vec()).prop_flat_map(any_profile),
    ) {
        let before = parse(&text).unwrap();
        for profile in &profiles {
            prop_assert_eq!(find(&before, &profile.name), Some(profile));
        }
        let changed = with_profile(path(), &text, &new).unwrap();
        let after = parse(&changed).unwrap();
        prop_assert_eq!(&after.active, &before.active);
        prop_assert_eq!(after.direct_at_once, 2);
        for profile in &profiles {
            let expected = if profile.name == new.name { &new } else { profile };
            prop_assert_eq!(find(&after, &profile.name), Some(expected));
        }
        prop_assert_eq!(foreign_comments(&changed, &new.name), foreign_comments(&text, &new.name), "{}", changed);
        let again = with_profile(path(), &changed, &new).unwrap();
        prop_assert_eq!(again, changed);
    }

    #[test]
    fn a_profile_is_removed_in_any_form_and_nothing_else_is(
        (text, profiles) in any_file(),
        name in prop::sample::select(NAMES.to_vec()),
    ) {
        let before = parse(&text).unwrap();
        match without_profile(path(), &text, name) {
            Ok(changed) => {
                let after = parse(&changed).unwrap();
                let bare = ProfileSettings::new(PUBLIC);
                for profile in &profiles {
                    let expected = if profile.name != name { Some(profile) } else if name == PUBLIC { Some(&bare) } else { None };
                    prop_assert_eq!(find(&after, &profile.name), expected);
                }
                prop_assert_eq!(foreign_comments(&changed, name), foreign_comments(&text, name), "{}", changed);
            }
            Err(failure) => {
                prop_assert_eq!(failure.code, Code::BadInput);
                let led_to = profiles.iter().flat_map(|profile| &profile.rules).any(|rule| rule.target == RuleTarget::Profile(name.to_owned()));
                prop_assert!(led_to || before.active == named(name), "{}", failure);
            }
        }
    }

    #[test]
    fn any_profile_is_put_in_force((text, _) in any_file(), name in prop::sample::select(NAMES.to_vec())) {
        let changed = with_active(path(), &text, &named(name)).unwrap();
        prop_assert_eq!(parse(&changed).unwrap().active, named(name));
        prop_assert_eq!(comments(&changed), comments(&text));
    }
}
