//! Takes what a person has told go over into a profile, before go env is written: nothing of it is ever dropped.

use go_module::ProxyList;

use super::found::{Found, distinct};
use super::own;
use crate::settings::{PUBLIC, ProfileSettings, RuleSettings, RuleTarget, Settings, UpstreamList};

/// What the profile is called that holds what go was told.
const NAME: &str = "company";

/// What is to be done to the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Takeover {
    /// This profile is there already and holds all of it: it is put in use.
    Use(String),
    /// A new profile, to be put in use.
    Add(ProfileSettings),
    /// The profile in use, with patterns that it did not have.
    Replace(ProfileSettings),
}

impl Takeover {
    /// The profile that is in use then.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Use(name) => name,
            Self::Add(profile) | Self::Replace(profile) => &profile.name,
        }
    }
}

/// What has to be done so that the profile in use holds all that was found; nothing where it does already.
///
/// A list of proxies becomes a profile of its own. Patterns and a database join it, else the profile in use, but for
/// `public`: then they get a profile of their own with its list.
pub(super) fn takeover(
    found: &Found,
    settings: &Settings,
    go_default: Option<&ProxyList>,
) -> Option<Takeover> {
    let mut candidates = settings.active.candidates().iter();
    let active = settings.profile(candidates.next()?)?;
    let others = candidates.filter_map(|name| settings.profile(name));
    let mut wanted = match &found.list {
        Some(list) => ProfileSettings {
            upstreams: Some(list.clone()),
            ..ProfileSettings::new(NAME)
        },
        None => active.clone(),
    };
    add(&mut wanted, found, go_default);
    if std::iter::once(active)
        .chain(others)
        .any(|profile| holds(profile, &wanted))
    {
        return None;
    }
    if found.list.is_none() && active.name != PUBLIC {
        return Some(Takeover::Replace(wanted));
    }
    if let Some(same) = settings.profiles.iter().find(|other| holds(other, &wanted)) {
        return Some(Takeover::Use(same.name.clone()));
    }
    let is_free = |name: &String| settings.profile(name).is_none();
    let mut names =
        std::iter::once(NAME.to_owned()).chain((2u32..).map(|number| format!("{NAME}-{number}")));
    wanted.name = names.find(is_free)?;
    Some(Takeover::Add(wanted))
}

/// Adds patterns and database to a profile, and where its private paths come from: from where go got them.
fn add(profile: &mut ProfileSettings, found: &Found, go_default: Option<&ProxyList>) {
    let bypass = found.bypass.as_ref().unwrap_or(&found.private);
    let private = found.private.iter().chain(bypass);
    let known = profile.private_patterns();
    let known: Vec<String> = known.globs().map(str::to_owned).collect();
    let fresh = private.filter(|pattern| !known.contains(pattern)).cloned();
    let fresh = distinct(fresh.collect());
    if !fresh.is_empty() && profile.private_upstreams.is_none() {
        // Some of them may have come through the person's proxies, if those are not everybody's.
        let through = found
            .private
            .iter()
            .any(|pattern| !bypass.contains(pattern));
        let company = found
            .list
            .as_ref()
            .filter(|_| through)
            .and_then(|list| without_defaults(list, go_default));
        profile.private_upstreams = match company {
            None => direct(),
            Some(list) => {
                if !bypass.is_empty() {
                    profile.rules.extend(direct().map(|direct| RuleSettings {
                        patterns: bypass.clone(),
                        target: RuleTarget::Upstreams(direct),
                        private: true,
                    }));
                }
                Some(list)
            }
        };
    }
    let of_rules = profile.rules.iter().filter(|rule| rule.private);
    let of_rules: Vec<String> = of_rules.flat_map(|rule| rule.patterns.clone()).collect();
    profile.private.extend(
        fresh
            .into_iter()
            .filter(|pattern| !of_rules.contains(pattern)),
    );
    let is_private = profile.private_patterns();
    let is_private: Vec<&str> = is_private.globs().collect();
    let excepted = found.no_database.iter().filter(|pattern| {
        !is_private.contains(&pattern.as_str()) && !profile.no_checksum_db.contains(pattern)
    });
    let excepted: Vec<String> = excepted.cloned().collect();
    profile.no_checksum_db.extend(excepted);
    if let Some(database) = &found.database {
        profile.checksum_db = Some(database.clone());
    }
}

