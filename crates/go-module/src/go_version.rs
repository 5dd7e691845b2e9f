//! Versions of Go itself, as go lines and toolchain names have them (Go's `internal/gover`): they are no semantic versions.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::semver::compare_numbers;

/// A version of Go: `1.21` (the language), `1.21rc1`, `1.22.3`. Ordered as Go orders them: `1.21 < 1.21rc1 < 1.21.0`,
/// while `1.20` and `1.20.0` are one. Cheap to clone.
#[derive(Clone)]
pub struct GoVersion {
    text: Arc<str>,
    parts: Parts,
}

/// The parts, as decimal texts, so that no number is too large.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parts {
    major: Box<str>,
    minor: Box<str>,
    patch: Box<str>,
    /// `""`, `alpha`, `beta`, `rc`.
    kind: Box<str>,
    pre: Box<str>,
}

impl GoVersion {
    /// Takes a version without `go` in front. `None` where it is malformed (`gover.IsValid`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts = Parts::parse(text)?;
        Some(Self {
            text: Arc::from(text),
            parts,
        })
    }

    /// What a go line may hold (`modfile.GoVersionRE`): a little more than [`GoVersion::parse`] takes; what that refuses is
    /// less than any other version, as in Go.
    pub(crate) fn of_go_line(text: &str) -> Option<Self> {
        is_go_line(text).then(|| Self {
            text: Arc::from(text),
            parts: Parts::parse(text).unwrap_or_default(),
        })
    }

    /// The version in a toolchain's name, `go1.22.3` or `go1.22.3-corp` (`gover.FromToolchain`).
    #[must_use]
    pub fn of_toolchain(name: &str) -> Option<Self> {
        if name.contains(['/', '\\']) {
            return None;
        }
        let version = name.strip_prefix("go")?;
        Self::parse(version.split([' ', '\t', '-']).next()?)
    }

    /// The plain form, without `go` in front.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it means the language and no release: `1.22`, but not `1.20`, which is `1.20.0` (`gover.IsLang`).
    #[must_use]
    pub fn is_language(&self) -> bool {
        let Parts {
            major,
            patch,
            kind,
            pre,
            ..
        } = &self.parts;
        !major.is_empty() && patch.is_empty() && kind.is_empty() && pre.is_empty()
    }

    /// Whether the go.mod of a module with this go line names all that its packages need, so that what its
    /// requirements require is left out of the graph (<https://go.dev/ref/mod#graph-pruning>): from 1.17 on.
    #[must_use]
    pub fn prunes(&self) -> bool {
        self.at_least(17)
    }

    /// Whether `go` holds to it: a module with this go line is refused by an older `go`. From 1.21 on
    /// (`gover.GoStrictVersion`).
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.at_least(21)
    }

    /// The name of the toolchain that `go` takes for this go line: `go1.22.3`; for a language version from 1.21 on its first
    /// release, `go1.22.0` (cmd/go `internal/toolchain/select.go`).
    #[must_use]
    pub fn to_toolchain(&self) -> String {
        let first = if self.is_language() && self.is_strict() {
            ".0"
        } else {
            ""
        };
        format!("go{}{first}", self.text)
    }

    fn at_least(&self, minor: u8) -> bool {
        let language = Parts {
            major: "1".into(),
            minor: minor.to_string().into(),
            patch: if minor < 21 { "0".into() } else { "".into() },
            ..Parts::default()
        };
        self.parts.compare(&language).is_ge()
    }
}

impl Parts {
    fn parse(text: &str) -> Option<Self> {
        let (major, rest) = number(text)?;
        let mut parts = Self {
            major: major.into(),
            ..Self::default()
        };
        if rest.is_empty() {
            parts.minor = "0".into();
            parts.patch = "0".into();
            return Some(parts);
        }
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        parts.minor = minor.into();
        if rest.is_empty() {
            // Before 1.21, "1.20" was the first release; from then on it is the language, and "1.21.0" the release.
            if compare_numbers(minor, "21").is_lt() {
                parts.patch = "0".into();
            }
            return Some(parts);
        }
        if let Some(rest) = rest.strip_prefix('.') {
            let (patch, rest) = number(rest)?;
            parts.patch = patch.into();
            return rest.is_empty().then_some(parts);
        }
        let kind = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        parts.kind = kind.into();
        let pre = &rest[kind.len()..];
        if !pre.is_empty() {
            let (pre, rest) = number(pre)?;
            parts.pre = pre.into();
            return rest.is_empty().then_some(parts);
        }
        Some(parts)
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(&self.major, &other.major)
            .then_with(|| compare_numbers(&self.minor, &other.minor))
            .then_with(|| compare_numbers(&self.patch, &other.patch))
            .then_with(|| self.kind.cmp(&other.kind))
            .then_with(|| compare_numbers(&self.pre, &other.pre))
    }
}

