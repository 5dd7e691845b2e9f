//! What is to be different in a profile, applied.

use std::path::PathBuf;

use delivery::Share;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::typed::{RuleText, Typed, database, file, http_proxy, patterns, redirect, upstreams};
use crate::failure::{Code, Failure};
use crate::settings::{Beside, ProfileSettings, RuleSettings, address};

/// What is to be different. First what is reset or taken out is, then what is given is set or added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ProfileChange {
    /// The upstreams, in GOPROXY's grammar.
    pub upstreams: Option<Typed>,
    /// The checksum database, in GOSUMDB's grammar.
    pub checksum_database: Option<Typed>,
    /// Patterns of private paths, to be added.
    pub private: Vec<String>,
    /// Where private paths come from, in GOPROXY's grammar.
    pub private_upstreams: Option<Typed>,
    /// Where the names of private modules may go along with a redirect, to be added: an origin each.
    pub private_redirects: Vec<Typed>,
    /// Patterns of paths that are not private here though they are elsewhere, to be added.
    pub not_private: Vec<String>,
    /// Patterns of public paths outside the database, to be added.
    pub no_checksum_database: Vec<String>,
    /// Whether `go` may be given the profile's own list behind Larder.
    pub safety_net: Option<bool>,
    /// What requests to its upstreams go through: a URL, or `off`.
    pub http_proxy: Option<Typed>,
    /// The absolute path of a file with authorities that are trusted for its upstreams.
    pub extra_ca: Option<PathBuf>,
    /// The absolute path of a file with the certificate that is shown to its upstreams.
    pub client_certificate: Option<PathBuf>,
    /// Another upstream that a share of the modules is asked of first.
    pub canary: Option<Typed>,
    /// Which share, in percent.
    pub canary_share: Option<String>,
    /// Another upstream whose answers are compared.
    pub mirror: Option<Typed>,
    /// For which share of the modules, in percent; of all where nothing is said.
    pub mirror_share: Option<String>,
    /// Rules to be added.
    pub rules: Vec<RuleText>,
    /// Whether these are added before those there are, not behind them.
    pub rules_first: bool,
    /// Patterns that are private no longer.
    pub remove_private: Vec<String>,
    /// Patterns that are outside the database no longer.
    pub remove_no_checksum_database: Vec<String>,
    /// Rules to be taken out, by their number, counted from 1.
    pub remove_rules: Vec<usize>,
    /// What is to be as it is in a new profile.
    pub defaults: Vec<Defaulted>,
}

/// What can be reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Defaulted {
    /// Go's default list.
    Upstreams,
    /// Go's default database.
    ChecksumDatabase,
    /// No private patterns.
    Private,
    /// Private paths come from nowhere.
    PrivateUpstreams,
    /// Private names go along with no redirect that leads elsewhere.
    PrivateRedirects,
    /// What is private elsewhere is private.
    NotPrivate,
    /// Nothing is outside the database.
    NoChecksumDatabase,
    /// `go` may be given the list.
    SafetyNet,
    /// What the environment says.
    HttpProxy,
    /// None.
    ExtraCa,
    /// None.
    ClientCertificate,
    /// None.
    Canary,
    /// None.
    Mirror,
    /// No rules.
    Rules,
}

impl Defaulted {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Upstreams,
        Self::ChecksumDatabase,
        Self::Private,
        Self::PrivateUpstreams,
        Self::PrivateRedirects,
        Self::NotPrivate,
        Self::NoChecksumDatabase,
        Self::SafetyNet,
        Self::HttpProxy,
        Self::ExtraCa,
        Self::ClientCertificate,
        Self::Canary,
        Self::Mirror,
        Self::Rules,
    ];

    /// Its key in the settings.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Upstreams => "upstreams",
            Self::ChecksumDatabase => "checksum-database",
            Self::Private => "private",
            Self::PrivateUpstreams => "private-upstreams",
            Self::PrivateRedirects => "private-redirects",
            Self::NotPrivate => "not-private",
            Self::NoChecksumDatabase => "no-checksum-database",
            Self::SafetyNet => "safety-net",
            Self::HttpProxy => "http-proxy",
            Self::ExtraCa => "extra-ca",
            Self::ClientCertificate => "client-certificate",
            Self::Canary => "canary",
            Self::Mirror => "mirror",
            Self::Rules => "rules",
        }
    }
}

