//! Text archives: several files in one readable string, as Go's `txtar` format has them.
//!
//! A line `-- name --` begins a file; what stands before the first such line is a comment and ignored.

/// The files of `archive`, in its order. Every file ends with a newline unless it is empty
/// (`golang.org/x/tools/txtar`, `Parse`).
pub fn parse(archive: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in archive.lines() {
        if let Some(name) = marker(line) {
            files.push((name.to_owned(), Vec::new()));
        } else if let Some((_, content)) = files.last_mut() {
            content.extend_from_slice(line.as_bytes());
            content.push(b'\n');
        }
    }
    files
}

fn marker(line: &str) -> Option<&str> {
    let name = line.strip_prefix("-- ")?.strip_suffix(" --")?.trim();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn files_come_in_order_and_the_comment_is_dropped() {
        let files = parse(
            "a comment\n-- go.mod --\nmodule x\n\ngo 1.24\n-- empty --\n-- a/b.go --\npackage a",
        );
        let want: Vec<(String, Vec<u8>)> = [
            ("go.mod", "module x\n\ngo 1.24\n"),
            ("empty", ""),
            ("a/b.go", "package a\n"),
        ]
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .into();
        assert_eq!(files, want);
    }

    #[test]
    fn a_line_that_only_looks_like_a_marker_is_content() {
        assert_eq!(parse("-- f --\n--  --\n-- x\n")[0].1, b"--  --\n-- x\n");
    }
}