fn direct() -> Option<UpstreamList> {
    "direct".parse().ok()
}

/// The list without the proxies of Go's default one: a private path is none of their business.
fn without_defaults(list: &UpstreamList, go_default: Option<&ProxyList>) -> Option<UpstreamList> {
    let is_default = |url: &str| {
        let entries = go_default.into_iter().flat_map(|list| &list.entries);
        entries.into_iter().any(|entry| {
            own::text(std::slice::from_ref(entry)).trim_end_matches('/')
                == url.trim_end_matches('/')
        })
    };
    own::text(&own::without(list.value(), is_default))
        .parse()
        .ok()
}

/// Whether a profile does all that the wanted one is wanted for. It may do more: a person may have gone on with it.
fn holds(profile: &ProfileSettings, wanted: &ProfileSettings) -> bool {
    let contains = |all: Vec<&str>, some: Vec<&str>| some.iter().all(|one| all.contains(one));
    let (private, wanted_private) = (profile.private_patterns(), wanted.private_patterns());
    let (excepted, wanted_excepted) = (
        profile.no_checksum_db_patterns(),
        wanted.no_checksum_db_patterns(),
    );
    profile.upstreams == wanted.upstreams
        && profile.checksum_db == wanted.checksum_db
        && contains(private.globs().collect(), wanted_private.globs().collect())
        && contains(
            excepted.globs().chain(private.globs()).collect(),
            wanted_excepted.globs().collect(),
        )
}

#[cfg(test)]
mod tests {
    use super::super::found::tests::{DEFAULT, KEY, find};
    use super::*;
    use crate::settings::Choice;

    fn take(values: &[(&str, &str)], settings: &Settings) -> Option<Takeover> {
        let default = ProxyList::parse(DEFAULT).unwrap();
        takeover(&find(values), settings, Some(&default))
    }

    fn added(values: &[(&str, &str)]) -> ProfileSettings {
        match take(values, &Settings::default()) {
            Some(Takeover::Add(profile)) => profile,
            other => panic!("{other:?}"),
        }
    }

    fn exposed(list: Option<&UpstreamList>) -> &str {
        list.map_or("", |list| list.expose())
    }

    /// Settings after a takeover.
    fn settings_with(profiles: Vec<ProfileSettings>, active: &str) -> Settings {
        let mut settings = Settings {
            active: Choice::Named(active.to_owned()),
            ..Settings::default()
        };
        settings.profiles.extend(profiles);
        settings
    }

    const LIST: (&str, &str) = ("GOPROXY", "https://me:pw@proxy.corp.example,direct");
    const PRIVATE: (&str, &str) = ("GOPRIVATE", "corp.example/*,github.com/acme");

    #[test]
    fn of_gos_own_settings_nothing_is_made() {
        assert_eq!(take(&[], &Settings::default()), None);
        assert_eq!(
            take(
                &[("GOPRIVATE", "a["), ("GONOPROXY", "none")],
                &Settings::default()
            ),
            None
        );
    }

    #[test]
    fn a_list_becomes_a_profile() {
        let profile = added(&[LIST]);
        assert_eq!(profile.name, "company");
        assert_eq!(exposed(profile.upstreams.as_ref()), LIST.1);
        assert_eq!(profile.private_upstreams, None, "nothing is private");
        assert_eq!(
            profile,
            ProfileSettings {
                upstreams: profile.upstreams.clone(),
                ..ProfileSettings::new("company")
            }
        );
    }

