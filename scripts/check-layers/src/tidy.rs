//! Tidy: each Rust file says what it is, is of a size to read, leaves nothing half done, and no file names a public proxy.
//!
//! Which hosts may not be named comes from Go's own default for GOPROXY, asked at check time: Larder reads that list
//! from Go too, and a copy in the sources would be one more place that can be wrong.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// Above this a file holds two things.
const MOST_LINES: usize = 700;

/// Macros that mark what is not done, or not meant to stay.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];

/// Written by package managers, addresses and all.
const LOCK_FILES: &[&str] = &["Cargo.lock", "package-lock.json", "go.sum"];

/// What is wrong with the files that git knows or would take in; `go_proxy` is Go's default list.
pub(crate) fn check(root: &Path, go_proxy: &str) -> Result<Vec<String>> {
    let hosts = hosts(go_proxy);
    let mut findings = Vec::new();
    for path in files(root)? {
        let whole = root.join(&path);
        // Deleted but not yet committed, or a link: nothing of its own to read.
        if !whole.symlink_metadata().is_ok_and(|found| found.is_file()) {
            continue;
        }
        let bytes = std::fs::read(&whole).with_context(|| format!("{path} could not be read"))?;
        let text = String::from_utf8_lossy(&bytes);
        findings.extend(names_a_host(&path, &text, &hosts));
        if path.ends_with(".rs") {
            findings.extend(rust_file(&path, &text));
        }
    }
    Ok(findings)
}

/// Paths from the root: what is tracked, and what is new and not ignored.
fn files(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ])
    .current_dir(root);
    let listed = crate::output(&mut git)?;
    Ok(listed.split_terminator('\0').map(str::to_owned).collect())
}

/// The hosts of a GOPROXY list, in lower case; a bare name or an address of this machine's network is no public proxy.
fn hosts(go_proxy: &str) -> Vec<String> {
    go_proxy
        .trim()
        .split([',', '|'])
        .filter_map(|entry| {
            let (_, rest) = entry.split_once("://")?;
            let authority = rest.split('/').next()?;
            let host_port = authority.rsplit('@').next()?;
            let host = host_port.split(':').next()?;
            let is_name = host.contains('.') && host.contains(|c: char| c.is_ascii_alphabetic());
            is_name.then(|| host.to_ascii_lowercase())
        })
        .collect()
}

fn names_a_host(path: &str, text: &str, hosts: &[String]) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if LOCK_FILES.contains(&name) {
        return Vec::new();
    }
    let text = text.to_ascii_lowercase();
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(at, line)| hosts.iter().filter(move |host| line.contains(*host)).map(move |_| at + 1))
        .map(|line| {
            format!("{path}:{line} names a host of Go's default proxy list; ask Go for it, or use example.com in a test")
        })
        .collect()
}

fn rust_file(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    if !text.starts_with("//!") {
        findings.push(format!(
            "{path} does not say what it is; its first line begins with `//!`"
        ));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        findings.push(format!(
            "{path} has {lines} lines, over {MOST_LINES}; see which two things it holds"
        ));
    }
    for (at, line) in text.lines().enumerate() {
        let found = UNFINISHED.iter().filter(|name| calls_macro(line, name));
        findings.extend(
            found.map(|name| format!("{path}:{} holds {name}!; finish it or leave it out", at + 1)),
        );
    }
    findings
}

fn calls_macro(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let is_whole_word = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        is_whole_word && line[at + name.len()..].starts_with('!')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "https://user:pass@Mirror.Example.com:8443/path|http://other.example.test,http://localhost:3000,http://10.0.0.1,direct\n";

    #[test]
    fn hosts_come_from_the_list() {
        assert_eq!(hosts(LIST), ["mirror.example.com", "other.example.test"]);
        assert_eq!(hosts("off"), Vec::<String>::new());
    }

    #[test]
    fn a_named_host_is_found_but_in_lock_files() {
        let text = "one\nhttps://MIRROR.example.com/x\n";
        let findings = names_a_host("docs/a.md", text, &hosts(LIST));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("docs/a.md:2 "), "{findings:?}");
        assert_eq!(
            names_a_host("ui/package-lock.json", text, &hosts(LIST)),
            Vec::<String>::new()
        );
        assert_eq!(
            names_a_host("docs/a.md", "example.com", &hosts(LIST)),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_found() {
        assert!(rust_file("a.rs", "use std::fs;\n")[0].contains("does not say"));
        assert!(rust_file("a.rs", "")[0].contains("does not say"));
        assert_eq!(rust_file("a.rs", "//! What it is.\n"), Vec::<String>::new());
    }

    #[test]
    fn a_file_too_long_is_found() {
        let of_lines = |count: usize| "//! x\n".repeat(count);
        assert_eq!(rust_file("a.rs", &of_lines(700)), Vec::<String>::new());
        assert!(rust_file("a.rs", &of_lines(701))[0].contains("701 lines"));
    }

    #[test]
    fn what_is_unfinished_is_found() {
        for name in UNFINISHED {
            let findings = rust_file("a.rs", &format!("//! x\nfn f() {{ {name}!() }}\n"));
            assert_eq!(findings.len(), 1);
            assert!(findings[0].starts_with("a.rs:2 "), "{findings:?}");
        }
        assert_eq!(
            rust_file("a.rs", "//! x\n// a todo list, my_dbg!()\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn the_files_that_git_knows_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        crate::output(Command::new("git").args(["init", "-q"]).current_dir(folder)).unwrap();
        std::fs::write(folder.join(".gitignore"), "/target\n").unwrap();
        std::fs::write(folder.join("bare.rs"), "fn main() {}\n").unwrap();
        std::fs::create_dir(folder.join("target")).unwrap();
        std::fs::write(folder.join("target/bare.rs"), "fn main() {}\n").unwrap();
        let findings = check(folder, LIST).unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].starts_with("bare.rs "));
    }
}
