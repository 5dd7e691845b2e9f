//! Who may know whom: an edge points to a lower layer, a heavy dependency has one owner, layer 0 stays pure.
//!
//! The table of layers is in docs/ARCHITECTURE.md; here it is as data. A new crate gets its line in [`PLACES`] first.

use crate::metadata::{Dependency, Kind, Package};

/// Where a crate of the house stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A part of the engine: it may know what stands lower, and not its siblings.
    Layer(u8),
    /// A program: it may know the whole engine, and nobody may know it.
    Host,
    /// What tests lean on: it knows no crate of the house, and is known as a dev-dependency only.
    TestSupport,
    /// What works on the sources: it knows no crate of the house, and nobody may know it.
    Tool,
    /// What measures the program from outside: it knows layer 0, to do the same without the program, and the fakes of the
    /// tests; nobody may know it.
    Bench,
}

const PLACES: &[(&str, Place)] = &[
    ("go-module", Place::Layer(0)),
    ("checksum-db", Place::Layer(0)),
    ("secret", Place::Layer(0)),
    ("store", Place::Layer(1)),
    ("upstream", Place::Layer(1)),
    ("credential", Place::Layer(1)),
    ("go-tool", Place::Layer(1)),
    ("vulnerability-db", Place::Layer(1)),
    ("delivery", Place::Layer(2)),
    ("app", Place::Layer(3)),
    ("server", Place::Layer(4)),
    ("larder", Place::Host),
    ("larder-tray", Place::Host),
    ("test-support", Place::TestSupport),
    ("bench", Place::Bench),
    ("check-layers", Place::Tool),
];

/// A dependency that shapes whoever has it, and the crate that keeps it from the rest of the house.
struct Heavy {
    /// The family's name: `clap` means `clap_complete` too, `tauri` means `tauri-build`.
    family: &'static str,
    owner: &'static str,
    /// Tests may have it everywhere, and so may test-support: they stand in for what lies outside.
    also_in_tests: bool,
}

const HEAVY: &[Heavy] = &[
    Heavy::of("sqlx", "store"),
    Heavy::of("reqwest", "upstream"),
    Heavy::of("hickory", "upstream"),
    Heavy::of("keyring", "credential"),
    Heavy::of("zbus", "credential"),
    Heavy::of("secret-service", "credential"),
    Heavy::of("apple-native-keyring-store", "credential"),
    Heavy::of("directories", "app"),
    Heavy::of("prometheus-client", "app"),
    Heavy {
        also_in_tests: true,
        ..Heavy::of("opentelemetry", "app")
    },
    Heavy {
        also_in_tests: true,
        ..Heavy::of("axum", "server")
    },
    Heavy::of("clap", "larder"),
    Heavy::of("tauri", "larder-tray"),
    Heavy::of("gtk", "larder-tray"),
    Heavy::of("webkit2gtk", "larder-tray"),
    Heavy::of("notify-rust", "larder-tray"),
];

/// What would give layer 0 a clock, network, files, randomness or the environment.
const IMPURE: &[&str] = &[
    "async-std",
    "axum",
    "dirs",
    "directories",
    "fastrand",
    "getrandom",
    "hyper",
    "keyring",
    "mio",
    "notify",
    "rand",
    "reqwest",
    "rusqlite",
    "rustix",
    "smol",
    "socket2",
    "sqlx",
    "tempfile",
    "tokio",
    "walkdir",
];

