//! Ways by which the names of private modules would be told to what is public, found in the settings alone.

use std::fmt;

use go_module::{ProxyList, ProxySource};
use secret::SafeUrl;

use super::{ProfileSettings, RuleTarget};

/// The hosts of Go's own default list, as far as they are known: these are public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PublicHosts(Vec<String>);

impl PublicHosts {
    /// Those of a list.
    pub(crate) fn of(list: &ProxyList) -> Self {
        Self(hosts(list).collect())
    }

    /// Whether this host is among them.
    pub(crate) fn has(&self, host: &str) -> bool {
        self.0.iter().any(|public| public == host)
    }

    /// The host of a URL, where it is among them.
    fn named(&self, url: &SafeUrl) -> Option<String> {
        host(url).filter(|host| self.0.contains(host))
    }

    /// Which entry of a list is the first whose host is among them.
    fn first_in(&self, list: &ProxyList) -> Option<usize> {
        let mut entries = list.entries.iter();
        entries.position(|entry| match &entry.source {
            ProxySource::Url(url) => {
                SafeUrl::parse(url).is_ok_and(|url| self.named(&url).is_some())
            }
            ProxySource::Direct | ProxySource::Off => false,
        })
    }

    /// The first of a list's hosts that is among them.
    fn named_by(&self, list: &ProxyList) -> Option<String> {
        hosts(list).find(|host| self.0.contains(host))
    }
}

fn hosts(list: &ProxyList) -> impl Iterator<Item = String> + '_ {
    list.entries.iter().filter_map(|entry| match &entry.source {
        ProxySource::Url(url) => host(&SafeUrl::parse(url).ok()?),
        ProxySource::Direct | ProxySource::Off => None,
    })
}

fn host(url: &SafeUrl) -> Option<String> {
    // A dot at the end of a name is the same name.
    let host = url.host_str()?.trim_end_matches('.');
    Some(host.to_ascii_lowercase())
}

/// A way by which the names of private modules would be told to a public upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WayOut {
    pub(crate) profile: String,
    by: By,
    pub(crate) to: Public,
}

/// What of a profile leads out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    PrivateUpstreams,
    PrivateRedirects,
    /// The rule of this number, counted from 1.
    Rule(usize),
}

/// What is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Public {
    /// An upstream at this host.
    Host(String),
    /// A profile that has Go's default list.
    Defaults(String),
    /// A profile whose own list names this host.
    Through(String, String),
}

impl WayOut {
    /// The field of the profile that leads out, as drafts have them. `profile` is the one that is meant.
    pub(crate) fn field(&self, profile: &ProfileSettings, public: &PublicHosts) -> String {
        let row = |field: &str, list: &ProxyList| match public.first_in(list) {
            Some(at) => format!("{field}.{at}.address"),
            None => field.to_owned(),
        };
        match self.by {
            By::PrivateUpstreams => match &profile.private_upstreams {
                Some(list) => row("private_chain", list.value()),
                None => "private_chain".to_owned(),
            },
            By::PrivateRedirects => {
                let mut origins = profile.private_redirects.iter();
                let at = origins.position(|origin| public.named(origin.url()).is_some());
                format!("private_redirects.{}", at.unwrap_or(0))
            }
            By::Rule(number) => {
                let at = number - 1;
                match profile.rules.get(at).map(|rule| &rule.target) {
                    Some(RuleTarget::Upstreams(list)) => {
                        row(&format!("rules.{at}.chain"), list.value())
                    }
                    Some(RuleTarget::Profile(_)) | None => format!("rules.{at}.to"),
                }
            }
        }
    }
}

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = &self.profile;
        match self.by {
            By::Rule(number) => write!(
                f,
                "rule {number} of profile {profile} is for private paths and leads to "
            )?,
            By::PrivateUpstreams => write!(f, "the private upstreams of profile {profile} are ")?,
            By::PrivateRedirects => write!(f, "the private redirects of profile {profile} allow ")?,
        }
        match &self.to {
            Public::Host(host) => write!(f, "{host}")?,
            Public::Defaults(name) => {
                write!(f, "profile {name}, which has go's own default upstreams")?
            }
            Public::Through(name, host) => write!(f, "profile {name}, which has {host}")?,
        }
        f.write_str(": that is public, and would be told the names of private modules")
    }
}

/// The ways out of the private paths of this profile by hosts that it names; that a rule leads to Go's own list is said
/// where the settings are read.
pub(crate) fn ways_out_of(
    name: &str,
    profiles: &[ProfileSettings],
    public: &PublicHosts,
) -> Vec<String> {
    let ways = ways_out(profiles, public).into_iter();
    ways.filter(|way| way.profile == name && !matches!(way.to, Public::Defaults(_)))
        .map(|way| way.to_string())
        .collect()
}

/// All ways out of private paths to what is public.
pub(crate) fn ways_out(profiles: &[ProfileSettings], public: &PublicHosts) -> Vec<WayOut> {
    let mut ways = Vec::new();
    for profile in profiles {
        let mut add = |by, to| {
            ways.push(WayOut {
                profile: profile.name.clone(),
                by,
                to,
            });
        };
        if let Some(list) = &profile.private_upstreams
            && let Some(host) = public.named_by(list.value())
        {
            add(By::PrivateUpstreams, Public::Host(host));
        }
        for origin in &profile.private_redirects {
            if let Some(host) = public.named(origin.url()) {
                add(By::PrivateRedirects, Public::Host(host));
            }
        }
        for (at, rule) in profile
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.private)
        {
            let to = match &rule.target {
                RuleTarget::Upstreams(list) => public.named_by(list.value()).map(Public::Host),
                RuleTarget::Profile(name) => {
                    let to = profiles.iter().find(|profile| profile.name == *name);
                    match to.map(|to| &to.upstreams) {
                        Some(None) => Some(Public::Defaults(name.clone())),
                        Some(Some(list)) => public
                            .named_by(list.value())
                            .map(|host| Public::Through(name.clone(), host)),
                        None => None,
                    }
                }
            };
            if let Some(to) = to {
                add(By::Rule(at + 1), to);
            }
        }
    }
    ways
}
