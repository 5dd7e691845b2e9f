//! A profile as a form edits it: its lists row by row, each field by itself.

use std::path::Path;

use go_module::{Fall, ProxyEntry, ProxySource};
use secret::SafeUrl;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::typed::Typed;
use crate::settings::{ProfileSettings, RuleSettings, RuleTarget, UpstreamList};

/// A profile as a form edits it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProfileDraft {
    /// Its name.
    pub name: String,
    /// The profile that it was drawn from: what is not shown of that (a password, the key of a database) stays as it is there.
    #[serde(default)]
    pub drawn_from: Option<String>,
    /// Its upstreams, in the order in which they are asked; none where it has go's own.
    pub chain: Vec<DraftUpstream>,
    /// Whether its upstreams are those that go has by itself.
    pub default_chain: bool,
    /// Its checksum database, or `off`; none: as go has it.
    pub checksum_database: Option<Typed>,
    /// Patterns of private paths.
    pub private: Vec<String>,
    /// Where private paths come from; none: from nowhere.
    pub private_chain: Vec<DraftUpstream>,
    /// Where the names of private modules may go along with a redirect, besides their upstreams.
    pub private_redirects: Vec<Typed>,
    /// Patterns of paths that are not private in it though they are in another profile.
    pub not_private: Vec<String>,
    /// Patterns of public paths outside the database.
    pub no_checksum_database: Vec<String>,
    /// Whether `go` may be given the profile's own list behind Larder.
    pub safety_net: bool,
    /// Whether it would be given that if this profile was in use now; told, not asked.
    #[serde(default)]
    pub safety_net_stands: bool,
    /// Why not; told, not asked.
    #[serde(default)]
    pub safety_net_why_not: Option<String>,
    /// What requests to its upstreams go through, or `off`; none: what the environment says.
    pub http_proxy: Option<Typed>,
    /// The absolute path of a file with authorities that are trusted for its upstreams.
    pub extra_ca: Option<String>,
    /// The absolute path of a file with the certificate that is shown to its upstreams.
    pub client_certificate: Option<String>,
    /// Paths that come from elsewhere; the first match counts.
    pub rules: Vec<DraftRule>,
}

/// A row of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "ChainEntry")]
pub struct DraftUpstream {
    /// A URL, `direct` or `off`.
    pub address: Typed,
    /// What it is known by; none for `direct` and `off`. Told, not asked.
    #[serde(default)]
    pub name: Option<String>,
    /// What leads to the next one; none for the last.
    pub next: Option<DraftNext>,
}

/// What leads from an upstream to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(rename = "Next")]
pub enum DraftNext {
    /// It says that there is no such thing (404, 410): `,`.
    NotFound,
    /// Anything but an answer: `|`.
    Failure,
}

/// A rule of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "RuleDraft")]
pub struct DraftRule {
    /// Which paths.
    pub patterns: Vec<String>,
    /// The profile whose upstreams they come from …
    pub to: Option<String>,
    /// … or a chain of the rule's own.
    pub chain: Vec<DraftUpstream>,
    /// Whether these paths are private, and the rule is for private paths only.
    pub private: bool,
}

impl ProfileDraft {
    /// A profile, ready to be edited. No password goes along: what is written with one is known again by the rest.
    pub(super) fn of(profile: &ProfileSettings) -> Self {
        let typed = |text: String| Typed(text);
        let path = |path: &Path| path.display().to_string();
        Self {
            name: profile.name.clone(),
            drawn_from: Some(profile.name.clone()).filter(|name| !name.is_empty()),
            chain: rows(profile.upstreams.as_ref()),
            default_chain: profile.upstreams.is_none(),
            checksum_database: profile
                .checksum_db
                .as_ref()
                .map(|choice| typed(choice.to_string())),
            private: profile.private.clone(),
            private_chain: rows(profile.private_upstreams.as_ref()),
            private_redirects: profile
                .private_redirects
                .iter()
                .map(|origin| typed(origin.to_string()))
                .collect(),
            not_private: profile.not_private.clone(),
            no_checksum_database: profile.no_checksum_db.clone(),
            safety_net: profile.safety_net,
            safety_net_stands: false,
            safety_net_why_not: None,
            http_proxy: profile
                .http_proxy
                .as_ref()
                .map(|proxy| typed(proxy.to_string())),
            extra_ca: profile.extra_ca.as_deref().map(path),
            client_certificate: profile.client_certificate.as_deref().map(path),
            rules: profile.rules.iter().map(DraftRule::of).collect(),
        }
    }
}

impl DraftRule {
    fn of(rule: &RuleSettings) -> Self {
        let (to, chain) = match &rule.target {
            RuleTarget::Profile(name) => (Some(name.clone()), Vec::new()),
            RuleTarget::Upstreams(list) => (None, rows(Some(list))),
        };
        Self {
            patterns: rule.patterns.clone(),
            to,
            chain,
            private: rule.private,
        }
    }
}

fn rows(list: Option<&UpstreamList>) -> Vec<DraftUpstream> {
    let entries = list.into_iter().flat_map(|list| &list.value().entries);
    entries.map(row).collect()
}

fn row(entry: &ProxyEntry) -> DraftUpstream {
    DraftUpstream {
        address: Typed(entry.source.to_string()),
        name: match &entry.source {
            ProxySource::Url(url) => SafeUrl::parse(url).ok().map(|url| upstream::name(&url)),
            ProxySource::Direct | ProxySource::Off => None,
        },
        next: entry.then.map(|then| match then {
            Fall::OnNotFound => DraftNext::NotFound,
            Fall::OnAnyError => DraftNext::Failure,
        }),
    }
}
