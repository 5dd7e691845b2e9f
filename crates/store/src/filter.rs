//! Which versions a person means: a glob over module paths, and perhaps one over versions.

use std::fmt;
use std::str::FromStr;

use go_module::{ModulePath, Patterns, Version};

use crate::error::StoreError;

/// Names versions: all, or those that `path` or `path@version` matches.
///
/// The path is a glob as in GOPRIVATE: `github.com/acme` and `github.com/*` match the module and all below it. The
/// version is a glob over the whole version: `v1.2.3`, `v1.*`, `*-*`.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    of: Option<Globs>,
}

#[derive(Debug, Clone)]
struct Globs {
    text: String,
    path: Patterns,
    version: Option<Patterns>,
}

impl Filter {
    /// Names every version there is.
    pub fn all() -> Self {
        Self::default()
    }

    /// Reads `path` or `path@version`.
    ///
    /// # Errors
    /// [`StoreError::BadFilter`] for what can match nothing: silence would look like an empty cache.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let bad = |reason| StoreError::BadFilter {
            text: text.to_owned(),
            reason,
        };
        if text.contains(',') {
            return Err(bad("it holds a comma; give one pattern at a time"));
        }
        let (path, version) = match text.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (text, None),
        };
        let glob = |text: &str| {
            let glob = Patterns::parse(text);
            if glob.is_empty() {
                return Err(bad(
                    "it names nothing; give a module path, with `*` for any element",
                ));
            }
            if glob.malformed().next().is_some() {
                return Err(bad(
                    "a bracket is not closed or empty, or a backslash stands at the end",
                ));
            }
            Ok(glob)
        };
        if version.is_some_and(|version| version.contains('/')) {
            return Err(bad("a version holds no slash"));
        }
        let globs = Globs {
            text: text.to_owned(),
            path: glob(path)?,
            version: version.map(glob).transpose()?,
        };
        Ok(Self { of: Some(globs) })
    }

    /// Whether it names every version there is.
    pub fn is_all(&self) -> bool {
        self.of.is_none()
    }

    /// Whether it names this version.
    pub fn matches(&self, path: &ModulePath, version: &Version) -> bool {
        self.of.as_ref().is_none_or(|globs| {
            globs.path.matches(path.as_str())
                && globs
                    .version
                    .as_ref()
                    .is_none_or(|glob| glob.matches(version.as_str()))
        })
    }

    /// Whether it names each version of this module.
    pub(crate) fn matches_all_of(&self, path: &ModulePath) -> bool {
        self.of
            .as_ref()
            .is_none_or(|globs| globs.version.is_none() && globs.path.matches(path.as_str()))
    }
}

impl FromStr for Filter {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        Self::parse(text)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.of.as_ref().map_or("all", |globs| &globs.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(filter: &str, path: &str, version: &str) -> bool {
        let (path, version) = (
            ModulePath::parse(path).unwrap(),
            Version::parse(version).unwrap(),
        );
        Filter::parse(filter).unwrap().matches(&path, &version)
    }

    #[test]
    fn paths_match_as_in_goprivate() {
        assert!(matches("github.com/acme", "github.com/acme/x", "v1.0.0"));
        assert!(matches("github.com/*", "github.com/acme/x", "v1.0.0"));
        assert!(matches("*.corp.example/", "git.corp.example/x", "v1.0.0"));
        assert!(!matches("github.com/acme", "github.com/acmecorp", "v1.0.0"));
        assert!(!matches("github.com/Acme", "github.com/acme", "v1.0.0"));
    }

    #[test]
    fn versions_match_whole() {
        assert!(matches(
            "github.com/acme@v1.0.0",
            "github.com/acme",
            "v1.0.0"
        ));
        assert!(!matches(
            "github.com/acme@v1.0.0",
            "github.com/acme",
            "v1.0.0-rc.1"
        ));
        assert!(matches(
            "github.com/acme@v1.*",
            "github.com/acme",
            "v1.20.0"
        ));
        assert!(!matches(
            "github.com/acme@v1.*",
            "github.com/acme",
            "v0.1.0"
        ));
        assert!(matches("*@*-*", "github.com/acme", "v0.1.0-pre"));
        assert!(!matches("*@*-*", "github.com/acme", "v0.1.0"));
    }

    #[test]
    fn what_can_match_nothing_is_refused() {
        for text in [
            "",
            "/",
            "@v1.0.0",
            "a.example@",
            "a.example,b.example",
            "a.example/[",
            "a.example/[]",
            "a.example\\",
            "a.example@v1/2",
            "a.example@[v",
        ] {
            assert!(
                matches!(Filter::parse(text), Err(StoreError::BadFilter { .. })),
                "{text}"
            );
        }
        assert!(Filter::all().is_all());
        assert!(!Filter::parse("*").unwrap().is_all());
    }

    #[test]
    fn answers_go_only_with_all_versions() {
        let path = ModulePath::parse("github.com/acme").unwrap();
        assert!(
            Filter::parse("github.com/acme")
                .unwrap()
                .matches_all_of(&path)
        );
        assert!(
            !Filter::parse("github.com/acme@*")
                .unwrap()
                .matches_all_of(&path)
        );
    }

    proptest! {
        #[test]
        fn a_path_names_itself_and_all_below(path in "[a-z]{1,5}\\.[a-z]{2}(/[a-z]{1,5}){0,3}", below in "(/[a-z]{1,3}){0,2}", minor in 0u32..99) {
            let version = format!("v1.{minor}.0");
            let below = path.clone() + &below;
            // Names of devices (`con`, `aux`) are in no path.
            prop_assume!([&below, &(path.clone() + "x")].iter().all(|path| ModulePath::parse(path).is_ok()));
            prop_assert!(matches(&path, &below, &version));
            let exact = format!("{path}@{version}");
            prop_assert!(matches(&exact, &below, &version));
            let other = format!("{path}@v2.0.0");
            prop_assert!(!matches(&other, &below, &version));
            let longer = format!("{path}x");
            prop_assert!(!matches(&longer, &below, &version));
        }

        #[test]
        fn any_text_is_taken_or_refused(text: String, globs in "[a-c*?\\[\\]\\\\@./-]{0,12}") {
            for text in [text, globs] {
                if let Ok(filter) = Filter::parse(&text) {
                    prop_assert_eq!(filter.to_string(), text);
                }
            }
        }
    }
}
