//! Drafts, read: each complaint is at its field, with what was meant; what is right becomes the profile that it shows.

use super::draft::{DraftNext, DraftRule, DraftUpstream, ProfileDraft};
use super::read::{Read, read};
use super::typed::Typed;
use crate::settings::{PUBLIC, ProfileSettings, RuleSettings, RuleTarget, Settings};

fn settings() -> Settings {
    let mut company = ProfileSettings::new("company");
    company.upstreams = Some(
        "https://me:pw@proxy.corp.example,https://b.example|direct"
            .parse()
            .unwrap(),
    );
    company.checksum_db = Some("off".parse().unwrap());
    company.private = vec!["corp.example/*".to_owned()];
    company.private_upstreams = Some("https://proxy.corp.example".parse().unwrap());
    company.extra_ca = Some("/etc/corp/ca.pem".into());
    company.rules = vec![
        RuleSettings {
            patterns: vec!["a.example".to_owned(), "b.example/*".to_owned()],
            target: RuleTarget::Profile(PUBLIC.to_owned()),
            private: false,
        },
        RuleSettings {
            patterns: vec!["c.example".to_owned()],
            target: RuleTarget::Upstreams("https://c.example|off".parse().unwrap()),
            private: true,
        },
    ];
    Settings::default().with(&company)
}

fn draft() -> ProfileDraft {
    ProfileDraft::of(settings().profile("company").unwrap())
}

fn row(address: &str) -> DraftUpstream {
    DraftUpstream {
        address: Typed(address.to_owned()),
        name: None,
        next: Some(DraftNext::NotFound),
    }
}

/// The fields that are wrong, and what is offered for each.
fn wrong(draft: &ProfileDraft, was: Option<&str>) -> Vec<(String, Option<String>)> {
    let Read { complaints, .. } = read(draft, was, &settings());
    let told = complaints.into_iter();
    told.map(|it| (it.field, it.mend.map(|mend| mend.value)))
        .collect()
}

fn at(field: &str, mend: Option<&str>) -> Vec<(String, Option<String>)> {
    vec![(field.to_owned(), mend.map(str::to_owned))]
}

#[test]
fn a_draft_is_the_profile_and_holds_no_password() {
    let draft = draft();
    let text = serde_json::to_string(&draft).unwrap();
    assert!(!text.contains("pw"), "{text}");
    assert_eq!(draft.chain[0].name.as_deref(), Some("proxy.corp.example"));
    assert_eq!(draft.chain[1].next, Some(DraftNext::Failure));
    assert_eq!((draft.chain[2].next, &draft.chain[2].name), (None, &None));
    let Read {
        profile,
        complaints,
    } = read(&draft, Some("company"), &settings());
    assert_eq!(complaints, []);
    assert_eq!(
        Some(&profile),
        settings().profile("company"),
        "the password too"
    );
    let blank = ProfileDraft::of(&ProfileSettings::new("new"));
    assert!(blank.default_chain && blank.safety_net && blank.chain.is_empty());
    let Read {
        profile,
        complaints,
    } = read(&blank, None, &settings());
    assert_eq!((profile, complaints), (ProfileSettings::new("new"), vec![]));
}

#[test]
fn an_upstream_that_is_wrong_is_told_at_its_row() {
    let with = |addresses: &[&str]| ProfileDraft {
        chain: addresses.iter().map(|it| row(it)).collect(),
        ..draft()
    };
    for (addresses, complaint) in [
        (
            &["https://a.example", "htps://b.example"][..],
            at("chain.1.address", Some("https://b.example")),
        ),
        (&["https://a.example", " "], at("chain.1.address", None)),
        (
            &["direct", "https://a.example"],
            at("chain.0.address", None),
        ),
        (&["https://a.example,direct"], at("chain.0.address", None)),
        (&[], at("chain", None)),
        (&["goproxy"], at("chain.0.address", Some("https://goproxy"))),
    ] {
        assert_eq!(
            wrong(&with(addresses), Some("company")),
            complaint,
            "{addresses:?}"
        );
    }
    let secret = with(&["ftp://me:topsecret@a.example"]);
    let Read { complaints, .. } = read(&secret, Some("company"), &settings());
    assert!(
        !format!("{complaints:?} {secret:?}").contains("topsecret"),
        "{complaints:?}"
    );
}

