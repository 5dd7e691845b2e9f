//! One pattern as in GOPRIVATE, checked: what `go` would pass over without a word is refused here, with a mend.

use go_module::Patterns;

/// No pattern that a person writes is longer.
const LONGEST: usize = 500;

/// Checks one pattern of a list.
///
/// # Errors
/// What is wrong and how to mend it, as the second half of a sentence that begins with "the pattern". The pattern is
/// not quoted: somebody may have put a URL with a password there.
pub(crate) fn check(pattern: &str) -> Result<(), &'static str> {
    if pattern.is_empty() {
        return Err("is empty: take it out, or write a module path such as corp.example/*");
    }
    if pattern.contains("://") {
        return Err("is a URL: write it as module paths are, without the scheme: corp.example/*");
    }
    if pattern.contains('@') {
        return Err("holds an `@`: patterns are of module paths, without versions and user names");
    }
    if pattern.contains(',') {
        return Err("holds a comma: each pattern is an entry of its own");
    }
    if pattern.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("holds a space or a control character, which no module path has: take it out");
    }
    if pattern.starts_with('/') {
        return Err("begins with a slash, so that it matches nothing: begin with the host");
    }
    if pattern.len() > LONGEST {
        return Err("is longer than 500 bytes: shorten it with a `*`");
    }
    if Patterns::parse(pattern).malformed().next().is_some() {
        return Err(
            "is malformed, so that it would match nothing: close its `[`, put something \
             between the brackets, and end it with no backslash",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_go_would_pass_over_is_refused() {
        for fine in [
            "corp.example",
            "corp.example/*",
            "*.corp.example/a[bc]?",
            "a/",
        ] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for (pattern, says) in [
            ("", "empty"),
            ("https://corp.example", "URL"),
            ("me:pw@corp.example", "`@`"),
            ("a,b", "comma"),
            ("a b", "space"),
            ("a\u{0}", "control"),
            ("/a", "slash"),
            ("a[", "malformed"),
            ("a\\", "malformed"),
        ] {
            assert!(
                check(pattern).unwrap_err().contains(says),
                "{pattern:?}: {:?}",
                check(pattern)
            );
        }
        assert!(check(&"a".repeat(501)).is_err());
    }

    proptest! {
        #[test]
        fn what_passes_is_one_pattern(pattern in "[a-c*?,/ .\\\\\\[\\]^-]{0,8}|\\PC{0,8}") {
            if check(&pattern).is_ok() {
                let patterns = Patterns::parse(&pattern);
                prop_assert_eq!(patterns.globs().count(), 1);
                prop_assert_eq!(patterns.malformed().count(), 0);
            }
        }
    }
}
