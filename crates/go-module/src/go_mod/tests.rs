//! What is read of go.mod and go.work files.

use proptest::prelude::*;

use super::{GoMod, GoModReason, PathVersion, Replacement, parse, parse_lax};
use crate::{GoVersion, Version, go_work};

const FULL: &str = r#"// A project.
//
// Deprecated: use example.com/new.
// It is better.
//
// More.
module example.com/old // Deprecated: not this one

go 1.22.3

toolchain go1.23.1

godebug (
	default=go1.21
	panicnil=1
)

tool example.com/gen/cmd/gen

ignore ./node_modules

require "example.com/quoted" v1.0.0 // indirect

require (
	example.com/a v1.2.3
	example.com/b/v2 v2.0.0 // indirect; for the tests
	example.com/c v0.0.0-20200102030405-0123456789ab // indirect // why
	// above
	example.com/d v3.0.0+incompatible // direct
	lib v0.0.0
)

exclude example.com/a v1.2.4

replace (
	example.com/a => ../a
	example.com/a v1.2.3 => example.com/fork v1.0.0
	lib => "./my lib"
)

// All of these
// were bad.
retract (
	v1.0.0
	// This one too.
	[v1.1.0, v1.2.0]
)
"#;

fn read(text: &str) -> GoMod {
    parse(text.as_bytes()).unwrap()
}

fn require(path: &str, version: &str) -> PathVersion {
    let version = Version::parse(version).unwrap();
    let path = path.into();
    PathVersion { path, version }
}

#[test]
fn a_full_file_is_read() {
    for text in [FULL.to_owned(), FULL.replace('\n', "\r\n")] {
        let file = read(&text);
        assert_eq!(file.module.as_deref(), Some("example.com/old"));
        assert_eq!(
            file.deprecated.as_deref(),
            Some("use example.com/new.\nIt is better.")
        );
        assert_eq!(file.go.as_ref().map(GoVersion::as_str), Some("1.22.3"));
        assert_eq!(file.toolchain.as_deref(), Some("go1.23.1"));
        let required: Vec<_> = file
            .require
            .iter()
            .map(|require| (require.module.to_string(), require.indirect))
            .collect();
        let expected = [
            ("example.com/quoted@v1.0.0", true),
            ("example.com/a@v1.2.3", false),
            ("example.com/b/v2@v2.0.0", true),
            ("example.com/c@v0.0.0-20200102030405-0123456789ab", false),
            ("example.com/d@v3.0.0+incompatible", false),
            ("lib@v0.0.0", false),
        ];
        let found: Vec<_> = required
            .iter()
            .map(|(name, at)| (name.as_str(), *at))
            .collect();
        assert_eq!(found, expected);
        assert!(
            file.require[4].module.module().is_some() && file.require[5].module.module().is_none()
        );
        assert_eq!(file.exclude, [require("example.com/a", "v1.2.4")]);
        let replaced: Vec<_> = file.replace.iter().map(|replace| &replace.new).collect();
        assert_eq!(
            replaced,
            [
                &Replacement::Folder("../a".to_owned()),
                &Replacement::Module(require("example.com/fork", "v1.0.0")),
                &Replacement::Folder("./my lib".to_owned()),
            ]
        );
        assert_eq!(
            file.replace[1].old_version,
            Some(Version::parse("v1.2.3").unwrap())
        );
        assert_eq!(file.retract[0].rationale, "All of these\nwere bad.");
        assert_eq!(file.retract[1].rationale, "This one too.");
        let retracted = |version| file.retracts(&Version::parse(version).unwrap());
        assert!(retracted("v1.0.0") && retracted("v1.1.5") && retracted("v1.2.0"));
        assert!(!retracted("v1.0.1") && !retracted("v1.2.1"));
        assert_eq!(file.tool, ["example.com/gen/cmd/gen"]);
        assert_eq!(file.ignore, ["./node_modules"]);
        assert_eq!(file.godebug[1], ("panicnil".to_owned(), "1".to_owned()));
    }
}

