//! What a caller's go goes by before Larder writes anything, as far as a profile can take it over.

use std::collections::{BTreeMap, BTreeSet};

use go_module::patterns::{self, PatternError};
use go_module::{Patterns, ProxyList};

use super::own::{self, Own};
use crate::failure::{Code, Failure};
use crate::settings::{DatabaseChoice, UpstreamList};

/// What the settings of go are called that Larder writes, in the order in which it writes them.
pub(super) const KEYS: [&str; 6] = [
    "GOPROXY",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOSUMDB",
    "GOAUTH",
];

/// What the go command answers for a caller.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// What it goes by, for each of [`KEYS`].
    pub(super) values: BTreeMap<String, String>,
    /// Go's own list of proxies.
    pub(super) proxy_default: String,
    /// Go's own checksum database.
    pub(super) database_default: String,
}

impl Said {
    pub(super) fn value(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }
}

/// What a person has told go, and a profile can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// A list of proxies that is neither Go's default nor Larder's own.
    pub(super) list: Option<UpstreamList>,
    /// Patterns of GOPRIVATE.
    pub(super) private: Vec<String>,
    /// Patterns of GONOPROXY, where it is not what GOPRIVATE is.
    pub(super) bypass: Option<Vec<String>>,
    /// Patterns of GONOSUMDB, where it is not what GOPRIVATE is.
    pub(super) no_database: Vec<String>,
    /// A database that is not Go's default.
    pub(super) database: Option<DatabaseChoice>,
    /// What no profile can hold, as go makes nothing of it either: a sentence each.
    pub(super) left_out: Vec<String>,
}

/// Reads what go says. The settings in `ours` say what Larder wrote: there is nothing to take over from them.
///
/// # Errors
/// `bad-input` for a pattern that go goes by and a profile must not hold.
pub(super) fn found(said: &Said, own: &Own, ours: &BTreeSet<String>) -> Result<Found, Failure> {
    let mut found = Found::default();
    let is_ours = |key: &str| ours.contains(key);
    if !is_ours("GOPROXY") {
        match said.value("GOPROXY").parse::<ProxyList>() {
            Ok(list) => {
                let others = own::text(&own.others(&list));
                let is_default = ProxyList::parse(&said.proxy_default) == ProxyList::parse(&others);
                if !others.is_empty() && !is_default {
                    found.list = others.parse().ok();
                }
            }
            // Its texts are without user info.
            Err(error) => found.left_out.push(format!(
                "GOPROXY is not taken over, as go can't use it either: {error}"
            )),
        }
    }
    if !is_ours("GOPRIVATE") {
        found.private = sound("GOPRIVATE", said, &mut found.left_out)?;
    }
    let differs = |key: &str| !is_ours(key) && said.value(key) != said.value("GOPRIVATE");
    if differs("GONOPROXY") {
        found.bypass = Some(sound("GONOPROXY", said, &mut found.left_out)?);
    }
    if differs("GONOSUMDB") {
        found.no_database = sound("GONOSUMDB", said, &mut found.left_out)?;
    }
    if !is_ours("GOSUMDB") {
        let read = |value: &str| DatabaseChoice::without_user_info(value).ok();
        let default = read(&said.database_default);
        // What stands there is not quoted: a URL in the place of the name may hold a password.
        match read(said.value("GOSUMDB")).filter(|_| !is_url(said.value("GOSUMDB"))) {
            Some((choice, wants)) => {
                let is_default =
                    default.is_some_and(|(default, _)| default.value() == choice.value());
                found.left_out.extend(wants.map(|origin| {
                    format!(
                        "GOSUMDB is taken over without the user name and password in its URL; keep them where they are safe: larder login {origin}"
                    )
                }));
                found.database = (!is_default).then_some(choice);
            }
            None => found.left_out.push(
                "GOSUMDB is not taken over, as go can't use it either: it is `off`, a name, or name+hash+key, and a URL behind it if need be"
                    .to_owned(),
            ),
        }
    }
    Ok(found)
}

