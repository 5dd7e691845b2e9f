//! What Larder wants of go, for what is in force and what the person has.

use go_tool::go_env::Wish;

use super::super::found::tests::KEY;
use super::*;
use crate::settings::{RuleSettings, RuleTarget};

const ADDRESS: &str = "http://127.0.0.1:4677/t0ken";
const LIST: &str = "https://public.example,direct";

fn ground(profile: ProfileSettings) -> Ground {
    let gos_own = ChecksumDb::parse("sum.golang.org").unwrap();
    Ground {
        address: Secret::new(ADDRESS),
        list: match &profile.upstreams {
            Some(list) => list.value().clone(),
            None => ProxyList::parse(LIST).unwrap(),
        },
        database: match &profile.checksum_db {
            Some(choice) => choice.value().clone(),
            None => gos_own.clone(),
        },
        go_database: gos_own,
        profile,
        granted: Vec::new(),
        held: true,
        offline: false,
    }
}

fn public() -> ProfileSettings {
    ProfileSettings::new("public")
}

fn company() -> ProfileSettings {
    ProfileSettings {
        upstreams: Some("https://proxy.corp.example".parse().unwrap()),
        private: vec!["corp.example/*".to_owned()],
        private_upstreams: Some("https://athens.corp.example".parse().unwrap()),
        ..ProfileSettings::new("company")
    }
}

/// What is wished for in a file that had this, by key; `-` for no line.
fn wished(ground: &Ground, original: &str, larder: Option<&str>) -> Vec<(String, String)> {
    let original = EnvFile::new(original);
    let goauth = original.get_text("GOAUTH").map(|text| text.into_owned());
    let person = Person {
        original,
        larder: larder.map(Path::new),
        goauth,
    };
    let wishes = wanted(ground, &person).wishes;
    let shown = wishes.iter().map(|(key, wish)| {
        let value = match wish {
            Wish::Set(value) => value.expose().to_owned(),
            Wish::Unset => "-".to_owned(),
        };
        (key.to_owned(), value)
    });
    shown.collect()
}

#[track_caller]
fn assert_wished(ground: &Ground, original: &str, expected: [&str; 5]) {
    let wished = wished(ground, original, None);
    let values: Vec<&str> = wished.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, expected);
    let keys: Vec<&str> = wished.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, super::super::found::KEYS[..5]);
}

#[test]
fn public_has_the_address_with_the_net_behind_it_and_no_more() {
    let net = format!("{ADDRESS}|{LIST}");
    assert_wished(&ground(public()), "", [&net, "-", "-", "-", "-"]);
}

#[test]
fn each_condition_takes_the_net_away() {
    let net_of = |profile: ProfileSettings, original: &str| {
        let person = Person {
            original: EnvFile::new(original),
            larder: None,
            goauth: None,
        };
        wanted(&ground(profile), &person).net
    };
    assert_eq!(net_of(public(), ""), Ok(()));
    let rule = RuleSettings {
        patterns: vec!["example.org".to_owned()],
        target: RuleTarget::Upstreams("direct".parse().unwrap()),
        private: false,
    };
    let of_list = |list: &str| ProfileSettings {
        upstreams: Some(list.parse().unwrap()),
        ..public()
    };
    assert_eq!(net_of(of_list("https://proxy.corp.example"), ""), Ok(()));
    for (profile, original) in [
        (
            ProfileSettings {
                safety_net: false,
                ..public()
            },
            "",
        ),
        (
            ProfileSettings {
                checksum_db: Some("off".parse().unwrap()),
                ..public()
            },
            "",
        ),
        (
            ProfileSettings {
                private: vec!["corp.example".to_owned()],
                ..public()
            },
            "",
        ),
        (
            ProfileSettings {
                rules: vec![rule],
                ..public()
            },
            "",
        ),
        (of_list("off"), ""),
        (
            of_list("https://a.example,https://me:pw@proxy.corp.example"),
            "",
        ),
        // What the person kept to themselves, whatever the profile.
        (public(), "GOPRIVATE=corp.example\n"),
        (public(), "GONOPROXY=corp.example\n"),
    ] {
        assert!(net_of(profile.clone(), original).is_err(), "{profile:?}");
    }
}

