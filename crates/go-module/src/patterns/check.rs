//! What people write for a pattern that `go` would take without a word and never match, or that breaks it.

use super::Patterns;
use crate::TOOLCHAIN;

/// Why a pattern does not do what someone meant by it, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// There is none.
    #[error("there is no pattern: write module paths, such as corp.example/*")]
    Empty,
    /// A space, at an end or within.
    #[error("go does not trim spaces, so a pattern with one matches nothing: write {mend}")]
    Space {
        /// What was meant.
        mend: String,
    },
    /// A scheme, or the slashes behind it.
    #[error(
        "patterns are for module paths, not addresses, so one with https:// or the like matches nothing: write {mend}"
    )]
    Scheme {
        /// What was meant.
        mend: String,
    },
    /// A user, perhaps with a password; neither is told.
    #[error(
        "patterns are for module paths, not addresses, so one with a user@ matches nothing: write {mend}"
    )]
    User {
        /// What was meant.
        mend: String,
    },
    /// A port, or the colon of `host:path`.
    #[error("module paths have no port, so a pattern with a colon matches nothing: write {mend}")]
    Port {
        /// What was meant.
        mend: String,
    },
    /// A capital in the first element.
    #[error(
        "case counts, and module paths begin in lower case, so a pattern that does not matches nothing: write {mend}"
    )]
    Capital {
        /// What was meant.
        mend: String,
    },
    /// Braces, as shells have them.
    #[error(
        "go knows no braces, so {0:?} matches nothing: write a pattern for each, such as corp.example/a,corp.example/b"
    )]
    Braces(String),
    /// A character that no module path holds.
    #[error("no module path holds {char:?}, so {pattern:?} matches nothing: leave it out")]
    Char {
        /// The pattern.
        pattern: String,
        /// The character.
        char: char,
    },
    /// Not a well-formed glob.
    #[error(
        "{0:?} is malformed, and go would ignore it without a word: close its bracket, with something in it, and end with no backslash"
    )]
    Malformed(String),
    /// The `go` command's own versions are among what it matches.
    #[error(
        "{0:?} covers golang.org/toolchain, and go takes another version of itself only where the checksum database vouches for it: write narrower patterns, such as corp.example/*"
    )]
    Toolchain(String),
}

impl PatternError {
    /// What was meant, where that is known: a pattern, or several with commas between them.
    #[must_use]
    pub fn mend(&self) -> Option<&str> {
        match self {
            Self::Space { mend }
            | Self::Scheme { mend }
            | Self::User { mend }
            | Self::Port { mend }
            | Self::Capital { mend } => Some(mend),
            Self::Empty
            | Self::Braces(_)
            | Self::Char { .. }
            | Self::Malformed(_)
            | Self::Toolchain(_) => None,
        }
    }
}

/// Checks a pattern that someone wrote, or a comma-separated list. Like `go`, it does not mind empty entries among others
/// or a slash at the end; unlike it, it minds what can't match any module, and what would break `go`.
///
/// # Errors
/// The first pattern that does not do what it seems to, with what to write instead. The user and password of an address
/// are left out.
pub fn check(list: &str) -> Result<(), PatternError> {
    let mut patterns = split(list).filter(|pattern| !pattern.is_empty()).peekable();
    if patterns.peek().is_none() {
        return Err(PatternError::Empty);
    }
    patterns.try_for_each(check_one)
}