    #[test]
    fn private_patterns_come_from_where_go_got_them() {
        let by_default = added(&[LIST, PRIVATE]);
        assert_eq!(by_default.private, ["corp.example/*", "github.com/acme"]);
        assert_eq!(exposed(by_default.private_upstreams.as_ref()), "direct");
        assert!(by_default.rules.is_empty());

        // Through the proxies, every one of them.
        let through = added(&[
            (
                "GOPROXY",
                "https://athens.corp.example,https://public.example/,direct",
            ),
            PRIVATE,
            ("GONOPROXY", "none"),
        ]);
        assert_eq!(
            exposed(through.private_upstreams.as_ref()),
            "https://athens.corp.example,direct",
            "but not through everybody's"
        );
        assert!(through.rules.is_empty());

        // One around them, one through them.
        let mixed = added(&[LIST, PRIVATE, ("GONOPROXY", "github.com/acme,git.example")]);
        assert_eq!(mixed.private, ["corp.example/*"]);
        assert_eq!(exposed(mixed.private_upstreams.as_ref()), LIST.1);
        assert_eq!(mixed.rules.len(), 1);
        assert!(mixed.rules[0].private);
        assert_eq!(mixed.rules[0].patterns, ["github.com/acme", "git.example"]);
        assert_eq!(
            mixed.private_patterns().globs().count(),
            3,
            "none is dropped"
        );

        // With Go's own list through proxies would mean through everybody's.
        for values in [
            &[PRIVATE][..],
            &[PRIVATE, ("GONOPROXY", "none")],
            &[PRIVATE, ("GONOPROXY", "x.example")],
        ] {
            let profile = added(values);
            assert_eq!(
                exposed(profile.private_upstreams.as_ref()),
                "direct",
                "{values:?}"
            );
            assert!(profile.rules.is_empty());
            assert_eq!(profile.upstreams, None, "Go's own list");
            assert_eq!(profile.name, "company", "public can't hold them");
        }
        let bypass_alone = added(&[("GONOPROXY", "x.example")]);
        assert_eq!(bypass_alone.private, ["x.example"]);
    }

    #[test]
    fn what_only_the_database_is_not_asked_for_is_no_secret() {
        let profile = added(&[PRIVATE, ("GONOSUMDB", "corp.example/*,example.org")]);
        assert_eq!(profile.no_checksum_db, ["example.org"]);
        let alone = added(&[("GONOSUMDB", "example.org")]);
        assert_eq!((alone.private.len(), alone.no_checksum_db.len()), (0, 1));
        assert_eq!(alone.private_upstreams, None);
    }

    #[test]
    fn a_database_of_ones_own_goes_along() {
        assert_eq!(
            added(&[("GOSUMDB", "off")]).checksum_db.unwrap().expose(),
            "off"
        );
        assert_eq!(
            added(&[LIST, ("GOSUMDB", KEY)])
                .checksum_db
                .unwrap()
                .expose(),
            KEY
        );
    }

    #[test]
    fn done_again_it_finds_what_it_made() {
        let values = [LIST, PRIVATE, ("GOSUMDB", "off")];
        let mut made = added(&values);
        let in_use = settings_with(vec![made.clone()], "company");
        assert_eq!(take(&values, &in_use), None);
        let other = settings_with(vec![made.clone()], PUBLIC);
        assert_eq!(
            take(&values, &other),
            Some(Takeover::Use("company".to_owned()))
        );
        // Also where the person went on with it, or gave it another name.
        made.private.push("more.example".to_owned());
        made.private_upstreams = Some("https://athens.corp.example".parse().unwrap());
        made.name = "work".to_owned();
        let renamed = settings_with(vec![made], PUBLIC);
        assert_eq!(
            take(&values, &renamed),
            Some(Takeover::Use("work".to_owned()))
        );
    }

    #[test]
    fn a_name_that_is_taken_by_something_else_is_left_alone() {
        let other = ProfileSettings {
            upstreams: Some("https://other.example".parse().unwrap()),
            ..ProfileSettings::new("company")
        };
        let second = ProfileSettings::new("company-2");
        let settings = settings_with(vec![other, second], "company");
        match take(&[LIST], &settings) {
            Some(Takeover::Add(profile)) => assert_eq!(profile.name, "company-3"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn patterns_join_the_profile_in_use_if_it_is_not_public() {
        let work = ProfileSettings {
            upstreams: Some("https://work.example".parse().unwrap()),
            private: vec!["work.example".to_owned()],
            private_upstreams: Some("https://athens.work.example".parse().unwrap()),
            ..ProfileSettings::new("work")
        };
        let settings = settings_with(vec![work.clone()], "work");
        let expected = ProfileSettings {
            private: vec![
                "work.example".to_owned(),
                "corp.example/*".to_owned(),
                "github.com/acme".to_owned(),
            ],
            no_checksum_db: vec!["example.org".to_owned()],
            ..work
        };
        let values = [PRIVATE, ("GONOSUMDB", "example.org")];
        assert_eq!(take(&values, &settings), Some(Takeover::Replace(expected)));
        assert_eq!(take(&[("GOPRIVATE", "work.example")], &settings), None);
    }
}
