//! A draft is read: what is wrong with it, field by field, and the profile that it is where nothing is.
//!
//! The rules are those of the command line (`typed`); here is only which field each complaint is about.

use std::collections::HashMap;

use go_module::{ProxySource, patterns};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::draft::{DraftNext, DraftRule, DraftUpstream, ProfileDraft};
use super::mend::{self, ProfileMend};
use super::typed::{self, Typed, check_new_name, rule_profile};
use crate::failure::Failure;
use crate::settings::{
    DatabaseChoice, PUBLIC, ProfileSettings, RuleSettings, RuleTarget, Settings, UpstreamList,
};

/// What is wrong with a field of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "Complaint")]
pub struct ProfileComplaint {
    /// Which one: `name`, `chain.0.address`, `private.2`, `rules.0.patterns`.
    pub field: String,
    /// What is wrong with it, and what may stand there.
    pub message: String,
    /// What may have been meant.
    pub mend: Option<ProfileMend>,
}

/// What was read of a draft.
pub(super) struct Read {
    /// The profile, as far as it makes sense.
    pub(super) profile: ProfileSettings,
    /// What is wrong, in the order of the fields.
    pub(super) complaints: Vec<ProfileComplaint>,
}

/// Reads a draft that is to take the place of the profile called `was`, or to be a new one.
pub(super) fn read(draft: &ProfileDraft, was: Option<&str>, settings: &Settings) -> Read {
    let drawn_from = was.or(draft.drawn_from.as_deref());
    let before = drawn_from.and_then(|name| settings.profile(name));
    let mut reading = Reading {
        written: before.map(written).unwrap_or_default(),
        complaints: Vec::new(),
    };
    reading.name(draft, was, settings);
    let mut profile = ProfileSettings::new(draft.name.trim());
    if !draft.default_chain {
        if draft.chain.is_empty() {
            let message = "there is no upstream: add one, or take those that go has by itself";
            reading.complain("chain", message, None);
        }
        let own = before.and_then(|before| before.upstreams.as_ref());
        profile.upstreams = reading.chain("chain", &draft.chain, own);
    }
    profile.checksum_db = reading.database(draft, before);
    profile.private = reading.patterns("private", &draft.private);
    let own = before.and_then(|before| before.private_upstreams.as_ref());
    profile.private_upstreams = reading.chain("private_chain", &draft.private_chain, own);
    for (at, origin) in draft.private_redirects.iter().enumerate() {
        let field = format!("private_redirects.{at}");
        let mend = || mend::redirect(origin.0.trim());
        let read = reading.field(&field, typed::redirect(origin), mend);
        let is_new = |origin: &_| !profile.private_redirects.contains(origin);
        profile.private_redirects.extend(read.filter(is_new));
    }
    profile.not_private = reading.patterns("not_private", &draft.not_private);
    profile.no_checksum_db = reading.patterns("no_checksum_database", &draft.no_checksum_database);
    profile.safety_net = draft.safety_net;
    profile.http_proxy = said(draft.http_proxy.as_ref()).and_then(|proxy| {
        let mend = || mend::http_proxy(proxy.0.trim());
        reading.field("http_proxy", typed::http_proxy(proxy), mend)
    });
    for (field, what, text, to) in [
        (
            "extra_ca",
            "the extra CA",
            &draft.extra_ca,
            &mut profile.extra_ca,
        ),
        (
            "client_certificate",
            "the client certificate",
            &draft.client_certificate,
            &mut profile.client_certificate,
        ),
    ] {
        let text = text.as_deref().map(str::trim).filter(|it| !it.is_empty());
        *to = text.and_then(|text| reading.field(field, typed::file(what, text.as_ref()), || None));
    }
    // A form has no fields for them.
    profile.canary = before.and_then(|before| before.canary.clone());
    profile.mirror = before.and_then(|before| before.mirror.clone());
    if profile.canary_is_own() {
        let message = "its canary is one of these upstreams: take the one or the other out (larder profile edit NAME --default canary)";
        reading.complain("chain", message, None);
    }
    for (at, rule) in draft.rules.iter().enumerate() {
        let rule = reading.rule(at, rule, was.unwrap_or(&profile.name), settings);
        profile.rules.extend(rule);
    }
    Read {
        profile,
        complaints: reading.complaints,
    }
}

