//! Changes of profiles, as they are typed: what is taken, what is refused and why, and that no password is told.

use proptest::prelude::*;

use super::check::keep_private;
use super::typed::check_new_name;
use super::*;
use crate::settings::{PUBLIC, ProfileSettings, PublicHosts, RuleSettings, RuleTarget, ways_out};

fn typed(text: &str) -> Option<Typed> {
    Some(Typed(text.to_owned()))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn rule(text: &str, private: bool) -> RuleText {
    RuleText {
        text: Typed(text.to_owned()),
        private,
    }
}

fn others() -> Vec<ProfileSettings> {
    vec![ProfileSettings::new(PUBLIC), ProfileSettings::new("mirror")]
}

fn apply(change: &ProfileChange) -> Result<ProfileSettings, Failure> {
    change.applied(&ProfileSettings::new("company"), &others())
}

fn full() -> ProfileSettings {
    apply(&ProfileChange {
        upstreams: typed("https://proxy.corp.example, direct"),
        checksum_database: typed(" off "),
        private: texts(&["corp.example/*,github.com/acme", "corp.example/*/"]),
        private_upstreams: typed("https://athens.corp.example"),
        not_private: texts(&["corp.example/open", "corp.example/open/"]),
        private_redirects: vec![
            Typed("https://storage.corp.example/".to_owned()),
            Typed(" https://Storage.corp.example:443".to_owned()),
        ],
        no_checksum_database: texts(&["example.org"]),
        safety_net: Some(false),
        http_proxy: typed("http://gate.corp.example:3128"),
        extra_ca: Some("/etc/corp/ca.pem".into()),
        client_certificate: Some("/home/ann/client.pem".into()),
        rules: vec![
            rule("example.net/a,example.net/b -> mirror", false),
            rule("example.com->https://c.example|direct", false),
            rule(" github.com/acme/x  ->  off ", true),
        ],
        ..ProfileChange::default()
    })
    .unwrap()
}

#[test]
fn what_is_given_is_set_and_added() {
    let profile = full();
    assert_eq!(
        profile.upstreams.as_ref().unwrap().expose(),
        "https://proxy.corp.example, direct"
    );
    assert_eq!(profile.checksum_db.as_ref().unwrap().expose(), "off");
    assert_eq!(profile.private, ["corp.example/*", "github.com/acme"]);
    assert_eq!(profile.private_redirects.len(), 1, "the same, twice");
    assert_eq!(profile.not_private, ["corp.example/open"]);
    assert_eq!(profile.no_checksum_db, ["example.org"]);
    assert!(!profile.safety_net && profile.http_proxy.is_some());
    assert!(profile.extra_ca.is_some() && profile.client_certificate.is_some());
    let [mirror, list, off] = profile.rules.as_slice() else {
        panic!("{profile:?}")
    };
    assert_eq!(mirror.patterns, ["example.net/a", "example.net/b"]);
    assert_eq!(mirror.target, RuleTarget::Profile("mirror".to_owned()));
    assert!(
        matches!(&list.target, RuleTarget::Upstreams(list) if list.expose() == "https://c.example|direct")
    );
    assert!(off.private && matches!(&off.target, RuleTarget::Upstreams(_)));
}

#[test]
fn what_is_taken_out_and_reset_goes_first() {
    let change = ProfileChange {
        remove_private: texts(&["github.com/acme/"]),
        private: texts(&["x.example"]),
        remove_rules: vec![3, 1],
        rules: vec![rule("y.example -> public", false)],
        rules_first: true,
        defaults: vec![
            Defaulted::Upstreams,
            Defaulted::ChecksumDatabase,
            Defaulted::NoChecksumDatabase,
        ],
        no_checksum_database: texts(&["z.example"]),
        ..ProfileChange::default()
    };
    let changed = change.applied(&full(), &others()).unwrap();
    assert_eq!(changed.upstreams, None);
    assert_eq!(changed.checksum_db, None);
    assert_eq!(changed.private, ["corp.example/*", "x.example"]);
    assert_eq!(changed.no_checksum_db, ["z.example"]);
    let patterns: Vec<&str> = changed
        .rules
        .iter()
        .map(|rule| rule.patterns[0].as_str())
        .collect();
    assert_eq!(patterns, ["y.example", "example.com"]);
    let all = ProfileChange {
        defaults: Defaulted::ALL.to_vec(),
        ..ProfileChange::default()
    };
    let bare = all.applied(&full(), &others()).unwrap();
    assert_eq!(bare, ProfileSettings::new("company"));
    assert!(!all.is_empty() && ProfileChange::default().is_empty());
}

#[test]
fn nonsense_is_refused_with_a_reason_and_a_mend() {
    let none = ProfileChange::default;
    for (change, says) in [
        (
            ProfileChange {
                upstreams: typed(""),
                ..none()
            },
            "no entries",
        ),
        (
            ProfileChange {
                upstreams: typed("ftp://a.example"),
                ..none()
            },
            "https, http or file",
        ),
        (
            ProfileChange {
                private_upstreams: typed("nonsense"),
                ..none()
            },
            "no scheme",
        ),
        (
            ProfileChange {
                checksum_database: typed("sums.example.com"),
                ..none()
            },
            "key of the checksum database",
        ),
        (
            ProfileChange {
                checksum_database: typed("https://sums.example.com"),
                ..none()
            },
            "begins with a name",
        ),
        (
            ProfileChange {
                private: texts(&["a.example, b.example"]),
                ..none()
            },
            "does not trim spaces",
        ),
        (
            ProfileChange {
                private: texts(&["https://a.example"]),
                ..none()
            },
            "not addresses",
        ),
        (
            ProfileChange {
                private: texts(&["a.example:443/x"]),
                ..none()
            },
            "no port",
        ),
        (
            ProfileChange {
                private: texts(&["{a,b}.example"]),
                ..none()
            },
            "no braces",
        ),
        (
            ProfileChange {
                private: texts(&["a.example/["]),
                ..none()
            },
            "malformed",
        ),
        (
            ProfileChange {
                private: texts(&["*"]),
                ..none()
            },
            "golang.org/toolchain",
        ),
        (
            ProfileChange {
                private: texts(&[""]),
                ..none()
            },
            "there is no pattern",
        ),
        (
            ProfileChange {
                no_checksum_database: texts(&["A.example"]),
                ..none()
            },
            "case counts",
        ),
        (
            ProfileChange {
                rules: vec![rule("a.example", false)],
                ..none()
            },
            "no arrow",
        ),
        (
            ProfileChange {
                rules: vec![rule("a.example ->", false)],
                ..none()
            },
            "leads nowhere",
        ),
        (
            ProfileChange {
                rules: vec![rule("-> mirror", false)],
                ..none()
            },
            "there is no pattern",
        ),
        (
            ProfileChange {
                rules: vec![rule("a.example, b.example -> mirror", false)],
                ..none()
            },
            "does not trim spaces",
        ),
        (
            ProfileChange {
                rules: vec![rule("a.example -> company", true)],
                ..none()
            },
            "its own profile",
        ),
        (
            ProfileChange {
                rules: vec![rule("a.example -> nobody", true)],
                ..none()
            },
            "there is no profile nobody",
        ),
        (
            ProfileChange {
                rules: vec![rule("a.example -> nobody,direct", true)],
                ..none()
            },
            "no scheme",
        ),
        (
            ProfileChange {
                remove_private: texts(&["x.example"]),
                ..none()
            },
            "\"x.example\" is not a private pattern",
        ),
        (
            ProfileChange {
                remove_no_checksum_database: texts(&["x.example"]),
                ..none()
            },
            "outside the checksum database",
        ),
        (
            ProfileChange {
                remove_rules: vec![0],
                ..none()
            },
            "no rule 0",
        ),
        (
            ProfileChange {
                remove_rules: vec![1],
                ..none()
            },
            "no rule 1",
        ),
        (
            ProfileChange {
                http_proxy: typed("proxy.corp.example"),
                ..none()
            },
            "the HTTP proxy can't be used",
        ),
        (
            ProfileChange {
                extra_ca: Some("ca.pem".into()),
                ..none()
            },
            "not absolute",
        ),
        (
            ProfileChange {
                client_certificate: Some("client.pem".into()),
                ..none()
            },
            "not absolute",
        ),
        (
            ProfileChange {
                upstreams: typed("off"),
                defaults: vec![Defaulted::Upstreams],
                ..none()
            },
            "set and reset",
        ),
    ] {
        let failure = apply(&change).unwrap_err();
        assert_eq!(failure.code, Code::BadInput, "{change:?}");
        assert!(failure.message.contains(says), "{change:?}: {failure}");
        assert_eq!(failure.hints.len(), 1, "{failure:?}");
    }
    for (name, says) in [
        ("", "a-z, 0-9"),
        ("Company", "a-z, 0-9"),
        ("-a", "begin with a letter"),
        ("a b", "a-z, 0-9"),
        ("off", "something else"),
        ("direct", "something else"),
    ] {
        let failure = check_new_name(name).unwrap_err();
        assert!(
            failure.code == Code::BadInput && failure.message.contains(says),
            "{failure}"
        );
    }
    check_new_name("company-2").unwrap();
}

#[test]
fn no_password_is_told() {
    const LIST: &str = "https://ann:hunter2@a.example";
    let none = ProfileChange::default;
    for change in [
        ProfileChange {
            upstreams: typed(&format!("{LIST}:x")),
            ..none()
        },
        ProfileChange {
            private_upstreams: typed(&format!("ftp://ann:hunter2@a.example,{LIST}")),
            ..none()
        },
        ProfileChange {
            private_redirects: vec![Typed(LIST.to_owned())],
            ..none()
        },
        ProfileChange {
            checksum_database: typed(LIST),
            ..none()
        },
        ProfileChange {
            checksum_database: typed(&format!("a {LIST} {LIST}")),
            ..none()
        },
        ProfileChange {
            http_proxy: typed(LIST),
            ..none()
        },
        ProfileChange {
            private: texts(&[LIST]),
            ..none()
        },
        ProfileChange {
            rules: vec![rule(LIST, true)],
            ..none()
        },
        ProfileChange {
            rules: vec![rule(&format!("a.example -> {LIST}:x"), true)],
            ..none()
        },
        ProfileChange {
            rules: vec![rule(&format!("{LIST} -> mirror"), true)],
            ..none()
        },
    ] {
        let failure = apply(&change).unwrap_err();
        let shown = format!("{failure} {failure:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let change = ProfileChange {
        upstreams: typed(LIST),
        rules: vec![rule(&format!("a.example -> {LIST}"), false)],
        ..none()
    };
    assert!(!format!("{change:?}").contains("hunter2"));
    let profile = apply(&change).unwrap();
    let view = ProfileView::of(&profile, None, &Choice::default());
    assert!(!format!("{view:?}").contains("hunter2"));
}

fn settings(profiles: Vec<ProfileSettings>) -> Settings {
    Settings {
        profiles,
        ..Settings::default()
    }
}

fn public_hosts() -> PublicHosts {
    PublicHosts::of(
        &"https://proxy.example.com,https://Mirror.example.com:8443/x,direct"
            .parse()
            .unwrap(),
    )
}

#[test]
fn private_paths_are_not_led_to_what_is_public() {
    let private = |text: &str| ProfileChange {
        rules: vec![rule(text, true)],
        ..ProfileChange::default()
    };
    let upstreams = |text: &str| ProfileChange {
        private_upstreams: typed(text),
        ..ProfileChange::default()
    };
    let through = ProfileSettings {
        upstreams: Some(
            "https://own.example,https://proxy.example.com"
                .parse()
                .unwrap(),
        ),
        ..ProfileSettings::new("mirror")
    };
    let before = settings(vec![ProfileSettings::new(PUBLIC), through]);
    for (change, says) in [
        (
            upstreams("https://proxy.example.com"),
            "the private upstreams of profile company are proxy.example.com",
        ),
        (
            upstreams("https://own.example|http://proxy.example.com.:80/y,off"),
            "proxy.example.com",
        ),
        (
            upstreams("https://ann:pw@MIRROR.example.com"),
            "mirror.example.com",
        ),
        (
            private("a.example -> https://proxy.example.com,direct"),
            "rule 1 of profile company",
        ),
        (
            ProfileChange {
                private_redirects: vec![Typed("https://proxy.example.com:444".to_owned())],
                ..ProfileChange::default()
            },
            "the private redirects of profile company allow proxy.example.com",
        ),
        (private("a.example -> public"), "go's own default upstreams"),
        (
            private("a.example -> mirror"),
            "profile mirror, which has proxy.example.com",
        ),
    ] {
        let profile = change
            .applied(&ProfileSettings::new("company"), &before.profiles)
            .unwrap();
        let failure = keep_private(&before, &before.with(&profile), &public_hosts()).unwrap_err();
        assert_eq!(failure.code, Code::BadInput);
        assert!(
            failure.message.contains(says) && failure.message.contains("that is public"),
            "{failure}"
        );
        assert!(!failure.hints.is_empty() && !failure.message.contains("pw"));
    }
    for change in [
        upstreams("direct"),
        upstreams("off"),
        upstreams("https://athens.corp.example,direct"),
        private("a.example -> direct"),
        private("a.example -> https://notproxy.example.com"),
        ProfileChange {
            rules: vec![rule("a.example -> public", false)],
            ..ProfileChange::default()
        },
    ] {
        let profile = change
            .applied(&ProfileSettings::new("company"), &before.profiles)
            .unwrap();
        keep_private(&before, &before.with(&profile), &public_hosts()).unwrap();
    }
}

#[test]
fn nor_by_a_change_of_the_profile_that_a_rule_leads_to() {
    let own = |list: Option<&str>| ProfileSettings {
        upstreams: list.map(|list| list.parse().unwrap()),
        ..ProfileSettings::new("mirror")
    };
    let company = ProfileSettings {
        rules: vec![RuleSettings {
            patterns: texts(&["a.example"]),
            target: RuleTarget::Profile("mirror".to_owned()),
            private: true,
        }],
        ..ProfileSettings::new("company")
    };
    let before = settings(vec![
        ProfileSettings::new(PUBLIC),
        own(Some("https://own.example")),
        company,
    ]);
    for list in [None, Some("https://proxy.example.com")] {
        keep_private(&before, &before.with(&own(list)), &public_hosts()).unwrap_err();
    }
    // What a person has written by hand is not held against another change.
    let by_hand = before.with(&own(None));
    assert_eq!(ways_out(&by_hand.profiles, &public_hosts()).len(), 1);
    keep_private(
        &by_hand,
        &by_hand.with(&ProfileSettings::new("other")),
        &public_hosts(),
    )
    .unwrap();
    keep_private(&by_hand, &by_hand, &PublicHosts::default()).unwrap();
}

proptest! {
    #[test]
    fn any_rule_is_read_or_refused_and_what_is_read_leads_somewhere(
        left in "[a-z./*, \\[-]{0,12}", arrow in "(->| -> | )", right in "[a-z:/.,|@ -]{0,24}", private: bool,
    ) {
        let change = ProfileChange {
            rules: vec![rule(&format!("{left}{arrow}{right}"), private)],
            ..ProfileChange::default()
        };
        match apply(&change) {
            Ok(profile) => {
                let [rule] = profile.rules.as_slice() else { panic!("{profile:?}") };
                prop_assert!(!rule.patterns.is_empty() && rule.private == private);
                prop_assert!(rule.patterns().malformed().next().is_none());
                if let RuleTarget::Profile(to) = &rule.target {
                    prop_assert!(others().iter().any(|other| other.name == *to));
                }
            }
            Err(failure) => prop_assert!(failure.code == Code::BadInput && !failure.hints.is_empty()),
        }
    }
}
