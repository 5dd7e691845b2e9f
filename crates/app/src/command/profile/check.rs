//! Checks of profiles at entering: private paths must not lead to public upstreams, and rules must lead somewhere.

use std::fmt;

use go_module::{ProxyList, ProxySource};
use secret::SafeUrl;

use crate::failure::{Code, Failure};
use crate::settings::{ProfileSettings, RuleTarget, Settings};

/// The hosts of Go's own default list, as far as they are known: these are public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PublicHosts(Vec<String>);

impl PublicHosts {
    /// Those of a list.
    pub(crate) fn of(list: &ProxyList) -> Self {
        Self(hosts(list).collect())
    }

    /// The first of a list's hosts that is among them.
    fn named_by(&self, list: &ProxyList) -> Option<String> {
        hosts(list).find(|host| self.0.contains(host))
    }
}

fn hosts(list: &ProxyList) -> impl Iterator<Item = String> + '_ {
    list.entries.iter().filter_map(|entry| match &entry.source {
        ProxySource::Url(url) => {
            let url = SafeUrl::parse(url).ok()?;
            // A dot at the end of a name is the same name.
            let host = url.host_str()?.trim_end_matches('.');
            Some(host.to_ascii_lowercase())
        }
        ProxySource::Direct | ProxySource::Off => None,
    })
}

/// A way by which the names of private modules would be told to a public upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WayOut {
    profile: String,
    /// The number of the rule, counted from 1; none for `private-upstreams`.
    rule: Option<usize>,
    to: Public,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Public {
    Host(String),
    /// A profile that has Go's default list.
    Defaults(String),
    /// A profile whose own list names this host.
    Through(String, String),
}

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(number) => write!(
                f,
                "rule {number} of profile {} is for private paths and leads to ",
                self.profile
            )?,
            None => write!(f, "the private upstreams of profile {} are ", self.profile)?,
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

/// All ways out of private paths to what is public.
pub(crate) fn ways_out(profiles: &[ProfileSettings], public: &PublicHosts) -> Vec<WayOut> {
    let mut ways = Vec::new();
    for profile in profiles {
        let mut add = |rule, to| {
            ways.push(WayOut {
                profile: profile.name.clone(),
                rule,
                to,
            });
        };
        if let Some(list) = &profile.private_upstreams
            && let Some(host) = public.named_by(list.value())
        {
            add(None, Public::Host(host));
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
                add(Some(at + 1), to);
            }
        }
    }
    ways
}

/// Refuses a change by which private paths would come to lead to what is public. What a person has written into the file
/// that way stays.
///
/// # Errors
/// `bad-input`, for the first such way.
pub(crate) fn keep_private(
    before: &Settings,
    after: &Settings,
    public: &PublicHosts,
) -> Result<(), Failure> {
    let known = ways_out(&before.profiles, public);
    let ways = ways_out(&after.profiles, public);
    // The number of a rule may be another one now.
    let is_known = |way: &WayOut| {
        known
            .iter()
            .any(|known| known.profile == way.profile && known.to == way.to)
    };
    match ways.into_iter().find(|way| !is_known(way)) {
        None => Ok(()),
        Some(way) => Err(Failure::new(Code::BadInput, way.to_string())
            .hint("name the upstream where the private modules are; `direct` for version control, `off` for nowhere")),
    }
}

/// Refuses a profile whose rules lead to profiles that are not there.
///
/// # Errors
/// `bad-input`, for the first of them.
pub(super) fn leads_somewhere(
    profile: &ProfileSettings,
    profiles: &[ProfileSettings],
) -> Result<(), Failure> {
    for (at, rule) in profile.rules.iter().enumerate() {
        let RuleTarget::Profile(name) = &rule.target else {
            continue;
        };
        let refused = |reason: String, hint: String| {
            let number = at + 1;
            let message = format!("rule {number} of profile {}: {reason}", profile.name);
            Err(Failure::new(Code::BadInput, message).hint(hint))
        };
        if *name == profile.name {
            let hint = "name another profile, or a list of upstreams";
            return refused("it leads to its own profile".to_owned(), hint.to_owned());
        }
        if !profiles.iter().any(|known| known.name == *name) {
            let known: Vec<&str> = profiles.iter().map(|known| known.name.as_str()).collect();
            let hint = format!("there is: {}", known.join(", "));
            return refused(
                format!("there is no profile {name} to which it could lead"),
                hint,
            );
        }
    }
    Ok(())
}