/// What is wrong with the crates of the house, one sentence each.
pub(crate) fn check(members: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in members {
        let Some(place) = place(&package.name) else {
            findings.push(format!(
                "{} has no layer; give it one in the table of scripts/check-layers and of docs/ARCHITECTURE.md",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let broken = edge(place, dependency)
                .or_else(|| heavy(&package.name, place, dependency))
                .or_else(|| anyhow_in_the_engine(place, dependency))
                .or_else(|| impure(place, dependency));
            if let Some(why) = broken {
                findings.push(format!("{} knows {}, {why}", package.name, dependency.name));
            }
        }
    }
    findings
}

fn place(name: &str) -> Option<Place> {
    let (_, place) = PLACES.iter().find(|(known, _)| *known == name)?;
    Some(*place)
}

/// Rule 1: an edge points to a lower layer only, also in tests.
fn edge(from: Place, dependency: &Dependency) -> Option<String> {
    let to = place(&dependency.name)?;
    let why = match (from, to) {
        (_, Place::Host) => "a program, which nobody may know",
        (_, Place::Tool | Place::Bench) => "a tool, which nobody may know",
        (Place::Bench, Place::Layer(0) | Place::TestSupport) => return None,
        (Place::Bench, Place::Layer(_)) => {
            "but measures from outside; beside layer 0 and the fakes it is to know nothing of the house"
        }
        (Place::TestSupport | Place::Tool, _) => {
            "but is to know no crate of the house, so that every one of them may use it"
        }
        (_, Place::TestSupport) if dependency.kind == Some(Kind::Dev) => return None,
        (_, Place::TestSupport) => "which is for tests; make it a dev-dependency",
        (Place::Layer(from), Place::Layer(to)) if from > to => return None,
        (Place::Layer(from), Place::Layer(to)) if from == to => {
            "a sibling; define a trait for what is needed, and let a higher layer bring the two together"
        }
        (Place::Layer(_), Place::Layer(_)) => "which stands higher; an edge points down only",
        (Place::Host, Place::Layer(_)) => return None,
    };
    Some(why.to_owned())
}

/// Rule 3: one owner for each heavy dependency.
fn heavy(name: &str, place: Place, dependency: &Dependency) -> Option<String> {
    let heavy = HEAVY.iter().find(|h| h.includes(&dependency.name))?;
    let in_tests = dependency.kind == Some(Kind::Dev) || place == Place::TestSupport;
    if name == heavy.owner || (heavy.also_in_tests && in_tests) {
        return None;
    }
    Some(format!("which is kept by {}; ask that crate", heavy.owner))
}

/// Rule 3: `anyhow` in binaries and tests only.
fn anyhow_in_the_engine(place: Place, dependency: &Dependency) -> Option<String> {
    let in_the_engine = matches!(place, Place::Layer(_)) && dependency.kind != Some(Kind::Dev);
    (in_the_engine && dependency.name == "anyhow").then(|| {
        "which is for binaries and tests; a crate of the engine has one thiserror enum".to_owned()
    })
}

/// Rule 2: layer 0 takes time and bytes as arguments.
fn impure(place: Place, dependency: &Dependency) -> Option<String> {
    let in_layer_0 = place == Place::Layer(0) && dependency.kind != Some(Kind::Dev);
    (in_layer_0 && IMPURE.contains(&dependency.name.as_str())).then(|| {
        "but layer 0 has no clock, network, files or randomness; take what is needed as an argument"
            .to_owned()
    })
}

impl Heavy {
    const fn of(family: &'static str, owner: &'static str) -> Self {
        Self {
            family,
            owner,
            also_in_tests: false,
        }
    }

    fn includes(&self, name: &str) -> bool {
        name.strip_prefix(self.family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::made::package;

    /// The one thing found wrong with this crate.
    #[track_caller]
    fn finding(name: &str, dependencies: &[&str]) -> String {
        let findings = check(&[package(name, dependencies)]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings[0].clone()
    }

    #[track_caller]
    fn fine(name: &str, dependencies: &[&str]) {
        assert_eq!(
            check(&[package(name, dependencies)]),
            Vec::<String>::new(),
            "{name}"
        );
    }

    #[test]
    fn the_house_as_it_is_drawn_is_fine() {
        fine("go-module", &["serde", "sha2", "dev:proptest"]);
        fine("store", &["go-module", "sqlx", "tokio", "dev:test-support"]);
        fine("upstream", &["secret", "reqwest", "dev:axum"]);
        fine("delivery", &["go-module", "store", "upstream"]);
        fine("app", &["delivery", "store", "directories", "dev:anyhow"]);
        fine("server", &["app", "axum"]);
        fine(
            "larder",
            &["app", "server", "clap", "clap_complete", "anyhow"],
        );
        fine("larder-tray", &["app", "tauri", "build:tauri-build"]);
        fine("test-support", &["axum", "anyhow", "tokio"]);
    }

    #[test]
    fn an_edge_upward_is_found_also_in_tests() {
        assert!(finding("store", &["delivery"]).contains("stands higher"));
        assert!(finding("store", &["dev:app"]).contains("stands higher"));
        assert!(finding("delivery", &["build:server"]).contains("stands higher"));
    }

    #[test]
    fn an_edge_to_a_sibling_is_found() {
        assert!(finding("store", &["upstream"]).contains("sibling"));
        assert!(finding("secret", &["go-module"]).contains("sibling"));
    }

    #[test]
    fn nobody_knows_a_program_or_a_tool() {
        assert!(finding("server", &["larder"]).contains("a program"));
        assert!(finding("larder-tray", &["larder"]).contains("a program"));
        assert!(finding("larder", &["dev:check-layers"]).contains("a tool"));
    }

    #[test]
    fn test_support_is_for_tests_and_knows_nobody() {
        assert!(finding("app", &["test-support"]).contains("dev-dependency"));
        assert!(finding("test-support", &["go-module"]).contains("no crate of the house"));
        assert!(finding("test-support", &["dev:store"]).contains("no crate of the house"));
    }

    #[test]
    fn a_heavy_dependency_outside_its_owner_is_found() {
        for heavy in HEAVY {
            let name = if heavy.owner == "delivery" {
                "app"
            } else {
                "delivery"
            };
            assert!(finding(name, &[heavy.family]).contains(heavy.owner));
        }
        assert!(finding("app", &["dev:reqwest"]).contains("kept by upstream"));
        assert!(finding("app", &["sqlx-core"]).contains("kept by store"));
        assert!(finding("server", &["clap_mangen"]).contains("kept by larder"));
        assert!(finding("test-support", &["reqwest"]).contains("kept by upstream"));
    }

    #[test]
    fn a_name_that_only_begins_alike_is_no_heavy_dependency() {
        fine("delivery", &["clapper", "sqlxtra"]);
    }

    #[test]
    fn anyhow_in_the_engine_is_found() {
        assert!(finding("delivery", &["anyhow"]).contains("thiserror"));
    }

    #[test]
    fn an_impure_layer_0_is_found() {
        for crate_name in ["tokio", "getrandom", "rand", "tempfile"] {
            assert!(finding("go-module", &[crate_name]).contains("layer 0"));
            fine("go-module", &[&format!("dev:{crate_name}")]);
        }
        for crate_name in ["reqwest", "sqlx", "directories"] {
            finding("secret", &[crate_name]);
        }
    }

    #[test]
    fn a_crate_without_a_layer_is_found() {
        assert!(finding("newcomer", &["serde"]).contains("no layer"));
    }
}
