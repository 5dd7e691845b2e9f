//! What a person types for a profile, read and checked. No complaint tells a password.

use std::fmt;
use std::path::{Path, PathBuf};

use go_module::ProxyList;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::failure::{Code, Failure};
use crate::settings::{
    DatabaseChoice, HttpProxy, PUBLIC, ProfileSettings, RedirectOrigin, RedirectOriginError,
    RuleSettings, RuleTarget, UpstreamList, check_name,
};

/// What someone typed, which may hold a password: sent as it is, shown never.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct Typed(pub String);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A rule, as a person types it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleText {
    /// `PATTERN[,PATTERN] -> TARGET`; the target is a profile's name or a list in GOPROXY's grammar.
    pub text: Typed,
    /// Whether these paths are private.
    pub private: bool,
}

/// Checks the name of a profile that is not there yet.
///
/// # Errors
/// `bad-input`.
pub(super) fn check_new_name(name: &str) -> Result<(), Failure> {
    let refused = |message: String| {
        Failure::new(Code::BadInput, message).hint("take a name such as company or home-2")
    };
    check_name(name).map_err(|reason| refused(reason.to_owned()))?;
    if is_word(name) {
        return Err(refused(format!(
            "no profile can be called {name}: in a list of upstreams that word means something else"
        )));
    }
    Ok(())
}

/// A word of GOPROXY's grammar.
fn is_word(name: &str) -> bool {
    matches!(name, "direct" | "off")
}

fn refused(what: &str, reason: &dyn fmt::Display, hint: &str) -> Failure {
    Failure::new(Code::BadInput, format!("{what} can't be used: {reason}")).hint(hint)
}

pub(super) fn upstreams(what: &str, text: &Typed) -> Result<UpstreamList, Failure> {
    let hint = "write them as GOPROXY is: URLs, `direct` or `off`, separated by `,` or `|`";
    let list = text.0.trim().parse();
    list.map_err(|error| refused(what, &error, hint))
}

/// One entry of a list of upstreams.
///
/// # Errors
/// `bad-input`.
pub(crate) fn one_address(text: &Typed) -> Result<ProxyList, Failure> {
    let hint = "write a URL, `direct` or `off`";
    if text.0.contains([',', '|']) {
        return Err(refused("the address", &"it is more than one", hint));
    }
    let list = ProxyList::parse(text.0.trim());
    list.map_err(|error| refused("the address", &error, hint))
}

pub(super) fn http_proxy(text: &Typed) -> Result<HttpProxy, Failure> {
    let hint = "write it as http://host:port, or off for none";
    let proxy = text.0.trim().parse();
    proxy.map_err(|error| refused("the HTTP proxy", &error, hint))
}

pub(super) fn redirect(text: &Typed) -> Result<RedirectOrigin, Failure> {
    let hint = "write it as https://storage.corp.example, with :port if need be";
    let origin = text.0.trim().parse();
    origin.map_err(|error: RedirectOriginError| refused("the private redirect", &error, hint))
}

/// A file that is found from wherever Larder is started; it goes into the settings as text.
pub(super) fn file(what: &str, path: &Path) -> Result<PathBuf, Failure> {
    let hint = "give the path of a file in PEM";
    if path.to_str().is_none() {
        return Err(refused(what, &"its path is not UTF-8", hint));
    }
    if !path.is_absolute() {
        return Err(refused(what, &"its path is not absolute", hint));
    }
    Ok(path.to_owned())
}

pub(super) fn database(text: &Typed) -> Result<DatabaseChoice, Failure> {
    let (what, text) = ("the checksum database", text.0.trim());
    let hint = "write it as GOSUMDB is: off, a name, or name+hash+key, and a URL after it if it is not reached by its name";
    // A URL in the place of the name may hold a password, which no message may quote.
    let name = text.split_whitespace().next().unwrap_or_default();
    if name.contains("://") || name.contains('@') {
        let reason = "it begins with a name, or name+hash+key; a URL may stand behind it";
        return Err(refused(what, &reason, hint));
    }
    text.parse().map_err(|error| refused(what, &error, hint))
}

/// The patterns of a list, each checked.
pub(super) fn patterns(what: &str, list: &str) -> Result<Vec<String>, Failure> {
    let hint = "patterns are written as in GOPRIVATE: corp.example, or github.com/acme/*";
    go_module::patterns::check(list).map_err(|error| refused(what, &error, hint))?;
    let each = list.split(',').filter(|pattern| !pattern.is_empty());
    Ok(each.map(str::to_owned).collect())
}

impl RuleText {
    pub(super) fn read(
        &self,
        own: &str,
        profiles: &[ProfileSettings],
    ) -> Result<RuleSettings, Failure> {
        let hint = "write a rule as 'github.com/acme/* -> company', or with a list behind the arrow: 'example.com -> https://proxy.example.com,direct'";
        let Some((left, right)) = self.text.0.split_once("->") else {
            return Err(refused("the rule", &"it has no arrow, `->`", hint));
        };
        let (left, right) = (left.trim(), right.trim());
        let patterns = patterns("the rule's pattern", left)?;
        let is_name = check_name(right).is_ok() && !is_word(right);
        let target = if is_name {
            rule_profile(right, own, profiles)?
        } else if right.is_empty() {
            return Err(refused("the rule", &"it leads nowhere", hint));
        } else {
            let list = Typed(right.to_owned());
            RuleTarget::Upstreams(upstreams("the rule's upstreams", &list)?)
        };
        Ok(RuleSettings {
            patterns,
            target,
            private: self.private,
        })
    }
}

/// The profile that a rule of the profile `own` leads to.
pub(super) fn rule_profile(
    name: &str,
    own: &str,
    profiles: &[ProfileSettings],
) -> Result<RuleTarget, Failure> {
    if name == own {
        let reason = format!("it leads to {own}, its own profile");
        let hint = "name another profile, or a list of upstreams";
        return Err(refused("the rule", &reason, hint));
    }
    if name == PUBLIC || profiles.iter().any(|known| known.name == name) {
        return Ok(RuleTarget::Profile(name.to_owned()));
    }
    let known: Vec<&str> = profiles.iter().map(|known| known.name.as_str()).collect();
    let reason = format!("there is no profile {name}");
    let hint = format!(
        "there is: {}; a list of upstreams has URLs",
        known.join(", ")
    );
    Err(refused("the rule", &reason, &hint))
}