#[test]
fn a_dependency_is_read_for_what_counts_in_one() {
    let file = parse_lax(FULL.as_bytes()).unwrap();
    assert_eq!(file.require.len(), 6);
    assert!(file.replace.is_empty() && file.exclude.is_empty() && file.tool.is_empty());
    assert!(file.toolchain.is_none() && file.go.is_some() && file.retract.len() == 2);
    // What a newer go may have added, and what it reads leniently.
    let text = "module example.com/x\ngo v1.21-rc1\nfuture thing\nfuture (\n\tthing\n)\nretract (v1.0.0, v2.0.0)\nrequire example.com/y v1.2\n";
    let file = parse_lax(text.as_bytes()).unwrap();
    assert_eq!(file.go.as_ref().map(GoVersion::as_str), Some("1.21"));
    assert_eq!(file.require[0].module, require("example.com/y", "v1.2.0"));
    assert!(file.retract.is_empty());
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let wrong = |text: &str| {
        let error = parse(text.as_bytes()).unwrap_err();
        (error.line, error.reason)
    };
    for (line, text, start) in [
        (1, "module `example.com/x`", "invalid quoted string"),
        (
            1,
            "\u{feff}module example.com/x",
            "unexpected input character",
        ),
        (2, "module x\n/* no */", "mod files must use //"),
        (
            4,
            "module x\nrequire (\n\ta.b/c v1.0.0\n",
            "syntax error (unterminated block started at line 2)",
        ),
        (2, "module x\nrequire () x", "usage: require"),
        (
            4,
            "module x\nrequire (\n\ta.b/c v1.0.0\n) x\n",
            "syntax error (expected newline",
        ),
        (2, "module x\nmodule y", "repeated module"),
        (1, "go 1.21\ngo 1.22", "repeated go"),
        (1, "go v1.21", "invalid go version"),
        (1, "toolchain 1.21", "invalid toolchain version"),
        (1, "godebug a", "usage: godebug"),
        (1, "future thing", "unknown directive: future"),
        (1, "future (\n)", "unknown block type: future"),
        (1, "go (\n1.21\n)", "unknown block type: go"),
        (
            3,
            "require (\n\ta.b/c v1.0.0\n\ta.b/d main\n)",
            "a.b/d: version \"main\" invalid",
        ),
        (1, "require a.b/c v1.2", "a.b/c: version \"v1.2\" invalid"),
        (
            1,
            "require a.b/c v2.0.0",
            "a.b/c@v2.0.0: invalid version: should be v0 or v1",
        ),
        (
            1,
            "require a.b/c/v1 v1.0.0",
            "a.b/c/v1: invalid module path",
        ),
        (1, "require a.b/c", "usage: require"),
        (
            1,
            "replace a.b/c => a.b/d",
            "replacement module without version",
        ),
        (
            1,
            "replace a.b/c => ../d v1.0.0",
            "replacement module directory path",
        ),
        (1, "replace a.b/c ../d", "usage: replace"),
        (1, "retract v1.0.0", "no module directive found"),
        (2, "module x\nretract [v1.0.0", "expected '[v1.2.3"),
        (
            2,
            "module x\nretract v1.0.0 v1.0.1",
            "unexpected token after version",
        ),
        (1, "module \"a\nb\"", "unexpected newline in string"),
        (1, "module \"a", "unexpected EOF in string"),
    ] {
        let (found, reason) = wrong(text);
        // The first of two repeated lines is fine, the second one is wrong.
        let line = if text.starts_with("go 1.21\n") {
            2
        } else {
            line
        };
        assert!(reason.to_string().starts_with(start), "{text:?}: {reason}");
        assert_eq!(found, line, "{text:?}: {reason}");
    }
    assert_eq!(wrong("a\n\tb\u{200b}").1, GoModReason::Char('\u{200b}'));
}

#[test]
fn a_workspace_is_read() {
    let text = "go 1.22\n\ntoolchain default\n\nuse (\n\t./a // the first\n\t../b\n)\nuse \"c d\"\n\nreplace example.com/x v1.0.0 => ./x\n";
    let file = go_work::parse(text.as_bytes()).unwrap();
    assert_eq!(file.r#use, ["./a", "../b", "c d"]);
    assert_eq!(file.replace[0].new, Replacement::Folder("./x".to_owned()));
    assert_eq!(file.go.as_ref().map(GoVersion::as_str), Some("1.22"));
    let error = go_work::parse(b"go 1.22\nrequire example.com/x v1.0.0").unwrap_err();
    assert_eq!(error.to_string(), "line 2: unknown directive: require");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        bytes in any::<Vec<u8>>(),
        near in "((module|go|require|replace|retract|tool|use)[ (\n\t]{1,3}([a-z./\"`]{0,6}|v?1[.]2[.]3|=>|[\\[\\](),])[ \n,)\\]]{0,3}(// ?indirect;?)?\n?){0,6}",
    ) {
        for text in [&bytes[..], near.as_bytes()] {
            let strict = parse(text);
            let lax = parse_lax(text);
            let _ = go_work::parse(text);
            // What a main module may say, a dependency may say as well.
            prop_assert!(strict.is_err() || lax.is_ok());
            if let (Ok(strict), Ok(lax)) = (strict, lax) {
                prop_assert_eq!(strict.require, lax.require);
                prop_assert_eq!(strict.retract, lax.retract);
                prop_assert_eq!(strict.go, lax.go);
            }
            let lines = text.split(|&byte| byte == b'\n').count();
            if let Err(error) = parse(text) {
                prop_assert!((1..=lines).contains(&error.line));
            }
        }
    }
}
