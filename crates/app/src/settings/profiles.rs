//! The profiles of a settings file: where modules come from, which database vouches for them, what is private.

use std::ops::Range;
use std::path::{Path, PathBuf};

use delivery::Share;
use go_module::{Patterns, ProxySource};
use secret::SafeUrl;
use toml_edit::{Item, Key, TableLike};
use upstream::PrivateRedirects;

use super::address::is_same;
use super::beside::{self, Beside};
use super::reader::Reader;
use super::written::{
    DatabaseChoice, HttpProxy, RedirectOrigin, RedirectOriginError, UpstreamList,
};
use crate::failure::Failure;

/// The profile that always exists: Go's own list and database, unless the file gives it others.
pub const PUBLIC: &str = "public";

/// No name is longer.
const LONGEST_NAME: usize = 40;

/// A profile, as the settings say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileSettings {
    /// `[a-z0-9][a-z0-9-]*`, at most 40 characters.
    pub name: String,
    /// `upstreams`: where modules come from; `None`: Go's default list.
    pub upstreams: Option<UpstreamList>,
    /// `checksum-database`; `None`: Go's default.
    pub checksum_db: Option<DatabaseChoice>,
    /// `private`: patterns of private paths.
    pub private: Vec<String>,
    /// `private-upstreams`: where private paths come from; `None`: nowhere.
    pub private_upstreams: Option<UpstreamList>,
    /// `private-redirects`: where the names of private modules may go along with a redirect, besides their upstreams.
    pub private_redirects: Vec<RedirectOrigin>,
    /// `not-private`: patterns of paths that are not private in it though they are in another profile.
    pub not_private: Vec<String>,
    /// `no-checksum-database`: patterns of public paths outside the database, as GONOSUMDB.
    pub no_checksum_db: Vec<String>,
    /// `safety-net`: whether `go` may be given the profile's own list behind Larder, for when Larder does not answer.
    pub safety_net: bool,
    /// `http-proxy`: what requests to its upstreams go through; `None`: what the environment says.
    pub http_proxy: Option<HttpProxy>,
    /// `extra-ca`: a file with authorities in PEM that are trusted for its upstreams besides those of the system.
    pub extra_ca: Option<PathBuf>,
    /// `client-certificate`: a file in PEM, with certificate and key, shown to its upstreams where they ask for one.
    pub client_certificate: Option<PathBuf>,
    /// `canary`: another upstream that a share of the modules is asked of first.
    pub canary: Option<Beside>,
    /// `mirror`: another upstream whose answers are compared.
    pub mirror: Option<Beside>,
    /// `rules`: the first match wins.
    pub rules: Vec<RuleSettings>,
}

/// Where some paths come from instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSettings {
    /// Patterns of those paths; at least one.
    pub patterns: Vec<String>,
    /// Where they come from.
    pub target: RuleTarget,
    /// Whether its patterns are private too and it is for private paths only; else it is for public ones only.
    pub private: bool,
}

/// Where the paths of a rule come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleTarget {
    /// `to`: the upstream list of another profile, by its name.
    Profile(String),
    /// `upstreams`: a list of its own.
    Upstreams(UpstreamList),
}

