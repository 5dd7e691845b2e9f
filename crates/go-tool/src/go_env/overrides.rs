//! What the caller's shell sets over the go env file, and where that likely comes from.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::shown::shown;
use crate::caller::CallerEnv;

/// The most that is read of one file, in bytes.
const LIMIT: u64 = 1 << 20;

/// Files below HOME that set variables, in the order in which they are usually read.
const OF_HOME: [&str; 12] = [
    ".zshenv",
    ".zprofile",
    ".zshrc",
    ".zlogin",
    ".profile",
    ".bash_profile",
    ".bash_login",
    ".bashrc",
    ".bash_aliases",
    ".kshrc",
    ".pam_environment",
    ".config/fish/config.fish",
];

/// Folders below HOME whose files set variables.
const FOLDERS_OF_HOME: [(&str, &str); 2] = [
    (".config/fish/conf.d", "fish"),
    (".config/environment.d", "conf"),
];

/// Files of the system.
const OF_SYSTEM: [&str; 8] = [
    "etc/environment",
    "etc/profile",
    "etc/bash.bashrc",
    "etc/bashrc",
    "etc/zshenv",
    "etc/zsh/zshenv",
    "etc/zsh/zshrc",
    "etc/fish/config.fish",
];

/// Folders of the system.
const FOLDERS_OF_SYSTEM: [(&str, &str); 2] =
    [("etc/profile.d", "sh"), ("etc/environment.d", "conf")];

/// A setting that the caller's environment has, so that what the go env file says about it does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The setting.
    pub key: String,
    /// Its value, fit to print ([`shown()`]).
    pub value: String,
    /// The lines that set it, as far as they were found; none when it was set in some other way (by hand, an IDE, direnv).
    pub from: Vec<Place>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line's number, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Which of the keys the caller's environment overrides, in the order of the keys, and the lines of shell start files
/// that likely set them. A variable that is set and empty overrides nothing (`cfg.Getenv` in Go).
///
/// The environment is the proof, the lines are a hint: what a shell would really do with a file only that shell can say.
#[must_use]
pub fn overrides(caller: &CallerEnv, keys: &[&str]) -> Vec<Override> {
    overrides_below(Path::new("/"), caller, keys)
}

fn overrides_below(root: &Path, caller: &CallerEnv, keys: &[&str]) -> Vec<Override> {
    let set: Vec<(&str, String)> = keys
        .iter()
        .filter_map(|key| match caller.get(key) {
            Some(value) => Some((*key, shown(key, value))),
            None if caller.is_unreadable(key) => Some((*key, "(not UTF-8 text)".to_owned())),
            None => None,
        })
        .collect();
    if set.is_empty() {
        return Vec::new();
    }
    let texts: Vec<(PathBuf, String)> = start_files(root, caller)
        .into_iter()
        .filter_map(|file| text_of(&file).ok().map(|text| (file, text)))
        .collect();
    set.into_iter()
        .map(|(key, value)| Override {
            key: key.to_owned(),
            value,
            from: texts
                .iter()
                .flat_map(|(file, text)| {
                    text.lines()
                        .enumerate()
                        .filter(|(_, line)| sets(line, key))
                        .map(|(number, _)| Place {
                            file: file.clone(),
                            line: number + 1,
                        })
                })
                .collect(),
        })
        .collect()
}

fn start_files(root: &Path, caller: &CallerEnv) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let add_folder = |files: &mut Vec<PathBuf>, folder: &Path, extension: &str| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .collect();
        found.sort();
        files.extend(found);
    };
    files.extend(OF_SYSTEM.map(|name| root.join(name)));
    for (folder, extension) in FOLDERS_OF_SYSTEM {
        add_folder(&mut files, &root.join(folder), extension);
    }
    if let Some(home) = caller.get("HOME").map(Path::new) {
        files.extend(OF_HOME.map(|name| home.join(name)));
        for (folder, extension) in FOLDERS_OF_HOME {
            add_folder(&mut files, &home.join(folder), extension);
        }
    }
    if let Some(folder) = caller.get("ZDOTDIR").map(Path::new) {
        files.extend([".zshenv", ".zprofile", ".zshrc"].map(|name| folder.join(name)));
    }
    if let Some(folder) = caller.get("XDG_CONFIG_HOME").map(Path::new) {
        files.push(folder.join("fish/config.fish"));
        add_folder(&mut files, &folder.join("fish/conf.d"), "fish");
        add_folder(&mut files, &folder.join("environment.d"), "conf");
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| file.is_absolute() && seen.insert(file.clone()));
    files
}

