//! Versions of modules, and the queries that `go` may ask where a version stands.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::escape::{escape, unescape};
use crate::path::{ModulePath, PathError, PathKind, check_element};
use crate::{pseudo, semver};

/// A canonical version: `vX.Y.Z`, perhaps with a prerelease and `+incompatible`. Cheap to clone; ordered by semantic
/// precedence, then by text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

impl Version {
    /// Takes a version in plain form.
    ///
    /// # Errors
    /// Where it differs from its `module.CanonicalVersion` (x/mod `module/module.go`).
    pub fn parse(version: &str) -> Result<Self, VersionError> {
        match semver::Parts::parse(version) {
            Some(parts) if parts.is_canonical() => Ok(Self(Arc::from(version))),
            Some(_) => Err(VersionError::NotCanonical {
                version: version.to_owned(),
                canonical: semver::canonical_version(version).into_owned(),
            }),
            None => Err(VersionError::NotSemver(version.to_owned())),
        }
    }

    /// Takes the escaped form that stands in request paths and file names.
    ///
    /// # Errors
    /// As [`Version::parse`], and where it is no escaped form.
    pub fn from_escaped(escaped: &str) -> Result<Self, VersionError> {
        Self::parse(&unescape_element(escaped)?)
    }

    /// The plain form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The escaped form (`module.EscapeVersion`): `v1.0.0-!r!c1`.
    #[must_use]
    pub fn escaped(&self) -> String {
        escape(&self.0)
    }

    /// Whether it names a commit without a tag.
    #[must_use]
    pub fn is_pseudo(&self) -> bool {
        pseudo::is_pseudo(&self.0)
    }

    /// Whether it has a prerelease part; every pseudo-version has one.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        !semver::prerelease(&self.0).is_empty()
    }

    /// Whether it ends in `+incompatible`.
    #[must_use]
    pub fn is_incompatible(&self) -> bool {
        self.0.ends_with(semver::INCOMPATIBLE)
    }

    /// The major version with its `v`: `v2`.
    #[must_use]
    pub fn major(&self) -> &str {
        semver::major(&self.0)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        semver::compare_total(&self.0, &other.0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What stands where a version could and is none: a branch, a commit, `v1`, `latest`. `go` resolves it by the `.info`
/// that it is answered with.
///
/// It is valid as `module.EscapeVersion` has it (one path element, ASCII, no `!`), and does not begin with a dash, so
/// that a version control command can't take it for an option.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query(Arc<str>);

impl Query {
    /// Takes a query in plain form.
    ///
    /// # Errors
    /// Where `go` could not ask it.
    pub fn parse(query: &str) -> Result<Self, VersionError> {
        let ok = check_element(query, PathKind::File).is_ok()
            && query.is_ascii()
            && !query.contains('!')
            && !query.starts_with('-');
        if ok {
            Ok(Self(Arc::from(query)))
        } else {
            Err(VersionError::Disallowed(query.to_owned()))
        }
    }

    /// Takes the escaped form.
    ///
    /// # Errors
    /// As [`Query::parse`], and where it is no escaped form.
    pub fn from_escaped(escaped: &str) -> Result<Self, VersionError> {
        Self::parse(&unescape_element(escaped)?)
    }

    /// The plain form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The escaped form.
    #[must_use]
    pub fn escaped(&self) -> String {
        escape(&self.0)
    }

    /// The version that this query is, where it is a canonical one for `path`: such a query is a request for a file.
    #[must_use]
    pub fn as_version_of(&self, path: &ModulePath) -> Option<Version> {
        let version = Version::parse(&self.0).ok()?;
        crate::check(path.as_str(), version.as_str())
            .is_ok()
            .then_some(version)
    }
}

/// Undoes the escape of a version or query (`module.UnescapeVersion`): one path element, in plain form.
pub(crate) fn unescape_element(escaped: &str) -> Result<std::borrow::Cow<'_, str>, VersionError> {
    let plain = unescape(escaped).ok_or_else(|| VersionError::NotEscaped(escaped.to_owned()))?;
    match check_element(&plain, PathKind::File) {
        Ok(()) => Ok(plain),
        Err(_) => Err(VersionError::Disallowed(plain.into_owned())),
    }
}

/// Why a version, or a module path and version together, is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// No semantic version at all.
    #[error("version {0:?} invalid: not a semantic version")]
    NotSemver(String),
    /// A semantic version in another form than the canonical one.
    #[error("version {version:?} is not canonical: ask for {canonical:?}")]
    NotCanonical {
        /// As it was given.
        version: String,
        /// As it should be.
        canonical: String,
    },
    /// Text that can't stand in a request path or a file name.
    #[error("version {0:?} invalid: disallowed version string")]
    Disallowed(String),
    /// Not an escaped form.
    #[error("invalid escaped version {0:?}: a capital is written as '!' and its small letter")]
    NotEscaped(String),
    /// The version is not one that the path may have: `example.com/x` has v0 and v1, `example.com/x/v2` has v2.
    #[error("{path}@{version}: invalid version: should be {should}, not {major}")]
    Major {
        /// The module path.
        path: String,
        /// The version.
        version: String,
        /// The major versions that the path allows.
        should: String,
        /// The major version that it has.
        major: String,
    },
    /// The path of a module version is not valid.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Text that should be `path@version` has no `@`.
    #[error("{0:?} is no module version: write it as path@version")]
    NoVersion(String),
}

