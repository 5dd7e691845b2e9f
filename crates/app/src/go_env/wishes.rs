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
    /// Whether Larder is offline.
    pub(super) offline: bool,
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
    } else if ground.offline {
        Err("Larder is offline")
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
mod tests;