/// Cuts a list at its commas, but for those within braces.
fn split(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0u32;
    list.split(move |c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}

fn check_one(pattern: &str) -> Result<(), PatternError> {
    let (first, _) = pattern.split_once('/').unwrap_or((pattern, ""));
    let meant: fn(String) -> PatternError = if pattern.contains(char::is_whitespace) {
        |mend| PatternError::Space { mend }
    } else if pattern.contains("://") || pattern.starts_with('/') {
        |mend| PatternError::Scheme { mend }
    } else if first.contains('@') || pattern.contains('@') && pattern.contains(':') {
        |mend| PatternError::User { mend }
    } else if first.contains(':') {
        |mend| PatternError::Port { mend }
    } else if first.contains(|c: char| c.is_ascii_uppercase()) {
        |mend| PatternError::Capital { mend }
    } else {
        return check_glob(pattern);
    };
    // A password may hold a slash or a space, and must not be told.
    let address = pattern
        .rsplit_once('@')
        .map_or(pattern, |(_, address)| address);
    let mends = address.split_whitespace().map(mended);
    let mends: Vec<String> = mends.filter(|mend| !mend.is_empty()).collect();
    if mends.is_empty() {
        return Err(PatternError::Empty);
    }
    Err(meant(mends.join(",")))
}

/// Checks a pattern that is neither an address nor has spaces.
fn check_glob(pattern: &str) -> Result<(), PatternError> {
    if pattern.contains(['{', '}']) {
        return Err(PatternError::Braces(pattern.to_owned()));
    }
    if let Some(char) = pattern.chars().find(|&c| !is_allowed(c)) {
        return Err(PatternError::Char {
            pattern: pattern.to_owned(),
            char,
        });
    }
    let patterns = Patterns::parse(pattern);
    if patterns.malformed().next().is_some() {
        return Err(PatternError::Malformed(pattern.to_owned()));
    }
    if patterns.matches(TOOLCHAIN) {
        return Err(PatternError::Toolchain(pattern.to_owned()));
    }
    Ok(())
}

/// What paths of modules and packages hold (`modPathOK`, `importPathOK`, x/mod `module/module.go`), and what globs do.
fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~+/*?[]^\\".contains(c)
}

/// The module path in what may be an address, but for its user: without scheme and port, and with a host in lower case.
fn mended(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.trim_start_matches('/');
    let host_end = rest.find(['/', ':']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host_end);
    let path = match rest.strip_prefix(':') {
        // As git has it: `host:path`.
        Some(rest) => {
            let path = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            if path.is_empty() || path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{rest}")
            }
        }
        None => rest.to_owned(),
    };
    host.to_ascii_lowercase() + &path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PatternError, check};
    use crate::Patterns;

    fn space(mend: &str) -> PatternError {
        let mend = mend.to_owned();
        PatternError::Space { mend }
    }

    fn scheme(mend: &str) -> PatternError {
        let mend = mend.to_owned();
        PatternError::Scheme { mend }
    }

    fn user(mend: &str) -> PatternError {
        let mend = mend.to_owned();
        PatternError::User { mend }
    }

    fn port(mend: &str) -> PatternError {
        let mend = mend.to_owned();
        PatternError::Port { mend }
    }

    fn char(pattern: &str, char: char) -> PatternError {
        let pattern = pattern.to_owned();
        PatternError::Char { pattern, char }
    }

    #[test]
    fn what_go_matches_is_in_order() {
        for list in [
            "corp.example",
            "corp.example/*",
            "*.corp.example,corp.example/,,github.com/Acme/~x_y",
            "git[0-9^].corp.example/a?c/c++",
            "golang.org/x/*",
            "golang.org/toolchain/x",
            ",corp.example,",
        ] {
            assert_eq!(check(list), Ok(()), "{list}");
        }
    }

    #[test]
    fn what_matches_nothing_or_too_much_is_named() {
        for (list, error) in [
            ("", PatternError::Empty),
            (",", PatternError::Empty),
            (" , ", PatternError::Empty),
            ("https://", PatternError::Empty),
            (" corp.example/*", space("corp.example/*")),
            ("a.example, b.example", space("b.example")),
            ("a.example b.example", space("a.example,b.example")),
            ("\ta.example ", space("a.example")),
            ("https://corp.example/x", scheme("corp.example/x")),
            ("ssh://git@Corp.example:22/x", scheme("corp.example/x")),
            ("//corp.example/x", scheme("corp.example/x")),
            ("/corp.example/x", scheme("corp.example/x")),
            ("git@corp.example:team/x", user("corp.example/team/x")),
            ("corp.example:8080", port("corp.example")),
            ("corp.example:8080/x", port("corp.example/x")),
            ("corp.example:", port("corp.example")),
            ("corp.example:4x/y", port("corp.example/4x/y")),
            (
                "GitHub.com/Acme",
                PatternError::Capital {
                    mend: "github.com/Acme".to_owned(),
                },
            ),
            (
                "a.example,corp.example/{a,b}/c",
                PatternError::Braces("corp.example/{a,b}/c".to_owned()),
            ),
            ("{a,b", PatternError::Braces("{a,b".to_owned())),
            ("a}", PatternError::Braces("a}".to_owned())),
            ("a.example/x@v1.*", char("a.example/x@v1.*", '@')),
            ("a.example/[!a]", char("a.example/[!a]", '!')),
            ("\"a.example\"", char("\"a.example\"", '"')),
            ("a.example/é", char("a.example/é", 'é')),
            (
                "a.example/[",
                PatternError::Malformed("a.example/[".to_owned()),
            ),
            (
                "a.example/[]",
                PatternError::Malformed("a.example/[]".to_owned()),
            ),
            (
                "a.example\\",
                PatternError::Malformed("a.example\\".to_owned()),
            ),
            ("*", PatternError::Toolchain("*".to_owned())),
            ("*.org", PatternError::Toolchain("*.org".to_owned())),
            (
                "golang.org/",
                PatternError::Toolchain("golang.org/".to_owned()),
            ),
            (
                "golang.org/*",
                PatternError::Toolchain("golang.org/*".to_owned()),
            ),
            ("x.example,*/*", PatternError::Toolchain("*/*".to_owned())),
        ] {
            assert_eq!(check(list), Err(error), "{list:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        assert_eq!(
            check("corp.example:8080/x").unwrap_err().to_string(),
            "module paths have no port, so a pattern with a colon matches nothing: write corp.example/x"
        );
    }

    proptest! {
        #[test]
        fn a_pattern_in_order_is_one_that_go_reads(list in "[a-zA-Z./*\\[\\]^?\\\\,{}@: -]{0,20}", any in any::<String>()) {
            for list in [list, any] {
                if check(&list).is_ok() {
                    let patterns = Patterns::parse(&list);
                    prop_assert!(!patterns.is_empty());
                    prop_assert_eq!(patterns.malformed().count(), 0);
                    prop_assert!(!patterns.matches("golang.org/toolchain"));
                }
            }
        }

        #[test]
        fn the_path_of_a_module_is_in_order_and_what_is_written_instead_too(
            path in "[a-z]{1,4}\\.example(/[a-zA-Z0-9_.~-]{1,4}){0,3}",
            front in "( |https://|ssh://git@|//|git@|https://a:b@)?",
            port in "(:[0-9]{1,5})?",
            behind in "( |\t)?",
        ) {
            prop_assert_eq!(check(&path), Ok(()));
            let (host, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
            match check(&format!("{front}{host}{port}{rest}{behind}")) {
                Ok(()) => prop_assert!(front.is_empty() && port.is_empty() && behind.is_empty()),
                Err(
                    PatternError::Space { mend }
                    | PatternError::Scheme { mend }
                    | PatternError::User { mend }
                    | PatternError::Port { mend },
                ) => prop_assert_eq!(mend, path),
                Err(error) => prop_assert!(false, "{}", error),
            }
        }

        #[test]
        fn no_password_is_told(
            front in "( |https://|//|https:/| x@|[a-z/:]{0,4})?",
            behind in "[a-z/:{\\[ ]{0,9}",
            slash in "[/ ]?",
        ) {
            if let Err(error) = check(&format!("{front}user:SEC{slash}RET@corp.example{behind}")) {
                let text = format!("{error} {error:?}").to_uppercase();
                prop_assert!(!text.contains("SEC") && !text.contains("RET@"), "{}", text);
            }
        }
    }
}