macro_rules! text_traits {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = VersionError;

            fn from_str(text: &str) -> Result<Self, VersionError> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

text_traits!(Version);
text_traits!(Query);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Query, Version, VersionError};

    #[test]
    fn only_the_canonical_form_is_a_version() {
        assert_eq!(
            Version::parse("v1.2.3-RC1").unwrap().escaped(),
            "v1.2.3-!r!c1"
        );
        assert_eq!(Version::parse("v2.0.0+incompatible").unwrap().major(), "v2");
        assert_eq!(
            Version::parse("v1.2"),
            Err(VersionError::NotCanonical {
                version: "v1.2".to_owned(),
                canonical: "v1.2.0".to_owned()
            })
        );
        assert!(matches!(
            Version::parse("v1.2.3+meta"),
            Err(VersionError::NotCanonical { .. })
        ));
        assert_eq!(
            Version::parse("main"),
            Err(VersionError::NotSemver("main".to_owned()))
        );
        assert_eq!(
            Version::from_escaped("v1.2.3-RC1"),
            Err(VersionError::NotEscaped("v1.2.3-RC1".to_owned()))
        );
    }

    #[test]
    fn kinds_of_versions() {
        let pseudo = Version::parse("v0.0.0-20180807140117-3d87b88a115f").unwrap();
        assert!(pseudo.is_pseudo() && pseudo.is_prerelease() && !pseudo.is_incompatible());
        let tagged = Version::parse("v1.2.3").unwrap();
        assert!(!tagged.is_pseudo() && !tagged.is_prerelease());
        assert!(pseudo < tagged);
        assert!(tagged < Version::parse("v1.10.0").unwrap());
    }

    #[test]
    fn a_query_is_one_harmless_element() {
        for query in [
            "main",
            "v1",
            "3d87b88a115f",
            "latest",
            "release-1.2",
            "a b#c",
        ] {
            assert_eq!(Query::parse(query).unwrap().as_str(), query);
        }
        for query in [
            "",
            "..",
            "-x",
            "--upload-pack=x",
            "a/b",
            "a\\b",
            "a:b",
            "a!b",
            "é",
            "con",
            "a\n",
        ] {
            assert!(Query::parse(query).is_err(), "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn escaping_a_version_can_be_undone(text in "v[0-9]\\.[0-9]\\.[0-9](-[A-Za-z0-9]{1,8})?(\\+incompatible)?") {
            if let Ok(version) = Version::parse(&text) {
                prop_assert_eq!(Version::from_escaped(&version.escaped()).unwrap(), version);
            }
        }

        #[test]
        fn escaping_a_query_can_be_undone(text in "[ -~]{1,20}") {
            if let Ok(query) = Query::parse(&text) {
                prop_assert_eq!(Query::from_escaped(&query.escaped()).unwrap(), query);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = (Version::from_escaped(&text), Query::from_escaped(&text));
        }
    }
}
