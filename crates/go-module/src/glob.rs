//! Shell globs over slash-separated names: Go's `path.Match` (`path/match.go`).

/// A well-formed glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Piece>);

/// What one character of a name must be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// `*`: any run of characters other than a slash.
    Star,
    /// `?`: one character other than a slash.
    One,
    /// That character.
    Char(char),
    /// `[a-z]`, `[^a-z]`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Piece {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Star | Self::One => c != '/',
            Self::Char(wanted) => c == *wanted,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

impl Glob {
    /// `None` for a malformed glob: a bracket without its end or with nothing in it, a backslash at the end.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '*' => Piece::Star,
                '?' => Piece::One,
                '\\' => Piece::Char(chars.next()?),
                '[' => {
                    let negated = chars.next_if_eq(&'^').is_some();
                    let mut ranges = Vec::new();
                    while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                        let low = class_char(&mut chars)?;
                        let high = if chars.next_if_eq(&'-').is_some() {
                            class_char(&mut chars)?
                        } else {
                            low
                        };
                        ranges.push((low, high));
                    }
                    Piece::Class { negated, ranges }
                }
                c => Piece::Char(c),
            });
        }
        Some(Self(pieces))
    }

    /// Whether the whole of `name` matches.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let mut pieces = self.0.as_slice();
        let mut rest = name.chars();
        // Where to go on when the pieces behind the last star do not fit: it takes one character more. Only the last
        // star matters: what the ones before it took is as short as can be.
        let mut retry: Option<(&[Piece], std::str::Chars<'_>)> = None;
        loop {
            let mut ahead = rest.clone();
            match (pieces.split_first(), ahead.next()) {
                (Some((Piece::Star, behind)), _) => {
                    retry = Some((behind, rest.clone()));
                    pieces = behind;
                    continue;
                }
                (Some((wanted, behind)), Some(c)) if wanted.takes(c) => {
                    pieces = behind;
                    rest = ahead;
                    continue;
                }
                (None, None) => return true,
                (Some(_) | None, _) => {}
            }
            let Some((behind, taken)) = &mut retry else {
                return false;
            };
            if !taken.next().is_some_and(|c| Piece::Star.takes(c)) {
                return false;
            }
            pieces = behind;
            rest = taken.clone();
        }
    }
}

/// One end of a range within brackets (`getEsc`).
fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn globs_match_whole_names() {
        for (text, name, matched) in [
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyycx", false),
            ("a*b*c", "abbbcbc", true),
            ("a*", "a/b", false),
            ("a*/b", "ax/b", true),
            ("*a", "aaab", false),
            ("**", "", true),
            ("a?c", "a/c", false),
            ("a[^b]c", "a/c", true),
            ("[a-c]x", "bx", true),
            ("[\\]]", "]", true),
            ("[*]", "*", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("日*", "日本", true),
            ("[一-日]", "日", true),
        ] {
            assert_eq!(
                Glob::parse(text).unwrap().matches(name),
                matched,
                "{text} {name}"
            );
        }
    }

    #[test]
    fn malformed_globs_are_none() {
        for text in [
            "[", "[]", "[]a]", "[a", "[a-", "[a-]", "[^", "[^]", "[-a]", "a\\", "[\\",
        ] {
            assert_eq!(Glob::parse(text), None, "{text}");
        }
    }
}
