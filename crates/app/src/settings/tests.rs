//! Settings, read and rewritten.

use proptest::prelude::*;

use super::write::with_port;
use super::*;

mod choice;
mod pools;
mod profiles;
mod rename;
mod rewrite;

fn parse(text: &str) -> Result<Settings, Failure> {
    Settings::parse(Path::new("settings.toml"), text)
}

fn named(name: &str) -> Choice {
    Choice::Named(name.to_owned())
}

#[test]
fn every_key_is_read() {
    let text = "port = 5000\nfresh-for = \"90s\"\n[direct]\nat-once = 2\ndeadline = \"1m\"\n[activity]\nkeep-days = 3\nkeep-rows = 500\n";
    let settings = parse(text).unwrap();
    assert_eq!(settings.port, Some(5000));
    assert_eq!(settings.fresh_for, Duration::from_secs(90));
    assert_eq!(
        (settings.direct_at_once, settings.direct_deadline),
        (2, Duration::from_secs(60))
    );
    assert_eq!((settings.keep_days, settings.keep_rows), (3, 500));
    assert!(settings.warnings.is_empty());
}

#[test]
fn the_template_is_all_defaults() {
    assert_eq!(parse(TEMPLATE).unwrap(), Settings::default());
    let uncommented: String = TEMPLATE
        .lines()
        .filter_map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| rest.contains(" = ") || rest.starts_with('['))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let settings = parse(&uncommented).unwrap();
    let company = settings.profile("company").unwrap().clone();
    assert_eq!(
        (company.private.len(), company.rules.len()),
        (2, 1),
        "{company:?}"
    );
    let helpers = settings.credentials.helpers.clone();
    assert_eq!(helpers.len(), 1, "one is shown");
    let pools = settings.pools.clone();
    assert_eq!(pools.len(), 1, "one is shown");
    let beside = (company.canary.is_some(), company.mirror.is_some());
    assert_eq!(beside, (true, true), "{company:?}");
    assert_eq!(
        settings,
        Settings {
            port: Some(4677),
            metrics: MetricsSettings {
                listen: Some(([127, 0, 0, 1], 9467).into()),
                token: true,
            },
            traces: TracesSettings {
                to: Some(SafeUrl::parse("http://127.0.0.1:4318").unwrap()),
                environment: Some("laptop".to_owned()),
                pass_on: vec!["goproxy.corp.example".to_owned()],
            },
            reserve: Some(1_000_000_000),
            vulnerability_database: Some(SafeUrl::parse("https://vulndb.corp.example").unwrap()),
            credentials: CredentialSettings {
                helpers,
                ..CredentialSettings::default()
            },
            profiles: vec![ProfileSettings::new(PUBLIC), company],
            pools,
            ..Settings::default()
        },
        "the template shows the defaults, and one profile"
    );
}

#[test]
fn an_unknown_key_is_warned_about_with_its_place() {
    let settings = parse("\n  prot = 1\n[direct]\nat-most = 3\n").unwrap();
    assert_eq!(settings.warnings.len(), 2);
    assert!(
        settings.warnings[0].starts_with("settings.toml:2:3: "),
        "{}",
        settings.warnings[0]
    );
    assert!(
        settings.warnings[1].contains("`direct.at-most`"),
        "{}",
        settings.warnings[1]
    );
}

#[test]
fn a_bad_file_is_named_with_line_and_column() {
    for (text, place, says) in [
        ("port = 0", ":1:8: ", "whole number from 1 to 65535"),
        ("# a\nport = \"x\"", ":2:8: ", "whole number"),
        ("fresh-for = 60", ":1:13: ", "a time such as"),
        ("fresh-for = \"-1s\"", ":1:13: ", "a time such as"),
        ("direct = 3", ":1:10: ", "must be a table"),
        ("port = \n", ":1:", ""),
        ("port = 1\nport = 2", ":2:1: ", "duplicate"),
    ] {
        let failure = parse(text).unwrap_err();
        assert_eq!(failure.code, Code::BadSettings);
        assert!(
            failure
                .message
                .starts_with(&format!("settings.toml{place}"))
                && failure.message.contains(says),
            "{text:?}: {failure}"
        );
    }
}

