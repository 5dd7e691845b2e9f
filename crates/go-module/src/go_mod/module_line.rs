//! The one line of a go.mod file that says whose it is.

use super::quote::{unquote, unquote_raw};

/// The module path that a go.mod file names, as it stands there: not checked. `None` where there is none or it is
/// malformed. Unrelated trouble in the file does not matter (`modfile.ModulePath`, x/mod `modfile/read.go`).
#[must_use]
pub fn module_line(go_mod: &[u8]) -> Option<String> {
    for line in go_mod.split(|&byte| byte == b'\n') {
        // Bytes that are no UTF-8 become a character that no module path holds.
        let line = String::from_utf8_lossy(line);
        let line = line.split("//").next().unwrap_or_default().trim();
        let Some(rest) = line.strip_prefix("module") else {
            continue;
        };
        let path = rest.trim();
        if path.is_empty() || path.len() == rest.len() {
            continue;
        }
        return match path.chars().next() {
            Some('"') => unquote(path),
            Some('`') => unquote_raw(path),
            _ => Some(path.to_owned()),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::module_line;

    fn path(text: &str) -> Option<String> {
        module_line(text.as_bytes())
    }

    /// After `TestModulePath`'s cases of x/mod `modfile/read_test.go`, and more.
    #[test]
    fn the_module_line_is_found() {
        for (text, expected) in [
            (
                "module \"github.com/rsc/vgotest\"",
                Some("github.com/rsc/vgotest"),
            ),
            (
                "module github.com/rsc/vgotest",
                Some("github.com/rsc/vgotest"),
            ),
            (
                "module  `github.com/rsc/vgotest`  // comment",
                Some("github.com/rsc/vgotest"),
            ),
            (
                "// header\r\n\r\nmodule example.com/x\r\n\r\ngo 1.22\r\n",
                Some("example.com/x"),
            ),
            ("module \"\\x67ithub.com/x\"", Some("github.com/x")),
            ("module \"\\147\\u0069t.example/x\"", Some("git.example/x")),
            (
                "garbage [\nmodule example.com/x // indirect",
                Some("example.com/x"),
            ),
            ("module\texample.com/x", Some("example.com/x")),
            ("\u{a0}module example.com/x", Some("example.com/x")),
            ("modulex\nmodule \nmodule a.b", Some("a.b")),
            ("module \"a\" \"b\"", None),
            ("module \"a", None),
            ("module \"", None),
            ("module `", None),
            ("module \"\\q\"", None),
            ("module \"\\xff\"", None),
            ("module \"https://example.com\"", None),
            ("go 1.22\n", None),
            ("", None),
        ] {
            assert_eq!(path(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(
            module_line(b"module a\xff.b"),
            Some("a\u{fffd}.b".to_owned())
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in "(// x\n)?module *[\"`]?[a-z\\\\xuU0-9\"` é]*") {
            let _ = (module_line(&bytes), path(&text));
        }
    }
}
