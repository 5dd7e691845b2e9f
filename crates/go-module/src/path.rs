//! Module paths and the paths of files within a module: what is valid, and why something is not.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::escape::{escape, unescape};
use crate::unicode::is_letter;

/// The path of a module, such as `github.com/Azure/go-autorest/v2`: valid by `module.CheckPath`
/// (x/mod `module/module.go`), kept in plain (unescaped) form. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModulePath(Arc<str>);

impl ModulePath {
    /// Takes a plain path.
    ///
    /// # Errors
    /// Where `module.CheckPath` refuses it.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        match check_module_path(path) {
            Ok(()) => Ok(Self(Arc::from(path))),
            Err(reason) => Err(PathError::new(PathKind::Module, path, reason)),
        }
    }

    /// Takes the escaped form that stands in request paths and in the download cache (`module.UnescapePath`).
    ///
    /// # Errors
    /// Where it is no escaped form (a raw capital, a stray `!`), or not one of a valid path.
    pub fn from_escaped(escaped: &str) -> Result<Self, PathError> {
        match unescape(escaped) {
            Some(path) => Self::parse(&path),
            None => Err(PathError::new(
                PathKind::Module,
                escaped,
                PathReason::NotEscaped,
            )),
        }
    }

    /// The plain path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The escaped form (`module.EscapePath`): `github.com/!azure/...`.
    #[must_use]
    pub fn escaped(&self) -> String {
        escape(&self.0)
    }

    /// The suffix that says the major version: `/v2`, `.v3` and `.v3-unstable` (gopkg.in), or nothing.
    #[must_use]
    pub fn major_suffix(&self) -> &str {
        split_major(&self.0).map_or("", |(_, suffix)| suffix)
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModulePath({})", self.0)
    }
}

impl AsRef<str> for ModulePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ModulePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModulePath {
    type Err = PathError;

    fn from_str(path: &str) -> Result<Self, PathError> {
        Self::parse(path)
    }
}

impl Serialize for ModulePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ModulePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A path that is not valid, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {kind} path {path:?}: {reason}")]
pub struct PathError {
    /// Which rules it was held to.
    pub kind: PathKind,
    /// The path as it was given.
    pub path: String,
    /// What is wrong with it.
    #[source]
    pub reason: PathReason,
}

impl PathError {
    fn new(kind: PathKind, path: &str, reason: PathReason) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            reason,
        }
    }
}

/// Which rules a path is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A module path.
    Module,
    /// The path of a file within a module.
    File,
}

impl fmt::Display for PathKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Module => "module",
            Self::File => "file",
        })
    }
}

/// Why a path is not valid. The words are those of x/mod `module/module.go`, which people search for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathReason {
    /// There is nothing.
    #[error("empty string")]
    Empty,
    /// The path begins with a dash, which a command could take for an option.
    #[error("leading dash")]
    LeadingDash,
    /// Two slashes in a row.
    #[error("double slash")]
    DoubleSlash,
    /// The path ends with a slash.
    #[error("trailing slash")]
    TrailingSlash,
    /// An element is empty: the path begins with a slash.
    #[error("empty path element")]
    EmptyElement,
    /// An element of dots alone: `.`, `..`.
    #[error("invalid path element {0:?}")]
    OnlyDots(String),
    /// An element of a module path begins with a dot.
    #[error("leading dot in path element")]
    LeadingDot,
    /// An element ends with a dot.
    #[error("trailing dot in path element")]
    TrailingDot,
    /// A character that is not allowed.
    #[error("invalid char {0:?}")]
    Char(char),
    /// An element that is a device's name on Windows.
    #[error("{0:?} disallowed as path element component on Windows")]
    WindowsDevice(String),
    /// An element that looks like a short name on Windows: `PROGRA~1`.
    #[error("trailing tilde and digits in path element")]
    WindowsShortName,
    /// The first element, a domain name, has no dot.
    #[error("missing dot in first path element")]
    NoDot,
    /// A character that is not allowed in the first element, a domain name.
    #[error("invalid char {0:?} in first path element")]
    HostChar(char),
    /// The last element looks like a major version and is not a valid one: `/v1`, `/v02`, `/v2.3`; or a gopkg.in path
    /// has none.
    #[error("invalid version")]
    Major,
    /// Not an escaped form: a capital that is not written as `!` and its small letter, or a stray `!`.
    #[error("not an escaped form (a capital is written as '!' and its small letter)")]
    NotEscaped,
}