impl ProfileSettings {
    /// A profile of this name with nothing but defaults.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            upstreams: None,
            checksum_db: None,
            private: Vec::new(),
            private_upstreams: None,
            private_redirects: Vec::new(),
            not_private: Vec::new(),
            no_checksum_db: Vec::new(),
            safety_net: true,
            http_proxy: None,
            extra_ca: None,
            client_certificate: None,
            canary: None,
            mirror: None,
            rules: Vec::new(),
        }
    }

    /// All that is private: its own patterns and those of its private rules.
    #[must_use]
    pub fn private_patterns(&self) -> Patterns {
        joined(self.all_private())
    }

    /// Whether it says where private paths come from.
    pub(crate) fn has_private_ways(&self) -> bool {
        self.private_upstreams.is_some() || self.rules.iter().any(|rule| rule.private)
    }

    /// Where private names may go along with a redirect: to the origins that were named, and to each other's of the
    /// upstreams that are told private names anyway.
    pub(crate) fn private_redirects(&self) -> PrivateRedirects {
        let of_rules = self.rules.iter().filter(|rule| rule.private);
        let of_rules = of_rules.filter_map(|rule| match &rule.target {
            RuleTarget::Upstreams(list) => Some(list),
            RuleTarget::Profile(_) => None,
        });
        let lists = self.private_upstreams.iter().chain(of_rules);
        let entries = lists.flat_map(|list| &list.value().entries);
        let told: Vec<SafeUrl> = entries
            .filter_map(|entry| match &entry.source {
                ProxySource::Url(url) => SafeUrl::parse(url).ok(),
                ProxySource::Direct | ProxySource::Off => None,
            })
            .collect();
        let named = self.private_redirects.iter().map(RedirectOrigin::url);
        PrivateRedirects::to(told.iter().chain(named))
    }

    /// The same, pattern by pattern.
    pub(crate) fn all_private(&self) -> impl Iterator<Item = &String> {
        let rules = self.rules.iter().filter(|rule| rule.private);
        let of_rules = rules.flat_map(|rule| &rule.patterns);
        self.private.iter().chain(of_rules)
    }

    /// Whether its canary is an upstream of its own list.
    pub(crate) fn canary_is_own(&self) -> bool {
        let own = self.upstreams.iter().flat_map(|list| &list.value().entries);
        let is_own = |canary: &Beside| {
            own.clone().any(|entry| match &entry.source {
                ProxySource::Url(url) => {
                    SafeUrl::parse(url).is_ok_and(|url| is_same(&url, &canary.to))
                }
                ProxySource::Direct | ProxySource::Off => false,
            })
        };
        self.canary.as_ref().is_some_and(is_own)
    }

    /// All upstreams that it names by a URL.
    pub(crate) fn named_upstreams(&self) -> Vec<SafeUrl> {
        let of_rules = self.rules.iter().filter_map(|rule| match &rule.target {
            RuleTarget::Upstreams(list) => Some(list),
            RuleTarget::Profile(_) => None,
        });
        let lists = self.upstreams.iter().chain(&self.private_upstreams);
        let entries = lists.chain(of_rules).flat_map(|list| &list.value().entries);
        let listed = entries.filter_map(|entry| match &entry.source {
            ProxySource::Url(url) => SafeUrl::parse(url).ok(),
            ProxySource::Direct | ProxySource::Off => None,
        });
        let beside = self.canary.iter().chain(&self.mirror);
        listed.chain(beside.map(|it| it.to.clone())).collect()
    }

    /// What is not private in it though it is in another profile.
    #[must_use]
    pub fn not_private_patterns(&self) -> Patterns {
        joined(&self.not_private)
    }

    /// What is public but outside the database.
    #[must_use]
    pub fn no_checksum_db_patterns(&self) -> Patterns {
        joined(&self.no_checksum_db)
    }
}

impl RuleSettings {
    /// Which paths it is for.
    #[must_use]
    pub fn patterns(&self) -> Patterns {
        joined(&self.patterns)
    }
}

pub(super) fn joined<'a>(patterns: impl IntoIterator<Item = &'a String>) -> Patterns {
    let patterns: Vec<&str> = patterns.into_iter().map(String::as_str).collect();
    Patterns::parse(&patterns.join(","))
}

/// Whether every path that `pattern` is for is certainly one that `by` is for: they are the same, or `by` is a plain path
/// above it.
pub(super) fn covers(by: &str, pattern: &str) -> bool {
    let (by, pattern) = (by.trim_end_matches('/'), pattern.trim_end_matches('/'));
    let is_plain = !by.contains(['*', '?', '[', '\\']);
    by == pattern || is_plain && Patterns::parse(by).matches(pattern)
}

/// Checks a profile's name.
///
/// # Errors
/// What a name must be, as the second half of a sentence.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    let fine = name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fine {
        Ok(())
    } else {
        Err(
            "the name of a profile must be made of a-z, 0-9 and `-`, begin with a letter or a digit, and be at \
             most 40 characters long",
        )
    }
}

/// A rule's `to`, to be checked once all profiles are known.
struct Reference {
    from: String,
    to: String,
    private: bool,
    span: Option<Range<usize>>,
}

