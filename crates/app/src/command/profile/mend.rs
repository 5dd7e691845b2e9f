//! What a person may have meant by what they typed into a field.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::settings::{HttpProxy, RedirectOrigin, UpstreamList, check_name};

/// What may be put into a field in the place of what is there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProfileMend {
    /// What is offered, as a question.
    pub label: String,
    /// What the field has then; for a list in one field, separated by commas.
    pub value: String,
}

// The value may hold a password, as the person typed it.
impl std::fmt::Debug for ProfileMend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProfileMend({:?})", self.label)
    }
}

impl ProfileMend {
    fn to(value: String, shown: &str) -> Self {
        Self {
            label: format!("Did you mean {shown}?"),
            value,
        }
    }
}

/// An upstream's address.
pub(super) fn address(text: &str) -> Option<ProfileMend> {
    let (value, list) = guesses(text).find_map(|guess| {
        let list: UpstreamList = guess.parse().ok()?;
        Some((guess, list))
    })?;
    Some(ProfileMend::to(value, &list.to_string()))
}

/// An HTTP proxy.
pub(super) fn http_proxy(text: &str) -> Option<ProfileMend> {
    let guess = format!("http://{}", behind_scheme(text));
    let proxy: HttpProxy = guess.parse().ok()?;
    Some(ProfileMend::to(guess, &proxy.to_string()))
}

/// An origin.
pub(super) fn redirect(text: &str) -> Option<ProfileMend> {
    let host = behind_scheme(text).split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?;
    let guess = format!("https://{host}");
    let origin: RedirectOrigin = guess.parse().ok()?;
    Some(ProfileMend::to(guess, &origin.to_string()))
}

/// A list of patterns, one of which is to be others.
pub(super) fn pattern(all: &[String], at: usize, meant: &str) -> ProfileMend {
    let mut patterns: Vec<&str> = all.iter().map(String::as_str).collect();
    patterns[at] = meant;
    ProfileMend::to(patterns.join(","), meant)
}

/// A profile's name, unlike these.
pub(super) fn name(text: &str, taken: impl Fn(&str) -> bool) -> Option<ProfileMend> {
    let lower = text.trim().to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let base: String = words.join("-").chars().take(36).collect();
    let base = base.trim_end_matches('-').to_owned();
    let numbered = (2..100).map(|number| format!("{base}-{number}"));
    let free = std::iter::once(base.clone())
        .chain(numbered)
        .find(|name| check_name(name).is_ok() && !taken(name))?;
    Some(ProfileMend::to(free.clone(), &free))
}

/// What an address may have been meant to be, the most likely first.
fn guesses(text: &str) -> impl Iterator<Item = String> {
    let scheme = &text[..text.len() - behind_scheme(text).len()];
    let scheme = scheme.trim_end_matches(['/', ':']).to_ascii_lowercase();
    let is_of = |letters: &str| scheme.chars().all(|c| letters.contains(c));
    let rest = behind_scheme(text).to_owned();
    let guess = if text.starts_with('/') {
        Some(format!("file://{text}"))
    } else if scheme.contains('@') {
        None
    } else if is_of("htps") {
        // Where no scheme was begun, the safe one is meant.
        let is_plain = !scheme.is_empty() && !scheme.contains('s');
        Some(format!("http{}://{rest}", if is_plain { "" } else { "s" }))
    } else if is_of("file") {
        Some(format!("file:///{rest}"))
    } else {
        Some(format!("https://{rest}"))
    };
    guess.into_iter().filter(move |_| !rest.is_empty())
}

/// What stands behind a scheme, however that is written.
fn behind_scheme(text: &str) -> &str {
    let end = match (text.find(":/"), text.find("//")) {
        (Some(colon), _) => colon + 1,
        (None, Some(slashes)) => slashes,
        (None, None) => return text,
    };
    text[end..].trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_again() {
        for (typed, meant) in [
            ("htps://proxy.corp.example", "https://proxy.corp.example"),
            ("htp://proxy.corp.example", "http://proxy.corp.example"),
            (
                "https//proxy.corp.example/go",
                "https://proxy.corp.example/go",
            ),
            ("https:/proxy.corp.example", "https://proxy.corp.example"),
            ("http:///proxy.corp.example", "http://proxy.corp.example"),
            ("goproxy", "https://goproxy"),
            ("ftp://proxy.corp.example", "https://proxy.corp.example"),
            ("/srv/modules", "file:///srv/modules"),
            ("file:/srv/modules", "file:///srv/modules"),
            ("file://srv/modules", "file:///srv/modules"),
        ] {
            let mend = address(typed).unwrap_or_else(|| panic!("{typed}"));
            assert_eq!(mend.value, meant, "{typed}");
            assert_eq!(mend.label, format!("Did you mean {meant}?"));
        }
        for hopeless in ["", "https://", "::", "a b"] {
            assert_eq!(address(hopeless), None, "{hopeless}");
        }
        let secret = address("htps://me:pw@proxy.corp.example").unwrap();
        assert!(!format!("{secret:?}").contains("pw") && secret.value.contains("me:pw@"));
    }

    #[test]
    fn others_are_too() {
        assert_eq!(
            http_proxy("gate.corp.example:3128").unwrap().value,
            "http://gate.corp.example:3128"
        );
        assert_eq!(
            redirect("https://storage.corp.example/bucket")
                .unwrap()
                .value,
            "https://storage.corp.example"
        );
        assert_eq!(
            redirect("storage.corp.example:8443").unwrap().value,
            "https://storage.corp.example:8443"
        );
        let taken = |name: &str| name == "company";
        assert_eq!(name("Company", taken).unwrap().value, "company-2");
        assert_eq!(name(" My home lab! ", taken).unwrap().value, "my-home-lab");
        assert_eq!(name("家", taken), None);
        let all = ["a.example".to_owned(), "https://b.example".to_owned()];
        assert_eq!(pattern(&all, 1, "b.example").value, "a.example,b.example");
    }
}