/// Whether it is the name of a device on Windows, which no element may be up to its first dot (`badWindowsNames`).
fn is_windows_device(name: &str) -> bool {
    let (stem, names): (&[u8], &[&str]) = match name.as_bytes() {
        [stem @ .., b'1'..=b'9'] => (stem, &["COM", "LPT"]),
        stem => (stem, &["CON", "PRN", "AUX", "NUL"]),
    };
    names
        .iter()
        .any(|device| device.as_bytes().eq_ignore_ascii_case(stem))
}

/// Checks the slash-separated path of a file within a module (`module.CheckFilePath`): letters of any script, digits,
/// space and some punctuation; no element of dots alone, no trailing dot, no name that Windows keeps for a device.
///
/// # Errors
/// Where it is not such a path.
pub fn check_file_path(path: &str) -> Result<(), PathError> {
    check_path(path, PathKind::File).map_err(|reason| PathError::new(PathKind::File, path, reason))
}

/// Cuts a module path into what stands before its major version and the suffix that says it (`SplitPathVersion`):
/// `("rsc.io/quote", "/v3")`, `("gopkg.in/yaml", ".v3")`, `("rsc.io/quote", "")`. `None` where the last element
/// breaks the rules for such suffixes.
#[must_use]
pub fn split_major(path: &str) -> Option<(&str, &str)> {
    if path.starts_with("gopkg.in/") {
        return split_gopkg_in(path);
    }
    let stem = path.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &path[stem.len()..];
    let Some(prefix) = stem.strip_suffix("/v").filter(|_| !number.is_empty()) else {
        return Some((path, ""));
    };
    let valid = !number.contains('.') && !number.starts_with('0') && number != "1";
    valid.then(|| path.split_at(prefix.len()))
}

/// [`split_major`] for gopkg.in, where every path ends in `.vN`, N from 0 on (`splitGopkgIn`).
fn split_gopkg_in(path: &str) -> Option<(&str, &str)> {
    let numbered = path.strip_suffix("-unstable").unwrap_or(path);
    let stem = numbered.trim_end_matches(|c: char| c.is_ascii_digit());
    let prefix = stem.strip_suffix(".v")?;
    // As in Go, `.v-unstable` passes here; no version belongs to it.
    let number = &path[stem.len()..];
    let valid = !number.is_empty() && (!number.starts_with('0') || number == "0");
    valid.then(|| path.split_at(prefix.len()))
}

fn check_module_path(path: &str) -> Result<(), PathReason> {
    check_path(path, PathKind::Module)?;
    let host = path.split('/').next().unwrap_or_default();
    if !host.contains('.') {
        return Err(PathReason::NoDot);
    }
    // The host must be lower case, so that no two names of one host are two modules.
    let host_char = |c: &char| matches!(c, '-' | '.' | '0'..='9' | 'a'..='z');
    if let Some(c) = host.chars().find(|c| !host_char(c)) {
        return Err(PathReason::HostChar(c));
    }
    match split_major(path) {
        Some(_) => Ok(()),
        None => Err(PathReason::Major),
    }
}

fn check_path(path: &str, kind: PathKind) -> Result<(), PathReason> {
    if path.is_empty() {
        return Err(PathReason::Empty);
    }
    if kind == PathKind::Module && path.starts_with('-') {
        return Err(PathReason::LeadingDash);
    }
    if path.ends_with('/') {
        return Err(PathReason::TrailingSlash);
    }
    for (at, element) in path.split('/').enumerate() {
        if element.is_empty() && at > 0 {
            return Err(PathReason::DoubleSlash);
        }
        check_element(element, kind)?;
    }
    Ok(())
}

/// Checks one element of a path (`checkElem`, x/mod `module/module.go`).
pub(crate) fn check_element(element: &str, kind: PathKind) -> Result<(), PathReason> {
    if element.is_empty() {
        return Err(PathReason::EmptyElement);
    }
    if element.bytes().all(|byte| byte == b'.') {
        return Err(PathReason::OnlyDots(element.to_owned()));
    }
    if kind == PathKind::Module && element.starts_with('.') {
        return Err(PathReason::LeadingDot);
    }
    if element.ends_with('.') {
        return Err(PathReason::TrailingDot);
    }
    let bad_char = match kind {
        PathKind::Module => element.chars().find(|&c| !module_char(c)),
        PathKind::File => element.chars().find(|&c| !file_char(c)),
    };
    if let Some(c) = bad_char {
        return Err(PathReason::Char(c));
    }
    let short = element.split('.').next().unwrap_or_default();
    if is_windows_device(short) {
        return Err(PathReason::WindowsDevice(short.to_owned()));
    }
    let short_name = |(_, digits): (&str, &str)| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if kind == PathKind::Module && short.rsplit_once('~').is_some_and(short_name) {
        return Err(PathReason::WindowsShortName);
    }
    Ok(())
}