#[test]
fn private_paths_come_through_larder_where_they_have_a_place_and_the_port_is_held() {
    let mut ground = ground(company());
    assert_wished(&ground, "", [ADDRESS, "corp.example/*", "none", "-", "-"]);
    ground.held = false;
    assert_wished(&ground, "", [ADDRESS, "corp.example/*", "-", "-", "-"]);
    let person = Person {
        original: EnvFile::new(""),
        larder: None,
        goauth: None,
    };
    assert!(wanted(&ground, &person).notes[0].contains("nothing holds its port"));
    ground.held = true;
    for nowhere in [None, Some("off".parse().unwrap())] {
        ground.profile.private_upstreams = nowhere;
        assert_wished(&ground, "", [ADDRESS, "corp.example/*", "-", "-", "-"]);
    }
    // Each private path has a rule, which is a place.
    ground.profile.rules = vec![RuleSettings {
        patterns: std::mem::take(&mut ground.profile.private),
        target: RuleTarget::Upstreams("direct".parse().unwrap()),
        private: true,
    }];
    assert_wished(&ground, "", [ADDRESS, "corp.example/*", "none", "-", "-"]);
}

#[test]
fn what_the_person_kept_to_themselves_stays_so_in_every_profile() {
    let original = "GOPRIVATE=corp.example/*,a[,none\nGONOPROXY=git.example\nGONOSUMDB=x.example\n";
    assert_wished(
        &ground(public()),
        original,
        [
            ADDRESS,
            "corp.example/*,git.example",
            "-",
            "corp.example/*,git.example,x.example",
            "-",
        ],
    );
    // The profile has no place for git.example, so private paths stay outside.
    assert_wished(
        &ground(company()),
        "GONOPROXY=git.example\n",
        [ADDRESS, "corp.example/*,git.example", "-", "-", "-"],
    );
}

#[test]
fn what_the_database_is_not_asked_for_is_told_to_go_with_the_private() {
    let mut ground = ground(company());
    ground.profile.no_checksum_db = vec!["example.org/*".to_owned()];
    ground.granted = vec!["moved.example/x".to_owned()];
    let outside = "corp.example/*,example.org/*,moved.example/x";
    assert_wished(
        &ground,
        "",
        [ADDRESS, "corp.example/*", "none", outside, "-"],
    );
    ground.database = ChecksumDb::Off;
    assert_wished(&ground, "", [ADDRESS, "corp.example/*", "none", "-", "off"]);
}

#[test]
fn the_database_is_named_where_go_would_ask_another() {
    let gosumdb = |value: &str| {
        let mut ground = ground(company());
        ground.database = ChecksumDb::parse(value).unwrap();
        wished(&ground, "", None).swap_remove(4).1
    };
    assert_eq!(gosumdb("sum.golang.org"), "-");
    assert_eq!(gosumdb("sum.golang.org https://sums.example.com"), "-");
    assert_eq!(gosumdb("off"), "off");
    assert_eq!(gosumdb(&format!("{KEY} https://sums.example.com")), KEY);
    let mut off_by_default = ground(public());
    off_by_default.go_database = ChecksumDb::Off;
    assert_eq!(wished(&off_by_default, "", None)[4].1, "sum.golang.org");
    off_by_default.database = ChecksumDb::Off;
    assert_eq!(wished(&off_by_default, "", None)[4].1, "-");
}

#[test]
fn goauth_has_larder_in_front_where_go_fetches_something_itself() {
    let goauth = |ground: &Ground, original: &str| {
        let wished = wished(ground, original, Some("/opt/larder"));
        wished
            .into_iter()
            .find_map(|(key, value)| (key == "GOAUTH").then_some(value))
    };
    let set = |value: &str| Some(value.to_owned());
    let net = ground(public());
    assert_eq!(goauth(&net, ""), set("/opt/larder goauth; netrc"));
    assert_eq!(
        goauth(&net, "GOAUTH=git /src\n"),
        set("/opt/larder goauth; git /src")
    );
    let already = "/opt/larder goauth; netrc";
    assert_eq!(goauth(&net, &format!("GOAUTH={already}\n")), set(already));
    for left_alone in ["GOAUTH=off\n", "GOAUTH=off; netrc\n"] {
        assert_eq!(goauth(&net, left_alone), None);
    }
    let mut private = ground(company());
    assert_eq!(goauth(&private, ""), None, "all comes through Larder");
    private.held = false;
    assert_eq!(goauth(&private, ""), set("/opt/larder goauth; netrc"));
    assert_eq!(
        wished(&private, "", None).len(),
        5,
        "go does not know GOAUTH"
    );
}