/// Reads the table `profiles`; `public` comes first, whether it is there or not, and the others as they stand.
pub(super) fn read(reader: &Reader<'_>, item: &Item) -> Result<Vec<ProfileSettings>, Failure> {
    let mut profiles = vec![ProfileSettings::new(PUBLIC)];
    let mut references = Vec::new();
    for profile in each(reader, item, &mut references)? {
        if profile.name == PUBLIC {
            profiles[0] = profile;
        } else {
            profiles.push(profile);
        }
    }
    for reference in &references {
        reference.check(reader, &profiles)?;
    }
    Ok(profiles)
}

/// Reads the table `profiles` as it stands, for itself: the profiles that rules lead to may be elsewhere.
pub(super) fn read_alone(
    reader: &Reader<'_>,
    item: &Item,
) -> Result<Vec<ProfileSettings>, Failure> {
    each(reader, item, &mut Vec::new())
}

fn each(
    reader: &Reader<'_>,
    item: &Item,
    references: &mut Vec<Reference>,
) -> Result<Vec<ProfileSettings>, Failure> {
    let table = reader.as_table("", "profiles", item)?;
    let profiles = table.iter().map(|(name, item)| {
        let span = table.key(name).and_then(Key::span);
        check_name(name).map_err(|reason| reader.complaint(span, reason))?;
        profile(reader, name, item, references)
    });
    profiles.collect()
}

