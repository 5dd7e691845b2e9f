//! Answers of Go's own code to the questions that this crate answers (`tests/fixtures/go-module-vectors.json`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{
    H1, ModulePath, Patterns, Query, Version, check, check_file_path, h1, pseudo, semver, sumdb,
};

/// The groups that concern modules; the file holds others, of the checksum database.
#[derive(Deserialize)]
struct Vectors {
    check_file_path: Vec<FilePath>,
    escape_path: Vec<Escape>,
    escape_version: Vec<Escape>,
    unescape_path: Vec<Escape>,
    unescape_version: Vec<Escape>,
    h1: Vec<Sums>,
    h1_synthetic: Vec<Synthetic>,
    match_prefix_patterns: Vec<Match>,
    module_check: Vec<Check>,
    parse_tile_path: Vec<Tile>,
    semver_compare: Vec<Compare>,
    semver_parse: Vec<Parse>,
    semver_sort: Vec<String>,
}

#[derive(Deserialize)]
struct FilePath {
    path: String,
    /// Whether `path.Clean` of Go leaves it as it is.
    clean: bool,
    err: Option<String>,
}

#[derive(Deserialize)]
struct Escape {
    r#in: String,
    out: String,
    err: Option<String>,
}

#[derive(Deserialize)]
struct Sums {
    module: String,
    version: String,
    gomod: String,
    gomod_h1: String,
    h1: String,
    sumdb_text: String,
}

#[derive(Deserialize)]
struct Synthetic {
    files: BTreeMap<String, String>,
    h1: String,
}

#[derive(Deserialize)]
struct Match {
    globs: String,
    target: String,
    r#match: bool,
}

#[derive(Deserialize)]
struct Check {
    path: String,
    version: String,
    err: Option<String>,
}

#[derive(Deserialize)]
struct Tile {
    path: String,
    ok: bool,
}

#[derive(Deserialize)]
struct Compare {
    a: String,
    b: String,
    cmp: i8,
}

#[derive(Deserialize)]
struct Parse {
    v: String,
    valid: bool,
    canonical_semver: String,
    canonical_module: String,
    major: String,
    prerelease: String,
    build: String,
    pseudo: bool,
}

static VECTORS: LazyLock<Vectors> = LazyLock::new(|| {
    serde_json::from_str(include_str!(
        "../../../tests/fixtures/go-module-vectors.json"
    ))
    .unwrap()
});