/// `modPathOK`: what needs no escape in a URL and no quotes in a shell.
fn module_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

/// `fileNameOK`: ASCII without what shells and file systems give a meaning, and letters of any script.
fn file_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "!#$%&()+,-.=@[]^_{}~ ".contains(c);
    }
    is_letter(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ModulePath, PathReason, check_file_path, split_major};

    fn reason(path: &str) -> PathReason {
        ModulePath::parse(path).unwrap_err().reason
    }

    #[test]
    fn a_refusal_names_its_cause() {
        assert_eq!(reason(""), PathReason::Empty);
        assert_eq!(reason("-example.com/a"), PathReason::LeadingDash);
        assert_eq!(reason("/example.com"), PathReason::EmptyElement);
        assert_eq!(reason("example.com//a"), PathReason::DoubleSlash);
        assert_eq!(reason("example.com/a/"), PathReason::TrailingSlash);
        assert_eq!(
            reason("example.com/../a"),
            PathReason::OnlyDots("..".to_owned())
        );
        assert_eq!(reason("example.com/.git"), PathReason::LeadingDot);
        assert_eq!(reason("example.com/a."), PathReason::TrailingDot);
        assert_eq!(reason("example.com/a b"), PathReason::Char(' '));
        assert_eq!(
            reason("example.com/aux.go"),
            PathReason::WindowsDevice("aux".to_owned())
        );
        assert_eq!(reason("example.com/a~1.b"), PathReason::WindowsShortName);
        assert_eq!(reason("localhost/a"), PathReason::NoDot);
        assert_eq!(reason("Example.com/a"), PathReason::HostChar('E'));
        assert_eq!(reason("example.com/a/v1"), PathReason::Major);
        assert_eq!(
            ModulePath::from_escaped("example.com/A")
                .unwrap_err()
                .reason,
            PathReason::NotEscaped
        );
    }

    #[test]
    fn a_refusal_stays_on_one_line() {
        let error = ModulePath::parse("example.com/a\nb")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            r#"malformed module path "example.com/a\nb": invalid char '\n'"#
        );
    }

    #[test]
    fn major_suffixes_are_cut_off() {
        assert_eq!(
            split_major("rsc.io/quote/v3"),
            Some(("rsc.io/quote", "/v3"))
        );
        assert_eq!(split_major("rsc.io/quote"), Some(("rsc.io/quote", "")));
        assert_eq!(split_major("rsc.io/v"), Some(("rsc.io/v", "")));
        assert_eq!(split_major("rsc.io/rev2"), Some(("rsc.io/rev2", "")));
        assert_eq!(
            split_major("gopkg.in/yaml.v3"),
            Some(("gopkg.in/yaml", ".v3"))
        );
        assert_eq!(
            split_major("gopkg.in/yaml.v0"),
            Some(("gopkg.in/yaml", ".v0"))
        );
        assert_eq!(
            split_major("gopkg.in/yaml.v3-unstable"),
            Some(("gopkg.in/yaml", ".v3-unstable"))
        );
        assert_eq!(split_major("gopkg.in/yaml.v03"), None);
        assert_eq!(split_major("gopkg.in/yaml"), None);
        assert_eq!(split_major("rsc.io/quote/v0"), None);
        assert_eq!(split_major("rsc.io/quote/v1.2"), None);
    }

    #[test]
    fn json_holds_the_plain_text() {
        let path = ModulePath::parse("github.com/Azure/x").unwrap();
        let json = serde_json::to_string(&path).unwrap();
        assert_eq!(json, r#""github.com/Azure/x""#);
        assert_eq!(serde_json::from_str::<ModulePath>(&json).unwrap(), path);
        assert!(serde_json::from_str::<ModulePath>(r#""../x""#).is_err());
    }

    proptest! {
        #[test]
        fn both_forms_lead_to_the_same_path(
            path in "[a-z]{1,6}\\.[a-z]{2,3}(/[A-Za-z0-9_][A-Za-z0-9._~-]{0,8}[A-Za-z_]){0,3}(/v[2-9])?",
        ) {
            if let Ok(parsed) = ModulePath::parse(&path) {
                prop_assert_eq!(parsed.to_string(), path);
                prop_assert_eq!(ModulePath::from_escaped(&parsed.escaped()).unwrap(), parsed);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = (ModulePath::parse(&text), ModulePath::from_escaped(&text), check_file_path(&text), split_major(&text));
        }
    }
}