fn profile(
    reader: &Reader<'_>,
    name: &str,
    item: &Item,
    references: &mut Vec<Reference>,
) -> Result<ProfileSettings, Failure> {
    let table = reader.as_table("profiles.", name, item)?;
    let prefix = format!("profiles.{name}.");
    let mut profile = ProfileSettings::new(name);
    let mut canary_at = None;
    reader.table(table, &prefix, |key, item| {
        match key {
            "upstreams" => profile.upstreams = Some(upstreams(reader, key, item)?),
            "checksum-database" => {
                profile.checksum_db = Some(database(reader, key, item)?);
            }
            "private" => profile.private = reader.patterns(key, item)?,
            "private-upstreams" => profile.private_upstreams = Some(upstreams(reader, key, item)?),
            "private-redirects" => profile.private_redirects = redirects(reader, key, item)?,
            "not-private" => profile.not_private = reader.patterns(key, item)?,
            "no-checksum-database" => profile.no_checksum_db = reader.patterns(key, item)?,
            "safety-net" => profile.safety_net = reader.yes_or_no(key, item)?,
            "http-proxy" => {
                let what = "http://host:port, or off for none";
                profile.http_proxy = Some(reader.parsed(key, item, what)?);
            }
            "extra-ca" => profile.extra_ca = Some(file(reader, key, item)?),
            "client-certificate" => profile.client_certificate = Some(file(reader, key, item)?),
            "canary" => {
                profile.canary = Some(beside::read(reader, &prefix, key, item, None)?);
                canary_at = item.span();
            }
            "mirror" => {
                let all = Some(Share::ALL);
                profile.mirror = Some(beside::read(reader, &prefix, key, item, all)?);
            }
            "rules" => {
                for (table, span) in reader.tables(&prefix, key, item)? {
                    let rule = rule(reader, name, table, span, references)?;
                    profile.rules.push(rule);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if profile.canary_is_own() {
        let message =
            "the canary is one of the profile's own upstreams: name another one, or take it out";
        return Err(reader.complaint(canary_at, message));
    }
    Ok(profile)
}

fn rule(
    reader: &Reader<'_>,
    from: &str,
    table: &dyn TableLike,
    span: Option<Range<usize>>,
    references: &mut Vec<Reference>,
) -> Result<RuleSettings, Failure> {
    let (mut patterns, mut to, mut own, mut private) = (Vec::new(), None, None, false);
    let prefix = format!("profiles.{from}.rules.");
    reader.table(table, &prefix, |key, item| {
        match key {
            "patterns" => patterns = reader.patterns(key, item)?,
            "to" => {
                let name = reader.text(key, item, "the name of another profile")?;
                to = Some((name.to_owned(), item.span()));
            }
            "upstreams" => own = Some(upstreams(reader, key, item)?),
            "private" => private = reader.yes_or_no(key, item)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if patterns.is_empty() {
        let message =
            "this rule is for no path: give it `patterns`, such as [\"github.com/acme/*\"]";
        return Err(reader.complaint(span, message));
    }
    let target = match (to, own) {
        (Some((to, span)), None) => {
            references.push(Reference {
                from: from.to_owned(),
                to: to.clone(),
                private,
                span,
            });
            RuleTarget::Profile(to)
        }
        (None, Some(own)) => RuleTarget::Upstreams(own),
        (Some(_), Some(_)) => {
            let message = "this rule has both `to` and `upstreams`: keep the one that is meant";
            return Err(reader.complaint(span, message));
        }
        (None, None) => {
            let message = "this rule leads nowhere: give it `to` with the name of a profile, or `upstreams` with a list";
            return Err(reader.complaint(span, message));
        }
    };
    Ok(RuleSettings {
        patterns,
        target,
        private,
    })
}

/// The path of a file, which must not depend on where Larder was started.
fn file(reader: &Reader<'_>, key: &str, item: &Item) -> Result<PathBuf, Failure> {
    let path = Path::new(reader.text(key, item, "the absolute path of a file in PEM")?);
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let message = format!("`{key}` must be an absolute path, such as \"/etc/corp/ca.pem\"");
    Err(reader.complaint(item.span(), &message))
}

fn upstreams(reader: &Reader<'_>, key: &str, item: &Item) -> Result<UpstreamList, Failure> {
    reader.parsed(
        key,
        item,
        "a list as in GOPROXY, such as \"https://proxy.corp.example,direct\"",
    )
}

fn redirects(reader: &Reader<'_>, key: &str, item: &Item) -> Result<Vec<RedirectOrigin>, Failure> {
    let wrong = |span| {
        let message = format!(
            "`{key}` must be a list of origins in quotes, such as [\"https://storage.corp.example\"]"
        );
        reader.complaint(span, &message)
    };
    let array = item.as_array().ok_or_else(|| wrong(item.span()))?;
    let origins = array.iter().map(|entry| {
        let text = entry.as_str().ok_or_else(|| wrong(entry.span()))?;
        text.parse().map_err(|error: RedirectOriginError| {
            reader.complaint(entry.span(), &format!("`{key}`: {error}"))
        })
    });
    origins.collect()
}

fn database(reader: &Reader<'_>, key: &str, item: &Item) -> Result<DatabaseChoice, Failure> {
    let what = "off, or a database as in GOSUMDB";
    // A URL in the place of the name may hold a password, which no complaint may quote.
    let name = reader.text(key, item, what)?.split_whitespace().next();
    if name.is_some_and(|name| name.contains("://") || name.contains('@')) {
        let message =
            format!("`{key}` begins with a name, or name+hash+key; a URL may stand behind it");
        return Err(reader.complaint(item.span(), &message));
    }
    reader.parsed(key, item, what)
}

impl Reference {
    fn check(&self, reader: &Reader<'_>, profiles: &[ProfileSettings]) -> Result<(), Failure> {
        let complaint = |message: &str| Err(reader.complaint(self.span.clone(), message));
        if self.to == self.from {
            return complaint(
                "`to` names the rule's own profile: name another, or take the rule out",
            );
        }
        let Some(target) = profiles.iter().find(|profile| profile.name == self.to) else {
            return complaint(&unknown("`to`", &self.to, profiles));
        };
        if self.private && target.upstreams.is_none() {
            let message = format!(
                "this private rule tells the names of its modules to Go's default upstreams, which profile `{}` uses",
                self.to
            );
            reader.warn(self.span.clone(), &message);
        }
        Ok(())
    }
}

/// Says that there is no such profile, and which there are.
pub(super) fn unknown(what: &str, name: &str, profiles: &[ProfileSettings]) -> String {
    let known: Vec<&str> = profiles
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    format!(
        "{what} names a profile that is not there, {name:?}: there is {}; the table of a new one is [profiles.NAME]",
        known.join(", ")
    )
}
