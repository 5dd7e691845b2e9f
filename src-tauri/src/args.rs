//! What the program is started with.

use std::ffi::OsString;

/// What `--help` says.
pub(crate) const HELP: &str = "\
Larder in the tray: serves Go modules on this computer, and shows a window

Usage: larder-tray [OPTIONS] [ROUTE]

Arguments:
  [ROUTE]  The screen the window opens at, such as /activity

Options:
      --at-login  Begin in the tray, without the window
  -h, --help      Print help
  -V, --version   Print version

A second start shows the window of the first. Without a desktop: larder serve

Examples:
  larder-tray                       Serve, and open the window
  larder-tray /doctor               Open the window at Doctor
  larder-tray --at-login            Serve, and wait in the tray
";

/// What is wished for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A text, and nothing else.
    Say(String),
    /// The program.
    Run(Opening),
}

/// What is shown at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opening {
    /// Whether it is the desktop that starts it, and not a person.
    pub(crate) at_login: bool,
    /// The screen.
    pub(crate) route: Option<String>,
}

/// Reads the arguments after the program's name; the error is a sentence for a person.
pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Wish, String> {
    let mut opening = Opening::default();
    for arg in args {
        match arg.to_str() {
            Some("-h" | "--help") => return Ok(Wish::Say(HELP.to_owned())),
            Some("-V" | "--version") => {
                return Ok(Wish::Say(format!("larder-tray {}\n", app::VERSION)));
            }
            Some("--at-login") => opening.at_login = true,
            Some(route) if is_route(route) && opening.route.is_none() => {
                opening.route = Some(route.to_owned());
            }
            _ => return Err(format!("unexpected argument {}", arg.display())),
        }
    }
    Ok(Wish::Run(opening))
}

/// A screen's address within the window: `/activity?source=failed`.
pub(crate) fn is_route(text: &str) -> bool {
    text.starts_with('/') && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[&str]) -> Result<Wish, String> {
        read(args.iter().map(OsString::from))
    }

    #[test]
    fn a_route_and_a_start_at_login_are_understood() {
        assert_eq!(of(&[]), Ok(Wish::Run(Opening::default())));
        let route = Some("/activity?open=12".to_owned());
        let opening = Opening {
            at_login: true,
            route,
        };
        assert_eq!(
            of(&["--at-login", "/activity?open=12"]),
            Ok(Wish::Run(opening))
        );
    }

    #[test]
    fn what_is_no_route_is_refused() {
        for wrong in [
            &["activity"][..],
            &["--hidden"],
            &["/a", "/b"],
            &["/a\nb"],
            &[""],
        ] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_help_says_where_there_is_no_desktop() {
        let Ok(Wish::Say(text)) = of(&["--help"]) else {
            panic!()
        };
        assert!(text.contains("larder serve") && text.contains("Examples:\n  larder"));
    }
}