/// The cases of a group, of which there must be some.
fn cases<T>(group: &'static [T]) -> &'static [T] {
    assert!(!group.is_empty(), "the group is empty");
    group
}

#[test]
fn file_paths() {
    for case in cases(&VECTORS.check_file_path) {
        let ours = check_file_path(&case.path);
        assert_eq!(ours.is_err(), case.err.is_some(), "{:?}", case.path);
        // What a zip's names are held to besides in Go follows from this check.
        assert!(case.clean || ours.is_err(), "{:?}", case.path);
    }
}

#[test]
fn escaped_paths() {
    for case in cases(&VECTORS.escape_path) {
        let ours = ModulePath::parse(&case.r#in).map(|path| path.escaped());
        assert_eq!(ours.is_err(), case.err.is_some(), "{:?}", case.r#in);
        assert_eq!(ours.unwrap_or_default(), case.out);
    }
    for case in cases(&VECTORS.unescape_path) {
        let ours = ModulePath::from_escaped(&case.r#in).map(|path| path.to_string());
        assert_eq!(ours.is_err(), case.err.is_some(), "{:?}", case.r#in);
        assert_eq!(ours.unwrap_or_default(), case.out);
    }
}

#[test]
fn escaped_versions() {
    for case in cases(&VECTORS.escape_version) {
        let ours = Query::parse(&case.r#in).map(|query| query.escaped());
        assert_eq!(ours.is_err(), case.err.is_some(), "{:?}", case.r#in);
        assert_eq!(ours.unwrap_or_default(), case.out);
    }
    for case in cases(&VECTORS.unescape_version) {
        let ours = Query::from_escaped(&case.r#in).map(|query| query.to_string());
        assert_eq!(ours.is_err(), case.err.is_some(), "{:?}", case.r#in);
        assert_eq!(ours.unwrap_or_default(), case.out);
    }
}

#[test]
fn hashes_of_go_mod_files() {
    for case in cases(&VECTORS.h1) {
        assert_eq!(
            h1::of_mod(case.gomod.as_bytes()).to_string(),
            case.gomod_h1,
            "{}",
            case.module
        );
        // The record that the database has of this version holds both sums, each as we write it.
        let sum: H1 = case.h1.parse().unwrap();
        let record = format!(
            "{module} {version} {sum}\n{module} {version}/go.mod {}\n",
            h1::of_mod(case.gomod.as_bytes()),
            module = case.module,
            version = case.version,
        );
        assert_eq!(record, case.sumdb_text);
        assert!(check(&case.module, &case.version).is_ok());
        assert_eq!(
            crate::go_mod::module_line(case.gomod.as_bytes()).as_ref(),
            Some(&case.module)
        );
    }
}

#[test]
fn hashes_of_files() {
    for case in cases(&VECTORS.h1_synthetic) {
        assert_eq!(
            h1::of_files(&case.files).unwrap().to_string(),
            case.h1,
            "{:?}",
            case.files
        );
    }
}

#[test]
fn patterns() {
    for case in cases(&VECTORS.match_prefix_patterns) {
        assert_eq!(
            Patterns::parse(&case.globs).matches(&case.target),
            case.r#match,
            "{} {}",
            case.globs,
            case.target
        );
    }
}

#[test]
fn modules_and_versions() {
    for case in cases(&VECTORS.module_check) {
        assert_eq!(
            check(&case.path, &case.version).is_err(),
            case.err.is_some(),
            "{}@{}",
            case.path,
            case.version
        );
    }
}

#[test]
fn tile_paths() {
    for case in cases(&VECTORS.parse_tile_path) {
        assert_eq!(sumdb::is_tile(&case.path), case.ok, "{}", case.path);
    }
}

#[test]
fn parts_of_versions() {
    for case in cases(&VECTORS.semver_parse) {
        let v = case.v.as_str();
        assert_eq!(semver::is_valid(v), case.valid, "{v}");
        assert_eq!(semver::canonical(v), case.canonical_semver, "{v}");
        assert_eq!(semver::canonical_version(v), case.canonical_module, "{v}");
        assert_eq!(semver::major(v), case.major, "{v}");
        assert_eq!(semver::prerelease(v), case.prerelease, "{v}");
        assert_eq!(semver::build(v), case.build, "{v}");
        assert_eq!(pseudo::is_pseudo(v), case.pseudo, "{v}");
        assert_eq!(
            Version::parse(v).is_ok(),
            case.valid && case.canonical_module == v,
            "{v}"
        );
    }
}

#[test]
fn order_of_versions() {
    for case in cases(&VECTORS.semver_compare) {
        assert_eq!(
            semver::compare(&case.a, &case.b),
            case.cmp.cmp(&0),
            "{} {}",
            case.a,
            case.b
        );
        assert_eq!(
            semver::compare(&case.b, &case.a),
            0.cmp(&case.cmp),
            "{} {}",
            case.b,
            case.a
        );
    }
    let sorted = cases(&VECTORS.semver_sort);
    let mut ours: Vec<&String> = sorted.iter().rev().collect();
    semver::sort(&mut ours);
    assert_eq!(ours, sorted.iter().collect::<Vec<_>>());
    let versions: Vec<Version> = sorted
        .iter()
        .filter_map(|version| Version::parse(version).ok())
        .collect();
    assert!(
        versions
            .windows(2)
            .all(|pair| pair[0].cmp(&pair[1]) == Ordering::Less)
    );
}
