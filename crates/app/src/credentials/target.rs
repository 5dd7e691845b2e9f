//! What a person names an upstream by: its URL, or a profile whose list has one.

use credential::Origin;
use go_module::{ProxyList, ProxySource};
use secret::SafeUrl;

use crate::failure::{Code, Failure};
use crate::settings::{ProfileSettings, RuleTarget, Settings};

/// The origin that is meant.
///
/// # Errors
/// `bad-input` for a URL that no credential can belong to, and for a profile with no or several http upstreams;
/// `not-found` where it is neither a URL nor a profile.
pub(crate) fn target(settings: &Settings, text: &str) -> Result<Origin, Failure> {
    let origin = if text.contains("://") {
        let url = SafeUrl::parse(text).map_err(|error| bad(error.to_string()))?;
        if url.user_info().is_some() {
            return Err(bad("the URL has a user name or password in it; others can see what stands on a command line".to_owned())
                .hint("give the URL without it; `--user NAME` says who you are, and the password is asked for")
                .hint("if it was a password, have it changed"));
        }
        Origin::of(&url).map_err(|error| bad(error.to_string()))?
    } else {
        let profile = settings.profile(text).ok_or_else(|| unknown(settings))?;
        of_profile(profile)?
    };
    if !origin.is_private() {
        return Err(bad(format!(
            "over plain http a password would travel in the open, so nothing is kept for {origin}"
        ))
        .hint("use https"));
    }
    Ok(origin)
}

fn of_profile(profile: &ProfileSettings) -> Result<Origin, Failure> {
    let mut origins = origins(profile);
    origins.dedup();
    match origins.as_slice() {
        [origin] => Ok(origin.clone()),
        [] => Err(bad(format!(
            "profile {} has no http upstream of its own",
            profile.name
        ))
        .hint("say which upstream is meant by its URL")),
        several => {
            let all: Vec<&str> = several.iter().map(Origin::as_str).collect();
            Err(bad(format!(
                "profile {} has several upstreams: {}",
                profile.name,
                all.join(", ")
            ))
            .hint("say which one is meant by its URL"))
        }
    }
}

/// The origins of a profile's lists, each once.
pub(crate) fn origins(profile: &ProfileSettings) -> Vec<Origin> {
    let mut origins: Vec<Origin> = lists(profile)
        .flat_map(|list| &list.entries)
        .filter_map(|entry| match &entry.source {
            ProxySource::Url(url) => Origin::of(&SafeUrl::parse(url).ok()?).ok(),
            ProxySource::Direct | ProxySource::Off => None,
        })
        .collect();
    let beside = profile.canary.iter().chain(&profile.mirror);
    origins.extend(beside.filter_map(|it| Origin::of(&it.to).ok()));
    origins.sort();
    origins.dedup();
    origins
}

/// The upstream lists that a profile has itself.
pub(crate) fn lists(profile: &ProfileSettings) -> impl Iterator<Item = &ProxyList> {
    let of_rules = profile.rules.iter().filter_map(|rule| match &rule.target {
        RuleTarget::Upstreams(list) => Some(list),
        RuleTarget::Profile(_) => None,
    });
    let own = profile.upstreams.iter().chain(&profile.private_upstreams);
    own.chain(of_rules).map(|list| list.value())
}

fn bad(message: String) -> Failure {
    Failure::new(Code::BadInput, message)
}

/// The text itself is not quoted: somebody may have given the password first.
fn unknown(settings: &Settings) -> Failure {
    let known: Vec<&str> = settings
        .profiles
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    Failure::new(
        Code::NotFound,
        "this is neither the URL of an upstream nor the name of a profile",
    )
    .hint(format!(
        "write https://host, or one of the profiles: {}",
        known.join(", ")
    ))
}