/// What a field has, where it has anything.
fn said(text: Option<&Typed>) -> Option<&Typed> {
    text.filter(|text| !text.0.trim().is_empty())
}

/// The upstreams of a profile as they are written, by how they are shown: a draft has no passwords, and saving it must not
/// lose one.
pub(crate) fn written(profile: &ProfileSettings) -> HashMap<String, String> {
    let of_rules = profile.rules.iter().filter_map(|rule| match &rule.target {
        RuleTarget::Upstreams(list) => Some(list),
        RuleTarget::Profile(_) => None,
    });
    let own = profile.upstreams.iter().chain(&profile.private_upstreams);
    own.chain(of_rules).flat_map(shown).collect()
}

/// How the URLs of a list are shown, and how they are written.
fn shown(list: &UpstreamList) -> impl Iterator<Item = (String, String)> {
    let entries = list.value().entries.iter();
    entries.filter_map(|entry| match &entry.source {
        ProxySource::Url(url) => Some((entry.source.to_string(), url.clone())),
        ProxySource::Direct | ProxySource::Off => None,
    })
}

struct Reading {
    written: HashMap<String, String>,
    complaints: Vec<ProfileComplaint>,
}

impl Reading {
    fn complain(&mut self, field: &str, message: impl Into<String>, mend: Option<ProfileMend>) {
        self.complaints.push(ProfileComplaint {
            field: field.to_owned(),
            message: message.into(),
            mend,
        });
    }

    /// What was read of a field, or a complaint about it.
    fn field<T>(
        &mut self,
        field: &str,
        read: Result<T, Failure>,
        mend: impl FnOnce() -> Option<ProfileMend>,
    ) -> Option<T> {
        read.map_err(|failure| self.complain(field, failure.message, mend()))
            .ok()
    }

    fn name(&mut self, draft: &ProfileDraft, was: Option<&str>, settings: &Settings) {
        let name = draft.name.trim();
        if was == Some(name) {
            return;
        }
        let is_taken = |name: &str| settings.profile(name).is_some();
        if was == Some(PUBLIC) {
            let keep = ProfileMend {
                label: "Keep public?".to_owned(),
                value: PUBLIC.to_owned(),
            };
            self.complain("name", "public can have no other name", Some(keep));
        } else if is_taken(name) {
            self.complain(
                "name",
                format!("there is a profile {name} already"),
                mend::name(name, is_taken),
            );
        } else {
            self.field("name", check_new_name(name), || mend::name(name, is_taken));
        }
    }

    /// A chain, where `own` is what stands in its place now.
    fn chain(
        &mut self,
        field: &str,
        rows: &[DraftUpstream],
        own: Option<&UpstreamList>,
    ) -> Option<UpstreamList> {
        let own = own.map(|list| shown(list).collect()).unwrap_or_default();
        let mut text = String::new();
        for (at, row) in rows.iter().enumerate() {
            let field = format!("{field}.{at}.address");
            let is_last = at + 1 == rows.len();
            text += &self
                .address(&field, &row.address, &own, is_last)
                .unwrap_or_default();
            if !is_last {
                text.push(match row.next {
                    Some(DraftNext::Failure) => '|',
                    Some(DraftNext::NotFound) | None => ',',
                });
            }
        }
        // Each row was read by itself; what is left is whether there are any.
        text.parse().ok()
    }