fn is_url(value: &str) -> bool {
    let name = value.split_whitespace().next().unwrap_or_default();
    name.contains("://") || name.contains('@')
}

/// The patterns of a setting that can match something.
fn sound(key: &str, said: &Said, left_out: &mut Vec<String>) -> Result<Vec<String>, Failure> {
    let mut sound = Vec::new();
    for pattern in said.value(key).split(',') {
        // By custom `none` says that there is none; it is a pattern as any other, and matches no module.
        if pattern.is_empty() || pattern == "none" {
            continue;
        }
        match patterns::check(pattern) {
            Ok(()) => sound.push(pattern.trim_end_matches('/').to_owned()),
            Err(error @ PatternError::Toolchain(_)) => {
                return Err(Failure::new(
                    Code::BadInput,
                    format!("{key} can't be taken over into a profile: {error}"),
                )
                .hint(format!("set it anew: go env -w {key}=…, then try again"))
                .hint("nothing was changed"));
            }
            Err(error) => left_out.push(format!("a pattern of {key} is left out: {error}")),
        }
    }
    Ok(distinct(sound))
}

/// The patterns of a value that can match something, without a word about the others.
pub(super) fn sound_of(value: &str) -> Vec<String> {
    let globs = Patterns::parse(value);
    let globs = globs
        .globs()
        .filter(|glob| *glob != "none" && patterns::check(glob).is_ok());
    distinct(globs.map(str::to_owned).collect())
}

