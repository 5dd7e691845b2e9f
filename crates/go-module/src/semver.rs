//! Semantic versions as Go writes them: with a leading `v`, and `v1` and `v1.2` as short forms (x/mod `semver/semver.go`).
//!
//! As in Go, an invalid version is less than any valid one, and functions that give a part of a version give the
//! empty string for an invalid one. Build metadata (`+...`) takes no part in precedence.

use std::borrow::Cow;
use std::cmp::Ordering;

/// The parts of a valid version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    /// What a short form lacks: `.0`, `.0.0` or nothing.
    missing: &'static str,
    /// With its `-`.
    prerelease: &'a str,
    /// With its `+`.
    build: &'a str,
}

impl<'a> Parts<'a> {
    /// `None` for what is no semantic version.
    pub(crate) fn parse(version: &'a str) -> Option<Self> {
        let (major, rest) = number(version.strip_prefix('v')?)?;
        let short = Self {
            major,
            minor: "0",
            patch: "0",
            missing: ".0.0",
            prerelease: "",
            build: "",
        };
        if rest.is_empty() {
            return Some(short);
        }
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        if rest.is_empty() {
            return Some(Self {
                minor,
                missing: ".0",
                ..short
            });
        }
        let (patch, rest) = number(rest.strip_prefix('.')?)?;
        let (prerelease, build) = rest.split_at(rest.find('+').unwrap_or(rest.len()));
        let prerelease_ok = match prerelease.strip_prefix('-') {
            Some(identifiers) => identifiers
                .split('.')
                .all(|identifier| is_identifier(identifier) && !has_leading_zero(identifier)),
            None => prerelease.is_empty(),
        };
        let build_ok = build
            .strip_prefix('+')
            .is_none_or(|identifiers| identifiers.split('.').all(is_identifier));
        (prerelease_ok && build_ok).then_some(Self {
            major,
            minor,
            patch,
            missing: "",
            prerelease,
            build,
        })
    }

    /// Whether the version is written as `module.CanonicalVersion` writes it: in full, and with no build metadata
    /// other than `+incompatible`.
    pub(crate) fn is_canonical(&self) -> bool {
        self.missing.is_empty() && (self.build.is_empty() || self.build == INCOMPATIBLE)
    }
}

/// The one build suffix that stays part of a version: a major version from 2 on, of a module without go.mod.
pub const INCOMPATIBLE: &str = "+incompatible";

/// Whether `version` is a semantic version, short forms included.
#[must_use]
pub fn is_valid(version: &str) -> bool {
    Parts::parse(version).is_some()
}

/// The version in full and without build metadata: `v1.2` is `v1.2.0`, `v1.2.3+meta` is `v1.2.3`.
#[must_use]
pub fn canonical(version: &str) -> Cow<'_, str> {
    match Parts::parse(version) {
        None => Cow::Borrowed(""),
        Some(parts) if parts.missing.is_empty() => {
            Cow::Borrowed(&version[..version.len() - parts.build.len()])
        }
        Some(parts) => Cow::Owned(format!("{version}{}", parts.missing)),
    }
}

/// [`canonical`], but `+incompatible` stays (`module.CanonicalVersion`, x/mod `module/module.go`).
#[must_use]
pub fn canonical_version(version: &str) -> Cow<'_, str> {
    if build(version) == INCOMPATIBLE {
        Cow::Borrowed(version)
    } else {
        canonical(version)
    }
}

/// The major version with its `v`: `v2`.
#[must_use]
pub fn major(version: &str) -> &str {
    Parts::parse(version).map_or("", |parts| &version[..1 + parts.major.len()])
}

/// Major and minor version: `v2.1`.
#[must_use]
pub fn major_minor(version: &str) -> Cow<'_, str> {
    match Parts::parse(version) {
        None => Cow::Borrowed(""),
        Some(parts) if parts.missing == ".0.0" => Cow::Owned(format!("{version}.0")),
        Some(parts) => Cow::Borrowed(&version[..2 + parts.major.len() + parts.minor.len()]),
    }
}

/// The prerelease with its dash: `-rc.1`.
#[must_use]
pub fn prerelease(version: &str) -> &str {
    Parts::parse(version).map_or("", |parts| parts.prerelease)
}

