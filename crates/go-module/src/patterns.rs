//! Lists of path globs, as in GOPRIVATE, GONOPROXY and GONOSUMDB.

mod check;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::glob::Glob;
pub use check::{PatternError, check};

/// A comma-separated list of globs, each matched against as many leading elements of a path as it has itself
/// (`module.MatchPrefixPatterns`, x/mod `module/module.go`).
///
/// As in `go`, case counts, spaces are not trimmed, and a malformed glob matches nothing; [`Patterns::malformed`] names
/// those, for someone to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns {
    text: String,
    entries: Vec<Entry>,
}

/// One non-empty entry of the list, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    text: String,
    slashes: usize,
    /// `None` where it is malformed.
    glob: Option<Glob>,
}

impl Patterns {
    /// Reads a list; there is none that can't be read.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        let entries = list
            .split(',')
            .map(|entry| entry.strip_suffix('/').unwrap_or(entry))
            .filter(|entry| !entry.is_empty())
            .map(|entry| Entry {
                text: entry.to_owned(),
                slashes: entry.matches('/').count(),
                glob: Glob::parse(entry),
            })
            .collect();
        Self {
            text: list.to_owned(),
            entries,
        }
    }

    /// Whether one of the globs matches the path or a prefix of it.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| {
            let prefix = leading_elements(path, entry.slashes);
            prefix
                .zip(entry.glob.as_ref())
                .is_some_and(|(prefix, glob)| glob.matches(prefix))
        })
    }

    /// Whether there is no glob at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The globs, without empty ones and trailing slashes.
    pub fn globs(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.text.as_str())
    }

    /// The globs that `go` ignores without a word, because they are malformed.
    pub fn malformed(&self) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter(|entry| entry.glob.is_none())
            .map(|entry| entry.text.as_str())
    }
}

/// The prefix of `path` that holds `slashes` slashes, up to the next one; `None` where it has fewer.
fn leading_elements(path: &str, slashes: usize) -> Option<&str> {
    let mut ends = path
        .match_indices('/')
        .map(|(at, _)| at)
        .chain([path.len()]);
    ends.nth(slashes).map(|end| &path[..end])
}

impl fmt::Display for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Patterns {
    type Err = std::convert::Infallible;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(list))
    }
}

impl Serialize for Patterns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|list| Self::parse(&list))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Patterns;

    #[test]
    fn globs_match_whole_elements() {
        for (globs, path, matched) in [
            ("github.com/acme", "github.com/acme/x", true),
            ("github.com/acme", "github.com/acmecorp", false),
            ("*.corp.example", "corp.example/x", false),
            ("*.corp.example", "git.corp.example/x", true),
            ("a/*/c", "a/b/c/d", true),
            ("a/*/c", "a/b/b/c", false),
            ("{a,b}", "a", false),
            ("corp.example:443/x", "corp.example/x", false),
            ("example.com/x,", "example.com/x", true),
        ] {
            assert_eq!(
                Patterns::parse(globs).matches(path),
                matched,
                "{globs} {path}"
            );
        }
    }

    #[test]
    fn malformed_globs_are_named() {
        let patterns = Patterns::parse("a[,b,[],c\\,[a-],[^],ok/[a-z]*");
        assert_eq!(
            patterns.malformed().collect::<Vec<_>>(),
            ["a[", "[]", "c\\", "[a-]", "[^]"]
        );
        assert!(patterns.matches("ok/x"));
        assert!(!patterns.matches("a["));
    }

    #[test]
    fn the_text_is_kept_as_it_was() {
        let patterns = Patterns::parse(" a/,,b/");
        assert_eq!(patterns.to_string(), " a/,,b/");
        assert_eq!(patterns.globs().collect::<Vec<_>>(), [" a", "b"]);
        assert!(Patterns::parse(",").is_empty());
        assert_eq!(serde_json::to_string(&patterns).unwrap(), r#"" a/,,b/""#);
    }

    proptest! {
        #[test]
        fn a_literal_path_matches_itself_and_what_is_below(path in "[a-z.]{1,6}(/[a-z.]{1,6}){0,3}", below in "(/[a-z]{1,3}){0,2}") {
            let patterns = Patterns::parse(&path);
            prop_assert!(patterns.matches(&(path.clone() + &below)));
            prop_assert!(!patterns.matches(&(path + "x")));
        }

        #[test]
        fn no_text_makes_it_panic(globs in "[a-c*?\\[\\]^\\\\,/-]*", any in any::<String>(), path in "[a-c/]*") {
            for patterns in [Patterns::parse(&globs), Patterns::parse(&any)] {
                let _ = (patterns.matches(&path), patterns.matches(&any), patterns.malformed().count());
            }
        }
    }
}
