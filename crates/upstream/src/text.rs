//! Text from the other side, made fit for a person's terminal and for a log.

use data_encoding::BASE64;
use secret::{SafeUrl, Secret};

use crate::name::is_token;

/// How much of an upstream's error text is passed on, in bytes.
pub(crate) const MOST: usize = 1024;

/// Shorter secrets are not looked for: they would be found in every other word.
const SHORTEST_SECRET: usize = 4;

/// How much of it is looked at, in bytes: more than is passed on, so that no secret that straddles the limit shows its half.
pub(crate) const LOOKED_AT: usize = 2 * MOST;

/// One line of readable text: no control or direction characters, no invalid UTF-8, white space as single spaces, none of
/// `hidden`, and no longer than [`MOST`].
pub(crate) fn clean(bytes: &[u8], hidden: &[Secret]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]);
    let text = hide(text.into_owned(), hidden);
    let visible = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_invisible(*c));
    let visible: String = visible.collect();
    let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    let mut line = hide(words.join(" "), hidden);
    line.truncate(line.floor_char_boundary(MOST));
    line.truncate(line.trim_end().len());
    line
}

fn hide(mut text: String, hidden: &[Secret]) -> String {
    for secret in hidden {
        if text.contains(secret.expose()) {
            text = text.replace(secret.expose(), "[hidden]");
        }
    }
    text
}

/// Characters that change what a terminal shows without being seen themselves.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// What an upstream's own text must not repeat: the user info it was asked with, and tokens in its path.
pub(crate) fn secrets_of(url: &SafeUrl) -> Vec<Secret> {
    let tokens = url
        .as_url()
        .path()
        .split('/')
        .filter(|element| is_token(element))
        .map(Secret::new);
    let mut secrets: Vec<Secret> = tokens.collect();
    if let Some((name, password)) = url.user_info() {
        secrets.push(Secret::new(BASE64.encode(
            format!("{}:{}", name.expose(), password.expose()).as_bytes(),
        )));
        // As the URL writes them as well: they may be percent-encoded in an echo.
        let written = url.expose();
        let user_info = written
            .expose()
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('@'))
            .map_or("", |(user_info, _)| user_info);
        secrets.extend(user_info.split(':').map(Secret::new));
        secrets.extend([password, name]);
    }
    worth_hiding(secrets)
}

/// Those that are long enough to be looked for, the longest first, so that none is found inside another and leaves its rest.
pub(crate) fn worth_hiding(mut secrets: Vec<Secret>) -> Vec<Secret> {
    secrets.retain(|secret| secret.expose().len() >= SHORTEST_SECRET);
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    secrets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_becomes_one_readable_line() {
        assert_eq!(
            clean(b"not found:\r\n\tno such\x1b[31m module\0\n", &[]),
            "not found: no such[31m module"
        );
        assert_eq!(clean("a\u{202e}b\u{200b}c\u{feff}".as_bytes(), &[]), "abc");
        assert_eq!(
            clean(b"ok \xff\xfe there", &[]),
            "ok \u{fffd}\u{fffd} there"
        );
        assert_eq!(clean(b" \n ", &[]), "");
    }

    #[test]
    fn text_is_cut_between_characters() {
        let cut = clean(format!("x{}", "é".repeat(2000)).as_bytes(), &[]);
        assert_eq!(cut, format!("x{}", "é".repeat(511)));
    }

    #[test]
    fn the_limit_does_not_cut_a_secret_in_two() {
        let password = Secret::new("a very  long password");
        for before in 1000..MOST {
            let echo = format!("{} {}", "x".repeat(before), password.expose());
            let shown = clean(echo.as_bytes(), std::slice::from_ref(&password));
            assert!(!shown.contains("ve"), "{shown}");
        }
    }

    #[test]
    fn an_echo_of_our_credentials_is_not_passed_on() {
        let url =
            SafeUrl::parse("https://bobby:p%2Fssw0rd@h.example/uZ8sT0kqPpVtW4mE9aX2bQ").unwrap();
        let echo = format!(
            "bad login bobby/p/ssw0rd p%2Fssw0rd {} at /uZ8sT0kqPpVtW4mE9aX2bQ/m",
            BASE64.encode(b"bobby:p/ssw0rd")
        );
        let shown = clean(echo.as_bytes(), &secrets_of(&url));
        assert_eq!(
            shown,
            "bad login [hidden]/[hidden] [hidden] [hidden] at /[hidden]/m"
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_becomes_one_short_line(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let line = clean(&bytes, &[]);
            prop_assert!(!line.chars().any(is_invisible));
            prop_assert_eq!(line.trim(), &line);
            prop_assert!(line.len() <= MOST);
        }

        #[test]
        fn a_hidden_text_is_never_passed_on(before in "[a-z \n]{0,20}", secret in "[!-~]{4,20}", after in "[a-z \n]{0,20}") {
            let line = clean(format!("{before}{secret}{after}").as_bytes(), &[Secret::new(secret.clone())]);
            prop_assert!(!line.contains(&secret) || "[hidden]".contains(&secret));
        }
    }
}
