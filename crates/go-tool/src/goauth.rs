//! GOAUTH with a command of Larder's in front, so that `go` asks Larder for the credentials of what it fetches itself.
//!
//! Go splits the value at every `;`, then takes a command's first word (`runGoAuth` in `cmd/go/internal/auth`); what is
//! not `off`, `netrc` or `git` it splits into program and arguments, where quotes around a word hold it together and
//! nothing can be escaped (`cmd/internal/quoted`). The commands are tried from the last to the first, each overwriting
//! the one before: the first one wins.

use std::path::{Path, PathBuf};

use secret::Secret;

/// What Go goes by where GOAUTH is not set (`cfg.GOAUTH`).
const DEFAULT: &str = "netrc";

/// The name under which Larder's command line is installed.
const PROGRAM: &str = "larder";

/// What to do with GOAUTH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoauthWish {
    /// Set it to this. The text is the caller's own value with a command in front: it may hold what that one held.
    Set(Secret),
    /// The command stands in front already.
    AsItIs,
    /// It is `off`: the person wants no credentials, and `off` can't stand beside a command.
    LeftOff,
}

/// Why no value for GOAUTH can be made. GOAUTH is best left as it is then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoauthError {
    /// The program's path can't stand in GOAUTH.
    #[error(
        "larder at {} can't be named in GOAUTH, because its path {reason}: move larder to another folder", path.display()
    )]
    Path {
        /// The program's path.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// What GOAUTH says already makes go fail.
    #[error(
        "GOAUTH is not in order, and go would stop at it: {reason}; mend it (go help goauth) or unset it"
    )]
    Existing {
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// GOAUTH with `/absolute/larder goauth` before what was there, else before `netrc`, which is what go does without
/// GOAUTH. An earlier place of Larder's command, that of another path to a program of the same name too, is given up:
/// doing it again changes nothing.
///
/// `existing` is the value that holds for the caller; `None` or empty where there is none.
///
/// # Errors
/// [`GoauthError::Path`] for a path that is not absolute, is no UTF-8, or has in it a `;`, a line break, a NUL, or spaces
/// and both kinds of quotes. [`GoauthError::Existing`] for a value that is broken already.
pub fn goauth_value(larder: &Path, existing: Option<&str>) -> Result<GoauthWish, GoauthError> {
    let existing = existing
        .filter(|value| !value.is_empty())
        .unwrap_or(DEFAULT);
    let commands: Vec<&str> = existing.split(';').collect();
    let is_off = |command: &&str| command.split_whitespace().next() == Some("off");
    if commands.iter().any(|command| command.trim().is_empty()) {
        return Err(GoauthError::Existing {
            reason: "it has an empty command",
        });
    }
    if commands.iter().any(is_off) {
        return match commands.len() {
            1 => Ok(GoauthWish::LeftOff),
            _ => Err(GoauthError::Existing {
                reason: "off can't stand beside other commands",
            }),
        };
    }
    let own = format!("{} goauth", word(larder)?);
    let others: Vec<&str> = commands
        .iter()
        .copied()
        .filter(|command| !is_own(command, larder))
        .collect();
    let mut value = own.clone();
    for (number, other) in others.iter().enumerate() {
        value.push(';');
        if number == 0 {
            value.push(' ');
            value.push_str(other.trim_start());
        } else {
            value.push_str(other);
        }
    }
    if value == existing {
        return Ok(GoauthWish::AsItIs);
    }
    Ok(GoauthWish::Set(Secret::new(value)))
}

/// GOAUTH without Larder's commands, for a child of Larder's that would ask its own parent. Nothing where no other command
/// is left: what go does without GOAUTH is what `goauth_value` has put behind.
pub(crate) fn without_larder(goauth: &str) -> String {
    let others = goauth.split(';').filter(|command| {
        let program = goauth_of(command).and_then(Path::file_name);
        program.is_none_or(|name| name != PROGRAM)
    });
    let others: Vec<&str> = others.collect();
    others.join(";").trim().to_owned()
}

/// Is this the `goauth` command of a program with the same name as this one?
fn is_own(command: &str, larder: &Path) -> bool {
    goauth_of(command).is_some_and(|program| program.file_name() == larder.file_name())
}

/// The program whose `goauth` command this is, by its absolute path.
fn goauth_of(command: &str) -> Option<&Path> {
    let program = command.trim().strip_suffix("goauth")?;
    if !program.ends_with([' ', '\t']) {
        return None;
    }
    let program = program.trim();
    let bare = ['\'', '"']
        .into_iter()
        .find_map(|quote| program.strip_prefix(quote)?.strip_suffix(quote));
    // More than one word outside quotes: some other program with arguments.
    if bare.is_none() && program.contains([' ', '\t']) {
        return None;
    }
    Some(Path::new(bare.unwrap_or(program))).filter(|program| program.is_absolute())
}

/// The path as one word, by the rules of `cmd/internal/quoted`.
fn word(path: &Path) -> Result<String, GoauthError> {
    let refuse = |reason| {
        Err(GoauthError::Path {
            path: path.to_owned(),
            reason,
        })
    };
    let Some(text) = path.to_str() else {
        return refuse("is not UTF-8 text");
    };
    if !path.is_absolute() {
        return refuse("is not absolute");
    }
    if text.contains(';') {
        return refuse("has a semicolon in it, at which go splits GOAUTH");
    }
    if text.contains(['\0', '\n', '\r', '\u{b}']) {
        return refuse("has a line break or a NUL in it");
    }
    match (
        text.contains([' ', '\t']),
        text.contains('\''),
        text.contains('"'),
    ) {
        (false, _, _) => Ok(text.to_owned()),
        (true, false, _) => Ok(format!("'{text}'")),
        (true, true, false) => Ok(format!("\"{text}\"")),
        (true, true, true) => refuse("has spaces and both kinds of quotes in it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(larder: &str, existing: Option<&str>) -> String {
        match goauth_value(Path::new(larder), existing).unwrap() {
            GoauthWish::Set(value) => value.expose().to_owned(),
            other => panic!("{other:?} for {existing:?}"),
        }
    }

    #[test]
    fn the_command_stands_before_what_was_there() {
        for (existing, expected) in [
            (None, "/opt/larder goauth; netrc"),
            (Some(""), "/opt/larder goauth; netrc"),
            (Some("netrc"), "/opt/larder goauth; netrc"),
            (
                Some("git /src;netrc ; /opt/get-token x"),
                "/opt/larder goauth; git /src;netrc ; /opt/get-token x",
            ),
            // A place it had before, and a place that another installation had.
            (
                Some("netrc; /opt/larder goauth"),
                "/opt/larder goauth; netrc",
            ),
            (
                Some("/old/larder goauth; netrc"),
                "/opt/larder goauth; netrc",
            ),
            (
                Some("'/my old/larder' goauth; netrc"),
                "/opt/larder goauth; netrc",
            ),
            // Others' commands that look like it.
            (
                Some("/opt/other goauth"),
                "/opt/larder goauth; /opt/other goauth",
            ),
            (
                Some("/usr/bin/env /opt/larder goauth"),
                "/opt/larder goauth; /usr/bin/env /opt/larder goauth",
            ),
            (
                Some("/opt/larder notgoauth"),
                "/opt/larder goauth; /opt/larder notgoauth",
            ),
        ] {
            assert_eq!(set("/opt/larder", existing), expected);
        }
    }

    #[test]
    fn a_child_of_larder_has_what_was_there_before() {
        for (goauth, left) in [
            ("/opt/larder goauth; netrc", "netrc"),
            (
                "'/my programs/larder' goauth; git /src; /x/get-token a",
                "git /src; /x/get-token a",
            ),
            ("netrc; /opt/larder goauth", "netrc"),
            ("/opt/larder goauth", ""),
            ("off", "off"),
            ("", ""),
            ("/opt/other goauth; netrc", "/opt/other goauth; netrc"),
            ("larder goauth", "larder goauth"),
        ] {
            assert_eq!(without_larder(goauth), left);
        }
    }

    #[test]
    fn doing_it_again_changes_nothing() {
        for existing in [
            None,
            Some("netrc"),
            Some("git /src;  netrc"),
            Some("/opt/larder goauth"),
        ] {
            for larder in ["/opt/larder", "/my programs/larder", "/o'brien's/my larder"] {
                let larder = Path::new(larder);
                let once = match goauth_value(larder, existing).unwrap() {
                    GoauthWish::Set(value) => value.expose().to_owned(),
                    GoauthWish::AsItIs => existing.unwrap().to_owned(),
                    GoauthWish::LeftOff => panic!(),
                };
                assert_eq!(
                    goauth_value(larder, Some(&once)).unwrap(),
                    GoauthWish::AsItIs,
                    "{once}"
                );
            }
        }
    }

    #[test]
    fn off_stays_off_and_what_is_broken_is_told() {
        let larder = Path::new("/opt/larder");
        for existing in ["off", " off "] {
            assert_eq!(
                goauth_value(larder, Some(existing)).unwrap(),
                GoauthWish::LeftOff
            );
        }
        for existing in ["off; netrc", "netrc;", ";", " "] {
            let error = goauth_value(larder, Some(existing)).unwrap_err();
            assert!(
                matches!(error, GoauthError::Existing { .. }),
                "{existing:?}: {error}"
            );
        }
    }

    #[test]
    fn a_path_is_quoted_where_go_allows_it_and_refused_where_not() {
        assert_eq!(
            set("/my programs/larder", None),
            "'/my programs/larder' goauth; netrc"
        );
        assert_eq!(
            set("/o'brien's own/larder", None),
            "\"/o'brien's own/larder\" goauth; netrc"
        );
        assert_eq!(
            set("/o'brien/larder", None),
            "/o'brien/larder goauth; netrc"
        );
        for path in [
            "larder",
            "./larder",
            "/a;b/larder",
            "/a\nb/larder",
            "/a 'b' \"c\"/larder",
        ] {
            let error = goauth_value(Path::new(path), None).unwrap_err();
            assert!(matches!(error, GoauthError::Path { .. }), "{path:?}");
        }
    }

    #[test]
    fn the_value_is_not_shown() {
        let wish = goauth_value(Path::new("/opt/larder"), Some("get-token hunter2")).unwrap();
        assert!(!format!("{wish:?}").contains("hunter2"));
    }
}