/// The build metadata with its plus: `+incompatible`.
#[must_use]
pub fn build(version: &str) -> &str {
    Parts::parse(version).map_or("", |parts| parts.build)
}

/// Compares by precedence: equal does not mean the same text.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    match (Parts::parse(a), Parts::parse(b)) {
        (Some(a), Some(b)) => compare_numbers(a.major, b.major)
            .then_with(|| compare_numbers(a.minor, b.minor))
            .then_with(|| compare_numbers(a.patch, b.patch))
            .then_with(|| compare_prereleases(a.prerelease, b.prerelease)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// A total order: by precedence, then by text (`semver.Sort`).
#[must_use]
pub fn compare_total(a: &str, b: &str) -> Ordering {
    compare(a, b).then_with(|| a.cmp(b))
}

/// Sorts by [`compare_total`].
pub fn sort<S: AsRef<str>>(versions: &mut [S]) {
    versions.sort_by(|a, b| compare_total(a.as_ref(), b.as_ref()));
}

/// Cuts a decimal number without leading zeros off the front.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    (!number.is_empty() && (number == "0" || !number.starts_with('0'))).then_some((number, rest))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_number(identifier: &str) -> bool {
    identifier.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_leading_zero(identifier: &str) -> bool {
    identifier.len() > 1 && identifier.starts_with('0') && is_number(identifier)
}

/// Compares decimal numbers of any length without leading zeros.
pub(crate) fn compare_numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Compares prereleases (with their dash) identifier by identifier; none at all is the greatest.
fn compare_prereleases(a: &str, b: &str) -> Ordering {
    match (a.strip_prefix('-'), b.strip_prefix('-')) {
        (Some(a), Some(b)) => a
            .split('.')
            .map(Identifier)
            .cmp(b.split('.').map(Identifier)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// One identifier of a prerelease: numbers by value, words by text, any number before any word.
#[derive(PartialEq, Eq)]
struct Identifier<'a>(&'a str);

impl Ord for Identifier<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (is_number(self.0), is_number(other.0)) {
            (true, true) => compare_numbers(self.0, other.0),
            (false, false) => self.0.cmp(other.0),
            (number, other_number) => other_number.cmp(&number),
        }
    }
}

impl PartialOrd for Identifier<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Parts, canonical, compare, compare_total, is_valid, major_minor, sort};

    #[test]
    fn short_forms_are_filled_up() {
        assert_eq!(canonical("v1"), "v1.0.0");
        assert_eq!(canonical("v1.2"), "v1.2.0");
        assert_eq!(canonical("v1.2.3+meta"), "v1.2.3");
        assert_eq!(canonical("1.2.3"), "");
        assert_eq!(major_minor("v1"), "v1.0");
        assert_eq!(major_minor("v1.22.3-rc"), "v1.22");
    }

    fn version() -> impl Strategy<Value = String> {
        "v(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]?)(\\.(0|[1-9][0-9]?)(-[0-9a-zA-Z-]{1,4}(\\.[0-9a-z-]{1,3})?)?(\\+[a-z.]{1,5})?)?)?"
    }

    proptest! {
        #[test]
        fn the_canonical_form_has_the_same_precedence(version in version()) {
            prop_assert_eq!(is_valid(&version), !canonical(&version).is_empty());
            if is_valid(&version) {
                prop_assert_eq!(compare(&version, &canonical(&version)), std::cmp::Ordering::Equal);
                prop_assert!(Parts::parse(&canonical(&version)).is_some_and(|parts| parts.is_canonical()));
            }
        }

        #[test]
        fn the_order_is_total(mut versions in prop::collection::vec(version(), 3)) {
            sort(&mut versions);
            for pair in versions.windows(2) {
                prop_assert_eq!(compare_total(&pair[0], &pair[1]), compare_total(&pair[1], &pair[0]).reverse());
            }
            prop_assert!(compare_total(&versions[0], &versions[2]).is_le());
        }

        #[test]
        fn no_text_makes_it_panic(a in any::<String>(), b in "v[0-9.+-]*") {
            let _ = (compare_total(&a, &b), canonical(&a), canonical(&b), major_minor(&b));
        }
    }
}
