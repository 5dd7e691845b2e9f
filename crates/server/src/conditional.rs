//! Conditional requests by entity tag (RFC 9110 section 13). Nothing here has a Last-Modified, so dates are not looked at.

use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE};
use http::{HeaderMap, HeaderName};

/// What the conditions of a request come to (RFC 9110 section 13.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Answer as if there were none.
    Holds,
    /// The client has it already: 304.
    NotModified,
    /// The client wants something else than there is: 412.
    Failed,
}

/// Looks at If-Match and If-None-Match of a GET or HEAD. The tag is given without quotes; there is none for what is
/// still on its way, and then only `*` can match.
pub(crate) fn check(headers: &HeaderMap, etag: Option<&str>) -> Condition {
    if headers.contains_key(IF_MATCH) && !names(headers, IF_MATCH, etag, Comparison::Strong) {
        return Condition::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) && names(headers, IF_NONE_MATCH, etag, Comparison::Weak)
    {
        return Condition::NotModified;
    }
    Condition::Holds
}

/// Whether a Range may be answered with a part: there is no If-Range, or it names exactly this tag (section 13.1.5).
/// A date in it names nothing that we have.
pub(crate) fn range_holds(headers: &HeaderMap, etag: &str) -> bool {
    let mut values = headers.get_all(IF_RANGE).iter();
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(value), None) => {
            let only = value.to_str().ok().and_then(|text| Tag::read(text.trim()));
            only.is_some_and(|(tag, rest)| rest.is_empty() && !tag.weak && tag.opaque == etag)
        }
        (Some(_), Some(_)) => false,
    }
}

/// How tags are compared (section 8.8.3.2). Ours are strong, so only the client's may be weak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether the header names what is there: by `*`, or by a tag of its list.
fn names(
    headers: &HeaderMap,
    name: HeaderName,
    etag: Option<&str>,
    comparison: Comparison,
) -> bool {
    let matches =
        |tag: Tag<'_>| Some(tag.opaque) == etag && (comparison == Comparison::Weak || !tag.weak);
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.trim() == "*" || Tags(value).any(matches))
}

/// An entity tag (section 8.8.3).
struct Tag<'a> {
    weak: bool,
    opaque: &'a str,
}

impl<'a> Tag<'a> {
    /// The tag at the beginning of the text, and what comes after it.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let (weak, quoted) = match text.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let (opaque, rest) = quoted.strip_prefix('"')?.split_once('"')?;
        Some((Self { weak, opaque }, rest))
    }
}

/// A comma-separated list of tags, up to the first thing that is none.
struct Tags<'a>(&'a str);

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        let (tag, rest) = Tag::read(self.0.trim_start_matches([' ', '\t', ',']))?;
        self.0 = rest;
        Some(tag)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_tag_is_found_in_any_list_that_holds_it(others in prop::collection::vec("(W/)?\"[a-z, /]{0,5}\"", 0..5), at in 0..5_usize, weak: bool) {
            let mut tags = others.clone();
            tags.insert(at.min(others.len()), format!("{}\"0123\"", if weak { "W/" } else { "" }));
            let found = headers(&[("if-none-match", &tags.join(", "))]);
            prop_assert_eq!(check(&found, Some("0123")), Condition::NotModified);
            let without = headers(&[("if-none-match", &others.join(","))]);
            prop_assert_eq!(check(&without, Some("0123")), Condition::Holds);
        }

        #[test]
        fn no_text_is_too_odd(value in "[\"W/a, *\\\\]{0,20}") {
            check(&headers(&[("if-none-match", &value), ("if-match", &value)]), Some("a"));
            range_holds(&headers(&[("if-range", &value)]), "a");
        }
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        headers
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for (value, condition) in [
            ("\"abc\"", Condition::NotModified),
            ("W/\"abc\"", Condition::NotModified),
            ("*", Condition::NotModified),
            (" * ", Condition::NotModified),
            ("\"x\", \"abc\"", Condition::NotModified),
            ("\"x\",W/\"abc\",\"y\"", Condition::NotModified),
            ("\"a,b\" , \"abc\"", Condition::NotModified),
            (", ,\"abc\"", Condition::NotModified),
            ("\"x\"", Condition::Holds),
            ("abc", Condition::Holds),
            ("\"abc", Condition::Holds),
            ("w/\"abc\"", Condition::Holds),
            ("\"ABC\"", Condition::Holds),
            ("", Condition::Holds),
        ] {
            assert_eq!(
                check(&headers(&[("if-none-match", value)]), Some("abc")),
                condition,
                "{value}"
            );
        }
        assert_eq!(
            check(
                &headers(&[("if-none-match", "\"x\""), ("if-none-match", "\"abc\"")]),
                Some("abc")
            ),
            Condition::NotModified
        );
    }

    #[test]
    fn without_a_tag_only_the_asterisk_matches() {
        assert_eq!(
            check(&headers(&[("if-none-match", "\"abc\"")]), None),
            Condition::Holds
        );
        assert_eq!(
            check(&headers(&[("if-none-match", "*")]), None),
            Condition::NotModified
        );
        assert_eq!(
            check(&headers(&[("if-match", "\"abc\"")]), None),
            Condition::Failed
        );
        assert_eq!(check(&HeaderMap::new(), None), Condition::Holds);
    }

    #[test]
    fn if_match_compares_strongly_and_comes_first() {
        for (value, condition) in [
            ("\"abc\"", Condition::Holds),
            ("*", Condition::Holds),
            ("\"x\", \"abc\"", Condition::Holds),
            ("W/\"abc\"", Condition::Failed),
            ("\"x\"", Condition::Failed),
        ] {
            assert_eq!(
                check(&headers(&[("if-match", value)]), Some("abc")),
                condition,
                "{value}"
            );
        }
        assert_eq!(
            check(
                &headers(&[("if-match", "\"x\""), ("if-none-match", "\"abc\"")]),
                Some("abc")
            ),
            Condition::Failed
        );
        assert_eq!(
            check(
                &headers(&[("if-match", "\"abc\""), ("if-none-match", "\"abc\"")]),
                Some("abc")
            ),
            Condition::NotModified
        );
    }

    #[test]
    fn if_range_wants_exactly_this_tag() {
        for (value, holds) in [
            ("\"abc\"", true),
            ("W/\"abc\"", false),
            ("\"x\"", false),
            ("\"abc\", \"x\"", false),
            ("*", false),
            ("Tue, 15 Nov 1994 12:45:26 GMT", false),
            ("", false),
        ] {
            assert_eq!(
                range_holds(&headers(&[("if-range", value)]), "abc"),
                holds,
                "{value}"
            );
        }
        assert!(range_holds(&HeaderMap::new(), "abc"));
        assert!(!range_holds(
            &headers(&[("if-range", "\"abc\""), ("if-range", "\"abc\"")]),
            "abc"
        ));
    }
}
