//! A child's text made fit for a person and a log: no user info of URLs, no folders of ours, no control characters.

use std::path::Path;

/// The most of a text that is passed on, in bytes. `go` shows eight lines of it.
const CAP: usize = 4 << 10;

/// The text with the folder of the run written as `$RUN`, user info taken out of URLs, and its length bounded.
pub(crate) fn readable(text: &str, run: &Path) -> String {
    let text = text.trim().trim_start_matches("go: ");
    let text = match run.to_str() {
        Some(run) if run.len() > 1 => text.replace(run, "$RUN"),
        _ => text.to_owned(),
    };
    let mut text: String = without_user_info(&text)
        .chars()
        .filter(|letter| matches!(letter, '\n' | '\t') || !letter.is_control())
        .collect();
    if text.len() > CAP {
        let end = (0..=CAP)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Takes out what stands between `://` and the last `@` of the host part.
pub(crate) fn without_user_info(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let ends = |letter: char| {
            letter.is_whitespace() || matches!(letter, '/' | '?' | '#' | '\'' | '"' | '<' | '>')
        };
        let authority = &after[..after.find(ends).unwrap_or(after.len())];
        rest = match authority.rfind('@') {
            Some(sign) => &after[sign + 1..],
            None => after,
        };
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        readable(
            text,
            Path::new("/home/gopher/.cache/larder/direct/runs/1-1"),
        )
    }

    #[test]
    fn user_info_is_taken_out() {
        for (given, expected) in [
            (
                "for 'https://gopher:hunter2@git.example.test/x/'",
                "for 'https://git.example.test/x/'",
            ),
            ("https://token@git.example.test", "https://git.example.test"),
            (
                "ssh://git@git.example.test:22/x and http://a:b@c/d",
                "ssh://git.example.test:22/x and http://c/d",
            ),
            (
                "https://a:p@ss@git.example.test/x",
                "https://git.example.test/x",
            ),
            (
                "https://git.example.test/x@v1.0.0",
                "https://git.example.test/x@v1.0.0",
            ),
            (
                "git.example.test/x@v1.0.0: unknown",
                "git.example.test/x@v1.0.0: unknown",
            ),
            ("://", "://"),
        ] {
            assert_eq!(plain(given), expected);
        }
    }

    #[test]
    fn folders_and_control_characters_are_taken_out() {
        let text = "go: git in /home/gopher/.cache/larder/direct/runs/1-1/mod/cache/vcs/abc:\u{1b}[31m failed\n";
        assert_eq!(plain(text), "git in $RUN/mod/cache/vcs/abc:[31m failed");
    }

    #[test]
    fn a_long_text_is_cut_at_a_letter() {
        let text = plain(&"é".repeat(CAP));
        assert!(text.len() <= CAP + '…'.len_utf8());
        assert!(text.ends_with("é…"));
    }
}