    /// One address, as it is to be written.
    fn address(
        &mut self,
        field: &str,
        typed: &Typed,
        own: &HashMap<String, String>,
        is_last: bool,
    ) -> Option<String> {
        let address = typed.0.trim();
        if address.is_empty() {
            let message =
                "there is no address: write a URL (https://…, http://…, file:///…), direct or off";
            self.complain(field, message, None);
            return None;
        }
        if let Some(separator) = address.chars().find(|c| matches!(c, ',' | '|')) {
            let message = format!("one address holds no {separator:?}: give each a row of its own");
            self.complain(field, message, None);
            return None;
        }
        let known = own.get(address).or_else(|| self.written.get(address));
        let text = known.map_or(address, String::as_str).to_owned();
        let list = match text.parse::<UpstreamList>() {
            Ok(list) => list,
            Err(error) => {
                // There is no list to be seen here.
                let message = error.to_string().replace(" in the GOPROXY list", "");
                self.complain(field, message, mend::address(address));
                return None;
            }
        };
        match &list.value().entries[0].source {
            word @ (ProxySource::Direct | ProxySource::Off) if !is_last => {
                let message = format!("nobody is asked behind {word}: let it be the last");
                self.complain(field, message, None);
                None
            }
            ProxySource::Url(_) | ProxySource::Direct | ProxySource::Off => Some(text),
        }
    }

    fn database(
        &mut self,
        draft: &ProfileDraft,
        before: Option<&ProfileSettings>,
    ) -> Option<DatabaseChoice> {
        let text = said(draft.checksum_database.as_ref())?;
        // As it is written, with what is not shown of it.
        let known = before.and_then(|before| before.checksum_db.as_ref());
        if let Some(known) = known.filter(|known| known.to_string() == text.0.trim()) {
            return Some(known.clone());
        }
        self.field("checksum_database", typed::database(text), || None)
    }

    fn patterns(&mut self, field: &str, all: &[String]) -> Vec<String> {
        let mut read: Vec<String> = Vec::new();
        for (at, text) in all.iter().enumerate() {
            let field = format!("{field}.{at}");
            let mend =
                || meant(text).map(|meant| mend::pattern(std::slice::from_ref(&meant), 0, &meant));
            let patterns = self.field(&field, typed::patterns("the pattern", text), mend);
            for pattern in patterns.unwrap_or_default() {
                let is_same =
                    |known: &String| known.trim_end_matches('/') == pattern.trim_end_matches('/');
                if !read.iter().any(is_same) {
                    read.push(pattern);
                }
            }
        }
        read
    }

    fn rule(
        &mut self,
        at: usize,
        rule: &DraftRule,
        own: &str,
        settings: &Settings,
    ) -> Option<RuleSettings> {
        let field = format!("rules.{at}.patterns");
        let before = self.complaints.len();
        if rule.patterns.is_empty() {
            let message = "this rule is for no path: write a pattern, such as github.com/acme/*";
            self.complain(&field, message, None);
        }
        let mut patterns = Vec::new();
        for (at, text) in rule.patterns.iter().enumerate() {
            let mend = || meant(text).map(|meant| mend::pattern(&rule.patterns, at, &meant));
            let read = self.field(&field, typed::patterns("the pattern", text), mend);
            patterns.extend(read.unwrap_or_default());
        }
        let target = match &rule.to {
            Some(name) => {
                let field = format!("rules.{at}.to");
                let read = rule_profile(name, own, &settings.profiles);
                self.field(&field, read, || None)
            }
            None => {
                if rule.chain.is_empty() {
                    let message = "this rule leads nowhere: choose a profile, or add an upstream";
                    self.complain(&format!("rules.{at}.to"), message, None);
                }
                let field = format!("rules.{at}.chain");
                self.chain(&field, &rule.chain, None)
                    .map(RuleTarget::Upstreams)
            }
        };
        let is_well = self.complaints.len() == before;
        target.filter(|_| is_well).map(|target| RuleSettings {
            patterns,
            target,
            private: rule.private,
        })
    }
}

/// What was meant by a pattern, where that is known.
fn meant(text: &str) -> Option<String> {
    patterns::check(text).err()?.mend().map(str::to_owned)
}