#[test]
fn the_port_is_remembered_and_comments_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    Settings::remember_port(&path, 4700).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("\nport = 4700\n")
            && text.contains("# The port that Larder listens at")
            && !text.contains("# port"),
        "{text}"
    );
    assert_eq!(Settings::read(&path).unwrap().port, Some(4700));

    fs::write(
        &path,
        "# mine\nport = 1 # here\n\n[direct] # few\nat-once = 1\n",
    )
    .unwrap();
    Settings::remember_port(&path, 4701).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("# mine\nport = 4701 # here\n")
            && text.ends_with("[direct] # few\nat-once = 1\n"),
        "{text}"
    );

    fs::write(&path, "port = [").unwrap();
    assert_eq!(
        Settings::remember_port(&path, 4702).unwrap_err().code,
        Code::BadSettings
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "port = [");
}

/// A line of a settings file: right, nearly right, or anything.
fn line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "port",
        "fresh-for",
        "direct",
        "direct.at-once",
        "at-once",
        "deadline",
        "activity",
        "keep-days",
        "keep-rows",
        "\"port\"",
        "prot",
        "profile",
        "profiles.a.upstreams",
        "upstreams",
        "private",
        "rules",
        "patterns",
        "to",
    ]);
    let value = prop_oneof![
        (-1..70_000_i64).prop_map(|number| number.to_string()),
        "\"[0-9]{1,9}(s|m|h|ms| days)?\"",
        "\\PC{0,6}",
        Just("{ at-once = 2 }".to_owned()),
        Just("9999999999999999999".to_owned()),
        Just("\"P9999999999Y\"".to_owned()),
        prop::sample::select(vec![
            "\"a\"",
            "\"off\"",
            "[\"a/*\"]",
            "[{ patterns = \"a\", to = \"a\" }]",
            "true"
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        6 => (key, value, "( # [a-zé]{0,5})?").prop_map(|(key, value, comment)| format!("{key} = {value}{comment}")),
        2 => prop::sample::select(vec!["[direct]", "[activity]", "[[direct]]", "[port]", "", "[profiles.a]", "[profiles.a-b]", "[[profiles.a.rules]]", "[profiles.A]"]).prop_map(str::to_owned),
        1 => "# [a-zé]{0,9}",
        1 => "\\PC{0,12}",
    ]
}

/// All comments, in no order.
fn comments(text: &str) -> Vec<String> {
    let comments = text
        .lines()
        .filter_map(|line| line.split_once(" # ").map(|(_, comment)| comment));
    let whole = text.lines().filter_map(|line| line.strip_prefix("# "));
    let mut all: Vec<String> = comments.chain(whole).map(str::to_owned).collect();
    all.sort();
    all
}

proptest! {
    #[test]
    fn any_file_is_read_or_complained_about_and_a_port_changes_nothing_else(
        lines in prop::collection::vec(line(), 0..6),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        port in 1..=u16::MAX,
    ) {
        let text: String = lines.iter().flat_map(|line| [line.as_str(), end]).collect();
        let path = Path::new("settings.toml");
        match parse(&text) {
            Err(failure) => {
                prop_assert_eq!(failure.code, Code::BadSettings);
                let place = failure.message.strip_prefix("settings.toml:").unwrap();
                let line: usize = place.split(':').next().unwrap().parse().unwrap();
                prop_assert!((1..=lines.len() + 1).contains(&line), "{failure}");
            }
            Ok(before) => {
                prop_assert!(before.port != Some(0) && before.fresh_for <= Duration::from_secs(24 * 60 * 60));
                prop_assert!((1..=64).contains(&before.direct_at_once) && (1..=3650).contains(&before.keep_days));
                let written = with_port(path, &text, port).unwrap();
                let after = parse(&written).unwrap();
                prop_assert_eq!(after.warnings.len(), before.warnings.len());
                let before = Settings { port: Some(port), warnings: after.warnings.clone(), ..before };
                prop_assert_eq!(after, before);
                prop_assert_eq!(comments(&written), comments(&text));
            }
        }
    }
}
