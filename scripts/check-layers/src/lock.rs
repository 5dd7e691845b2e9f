//! One of each: `Cargo.lock` holds one version of what shapes the program, and one stack for TLS.

use std::collections::BTreeMap;

/// Crates of which two versions would mean two pools, two sets of types, or a program grown for nothing.
const ONE_VERSION: &[&str] = &[
    "axum",
    "bytes",
    "clap",
    "h2",
    "http",
    "http-body",
    "hyper",
    "hyper-util",
    "jiff",
    "libsqlite3-sys",
    "reqwest",
    "ring",
    "rustix",
    "rustls",
    "rustls-webpki",
    "serde",
    "serde_json",
    "sqlx",
    "thiserror",
    "tokio",
    "tokio-util",
    "toml_edit",
    "tower",
    "tracing",
    "url",
];

/// Older versions that the bindings of GTK bring along: in the desktop program alone, and mostly while it is built.
const OF_GTK: &[(&str, &str)] = &[
    ("thiserror", "1."),
    ("toml_edit", "0.19."),
    ("toml_edit", "0.20."),
];

/// Other stacks for TLS and cryptography than rustls over ring.
const OTHER_TLS: &[&str] = &[
    "aws-lc-fips-sys",
    "aws-lc-rs",
    "aws-lc-sys",
    "boring",
    "boring-sys",
    "mbedtls",
    "native-tls",
    "openssl",
    "openssl-sys",
    "rustls-openssl",
    "s2n-tls",
];

/// The versions of each crate in a lock file.
///
/// Cargo writes the file itself, one `name` line and one `version` line to a package, so that lines are enough here.
pub(crate) fn parse(lock_file: &str) -> BTreeMap<String, Vec<String>> {
    let mut versions = BTreeMap::<String, Vec<String>>::new();
    let mut name = None;
    for line in lock_file.lines() {
        if let Some(value) = quoted(line, "name") {
            name = Some(value);
        } else if let Some(value) = quoted(line, "version")
            && let Some(name) = name.take()
        {
            versions.entry(name).or_default().push(value);
        }
    }
    versions
}

fn quoted(line: &str, key: &str) -> Option<String> {
    let value = line.strip_prefix(key)?.strip_prefix(" = \"")?;
    Some(value.strip_suffix('"')?.to_owned())
}

/// What is there twice, or should not be there at all.
pub(crate) fn check(versions: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let twice = ONE_VERSION.iter().filter_map(|name| {
        let found = versions.get(*name)?.iter().map(String::as_str);
        let found: Vec<&str> = found.filter(|version| !is_of_gtk(name, version)).collect();
        (found.len() > 1).then(|| {
            format!(
                "Cargo.lock holds {name} {}; `cargo tree -i {name}` tells who wants which, bring them to one",
                found.join(" and ")
            )
        })
    });
    let other_tls = OTHER_TLS
        .iter()
        .filter(|name| versions.contains_key(**name))
        .map(|name| {
            format!(
                "Cargo.lock holds {name}, but TLS here is rustls over ring alone; turn off the feature that brings it (`cargo tree -i {name}`)"
            )
        });
    twice.chain(other_tls).collect()
}

fn is_of_gtk(name: &str, version: &str) -> bool {
    OF_GTK
        .iter()
        .any(|(of_gtk, begin)| *of_gtk == name && version.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock_file(packages: &[(&str, &str)]) -> String {
        let package = |(name, version): &(&str, &str)| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [\n \"tokio\",\n]\n\n"
            )
        };
        let head = "# made by cargo\nversion = 4\n\n".to_owned();
        head + &packages.iter().map(package).collect::<String>()
    }

    #[test]
    fn names_and_versions_are_read() {
        let versions = parse(&lock_file(&[
            ("syn", "1.0.1"),
            ("syn", "2.0.2"),
            ("tokio", "1.5.0"),
        ]));
        assert_eq!(versions["syn"], ["1.0.1", "2.0.2"]);
        assert_eq!(versions["tokio"], ["1.5.0"]);
        assert_eq!(versions.len(), 2);
    }

    #[test]
    fn two_versions_of_a_heavy_crate_are_found() {
        let versions = parse(&lock_file(&[("http", "0.2.9"), ("http", "1.5.0")]));
        let findings = check(&versions);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].contains("http 0.2.9 and 1.5.0"));
    }

    #[test]
    fn what_gtk_brings_is_let_be_and_nothing_more() {
        let found = |packages| check(&parse(&lock_file(packages)));
        assert!(found(&[("thiserror", "1.0.69"), ("thiserror", "2.0.21")]).is_empty());
        assert_eq!(
            found(&[("thiserror", "2.0.21"), ("thiserror", "3.0.0")]).len(),
            1
        );
    }

    #[test]
    fn two_versions_of_a_light_crate_are_fine() {
        let versions = parse(&lock_file(&[
            ("syn", "1.0.1"),
            ("syn", "2.0.2"),
            ("rustls", "0.23.1"),
        ]));
        assert_eq!(check(&versions), Vec::<String>::new());
    }

    #[test]
    fn another_tls_stack_is_found() {
        for name in ["aws-lc-sys", "openssl-sys", "native-tls"] {
            let findings = check(&parse(&lock_file(&[(name, "1.0.0"), ("ring", "0.17.14")])));
            assert_eq!(findings.len(), 1);
            assert!(findings[0].contains(name));
        }
    }
}
