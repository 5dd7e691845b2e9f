//! What `cargo metadata` says of the workspace and of all that it is built from.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The systems that Larder is built for: a crate that none of them needs is not asked for its licence.
const TARGETS: [&str; 4] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
];

/// The part of `cargo metadata --format-version 1` that the rules are about.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    workspace_members: HashSet<String>,
    resolve: Resolve,
    pub(crate) workspace_root: PathBuf,
}

/// One crate, of the house or from a registry.
#[derive(Clone, Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) version: String,
    /// An SPDX expression, or in old crates its looser forms; none where the crate only names a file.
    pub(crate) license: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as a `Cargo.toml` declares it; a crate can declare one name in several kinds.
#[derive(Clone, Deserialize)]
pub(crate) struct Dependency {
    /// The crate's own name, also where it is renamed.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) kind: Option<Kind>,
}

/// What a dependency is for; cargo writes `null` for what the crate itself needs.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
}

/// Asks the cargo that runs this program, or else the one on the path.
pub(crate) fn read() -> Result<Metadata> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1"]);
    for target in TARGETS {
        command.args(["--filter-platform", target]);
    }
    serde_json::from_str(&crate::output(&mut command)?)
        .context("cargo metadata printed a shape that is not known here")
}

impl Metadata {
    /// The crates of the house.
    pub(crate) fn members(&self) -> Vec<Package> {
        let of_the_house = |package: &&Package| self.workspace_members.contains(&package.id);
        self.packages.iter().filter(of_the_house).cloned().collect()
    }

    /// Every crate that a build for one of [`TARGETS`], or a test of it, takes in.
    pub(crate) fn resolved(&self) -> Vec<Package> {
        let used: HashSet<&str> = self.resolve.nodes.iter().map(|n| n.id.as_str()).collect();
        let is_used = |package: &&Package| used.contains(package.id.as_str());
        self.packages.iter().filter(is_used).cloned().collect()
    }
}

#[cfg(test)]
pub(crate) mod made {
    //! Packages made up for the tests of the rules.

    use super::{Dependency, Kind, Package};

    /// A crate with dependencies written as `name`, `dev:name` or `build:name`.
    pub(crate) fn package(name: &str, dependencies: &[&str]) -> Package {
        let dependency = |text: &&str| {
            let (kind, name) = match text.split_once(':') {
                Some(("dev", name)) => (Some(Kind::Dev), name),
                Some(("build", name)) => (Some(Kind::Build), name),
                Some((other, _)) => panic!("no such kind of dependency: {other}"),
                None => (None, *text),
            };
            let name = name.to_owned();
            Dependency { name, kind }
        };
        Package {
            id: name.to_owned(),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: None,
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_resolved_crates_are_told_apart() {
        let text = r#"{
            "packages": [
                {"id": "house", "name": "house", "version": "0.1.0", "license": "Apache-2.0",
                 "dependencies": [
                    {"name": "near", "kind": null}, {"name": "far", "kind": "dev"}, {"name": "gen", "kind": "build"}]},
                {"id": "near", "name": "near", "version": "1.2.3", "license": null, "dependencies": []},
                {"id": "far", "name": "far", "version": "2.0.0", "license": "MIT", "dependencies": []}],
            "workspace_members": ["house"],
            "resolve": {"nodes": [{"id": "house"}, {"id": "near"}]},
            "workspace_root": "/somewhere"
        }"#;
        let metadata: Metadata = serde_json::from_str(text).unwrap();
        let names = |packages: Vec<Package>| -> Vec<String> {
            packages.into_iter().map(|p| p.name).collect()
        };
        assert_eq!(names(metadata.members()), ["house"]);
        assert_eq!(names(metadata.resolved()), ["house", "near"]);
        let kinds: Vec<_> = metadata.members()[0]
            .dependencies
            .iter()
            .map(|d| d.kind)
            .collect();
        assert!(kinds == [None, Some(Kind::Dev), Some(Kind::Build)]);
    }
}