#[test]
fn a_copy_has_what_is_not_shown_of_its_model() {
    let mut settings = settings();
    let mut company = settings.profile("company").unwrap().clone();
    let database = "sums.example.com+6032d79d+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    company.checksum_db = Some(database.parse().unwrap());
    settings = settings.with(&company);
    let copy = ProfileDraft {
        name: "spare".to_owned(),
        ..ProfileDraft::of(&company)
    };
    let Read {
        profile,
        complaints,
    } = read(&copy, None, &settings);
    assert_eq!(complaints, []);
    company.name = "spare".to_owned();
    assert_eq!(profile, company);
}

#[test]
fn all_other_fields_are_told_by_name() {
    let own = Some("company");
    let mut draft = draft();
    draft.private.push("https://github.com/acme".to_owned());
    draft.not_private = vec!["Corp.example".to_owned()];
    draft.no_checksum_database = vec!["a{b,c}.example".to_owned()];
    draft.private_redirects = vec![Typed("storage.corp.example/x".to_owned())];
    draft.private_chain = vec![row("nonsense")];
    draft.http_proxy = Some(Typed("gate.corp.example:3128".to_owned()));
    draft.extra_ca = Some("ca.pem".to_owned());
    draft.client_certificate = Some(" ".to_owned());
    draft.checksum_database = Some(Typed("sums.example.com".to_owned()));
    draft.rules = vec![
        DraftRule {
            patterns: vec!["a.example".to_owned(), "b.example:443".to_owned()],
            to: Some("nobody".to_owned()),
            chain: Vec::new(),
            private: false,
        },
        DraftRule {
            patterns: Vec::new(),
            to: None,
            chain: vec![row("x"), row("off")],
            private: false,
        },
    ];
    let found = wrong(&draft, own);
    let fields: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|(field, mend)| (field.as_str(), mend.as_deref()))
        .collect();
    assert_eq!(
        fields,
        [
            ("checksum_database", None),
            ("private.1", Some("github.com/acme")),
            ("private_chain.0.address", Some("https://nonsense")),
            ("private_redirects.0", Some("https://storage.corp.example")),
            ("not_private.0", Some("corp.example")),
            ("no_checksum_database.0", None),
            ("http_proxy", Some("http://gate.corp.example:3128")),
            ("extra_ca", None),
            ("rules.0.patterns", Some("a.example,b.example")),
            ("rules.0.to", None),
            ("rules.1.patterns", None),
            ("rules.1.chain.0.address", Some("https://x")),
        ]
    );
}

#[test]
fn a_name_is_new_and_fit() {
    let named = |name: &str| ProfileDraft {
        name: name.to_owned(),
        ..draft()
    };
    let own = Some("company");
    assert_eq!(wrong(&named("company"), own), []);
    assert_eq!(wrong(&named("firm"), own), []);
    assert_eq!(
        wrong(&named("company"), None),
        at("name", Some("company-2"))
    );
    assert_eq!(wrong(&named("public"), own), at("name", Some("public-2")));
    assert_eq!(wrong(&named("My firm"), own), at("name", Some("my-firm")));
    assert_eq!(wrong(&named("direct"), own).len(), 1);
    let public = ProfileDraft {
        name: "mine".to_owned(),
        ..ProfileDraft::of(&ProfileSettings::new(PUBLIC))
    };
    assert_eq!(wrong(&public, Some(PUBLIC)), at("name", Some(PUBLIC)));
}
