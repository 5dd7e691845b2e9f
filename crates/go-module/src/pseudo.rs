//! Pseudo-versions: names for commits without a tag, `v0.0.0-20180807140117-3d87b88a115f` (x/mod `module/pseudo.go`).
//!
//! The forms are `vX.0.0-TIME-REV` (nothing tagged before), `vX.Y.Z-0.TIME-REV` (after `vX.Y.(Z-1)`) and
//! `vX.Y.Z-PRE.0.TIME-REV` (after `vX.Y.Z-PRE`), each perhaps with `+incompatible`.

use crate::semver;

/// The parts of a pseudo-version.
struct Pseudo<'a> {
    /// `vX.0.0`, `vX.Y.Z-0` or `vX.Y.Z-PRE.0`.
    base: &'a str,
    /// Fourteen digits: year, month, day, hour, minute, second, in UTC.
    timestamp: &'a str,
    rev: &'a str,
    build: &'a str,
}

impl<'a> Pseudo<'a> {
    fn parse(version: &'a str) -> Option<Self> {
        let parsed = semver::Parts::parse(version)
            .is_some()
            .then(|| semver::build(version))?;
        let plain = &version[..version.len() - parsed.len()];
        let (front, rev) = plain.rsplit_once('-')?;
        if rev.is_empty() || !rev.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (front, timestamp) = front.split_at_checked(front.len().checked_sub(14)?)?;
        if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // What comes before the time: "vX.0.0-", or a prerelease whose last identifier is 0.
        let base = front.strip_suffix(['-', '.'])?;
        let valid = match base.split_once('-') {
            None => front.ends_with('-') && base.ends_with(".0.0"),
            Some((_, prerelease)) => {
                front.ends_with('.') && (prerelease == "0" || prerelease.ends_with(".0"))
            }
        };
        valid.then_some(Self {
            base,
            timestamp,
            rev,
            build: parsed,
        })
    }
}

/// Whether `version` is a pseudo-version.
#[must_use]
pub fn is_pseudo(version: &str) -> bool {
    Pseudo::parse(version).is_some()
}

/// The revision that a pseudo-version names, as a rule the first 12 digits of a commit's hash.
#[must_use]
pub fn rev(version: &str) -> Option<&str> {
    Pseudo::parse(version).map(|pseudo| pseudo.rev)
}

/// The commit time of a pseudo-version as RFC 3339 in UTC, `2018-08-07T14:01:17Z`; `None` for a version that is no
/// pseudo-version or whose digits are no time.
#[must_use]
pub fn time(version: &str) -> Option<String> {
    let digits = Pseudo::parse(version)?.timestamp;
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &digits[..4],
        &digits[4..6],
        &digits[6..8],
        &digits[8..10],
        &digits[10..12],
        &digits[12..]
    );
    crate::time::is_rfc3339(&text).then_some(text)
}

/// The tagged version that a pseudo-version comes after (`PseudoVersionBase`); `None` for one without such a version,
/// and for what is no pseudo-version.
#[must_use]
pub fn base(version: &str) -> Option<String> {
    let Pseudo { base, build, .. } = Pseudo::parse(version)?;
    if let Some(next) = base.strip_suffix("-0") {
        let (stem, patch) = next.rsplit_once('.')?;
        return Some(format!("{stem}.{}{build}", decrement(patch)?));
    }
    base.strip_suffix(".0")
        .filter(|tagged| tagged.contains('-'))
        .map(|tagged| format!("{tagged}{build}"))
}

/// A decimal number of any length, less one; `None` for 0 (`decDecimal`).
fn decrement(decimal: &str) -> Option<String> {
    let stem = decimal.trim_end_matches('0');
    let last = stem.chars().next_back()?;
    let lowered = char::from_digit(last.to_digit(10)? - 1, 10)?;
    let nines = "9".repeat(decimal.len() - stem.len());
    let front = &stem[..stem.len() - 1];
    let number = format!("{front}{lowered}{nines}");
    let trimmed = number.trim_start_matches('0');
    Some(if trimmed.is_empty() {
        "0".to_owned()
    } else {
        trimmed.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{base, is_pseudo, rev, time};

    #[test]
    fn forms_are_told_apart() {
        for (version, before) in [
            ("v0.0.0-20180807140117-3d87b88a115f", None),
            ("v2.0.0-20180807140117-3d87b88a115f", None),
            ("v1.2.4-0.20180807140117-3d87b88a115f", Some("v1.2.3")),
            ("v1.2.10-0.20180807140117-3d87b88a115f", Some("v1.2.9")),
            ("v1.2.1-0.20180807140117-3d87b88a115f", Some("v1.2.0")),
            ("v1.2.100-0.20180807140117-3d87b88a115f", Some("v1.2.99")),
            ("v1.2.0-0.20180807140117-3d87b88a115f", None),
            (
                "v2.0.1-0.20180807140117-3d87b88a115f+incompatible",
                Some("v2.0.0+incompatible"),
            ),
            (
                "v1.2.3-rc.1.0.20180807140117-3d87b88a115f",
                Some("v1.2.3-rc.1"),
            ),
            (
                "v1.2.3-a-b.0.20180807140117-3d87b88a115f+incompatible",
                Some("v1.2.3-a-b+incompatible"),
            ),
        ] {
            assert!(is_pseudo(version), "{version}");
            assert_eq!(base(version).as_deref(), before, "{version}");
            assert_eq!(rev(version), Some("3d87b88a115f"));
            assert_eq!(time(version).as_deref(), Some("2018-08-07T14:01:17Z"));
        }
    }

    #[test]
    fn near_misses_are_plain_versions() {
        for version in [
            "v1.2.3",
            "v1.1.0-20180807140117-3d87b88a115f",
            "v1.0.1-20180807140117-3d87b88a115f",
            "v0.0.0-2018080714011-3d87b88a115f",
            "v0.0.0-120180807140117-3d87b88a115f",
            "v0.0.0-20180807140117",
            "v1.2.3-1.20180807140117-3d87b88a115f",
            "v1.2.3-rc-0.x20180807140117-3d87b88a115f",
            "v10.0-20180807140117-3d87b88a115f",
        ] {
            assert!(!is_pseudo(version), "{version}");
            assert_eq!(
                (base(version), rev(version), time(version)),
                (None, None, None),
                "{version}"
            );
        }
    }

    #[test]
    fn digits_that_are_no_time_have_none() {
        assert_eq!(time("v0.0.0-20181307140117-3d87b88a115f"), None);
        assert_eq!(
            time("v0.0.0-00010101000000-000000000000").as_deref(),
            Some("0001-01-01T00:00:00Z")
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "v[0-9.]{0,6}-?[0-9a.-]{0,40}(\\+[a-z]*)?", any in any::<String>()) {
            let _ = (base(&text), rev(&text), time(&text), is_pseudo(&any));
        }
    }
}
