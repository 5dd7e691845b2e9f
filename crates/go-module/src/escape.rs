//! The escaped form of paths and versions: `Azure` is `!azure`, for file systems that do not tell case apart.

use std::borrow::Cow;

/// Escapes valid text: each capital becomes `!` and its small letter (`escapeString`, x/mod `module/module.go`).
///
/// The text must be free of `!` and ASCII only, which the checks of paths and versions see to.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

/// Undoes [`escape`]; `None` for what is not an escaped form: a raw capital, a `!` without a small letter behind it,
/// anything beyond ASCII (`unescapeString`, x/mod `module/module.go`).
pub(crate) fn unescape(escaped: &str) -> Option<Cow<'_, str>> {
    if escaped
        .bytes()
        .any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii())
    {
        return None;
    }
    if !escaped.contains('!') {
        return Some(Cow::Borrowed(escaped));
    }
    let mut text = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        if c == '!' {
            let small = chars.next().filter(char::is_ascii_lowercase)?;
            text.push(small.to_ascii_uppercase());
        } else {
            text.push(c);
        }
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape, unescape};

    proptest! {
        #[test]
        fn unescape_undoes_escape(text in "[ -~&&[^!]]*") {
            let escaped = escape(&text);
            prop_assert!(!escaped.bytes().any(|byte| byte.is_ascii_uppercase()));
            prop_assert_eq!(unescape(&escaped), Some(text.into()));
        }

        #[test]
        fn an_escaped_form_is_the_only_one(escaped in "[!a-zA-Z./]*") {
            if let Some(text) = unescape(&escaped) {
                prop_assert_eq!(escape(&text), escaped);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = unescape(&text);
        }
    }
}
