//! The user info in the URLs of a profile: taken out, to be kept where secrets belong.

use credential::{Credential, Unfit};
use go_module::ProxySource;
use secret::SafeUrl;

use super::target::lists;
use crate::failure::{Code, Failure};
use crate::settings::{ProfileSettings, RuleTarget, UpstreamList};

/// The user info in a profile's lists, one for each origin: the first.
///
/// # Errors
/// `bad-input` where two URLs of one origin hold different ones: what is kept belongs to a whole origin.
pub(crate) fn user_infos(profile: &ProfileSettings) -> Result<Vec<Credential>, Failure> {
    let mut found: Vec<Credential> = Vec::new();
    for entry in lists(profile).flat_map(|list| &list.entries) {
        let ProxySource::Url(url) = &entry.source else {
            continue;
        };
        let Ok(url) = SafeUrl::parse(url) else {
            continue;
        };
        let unfit = |error: Unfit| {
            Failure::new(
                Code::BadInput,
                format!("the user info of {url} can't be kept: {error}"),
            )
        };
        let Some(credential) = Credential::of_url(&url).map_err(unfit)? else {
            continue;
        };
        match found
            .iter()
            .find(|other| other.origin() == credential.origin())
        {
            None => found.push(credential),
            Some(same) if *same == credential => {}
            Some(_) => {
                return Err(Failure::new(
                    Code::BadInput,
                    format!(
                        "profile {} has two different users for {}; Larder keeps one for each upstream",
                        profile.name,
                        credential.origin()
                    ),
                )
                .hint("take one of them out of settings.toml"));
            }
        }
    }
    Ok(found)
}

/// The profile with its URLs cleaned.
///
/// # Errors
/// `internal` where a cleaned list can't be read, which would be a fault of Larder's own.
pub(crate) fn without_user_info(profile: &ProfileSettings) -> Result<ProfileSettings, Failure> {
    let mut clean = profile.clone();
    for list in clean
        .upstreams
        .iter_mut()
        .chain(&mut clean.private_upstreams)
    {
        *list = cleaned(list)?;
    }
    for rule in &mut clean.rules {
        if let RuleTarget::Upstreams(list) = &mut rule.target {
            *list = cleaned(list)?;
        }
    }
    Ok(clean)
}

fn cleaned(list: &UpstreamList) -> Result<UpstreamList, Failure> {
    let entries = list.expose().split_inclusive([',', '|']);
    let text: String = entries.map(bare).collect();
    text.parse().map_err(|_| {
        Failure::new(
            Code::Internal,
            "an upstream list can't be read any more without its user info",
        )
    })
}

/// An entry without what stands before the last `@` of its authority (RFC 3986, section 3.2).
fn bare(entry: &str) -> String {
    let Some((scheme, rest)) = entry.split_once("://") else {
        return entry.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => entry.to_owned(),
    }
}
