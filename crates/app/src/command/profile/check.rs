//! Checks of profiles at entering: private paths must not lead to public upstreams, and rules must lead somewhere.

use crate::failure::{Code, Failure};
use crate::settings::{ProfileSettings, PublicHosts, RuleTarget, Settings, WayOut, ways_out};

const NAME_THE_UPSTREAM: &str = "name the upstream where the private modules are; `direct` for version control, `off` for nowhere";

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
    match new_ways_out(before, after, public).into_iter().next() {
        None => Ok(()),
        Some(way) => Err(Failure::new(Code::BadInput, way.to_string()).hint(NAME_THE_UPSTREAM)),
    }
}

/// The ways by which private paths lead to what is public after a change, and did not before.
pub(super) fn new_ways_out(
    before: &Settings,
    after: &Settings,
    public: &PublicHosts,
) -> Vec<WayOut> {
    let known = ways_out(&before.profiles, public);
    // The number of a rule may be another one now.
    let is_known = |way: &WayOut| {
        known
            .iter()
            .any(|known| known.profile == way.profile && known.to == way.to)
    };
    let mut ways = ways_out(&after.profiles, public);
    ways.retain(|way| !is_known(way));
    ways
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
