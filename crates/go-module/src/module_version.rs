//! A module at a version, `path@version`, whose parts belong together.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::path::{ModulePath, split_major};
use crate::semver;
use crate::version::{Version, VersionError};

/// One version of one module. Made by [`ModuleVersion::new`], which sees that the two belong together.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleVersion {
    /// The module's path.
    pub path: ModulePath,
    /// A version that the path may have.
    pub version: Version,
}

impl ModuleVersion {
    /// Puts a path and a version together.
    ///
    /// # Errors
    /// Where the path's major version suffix allows no such version (`module.Check`, x/mod `module/module.go`).
    pub fn new(path: ModulePath, version: Version) -> Result<Self, VersionError> {
        check_major(path.as_str(), version.as_str())?;
        Ok(Self { path, version })
    }

    /// Takes `path@version`, both in plain form.
    ///
    /// # Errors
    /// Where either part is not valid or they do not belong together.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let (path, version) = text
            .split_once('@')
            .ok_or_else(|| VersionError::NoVersion(text.to_owned()))?;
        Self::new(ModulePath::parse(path)?, Version::parse(version)?)
    }
}

/// Checks that a path is valid, that a version is semantic, and that the two belong together (`module.Check`). As in
/// Go, the version need not be canonical: `v1` will do.
///
/// # Errors
/// The first of the three that does not hold.
pub fn check(path: &str, version: &str) -> Result<(), VersionError> {
    ModulePath::parse(path)?;
    if !semver::is_valid(version) {
        return Err(VersionError::NotSemver(version.to_owned()));
    }
    check_major(path, version)
}

/// `CheckPathMajor` (x/mod `module/module.go`), for a valid path and version.
pub(crate) fn check_major(path: &str, version: &str) -> Result<(), VersionError> {
    let suffix = split_major(path).map_or("", |(_, suffix)| suffix);
    let should = suffix
        .strip_suffix("-unstable")
        .filter(|stem| stem.starts_with(".v"))
        .unwrap_or(suffix);
    let should = should.strip_prefix(['/', '.']).unwrap_or(should);
    let major = semver::major(version);
    let ok = if should.is_empty() {
        major == "v0" || major == "v1" || version.ends_with(semver::INCOMPATIBLE)
    } else {
        // An old bug made v0.0.0 pseudo-versions for gopkg.in's .v1, and go.mod files still name them.
        major == should
            || (suffix == ".v1" || suffix == ".v1-unstable") && version.starts_with("v0.0.0-")
    };
    if ok {
        return Ok(());
    }
    Err(VersionError::Major {
        path: path.to_owned(),
        version: version.to_owned(),
        should: if should.is_empty() {
            "v0 or v1"
        } else {
            should
        }
        .to_owned(),
        major: major.to_owned(),
    })
}

impl fmt::Display for ModuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.path, self.version)
    }
}

impl fmt::Debug for ModuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModuleVersion({self})")
    }
}

impl FromStr for ModuleVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl Serialize for ModuleVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ModuleVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ModuleVersion, check};
    use crate::VersionError;

    #[test]
    fn a_refusal_says_what_the_path_allows() {
        let text = |path, version| check(path, version).unwrap_err().to_string();
        assert_eq!(
            text("rsc.io/quote", "v2.0.0"),
            "rsc.io/quote@v2.0.0: invalid version: should be v0 or v1, not v2"
        );
        assert_eq!(
            text("rsc.io/quote/v3", "v2.1.0"),
            "rsc.io/quote/v3@v2.1.0: invalid version: should be v3, not v2"
        );
        assert!(matches!(
            ModuleVersion::parse("rsc.io/quote"),
            Err(VersionError::NoVersion(_))
        ));
        assert!(matches!(
            ModuleVersion::parse("rsc.io/quote@v1"),
            Err(VersionError::NotCanonical { .. })
        ));
    }

    #[test]
    fn gopkg_in_has_rules_of_its_own() {
        assert!(check("gopkg.in/x.v2-unstable", "v2.0.0").is_ok());
        assert!(check("gopkg.in/check.v1", "v0.0.0-20161208181325-20d25e280405").is_ok());
        assert!(check("gopkg.in/check.v1", "v0.0.1").is_err());
        assert!(check("gopkg.in/check.v2", "v0.0.0-20161208181325-20d25e280405").is_err());
        assert!(check("gopkg.in/check.v0", "v0.3.0").is_ok());
    }

    proptest! {
        #[test]
        fn text_form_reads_back(
            text in "[a-z]{1,5}\\.(com|io)/[A-Za-z]{2,6}(/v[2-4])?@v[0-4]\\.[0-9]\\.[0-9](-[a-z]{1,4})?(\\+incompatible)?",
        ) {
            if let Ok(module) = ModuleVersion::parse(&text) {
                prop_assert_eq!(module.to_string(), text);
                let json = serde_json::to_string(&module).unwrap();
                prop_assert_eq!(serde_json::from_str::<ModuleVersion>(&json).unwrap(), module);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = ModuleVersion::parse(&text);
        }
    }
}