/// Cuts a decimal number without leading zeros off the front.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    (!number.is_empty() && (number == "0" || !number.starts_with('0'))).then_some((number, rest))
}

/// `^([1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?$`
fn is_go_line(text: &str) -> bool {
    fn rest(text: &str) -> Option<&str> {
        let (major, rest) = number(text)?;
        let (_, mut rest) = number(rest.strip_prefix('.').filter(|_| major != "0")?)?;
        if let Some(patch) = rest.strip_prefix('.') {
            rest = number(patch)?.1;
        }
        Some(rest)
    }
    rest(text).is_some_and(|pre| {
        let digits = pre.trim_start_matches(|c: char| c.is_ascii_lowercase());
        pre.is_empty()
            || digits.len() < pre.len()
                && !digits.is_empty()
                && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

impl PartialEq for GoVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for GoVersion {}

impl Ord for GoVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts.compare(&other.parts)
    }
}

impl PartialOrd for GoVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GoVersion({})", self.text)
    }
}

impl Serialize for GoVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for GoVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::of_go_line(&text)
            .or_else(|| Self::parse(&text))
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no version of Go")))
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::GoVersion;

    fn go(text: &str) -> GoVersion {
        GoVersion::parse(text).unwrap()
    }

    /// After `compareTests` of Go's `internal/gover/gover_test.go`.
    #[test]
    fn the_order_is_that_of_go() {
        for (a, b, expected) in [
            ("1", "1.1", Ordering::Less),
            ("1.5", "1.10", Ordering::Less),
            ("1.6", "1.6.1", Ordering::Less),
            ("1.19", "1.19.0", Ordering::Equal),
            ("1.19rc1", "1.19", Ordering::Less),
            ("1.20", "1.20.0", Ordering::Equal),
            ("1.21", "1.21.0", Ordering::Less),
            ("1.21", "1.21rc1", Ordering::Less),
            ("1.21rc1", "1.21.0", Ordering::Less),
            ("1.6", "1.19", Ordering::Less),
            ("1.19rc1", "1.19rc2", Ordering::Less),
            ("1.19alpha3", "1.19beta2", Ordering::Less),
            ("1.19beta2", "1.19rc1", Ordering::Less),
            ("1.99999999999999998", "1.99999999999999999", Ordering::Less),
        ] {
            assert_eq!(go(a).cmp(&go(b)), expected, "{a} {b}");
            assert_eq!(go(b).cmp(&go(a)), expected.reverse(), "{b} {a}");
        }
    }

    /// After `isValidTests`, `isLangTests` and `fromToolchainTests` there and in cmd/go.
    #[test]
    fn what_is_a_version_and_what_it_means() {
        for text in [
            "",
            "x",
            "1.600+auto",
            "01.2",
            "1.2.3rc1",
            "v1.2",
            "1.",
            "1.2.",
        ] {
            assert!(GoVersion::parse(text).is_none(), "{text}");
        }
        for (text, language) in [
            ("1.2rc3", false),
            ("1.2.3", false),
            ("1.999testmod", false),
            ("1.22", true),
            ("1.21", true),
            ("1.20", false),
            ("1", false),
        ] {
            assert_eq!(go(text).is_language(), language, "{text}");
        }
        for (name, version) in [
            ("go1.2.3", Some("1.2.3")),
            ("1.2.3", None),
            ("go1.2.3+bigcorp", None),
            ("go1.2.3-bigcorp more text", Some("1.2.3")),
            ("gccgo-go1.23rc4", None),
            ("go1.2.3-a/b", None),
            ("default", None),
        ] {
            let found = GoVersion::of_toolchain(name);
            assert_eq!(found.as_ref().map(GoVersion::as_str), version, "{name}");
        }
        assert_eq!(go("1.22").to_toolchain(), "go1.22.0");
        assert_eq!(go("1.22rc1").to_toolchain(), "go1.22rc1");
        assert_eq!(go("1.20").to_toolchain(), "go1.20");
        assert!(!go("1.17rc1").prunes() && go("1.17").prunes());
        assert!(!go("1.20.14").is_strict() && go("1.21").is_strict());
        // A go line may say it, and it is less than any version, as in Go.
        let odd = GoVersion::of_go_line("1.22.3rc1").unwrap();
        assert!(odd < go("1") && !odd.prunes());
        assert!(GoVersion::of_go_line("1").is_none() && GoVersion::of_go_line("1.22rc").is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "(go)?[01]?[.]?[0-9]{0,2}[.]?[a-z]{0,2}[0-9]{0,2}") {
            for text in [text, near] {
                let _ = (GoVersion::of_toolchain(&text), GoVersion::of_go_line(&text));
                if let Some(version) = GoVersion::parse(&text) {
                    prop_assert_eq!(version.as_str(), text);
                }
            }
        }
    }
}
