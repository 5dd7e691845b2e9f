//! Where credentials of a profile are, and whose they are.

use go_module::ProxySource;

use super::*;
use crate::settings::{ProfileSettings, RuleSettings, RuleTarget};

fn settings(profiles: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    for (name, list) in profiles {
        settings.profiles.push(ProfileSettings {
            upstreams: Some(list.parse().unwrap()),
            ..ProfileSettings::new(*name)
        });
    }
    settings
}

#[test]
fn an_upstream_is_named_by_url_or_profile() {
    let settings = settings(&[
        (
            "company",
            "https://proxy.corp.example/go,https://proxy.corp.example|direct",
        ),
        ("two", "https://a.example,https://b.example"),
        ("none", "direct"),
        ("plain", "http://proxy.corp.example"),
    ]);
    for (text, is) in [
        (
            "https://Proxy.corp.example:443/x",
            "https://proxy.corp.example",
        ),
        ("http://127.0.0.1:8081/x", "http://127.0.0.1:8081"),
        ("company", "https://proxy.corp.example"),
    ] {
        assert_eq!(target(&settings, text).unwrap().as_str(), is);
    }
    for (text, code, says) in [
        (
            "two",
            Code::BadInput,
            "several upstreams: https://a.example, https://b.example",
        ),
        ("none", Code::BadInput, "no http upstream"),
        ("public", Code::BadInput, "no http upstream"),
        ("plain", Code::BadInput, "in the open"),
        ("hunter2", Code::NotFound, "neither"),
        ("http://a.example", Code::BadInput, "in the open"),
        (
            "https://ann:hunter2@a.example",
            Code::BadInput,
            "command line",
        ),
        ("file:///srv", Code::BadInput, "file://"),
        ("ftp://hunter2", Code::BadInput, ""),
    ] {
        let failure = target(&settings, text).unwrap_err();
        assert_eq!(failure.code, code, "{failure:?}");
        assert!(failure.message.contains(says), "{failure:?}");
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }
}

#[test]
fn user_info_is_taken_out_of_every_list_and_nothing_else_is() {
    let mut profile = settings(&[(
        "company",
        "https://ann:p%40w@proxy.corp.example/go|https://b.example/@x,direct",
    )])
    .profiles[1]
        .clone();
    profile.rules.push(RuleSettings {
        patterns: vec!["corp.example".to_owned()],
        target: RuleTarget::Upstreams("https://t0ken@tools.corp.example".parse().unwrap()),
        private: true,
    });
    let found = user_infos(&profile).unwrap();
    let origins: Vec<&str> = found.iter().map(|one| one.origin().as_str()).collect();
    assert_eq!(
        origins,
        ["https://proxy.corp.example", "https://tools.corp.example"]
    );
    assert_eq!(found[0].user(), Some("ann"));
    let clean = without_user_info(&profile).unwrap();
    assert_eq!(
        clean.upstreams.as_ref().unwrap().expose(),
        "https://proxy.corp.example/go|https://b.example/@x,direct"
    );
    assert!(user_infos(&clean).unwrap().is_empty());
    assert_eq!(without_user_info(&clean).unwrap(), clean);
    let RuleTarget::Upstreams(list) = &clean.rules[0].target else {
        panic!("it has a list");
    };
    assert_eq!(
        list.value().entries[0].source,
        ProxySource::Url("https://tools.corp.example".to_owned())
    );
}

#[test]
fn two_users_for_one_upstream_are_not_thrown_together() {
    let settings = settings(&[(
        "company",
        "https://ann:hunter2@a.example/x,https://bob:hunter2@a.example/y",
    )]);
    let failure = user_infos(&settings.profiles[1]).unwrap_err();
    assert!(
        failure.message.contains("two different users"),
        "{failure:?}"
    );
    assert!(!format!("{failure:?}").contains("hunter2"));
}

#[test]
fn what_is_written_down_is_one_for_each_origin() {
    let listed = |origin: &str, kept_in| Listed {
        origin: origin.parse().unwrap(),
        kind: credential::Kind::Basic,
        user: None,
        kept_in,
    };
    let mut known = Known::default();
    known.add(listed("https://a.example", KeptIn::Keyring));
    known.add(listed("https://b.example", KeptIn::Keyring));
    known.add(listed("https://a.example", KeptIn::EncryptedFile));
    let a: Origin = "https://a.example".parse().unwrap();
    assert!(known.has(&a, KeptIn::EncryptedFile) && !known.has(&a, KeptIn::Keyring));
    known.remove(&a);
    assert_eq!(known.all().len(), 1);
}
