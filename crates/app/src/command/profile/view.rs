//! A profile as it is shown: no user info, no query of a URL.

use std::path::Path;

use delivery::Share;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::settings::{Beside, Choice, ProfileSettings, RuleSettings, RuleTarget, written};

/// A profile, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProfileView {
    /// Its name.
    pub name: String,
    /// Whether modules are delivered by it now; where Larder does not run, whether they will be.
    pub in_force: bool,
    /// Its upstreams, in GOPROXY's grammar; none: as go has them.
    pub upstreams: Option<String>,
    /// Its checksum database, or `off`; none: as go has it.
    pub checksum_database: Option<String>,
    /// Patterns of private paths.
    pub private: Vec<String>,
    /// Where private paths come from, in GOPROXY's grammar; none: from nowhere.
    pub private_upstreams: Option<String>,
    /// Where the names of private modules may go along with a redirect, besides their upstreams.
    pub private_redirects: Vec<String>,
    /// Patterns of paths that are not private in it though they are in another profile.
    pub not_private: Vec<String>,
    /// Patterns of public paths outside the database.
    pub no_checksum_database: Vec<String>,
    /// Whether `go` may be given the profile's own list behind Larder.
    pub safety_net: bool,
    /// What requests to its upstreams go through, or `off`; none: what the environment says.
    pub http_proxy: Option<String>,
    /// A file with authorities that are trusted for its upstreams.
    pub extra_ca: Option<String>,
    /// A file with the certificate that is shown to its upstreams.
    pub client_certificate: Option<String>,
    /// Another upstream that a share of the modules is asked of first.
    pub canary: Option<BesideView>,
    /// Another upstream whose answers are compared.
    pub mirror: Option<BesideView>,
    /// Paths that come from elsewhere; the first match counts.
    pub rules: Vec<RuleView>,
}

/// A canary or a mirror, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BesideView {
    /// Its URL.
    pub to: String,
    /// For which share of the modules, in percent.
    pub share: Share,
}

impl BesideView {
    fn of(said: &Beside) -> Self {
        Self {
            to: written(&said.to),
            share: said.share,
        }
    }
}

/// A rule, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleView {
    /// Which paths.
    pub patterns: Vec<String>,
    /// The profile whose upstreams they come from …
    pub to: Option<String>,
    /// … or a list of the rule's own.
    pub upstreams: Option<String>,
    /// Whether these paths are private, and the rule is for private paths only.
    pub private: bool,
}

impl ProfileView {
    /// How it is shown where `in_force` is the profile by which modules are delivered.
    pub(crate) fn of(profile: &ProfileSettings, in_force: Option<&str>, choice: &Choice) -> Self {
        let in_force = match (in_force, choice) {
            (Some(name), _) => name == profile.name,
            (None, Choice::Named(name)) => *name == profile.name,
            (None, Choice::FirstThatAnswers(_)) => false,
        };
        Self {
            name: profile.name.clone(),
            in_force,
            upstreams: profile.upstreams.as_ref().map(ToString::to_string),
            checksum_database: profile.checksum_db.as_ref().map(ToString::to_string),
            private: profile.private.clone(),
            private_upstreams: profile.private_upstreams.as_ref().map(ToString::to_string),
            private_redirects: profile
                .private_redirects
                .iter()
                .map(ToString::to_string)
                .collect(),
            not_private: profile.not_private.clone(),
            no_checksum_database: profile.no_checksum_db.clone(),
            safety_net: profile.safety_net,
            http_proxy: profile.http_proxy.as_ref().map(ToString::to_string),
            extra_ca: profile.extra_ca.as_deref().map(shown),
            client_certificate: profile.client_certificate.as_deref().map(shown),
            canary: profile.canary.as_ref().map(BesideView::of),
            mirror: profile.mirror.as_ref().map(BesideView::of),
            rules: profile.rules.iter().map(RuleView::of).collect(),
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl RuleView {
    pub(crate) fn of(rule: &RuleSettings) -> Self {
        let (to, upstreams) = match &rule.target {
            RuleTarget::Profile(name) => (Some(name.clone()), None),
            RuleTarget::Upstreams(list) => (None, Some(list.to_string())),
        };
        Self {
            patterns: rule.patterns.clone(),
            to,
            upstreams,
            private: rule.private,
        }
    }
}
