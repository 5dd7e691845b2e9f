//! go.sum files: the hashes of modules that a build holds to (cmd/go `internal/modfetch/fetch.go`, `readGoSum`).

use crate::h1::{self, H1};
use crate::{FileKind, ModulePath, ModuleVersion, Version};

/// What one line says: the hash of one file of a module version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The module version.
    pub module: ModuleVersion,
    /// Which of its files: [`FileKind::Zip`] or [`FileKind::Mod`].
    pub kind: FileKind,
    /// The file's hash.
    pub h1: H1,
}

/// Why bytes are no go.sum file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of go.sum is malformed: {reason}; mend it, or delete it and run: go mod tidy")]
pub struct GoSumError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: GoSumReason,
}

/// Why a line is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoSumReason {
    /// Not three words.
    #[error("it has {0} words, where it should have a module, a version and a hash")]
    Words(usize),
    /// A hash that says it is `h1:` and is none; `go` takes it for a mismatch.
    #[error(transparent)]
    Hash(#[from] crate::H1Error),
}

/// Reads a go.sum file: its lines, in their order. There may be several for one file; the first one counts for `go`.
///
/// Blank lines are no lines. As `go` never asks for them, lines are left out that have a hash of another kind than `h1:`,
/// or that are of no module version that there could be; and, as there, those with the hash of an empty go.mod, which an
/// old bug made.
///
/// # Errors
/// The first line that `go` would not read either, or whose `h1:` hash is malformed, so that nothing could match it.
pub fn parse(go_sum: &[u8]) -> Result<Vec<Line>, GoSumError> {
    let no_go_mod = h1::of_mod(b"");
    let mut lines = Vec::new();
    for (at, bytes) in go_sum.split(|&byte| byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(bytes);
        let line = line(&text).map_err(|reason| GoSumError {
            line: at + 1,
            reason,
        })?;
        lines.extend(line.filter(|line| line.h1 != no_go_mod));
    }
    Ok(lines)
}

/// One line; `None` where there is nothing on it, or nothing that matters.
fn line(text: &str) -> Result<Option<Line>, GoSumReason> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (path, version, hash) = match words[..] {
        [] => return Ok(None),
        [path, version, hash] => (path, version, hash),
        _ => return Err(GoSumReason::Words(words.len())),
    };
    if !hash.starts_with("h1:") {
        return Ok(None);
    }
    let h1 = hash.parse()?;
    let (version, kind) = match version.strip_suffix("/go.mod") {
        Some(version) => (version, FileKind::Mod),
        None => (version, FileKind::Zip),
    };
    Ok(module(path, version).map(|module| Line { module, kind, h1 }))
}

fn module(path: &str, version: &str) -> Option<ModuleVersion> {
    let (path, version) = (ModulePath::parse(path).ok()?, Version::parse(version).ok()?);
    ModuleVersion::new(path, version).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{GoSumError, GoSumReason, Line, parse};
    use crate::{FileKind, H1, H1Error, ModuleVersion, h1};

    const HASH: &str = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn line(module: &str, kind: FileKind, h1: H1) -> Line {
        let module = ModuleVersion::parse(module).unwrap();
        Line { module, kind, h1 }
    }

    fn error(go_sum: &str) -> GoSumError {
        parse(go_sum.as_bytes()).unwrap_err()
    }

    #[test]
    fn lines_are_read() {
        let text = format!(
            "example.com/a v1.2.3 {HASH}\r\nexample.com/a v1.2.3/go.mod {HASH}\n\n \t\n\u{a0}example.com/B\u{2003}v2.0.0+incompatible  {HASH} "
        );
        let h1 = HASH.parse().unwrap();
        assert_eq!(
            parse(text.as_bytes()).unwrap(),
            [
                line("example.com/a@v1.2.3", FileKind::Zip, h1),
                line("example.com/a@v1.2.3", FileKind::Mod, h1),
                line("example.com/B@v2.0.0+incompatible", FileKind::Zip, h1),
            ]
        );
        assert_eq!(parse(b"").unwrap(), []);
    }

    #[test]
    fn lines_that_go_never_asks_for_are_left_out() {
        for text in [
            "example.com/a v1.2.3 h2:47DEQpj8HBSa",
            "example.com/a v1.2.3 go.sum",
            "example.com/a v1.2.3/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=",
            "example.com/a v1.2 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "example.com/a v2.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "example.com/a v1.2.3/zip h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "../a v1.2.3 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(Vec::new()), "{text}");
        }
        let bytes = [b"example.com/\xff v1.2.3 ", HASH.as_bytes()].concat();
        assert_eq!(parse(&bytes), Ok(Vec::new()));
    }

    #[test]
    fn malformed_lines_are_named() {
        for (words, text) in [
            (1, "======="),
            (2, "<<<<<<< HEAD"),
            (2, "example.com/a v1.2.3"),
            (4, "example.com/a v1.2.3 h1: x"),
        ] {
            let reason = GoSumReason::Words(words);
            assert_eq!(error(text), GoSumError { line: 1, reason }, "{text}");
        }
        let text = format!("example.com/a v1.2.3 {HASH}\n\nexample.com/a v1.2.3/go.mod h1:47DEQ");
        assert_eq!(
            error(&text),
            GoSumError {
                line: 3,
                reason: GoSumReason::Hash(H1Error::Text("h1:47DEQ".to_owned()))
            }
        );
        assert_eq!(
            error("\n>>>>>>> main\n").to_string(),
            "line 2 of go.sum is malformed: it has 2 words, where it should have a module, a version and a hash; mend it, or delete it and run: go mod tidy"
        );
    }

    proptest! {
        #[test]
        // No element is a name that Windows keeps for a device, which no module path has.
        fn what_is_written_is_read(
            files in prop::collection::vec(("x[a-z]{1,4}\\.example/x[a-z]{1,4}", 0..9u8, any::<bool>(), any::<Vec<u8>>()), 0..6),
            blank in "[ \t\r\n]{0,3}",
        ) {
            let mut lines = Vec::new();
            let mut text = blank.clone();
            for (path, minor, is_mod, content) in files {
                let (kind, suffix) = if is_mod { (FileKind::Mod, "/go.mod") } else { (FileKind::Zip, "") };
                let h1 = h1::of_files([("x", content)]).unwrap();
                text += &format!("{path} v1.{minor}.0{suffix} {h1}\n{blank}");
                lines.push(line(&format!("{path}@v1.{minor}.0"), kind, h1));
            }
            prop_assert_eq!(parse(text.as_bytes()), Ok(lines));
        }

        #[test]
        fn an_error_names_a_line_with_something_on_it(text in "([a-h1:=./]{0,4}[ \t\n]{0,2}){0,9}", bytes in any::<Vec<u8>>()) {
            let _ = parse(&bytes);
            if let Err(error) = parse(text.as_bytes()) {
                let line = text.split('\n').nth(error.line - 1).unwrap();
                let words = line.split_whitespace().count();
                match error.reason {
                    GoSumReason::Words(found) => prop_assert!(found == words && words != 3),
                    GoSumReason::Hash(_) => prop_assert!(words == 3 && line.contains("h1:")),
                }
            }
        }
    }
}