fn text_of(path: &Path) -> io::Result<String> {
    // Looked at first: a pipe would wait for a writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Does this line of a start file give the variable a value, in sh's way (`[export] KEY=value`) or in fish's
/// (`set -gx KEY value`)?
fn sets(line: &str, key: &str) -> bool {
    let line = line.trim_start();
    // `go env -w KEY=value` writes the go env file and not the environment.
    if line.starts_with('#') || line.contains("go env ") {
        return false;
    }
    sets_in_sh(line, key) || sets_in_fish(line, key)
}

fn sets_in_sh(line: &str, key: &str) -> bool {
    line.match_indices(key).any(|(at, _)| {
        let before = &line[..at];
        let begins = before.is_empty()
            || before.ends_with(|letter: char| {
                letter.is_whitespace() || matches!(letter, ';' | '&' | '|' | '(' | '{')
            });
        let after = &line[at + key.len()..];
        // `KEY DEFAULT=value` is pam_environment's.
        let after = after
            .strip_prefix('=')
            .or_else(|| after.trim_start().strip_prefix("DEFAULT="))
            .or_else(|| after.trim_start().strip_prefix("OVERRIDE="));
        let is_empty = |value: &str| {
            let value = value.split([';', '#']).next().unwrap_or_default().trim();
            matches!(value, "" | "''" | "\"\"")
        };
        begins && !before.contains(" #") && after.is_some_and(|value| !is_empty(value))
    })
}

fn sets_in_fish(line: &str, key: &str) -> bool {
    let mut words = line.split_whitespace();
    if words.next() != Some("set") {
        return false;
    }
    let mut words = words.skip_while(|word| word.starts_with('-'));
    words.next() == Some(key) && words.next().is_some() && !line.contains(" -e ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_set_a_variable() {
        for line in [
            "export GOPROXY=https://proxy.corp.example",
            "  GOPROXY='direct'; export GOPROXY",
            "GOPROXY=direct # at work",
            "[ -d /corp ] && export GOPROXY=direct",
            "export GOFLAGS=-mod=mod GOPROXY=direct",
            "typeset -x GOPROXY=direct",
            "set -gx GOPROXY direct",
            "set --export --global GOPROXY https://proxy.corp.example",
            "GOPROXY DEFAULT=direct",
            "if true; then GOPROXY=off; fi",
        ] {
            assert!(sets(line, "GOPROXY"), "{line}");
        }
    }

    #[test]
    fn lines_that_do_not() {
        for line in [
            "# export GOPROXY=direct",
            "true # GOPROXY=direct",
            "export NOT_GOPROXY=direct",
            "export GOPROXY_OLD=direct",
            "export GOPROXY",
            "export GOPROXY=",
            "export GOPROXY=''",
            "GOPROXY=; export GOPROXY",
            "unset GOPROXY",
            "set -e GOPROXY",
            "set -gx GOPROXY",
            "echo $GOPROXY",
            "go env -w GOPROXY=direct",
            "",
        ] {
            assert!(!sets(line, "GOPROXY"), "{line}");
        }
    }

    #[test]
    fn the_lines_are_found_in_the_callers_home_and_in_the_system() {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("home/gopher");
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            home.join(".zshrc"),
            "# mine\nexport GOPROXY=https://gopher:hunter2@proxy.corp.example\n",
        );
        write(home.join(".bashrc"), "alias ll=ls\n");
        write(
            home.join(".config/fish/conf.d/go.fish"),
            "set -gx GOPROXY direct\n",
        );
        write(
            root.path().join("etc/profile.d/go.sh"),
            "\n\nexport GOPRIVATE=corp.example GOPROXY=direct\n",
        );
        write(
            root.path().join("etc/environment"),
            "GOPRIVATE=\"corp.example\"\n",
        );
        write(home.join("dots/.zshenv"), "export GOSUMDB=off\n");
        fs::create_dir(home.join(".profile")).unwrap();
        let caller = CallerEnv::from_variables([
            ("HOME", home.to_str().unwrap()),
            ("ZDOTDIR", home.join("dots").to_str().unwrap()),
            ("GOPROXY", "https://gopher:hunter2@proxy.corp.example"),
            ("GOPRIVATE", "corp.example"),
            ("GOSUMDB", "off"),
            ("GONOPROXY", ""),
            ("GOAUTH", "netrc"),
        ]);
        let keys = [
            "GOPROXY",
            "GOPRIVATE",
            "GONOPROXY",
            "GOSUMDB",
            "GOAUTH",
            "GOFLAGS",
        ];
        let found = overrides_below(root.path(), &caller, &keys);
        let told: Vec<String> = found
            .iter()
            .map(|over| {
                let from: Vec<String> = over
                    .from
                    .iter()
                    .map(|place| {
                        let file = place.file.strip_prefix(root.path()).unwrap();
                        format!("{}:{}", file.display(), place.line)
                    })
                    .collect();
                format!("{}={} {}", over.key, over.value, from.join(" "))
            })
            .collect();
        assert_eq!(
            told,
            [
                "GOPROXY=https://proxy.corp.example etc/profile.d/go.sh:3 home/gopher/.zshrc:2 \
                 home/gopher/.config/fish/conf.d/go.fish:1",
                "GOPRIVATE=corp.example etc/environment:1 etc/profile.d/go.sh:3",
                "GOSUMDB=off home/gopher/dots/.zshenv:1",
                "GOAUTH=netrc ",
            ]
        );
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}
