//! What is to be verified, as a person names it: a go.sum file or a module version.

use go_module::{FileKind, ModuleVersion, go_sum};

use super::{Verify, VerifyItem};
use crate::failure::{Code, Failure};

/// How many bytes of JSON one request may have, with room to spare below the limit of the control API, 1 MiB.
const PART: usize = 900_000;
/// What an item takes beside its module: names, quotes, and a hash of 47 characters.
const BESIDE: usize = 100;

impl VerifyItem {
    /// The lines of a go.sum file, as far as `go` heeds them; `name` is what complaints call the file.
    ///
    /// # Errors
    /// `bad-input`, with `name:line`.
    pub fn of_go_sum(name: &str, bytes: &[u8]) -> Result<Vec<Self>, Failure> {
        let lines = go_sum::parse(bytes).map_err(|error| {
            Failure::new(
                Code::BadInput,
                format!("{name}:{}: {}", error.line, error.reason),
            )
            .hint("mend that line, or delete it and run: go mod tidy")
        })?;
        let item = |line: go_sum::Line| Self {
            module: line.module,
            kind: line.kind,
            h1: Some(line.h1),
        };
        Ok(lines.into_iter().map(item).collect())
    }

    /// Both files of a version, from `MODULE@VERSION`.
    ///
    /// # Errors
    /// `bad-input` where it is none.
    pub fn of_module(text: &str) -> Result<[Self; 2], Failure> {
        let module = ModuleVersion::parse(text).map_err(|error| {
            Failure::new(Code::BadInput, format!("{text} can't be verified: {error}")).hint(
                "name a go.sum file that is there, or one version of a module: example.com/m@v1.2.3",
            )
        })?;
        Ok([FileKind::Zip, FileKind::Mod].map(|kind| Self {
            module: module.clone(),
            kind,
            h1: None,
        }))
    }
}

impl Verify {
    /// The same in as many jobs as it takes for each to be small enough for one request to an instance. Their answers, one
    /// after the other, are the answer to all.
    pub fn in_parts(items: Vec<VerifyItem>) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        let mut room = 0;
        for item in items {
            let ModuleVersion { path, version } = &item.module;
            let takes = path.as_str().len() + version.as_str().len() + BESIDE;
            match parts.last_mut() {
                Some(part) if takes <= room => part.items.push(item),
                _ => {
                    parts.push(Self { items: vec![item] });
                    room = PART;
                }
            }
            room -= takes;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn a_complaint_names_file_and_line() {
        let failure = VerifyItem::of_go_sum("sub/go.sum", b"\nexample.com/a v1.0.0\n").unwrap_err();
        assert_eq!(failure.code, Code::BadInput);
        assert!(
            failure.message.starts_with("sub/go.sum:2: it has 2 words"),
            "{failure}"
        );
        assert!(!failure.hints.is_empty());
    }

    #[test]
    fn a_module_has_two_files_and_a_query_is_none() {
        let [zip, go_mod] = VerifyItem::of_module("example.com/a@v1.0.0").unwrap();
        assert_eq!((zip.kind, go_mod.kind), (FileKind::Zip, FileKind::Mod));
        for text in [
            "example.com/a",
            "example.com/a@latest",
            "example.com/a@v2.0.0",
            "go.mod",
            "",
        ] {
            let failure = VerifyItem::of_module(text).unwrap_err();
            assert_eq!(failure.code, Code::BadInput, "{text}");
            assert!(failure.message.starts_with(text), "{failure}");
        }
    }

    #[test]
    fn each_part_fits_into_a_request_and_nothing_is_lost() {
        let path = format!("example.com/{}", "a/".repeat(90));
        let go_sum: String = (0..9_000)
            .map(|minor| format!("{path}m v1.{minor}.0/go.mod {HASH}\n"))
            .collect();
        let items = VerifyItem::of_go_sum("go.sum", go_sum.as_bytes()).unwrap();
        let parts = Verify::in_parts(items.clone());
        assert!(parts.len() > 1);
        for part in &parts {
            assert!(serde_json::to_vec(part).unwrap().len() < 1 << 20);
        }
        let all: Vec<VerifyItem> = parts.into_iter().flat_map(|part| part.items).collect();
        assert_eq!(all, items);
        assert_eq!(Verify::in_parts(Vec::new()).len(), 0);
    }

    #[test]
    fn a_go_sum_of_five_thousand_lines_is_one_part() {
        let go_sum: String = (0..5_000)
            .map(|minor| {
                format!("github.com/some-company/some-project/module v1.{minor}.0 {HASH}\n")
            })
            .collect();
        let items = VerifyItem::of_go_sum("go.sum", go_sum.as_bytes()).unwrap();
        assert_eq!(Verify::in_parts(items).len(), 1);
    }
}