impl ProfileChange {
    /// Whether it asks for nothing.
    pub(super) fn is_empty(&self) -> bool {
        Self {
            rules_first: false,
            ..self.clone()
        } == Self::default()
    }

    /// The profile as it is to be. `profiles` are those that a rule may lead to.
    ///
    /// # Errors
    /// `bad-input`, with what is wrong and what to write instead.
    pub(super) fn applied(
        &self,
        before: &ProfileSettings,
        profiles: &[ProfileSettings],
    ) -> Result<ProfileSettings, Failure> {
        let mut profile = before.clone();
        self.reset(&mut profile)?;
        self.take_out(&mut profile)?;
        if let Some(text) = &self.upstreams {
            profile.upstreams = Some(upstreams("the upstreams", text)?);
        }
        if let Some(text) = &self.private_upstreams {
            let list = upstreams("the private upstreams", text)?;
            profile.private_upstreams = Some(list);
        }
        if let Some(text) = &self.checksum_database {
            profile.checksum_db = Some(database(text)?);
        }
        if let Some(text) = &self.http_proxy {
            profile.http_proxy = Some(http_proxy(text)?);
        }
        if let Some(safety_net) = self.safety_net {
            profile.safety_net = safety_net;
        }
        if let Some(path) = &self.extra_ca {
            profile.extra_ca = Some(file("the extra CA", path)?);
        }
        if let Some(path) = &self.client_certificate {
            profile.client_certificate = Some(file("the client certificate", path)?);
        }
        let canary = (self.canary.as_ref(), self.canary_share.as_deref());
        profile.canary = beside("canary", canary, profile.canary, None)?;
        let mirror = (self.mirror.as_ref(), self.mirror_share.as_deref());
        profile.mirror = beside("mirror", mirror, profile.mirror, Some(Share::ALL))?;
        for list in &self.private {
            add("the private pattern", list, &mut profile.private)?;
        }
        for text in &self.private_redirects {
            let origin = redirect(text)?;
            if !profile.private_redirects.contains(&origin) {
                profile.private_redirects.push(origin);
            }
        }
        for list in &self.not_private {
            let what = "the pattern that is not private";
            add(what, list, &mut profile.not_private)?;
        }
        for list in &self.no_checksum_database {
            let all = &mut profile.no_checksum_db;
            add("the pattern outside the checksum database", list, all)?;
        }
        let rules = self.rules.iter();
        let rules = rules.map(|rule| rule.read(&profile.name, profiles));
        let rules: Vec<RuleSettings> = rules.collect::<Result<_, _>>()?;
        let at = if self.rules_first {
            0
        } else {
            profile.rules.len()
        };
        profile.rules.splice(at..at, rules);
        Ok(profile)
    }

    fn reset(&self, profile: &mut ProfileSettings) -> Result<(), Failure> {
        for defaulted in &self.defaults {
            let is_set = match defaulted {
                Defaulted::Upstreams => {
                    profile.upstreams = None;
                    self.upstreams.is_some()
                }
                Defaulted::ChecksumDatabase => {
                    profile.checksum_db = None;
                    self.checksum_database.is_some()
                }
                Defaulted::PrivateUpstreams => {
                    profile.private_upstreams = None;
                    self.private_upstreams.is_some()
                }
                Defaulted::SafetyNet => {
                    profile.safety_net = true;
                    self.safety_net.is_some()
                }
                Defaulted::HttpProxy => {
                    profile.http_proxy = None;
                    self.http_proxy.is_some()
                }
                Defaulted::ExtraCa => {
                    profile.extra_ca = None;
                    self.extra_ca.is_some()
                }
                Defaulted::ClientCertificate => {
                    profile.client_certificate = None;
                    self.client_certificate.is_some()
                }
                Defaulted::Canary => {
                    profile.canary = None;
                    self.canary.is_some()
                }
                Defaulted::Mirror => {
                    profile.mirror = None;
                    self.mirror.is_some()
                }
                // A list may be emptied and filled anew at once.
                Defaulted::Private => {
                    profile.private.clear();
                    false
                }
                Defaulted::PrivateRedirects => {
                    profile.private_redirects.clear();
                    false
                }
                Defaulted::NotPrivate => {
                    profile.not_private.clear();
                    false
                }
                Defaulted::NoChecksumDatabase => {
                    profile.no_checksum_db.clear();
                    false
                }
                Defaulted::Rules => {
                    profile.rules.clear();
                    false
                }
            };
            if is_set {
                let message = format!("`{}` is to be set and reset at once", defaulted.key());
                return Err(
                    Failure::new(Code::BadInput, message).hint("leave out the one or the other")
                );
            }
        }
        Ok(())
    }

