//! What Larder wants go env to say: thought out from what is in force, without touching anything.

use std::path::Path;

use delivery::ChecksumDb;
use go_module::{ProxyList, ProxySource};
use go_tool::go_env::{EnvFile, Wishes};
use go_tool::{GoauthWish, goauth_value};
use secret::{SafeUrl, Secret};

use super::found::{distinct, sound_of};
use super::own;
use crate::settings::ProfileSettings;

/// What is in force, as far as go env depends on it.
#[derive(Debug)]
pub(super) struct Ground {
    /// Larder's own address for go, token included.
    pub(super) address: Secret,
    /// The profile in use.
    pub(super) profile: ProfileSettings,
    /// The list that public paths go to in this run.
    pub(super) list: ProxyList,
    /// The checksum database of this run.
    pub(super) database: ChecksumDb,
    /// The one that go asks where nothing is set.
    pub(super) go_database: ChecksumDb,
    /// Patterns that a person has let through unverified for a time.
    pub(super) granted: Vec<String>,
    /// Whether the port is held while Larder does not run.
    pub(super) held: bool,
}

/// Of one go env file.
#[derive(Debug)]
pub(super) struct Person<'a> {
    /// What the file was before Larder.
    pub(super) original: EnvFile,
    /// The program to name in GOAUTH, where go knows GOAUTH.
    pub(super) larder: Option<&'a Path>,
    /// What GOAUTH says without Larder.
    pub(super) goauth: Option<String>,
}

/// What go env is to say, and why it says no more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) wishes: Wishes,
    /// Whether the profile's own list stands behind Larder; where not, why.
    pub(super) net: Result<(), &'static str>,
    /// What a person should know, a sentence each.
    pub(super) notes: Vec<String>,
}

/// Thinks out what go env is to say.
pub(super) fn wanted(ground: &Ground, person: &Person<'_>) -> Wanted {
    let mut notes = Vec::new();
    let original = |key: &str| sound_of(&person.original.get_text(key).unwrap_or_default());
    let own_patterns = ground.profile.private_patterns();
    let of_profile: Vec<String> = own_patterns.globs().map(str::to_owned).collect();
    // What the person kept from proxies before stays kept, whatever profile is in use.
    let mut private = of_profile.clone();
    private.extend(original("GOPRIVATE"));
    private.extend(original("GONOPROXY"));
    let private = distinct(private);

    let all_in_profile = private.iter().all(|pattern| of_profile.contains(pattern));
    let through_larder = !private.is_empty() && all_in_profile && has_place(&ground.profile);
    let none = through_larder && ground.held;
    if through_larder && !ground.held {
        notes.push(
            "private modules stay outside Larder, as nothing holds its port when it does not run: go fetches them itself, as GOPRIVATE has it"
                .to_owned(),
        );
    }

    let is_off = ground.database == ChecksumDb::Off;
    let net = net(ground, &private, is_off);
    let mut address = ground.address.expose().to_owned();
    if net.is_ok() {
        address = format!("{address}|{}", own::text(&ground.list.entries));
    }

    let mut wishes = Wishes::new().set("GOPROXY", address);
    wishes = either(
        wishes,
        "GOPRIVATE",
        (!private.is_empty()).then(|| private.join(",")),
    );
    wishes = either(wishes, "GONOPROXY", none.then(|| "none".to_owned()));
    wishes = either(wishes, "GONOSUMDB", {
        let excepted = ground.profile.no_checksum_db_patterns();
        let mut outside = private.clone();
        outside.extend(excepted.globs().map(str::to_owned));
        outside.extend(ground.granted.iter().cloned());
        outside.extend(original("GONOSUMDB"));
        let outside = distinct(outside);
        // Without a line of its own it is what GOPRIVATE is.
        (!is_off && outside.len() > private.len()).then(|| outside.join(","))
    });
    wishes = either(
        wishes,
        "GOSUMDB",
        sumdb(&ground.database, &ground.go_database),
    );
    let fetches_itself = net.is_ok() || (!private.is_empty() && !none);
    if let Some(larder) = person.larder.filter(|_| fetches_itself) {
        match goauth_value(larder, person.goauth.as_deref()) {
            Ok(GoauthWish::Set(value)) => wishes = wishes.set("GOAUTH", value.expose()),
            Ok(GoauthWish::AsItIs) => {
                wishes = wishes.set("GOAUTH", person.goauth.clone().unwrap_or_default());
            }
            Ok(GoauthWish::LeftOff) => {}
            Err(error) => notes.push(format!("GOAUTH is left as it is: {error}")),
        }
    }
    Wanted { wishes, net, notes }
}

fn either(wishes: Wishes, key: &str, value: Option<String>) -> Wishes {
    match value {
        Some(value) => wishes.set(key, value),
        None => wishes.unset(key),
    }
}

/// The value of GOSUMDB; nothing where go asks that database by itself. Where it is reached is not told: go asks Larder.
fn sumdb(database: &ChecksumDb, go_database: &ChecksumDb) -> Option<String> {
    match (database, go_database) {
        (ChecksumDb::Off, ChecksumDb::Off) => None,
        (ChecksumDb::Off, ChecksumDb::Named { .. }) => Some("off".to_owned()),
        (ChecksumDb::Named { key, .. }, ChecksumDb::Named { key: own, .. }) if key == own => None,
        (ChecksumDb::Named { name, key, .. }, _) => Some(match ChecksumDb::parse(name) {
            // Go knows its key.
            Ok(_) => name.clone(),
            Err(_) => key.clone(),
        }),
    }
}

/// Whether the profile says where each private path comes from.
fn has_place(profile: &ProfileSettings) -> bool {
    let list = profile.private_upstreams.as_ref();
    let leads_somewhere = list.is_some_and(|list| {
        let mut entries = list.value().entries.iter();
        entries.any(|entry| entry.source != ProxySource::Off)
    });
    leads_somewhere || profile.private.is_empty()
}

/// Whether the profile's own list may stand behind Larder: go would ask it for the same path whatever Larder answered.
fn net(ground: &Ground, private: &[String], is_off: bool) -> Result<(), &'static str> {
    let profile = &ground.profile;
    let mut entries = ground.list.entries.iter();
    let has_password = |source: &ProxySource| match source {
        ProxySource::Url(url) => SafeUrl::parse(url).map_or(true, |url| url.user_info().is_some()),
        ProxySource::Direct | ProxySource::Off => false,
    };
    if !profile.safety_net {
        Err("the profile has `safety-net = false`")
    } else if is_off {
        Err("the profile has no checksum database")
    } else if !private.is_empty() {
        Err("there are private patterns")
    } else if !profile.rules.is_empty() {
        Err("the profile has rules")
    } else if ground.list.entries.first().map(|entry| &entry.source) == Some(&ProxySource::Off) {
        Err("the profile has no upstream")
    } else if entries.any(|entry| has_password(&entry.source)) {
        Err("the profile's upstreams hold a password")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
        let original =
            "GOPRIVATE=corp.example/*,a[,none\nGONOPROXY=git.example\nGONOSUMDB=x.example\n";
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
}
