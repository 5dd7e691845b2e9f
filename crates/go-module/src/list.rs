//! The answer to `@v/list`: versions, one a line (cmd/go `internal/modfetch/proxy.go`, `Versions`).

use std::collections::BTreeSet;

use crate::semver;

/// Why bytes are no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Bytes that are no text.
    #[error("the list of versions is not UTF-8 text")]
    NotText,
    /// A page for people, such as a login page or a portal's.
    #[error(
        "the list of versions is a web page: a login page or a network portal may stand in between"
    )]
    WebPage,
    /// Text that holds no version, such as an error that came with the status of a success.
    #[error("the list of versions holds text, and not one version")]
    NoVersion,
}

/// The versions of a list, in its order: the first word of each line, where it is a semantic version. Anything else in
/// a line is ignored, as `go` does; whether pseudo-versions belong in a list is for the caller to say.
///
/// # Errors
/// Where the bytes can't be a list at all. An empty list is fine; `go` takes text without a version for one too, but
/// whoever keeps lists must not take an upstream's trouble for "no versions".
pub fn parse(body: &[u8]) -> Result<Vec<String>, ListError> {
    let text = std::str::from_utf8(body).map_err(|_| ListError::NotText)?;
    if text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<')
    {
        return Err(ListError::WebPage);
    }
    let first_words = text
        .split('\n')
        .filter_map(|line| line.split_whitespace().next());
    let versions: Vec<String> = first_words
        .filter(|word| semver::is_valid(word))
        .map(str::to_owned)
        .collect();
    if versions.is_empty() && !text.trim().is_empty() {
        return Err(ListError::NoVersion);
    }
    Ok(versions)
}

/// A list of these versions, one a line; empty for none.
#[must_use]
pub fn render<S: AsRef<str>>(versions: &[S]) -> String {
    versions
        .iter()
        .map(|version| format!("{}\n", version.as_ref()))
        .collect()
}

/// The versions of either list, each once, lowest first.
#[must_use]
pub fn union<A: AsRef<str>, B: AsRef<str>>(old: &[A], new: &[B]) -> Vec<String> {
    let all: BTreeSet<&str> = old
        .iter()
        .map(AsRef::as_ref)
        .chain(new.iter().map(AsRef::as_ref))
        .collect();
    let mut versions: Vec<String> = all.into_iter().map(str::to_owned).collect();
    semver::sort(&mut versions);
    versions
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ListError, parse, render, union};
    use crate::semver;

    #[test]
    fn valid_first_words_are_the_list() {
        let body = b"v1.2.3\r\n\n  v1.0.0 2018-08-07T14:01:17Z\nmaster\nv1.02.0\nv2.0.0+incompatible\nlast v1.1.1";
        assert_eq!(
            parse(body).unwrap(),
            ["v1.2.3", "v1.0.0", "v2.0.0+incompatible"]
        );
        for empty in ["", "\n", " \r\n"] {
            assert_eq!(parse(empty.as_bytes()).unwrap(), [""; 0], "{empty:?}");
        }
    }

    #[test]
    fn pages_and_bytes_are_no_list() {
        for page in ["<!DOCTYPE html>", " \n<html>", "\u{feff}<html>\nv1.0.0\n"] {
            assert_eq!(parse(page.as_bytes()), Err(ListError::WebPage), "{page:?}");
        }
        assert_eq!(parse(b"v1.0.0\n\xff"), Err(ListError::NotText));
    }

    #[test]
    fn text_without_a_version_is_no_list() {
        for text in [r#"{"errors":["no"]}"#, "try again later\n", "master\n"] {
            assert_eq!(
                parse(text.as_bytes()),
                Err(ListError::NoVersion),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_union_is_sorted_and_has_no_doubles() {
        assert_eq!(
            union(&["v1.10.0", "v1.2.0"], &["v1.9.0", "v1.2.0"]),
            ["v1.2.0", "v1.9.0", "v1.10.0"]
        );
        assert_eq!(render(&["v1.2.0", "v1.9.0"]), "v1.2.0\nv1.9.0\n");
    }

    proptest! {
        #[test]
        fn both_forms_agree(versions in prop::collection::vec("v[1-9]\\.[0-9]\\.[0-9](-[a-z]{1,3})?", 0..9)) {
            prop_assert_eq!(&parse(render(&versions).as_bytes()).unwrap(), &versions);
            let once = union(&versions, &[""; 0]);
            prop_assert_eq!(&union(&once, &versions), &once);
            prop_assert!(once.windows(2).all(|pair| semver::compare_total(&pair[0], &pair[1]).is_lt()));
        }

        #[test]
        fn no_bytes_make_it_panic(body in any::<Vec<u8>>()) {
            let _ = parse(&body);
        }
    }
}
