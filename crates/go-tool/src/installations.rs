//! All go commands of a machine: which one the caller's shell runs, and which others there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::caller::CallerEnv;
use crate::environment::Environment;
use crate::find::{ask_version, is_executable, usual_folders};

/// Folders below HOME that have one folder a Go version: `go install golang.org/dl/...`, and the version managers.
const VERSIONS_OF_HOME: [(&str, &str); 7] = [
    ("sdk", "bin"),
    (".goenv/versions", "bin"),
    (".gvm/gos", "bin"),
    (".g/versions", "bin"),
    (".asdf/installs/golang", "go/bin"),
    (".local/share/mise/installs/go", "bin"),
    (".linuxbrew/Cellar/go", "bin"),
];

/// The same for the whole machine: Debian and Ubuntu, Homebrew.
const VERSIONS_OF_SYSTEM: [(&str, &str); 4] = [
    ("/usr/lib", "bin"),
    ("/opt/homebrew/Cellar/go", "bin"),
    ("/usr/local/Cellar/go", "bin"),
    ("/home/linuxbrew/.linuxbrew/Cellar/go", "bin"),
];

/// Single folders that a PATH may lack.
const FOLDERS: [&str; 3] = [
    "/home/linuxbrew/.linuxbrew/bin",
    "/nix/var/nix/profiles/default/bin",
    "/run/current-system/sw/bin",
];

/// A go command on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Where it was found.
    pub path: PathBuf,
    /// Its version, `go1.26.8` for example, or what it did instead of telling it: `failed (exit status: 1)`.
    pub version: Result<String, String>,
    /// Is it in a folder of the caller's PATH?
    pub in_path: bool,
    /// Is it the one that the caller's shell runs?
    pub first: bool,
}

/// The go commands of this machine: those of the caller's PATH in its order, then those in the usual places. One that is
/// found by several names (links) is listed once, by the first of them.
///
/// All of them read the same env file, but each has its own `$GOROOT/go.env`, and an old one knows fewer settings. Each
/// is run once for its version, so this blocks.
#[must_use]
pub fn installations(caller: &CallerEnv) -> Vec<Installation> {
    let environment = Environment::of_caller(caller);
    let own: Vec<PathBuf> = caller
        .get("PATH")
        .map(|path| std::env::split_paths(path).collect())
        .unwrap_or_default();
    let mut others = usual_folders(&environment);
    others.extend(FOLDERS.map(PathBuf::from));
    if let Some(home) = caller.get("HOME").map(Path::new) {
        for (folder, below) in VERSIONS_OF_HOME {
            others.extend(versions(&home.join(folder), below));
        }
        others.push(home.join(".nix-profile/bin"));
    }
    for (folder, below) in VERSIONS_OF_SYSTEM {
        others.extend(versions(Path::new(folder), below));
    }
    found_in(&own, &others, &environment)
}

fn found_in(own: &[PathBuf], others: &[PathBuf], environment: &Environment) -> Vec<Installation> {
    let mut found: Vec<Installation> = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, folder) in own.iter().chain(others).enumerate() {
        let path = folder.join("go");
        if !path.is_absolute() || !is_executable(&path) {
            continue;
        }
        if seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
            let in_path = number < own.len();
            found.push(Installation {
                version: ask_version(&path, environment),
                first: in_path && found.is_empty(),
                in_path,
                path,
            });
        }
    }
    found
}

/// The folders of versions in this folder whose name says Go or a number, the newest name first.
fn versions(folder: &Path, below: &str) -> Vec<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let number = name
                .strip_prefix("go")
                .map_or(name.as_str(), |rest| rest.trim_start_matches('-'));
            number.starts_with(|first: char| first.is_ascii_digit())
        })
        .map(|entry| entry.path().join(below))
        .collect();
    versions.sort();
    versions.reverse();
    versions
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn program(folder: &Path, text: &str) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join("go");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn several_are_told_apart_and_the_first_in_path_is_the_one() {
        let home = tempfile::tempdir().unwrap();
        let [broken, used, linked, plain] = ["a", "b", "c", "d"].map(|name| home.path().join(name));
        let first = program(&broken, "#!/bin/sh\nexit 3\n");
        let second = program(&used, "#!/bin/sh\necho go1.99.1\n");
        fs::create_dir(&linked).unwrap();
        symlink(&second, linked.join("go")).unwrap();
        fs::create_dir(&plain).unwrap();
        fs::write(plain.join("go"), "not executable").unwrap();
        let newer = program(
            &home.path().join("sdk/go1.98.0/bin"),
            "#!/bin/sh\necho go1.98.0\n",
        );
        let older = program(
            &home.path().join("sdk/go1.21.3/bin"),
            "#!/bin/sh\necho go1.21.3\n",
        );
        program(&home.path().join("sdk/tools/bin"), "#!/bin/sh\necho go0\n");
        let path = std::env::join_paths([&broken, &used, &linked, &plain]).unwrap();
        let caller = CallerEnv::from_variables([
            ("PATH", path.as_os_str()),
            ("HOME", home.path().as_os_str()),
        ]);
        let found = installations(&caller);
        let here: Vec<_> = found
            .into_iter()
            .filter(|found| found.path.starts_with(home.path()))
            .map(|found| (found.path, found.version, found.in_path, found.first))
            .collect();
        let ok = |version: &str| Ok(version.to_owned());
        assert_eq!(
            here,
            [
                (first, Err("failed (exit status: 3)".to_owned()), true, true),
                (second, ok("go1.99.1"), true, false),
                (newer, ok("go1.98.0"), false, false),
                (older, ok("go1.21.3"), false, false),
            ]
        );
    }

    #[test]
    fn without_a_path_none_is_first() {
        let home = tempfile::tempdir().unwrap();
        let only = program(
            &home.path().join("sdk/go1.98.0/bin"),
            "#!/bin/sh\necho go1.98.0\n",
        );
        let caller = CallerEnv::from_variables([("HOME", home.path().as_os_str())]);
        let found = installations(&caller);
        assert!(found.iter().all(|found| !found.first && !found.in_path));
        assert!(found.iter().any(|found| found.path == only));
    }
}