/// Each once, in the order in which they came.
pub(super) fn distinct(patterns: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let fresh = |pattern: &String| seen.insert(pattern.clone());
    patterns.into_iter().filter(fresh).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use secret::Secret;

    use super::*;

    pub(crate) const KEY: &str =
        "sums.example.com+6032d79d+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    pub(crate) const DEFAULT: &str = "https://public.example,direct";

    pub(crate) fn said(values: &[(&str, &str)]) -> Said {
        let mut said = Said {
            values: BTreeMap::new(),
            proxy_default: DEFAULT.to_owned(),
            database_default: "sum.golang.org".to_owned(),
        };
        let mut set = |key: &str, value: &str| said.values.insert(key.to_owned(), value.to_owned());
        set("GOPROXY", DEFAULT);
        set("GOSUMDB", "sum.golang.org");
        set("GOAUTH", "netrc");
        for (key, value) in values {
            set(key, value);
        }
        // What follows it where it is not set.
        let private = said.value("GOPRIVATE").to_owned();
        for key in ["GONOPROXY", "GONOSUMDB"] {
            let value = said.values.entry(key.to_owned());
            value.or_insert_with(|| private.clone());
        }
        said
    }

    pub(crate) fn find(values: &[(&str, &str)]) -> Found {
        find_beside(values, &[]).unwrap()
    }

    pub(crate) fn find_beside(values: &[(&str, &str)], ours: &[&str]) -> Result<Found, Failure> {
        let own = Own {
            ports: vec![4677],
            token: Secret::new("t0ken"),
        };
        let ours = ours.iter().map(|key| (*key).to_owned()).collect();
        found(&said(values), &own, &ours)
    }

    #[test]
    fn gos_own_settings_leave_nothing_to_take_over() {
        for values in [
            &[][..],
            &[("GOPROXY", " https://public.example , direct,")],
            &[(
                "GOPROXY",
                "http://127.0.0.1:4677/t0ken|https://public.example,direct",
            )],
            &[("GOPROXY", "http://127.0.0.1:4677/t0ken")],
            &[("GONOPROXY", "none"), ("GONOSUMDB", "none")],
        ] {
            let found = find(values);
            let nothing = Found {
                bypass: found.bypass.clone(),
                ..Found::default()
            };
            assert_eq!(found, nothing, "{values:?}");
            assert!(found.bypass.unwrap_or_default().is_empty());
        }
    }

    #[test]
    fn a_list_of_ones_own_is_found_password_and_all_and_never_shown() {
        let found = find(&[(
            "GOPROXY",
            "http://127.0.0.1:4677/old|https://me:hunter2@proxy.corp.example,direct",
        )]);
        assert!(!format!("{found:?}").contains("hunter2"));
        let list = found.list.unwrap();
        assert_eq!(
            list.expose(),
            "https://me:hunter2@proxy.corp.example,direct"
        );
        assert_eq!(list.to_string(), "https://proxy.corp.example,direct");
        for list in ["direct", "off", "https://public.example"] {
            assert_eq!(find(&[("GOPROXY", list)]).list.unwrap().expose(), list);
        }
    }

    #[test]
    fn patterns_are_found_each_once() {
        let found = find(&[
            (
                "GOPRIVATE",
                "corp.example/*,github.com/acme/,,corp.example/*",
            ),
            ("GONOPROXY", "corp.example/*,none"),
            ("GONOSUMDB", "corp.example/*,example.org"),
        ]);
        assert_eq!(found.private, ["corp.example/*", "github.com/acme"]);
        assert_eq!(found.bypass.unwrap(), ["corp.example/*"]);
        assert_eq!(found.no_database, ["corp.example/*", "example.org"]);
        let follows = find(&[("GOPRIVATE", "corp.example/*")]);
        assert_eq!((follows.bypass, follows.no_database.len()), (None, 0));
    }

    #[test]
    fn what_go_makes_nothing_of_is_told_and_left_out() {
        let found = find(&[
            ("GOPROXY", "proxy one,direct"),
            (
                "GOPRIVATE",
                "a[, corp.example/x,https://me:hunter2@corp.example,ok.example",
            ),
            ("GOSUMDB", "https://me:hunter2@sums.example.com"),
        ]);
        assert_eq!(found.private, ["ok.example"]);
        assert_eq!((&found.list, &found.database), (&None, &None));
        assert_eq!(found.left_out.len(), 5, "{found:#?}");
        assert!(!format!("{found:?}").contains("hunter2"));
        assert!(found.left_out[1].contains("GOPRIVATE"), "{found:#?}");
    }

    #[test]
    fn a_pattern_that_covers_the_toolchain_stops_it() {
        for key in ["GOPRIVATE", "GONOPROXY", "GONOSUMDB"] {
            let failure = find_beside(&[(key, "corp.example,*")], &[]).unwrap_err();
            assert_eq!(failure.code, Code::BadInput);
            assert!(failure.message.contains(key), "{failure:?}");
        }
    }

    #[test]
    fn another_database_is_found() {
        for value in ["off", KEY, "sum.golang.org https://sums.example.com/go"] {
            let found = find(&[("GOSUMDB", value)]);
            assert_eq!(found.database.unwrap().expose(), value);
        }
    }

    #[test]
    fn a_password_of_a_database_is_left_out_and_the_way_for_it_is_told() {
        let value = format!("{KEY} https://me:hunter2@sums.example.com:8443/go");
        let found = find(&[("GOSUMDB", &value)]);
        assert!(!format!("{found:?}").contains("hunter2"));
        let bare = format!("{KEY} https://sums.example.com:8443/go");
        assert_eq!(found.database.unwrap().expose(), bare);
        let [told] = found.left_out.as_slice() else {
            panic!("{:?}", found.left_out)
        };
        assert!(
            told.ends_with("larder login https://sums.example.com:8443"),
            "{told}"
        );
    }

    #[test]
    fn from_what_larder_wrote_nothing_is_taken() {
        let values = [
            ("GOPROXY", "http://127.0.0.1:9/gone|https://a.example"),
            ("GOPRIVATE", "corp.example,mine.example"),
            ("GONOPROXY", "none"),
            ("GOSUMDB", "off"),
        ];
        let found = find_beside(&values, &KEYS).unwrap();
        assert_eq!(found, Found::default());
        // Somebody added a pattern by hand since.
        let found =
            find_beside(&values, &["GOPROXY", "GONOPROXY", "GONOSUMDB", "GOSUMDB"]).unwrap();
        assert_eq!(found.private, ["corp.example", "mine.example"]);
        assert_eq!((found.bypass, found.list), (None, None));
    }
}