    fn take_out(&self, profile: &mut ProfileSettings) -> Result<(), Failure> {
        let what = "a private pattern";
        remove(what, &self.remove_private, &mut profile.private)?;
        let what = "a pattern outside the checksum database";
        let excepted = &mut profile.no_checksum_db;
        remove(what, &self.remove_no_checksum_database, excepted)?;
        let count = profile.rules.len();
        if let Some(number) = self
            .remove_rules
            .iter()
            .find(|number| !(1..=count).contains(number))
        {
            let message = format!("there is no rule {number} in profile {}", profile.name);
            let hint = match count {
                0 => "it has no rules".to_owned(),
                1 => "it has one: 1".to_owned(),
                _ => format!("it has {count}, numbered from 1: larder profile show"),
            };
            return Err(Failure::new(Code::BadInput, message).hint(hint));
        }
        let mut number = 0;
        profile.rules.retain(|_| {
            number += 1;
            !self.remove_rules.contains(&number)
        });
        Ok(())
    }
}

/// The canary or the mirror, with what is to be different of it.
fn beside(
    name: &str,
    (to, share): (Option<&Typed>, Option<&str>),
    before: Option<Beside>,
    usual: Option<Share>,
) -> Result<Option<Beside>, Failure> {
    let bad = |message: String| Failure::new(Code::BadInput, message);
    let share = share.map(str::parse::<Share>).transpose();
    let share = share.map_err(|error| {
        bad(format!("the share of the {name} can't be used: {error}")).hint(format!(
            "write it as --{name}-share 5 or --{name}-share 0.5"
        ))
    })?;
    let to = to.map(|text| address(text.0.trim())).transpose();
    let to = to.map_err(|error| bad(format!("the {name} can't be used: {error}")))?;
    let (to, share) = match (to, share, before) {
        (None, None, before) => return Ok(before),
        (None, Some(share), Some(before)) => (before.to, Some(share)),
        (None, Some(_), None) => {
            return Err(
                bad(format!("there is no {name} to have a share")).hint(format!(
                    "name it as well: --{name} https://next.corp.example"
                )),
            );
        }
        (Some(to), share, before) => (to, share.or(before.map(|it| it.share)).or(usual)),
    };
    let share = share.ok_or_else(|| {
        bad(format!("the {name} has no share")).hint(format!(
            "say which part of the modules it is for, in percent: --{name}-share 5"
        ))
    })?;
    Ok(Some(Beside { to, share }))
}

/// Adds patterns that are not there yet.
fn add(what: &str, list: &str, all: &mut Vec<String>) -> Result<(), Failure> {
    for pattern in patterns(what, list)? {
        if !all.iter().any(|known| same(known, &pattern)) {
            all.push(pattern);
        }
    }
    Ok(())
}

fn remove(what: &str, gone: &[String], all: &mut Vec<String>) -> Result<(), Failure> {
    for pattern in gone {
        let before = all.len();
        all.retain(|known| !same(known, pattern));
        if all.len() == before {
            let message = format!("{pattern:?} is not {what} of this profile");
            let hint = match all.as_slice() {
                [] => "there is none".to_owned(),
                all => format!("there is: {}", all.join(", ")),
            };
            return Err(Failure::new(Code::BadInput, message).hint(hint));
        }
    }
    Ok(())
}

/// A slash at the end means nothing.
fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}
