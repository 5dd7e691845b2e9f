//! The environment of children: the person's own, and what is left of it for `direct`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::caller::CallerEnv;
use crate::folder::RunFolder;

/// Environment variables by name. Values never show in Debug: tokens are often among them.
#[derive(Clone)]
pub(crate) struct Environment(BTreeMap<OsString, OsString>);

/// The settings of the go command. Removed first, so that only what is set by name reaches a child of `direct`.
///
/// GOROOT and GODEBUG stay: they say how this go command has to be run, not what it fetches.
const GO_SETTINGS: [&str; 19] = [
    "GO111MODULE",
    "GOAUTH",
    "GOBIN",
    "GOENV",
    "GOEXPERIMENT",
    "GOFLAGS",
    "GOINSECURE",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOSUMDB",
    "GOTMPDIR",
    "GOTOOLCHAIN",
    "GOVCS",
    "GOWORK",
    "GOCACHEPROG",
];

/// What binds git to one repository (`git rev-parse --local-env-vars`, without the GIT_CONFIG family): set when Larder
/// was started from a git hook. And what makes git print more than its answer.
const GIT_STATE: [&str; 24] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CURL_VERBOSE",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
    "GIT_TRACE_CURL",
    "GIT_TRACE_PACKET",
    "GIT_TRACE_PERFORMANCE",
    "GIT_TRACE_SETUP",
    "GIT_WORK_TREE",
];

/// The command for ssh where the person has none: never a question, and no shared connection that outlives the run
/// and keeps its output open (the same two options that older go commands set by themselves).
const SSH: &str = "ssh -o ControlMaster=no -o BatchMode=yes";

impl Environment {
    /// This process's own.
    pub(crate) fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// This process's own, with the caller's go command and Go settings in the place of this process's.
    pub(crate) fn of_caller(caller: &CallerEnv) -> Self {
        let mut environment = Self::of_process();
        for name in CallerEnv::NAMES {
            environment.remove(OsStr::new(name));
        }
        for (name, value) in caller.iter() {
            environment.set(name, value);
        }
        environment
    }

    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    pub(crate) fn remove(&mut self, name: &OsStr) {
        self.0.remove(name);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.0.iter()
    }

    /// The person's environment for a question about their settings: the go command itself answers, whatever toolchain
    /// is set (else `go` might first fetch another one, through Larder).
    pub(crate) fn for_settings(&self) -> Self {
        let mut asked = self.clone();
        asked.set("GOTOOLCHAIN", "local");
        asked
    }

    /// The environment with none of the person's Go settings, neither from variables nor from the go env file: what is
    /// left is Go's own, `$GOROOT/go.env`.
    pub(crate) fn without_settings(&self) -> Self {
        let mut bare = self.clone();
        for name in GO_SETTINGS {
            bare.remove(OsStr::new(name));
        }
        for (name, value) in [
            ("GOENV", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOWORK", "off"),
            ("GO111MODULE", "on"),
        ] {
            bare.set(name, value);
        }
        bare
    }

    /// The environment of a child that fetches from version control: module cache and temporary files of its own, the
    /// `person`'s settings by name, and nobody to answer a prompt.
    ///
    /// GONOPROXY and GONOSUMDB are not passed on: with `GOPROXY=direct` and `GOSUMDB=off` there is nothing they could
    /// change, and unset they follow GOPRIVATE.
    pub(crate) fn for_direct(&self, person: &BTreeMap<String, String>, run: &RunFolder) -> Self {
        let mut direct = self.without_settings();
        for name in GIT_STATE {
            direct.remove(OsStr::new(name));
        }
        for (name, value) in [
            ("GOPROXY", "direct"),
            ("GOSUMDB", "off"),
            ("GOFLAGS", ""),
            ("GIT_TERMINAL_PROMPT", "0"),
            // Set and empty, git asks neither core.askPass nor SSH_ASKPASS (git's prompt.c).
            ("GIT_ASKPASS", ""),
            ("SSH_ASKPASS", ""),
            ("SSH_ASKPASS_REQUIRE", "never"),
            ("GCM_INTERACTIVE", "never"),
            // The table in classify.rs is in English. LANGUAGE stops translation where LC_ALL=C.UTF-8 does not.
            ("LC_ALL", "C.UTF-8"),
            ("LANGUAGE", "C"),
        ] {
            direct.set(name, value);
        }
        direct.set("GOMODCACHE", run.module_cache());
        direct.set("GOPATH", run.module_cache());
        direct.set("TMPDIR", run.temporary());
        // Were the cache folder inside somebody's repository, git must not take that one's configuration.
        direct.set("GIT_CEILING_DIRECTORIES", run.path());
        for (name, value) in person.iter().filter(|(_, value)| !value.is_empty()) {
            direct.set(name, value);
        }
        direct
    }

    /// Has the person said in the environment which ssh git is to use? Then it is theirs, options and all.
    pub(crate) fn has_own_ssh(&self) -> bool {
        self.get("GIT_SSH_COMMAND").is_some() || self.get("GIT_SSH").is_some()
    }

    /// Makes git use ssh in batch mode.
    pub(crate) fn set_quiet_ssh(&mut self) {
        self.set("GIT_SSH_COMMAND", SSH);
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folders;

    fn person(variables: &[(&str, &str)]) -> Environment {
        Environment(
            variables
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    fn settings(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn direct_never_sees_where_go_points_nor_its_flags() {
        let own = person(&[
            ("GOPROXY", "http://127.0.0.1:4677/token"),
            ("GOFLAGS", "-mod=vendor"),
            ("GOENV", "/home/gopher/.config/go/env"),
            ("GOTOOLCHAIN", "go1.99.0"),
            ("GOWORK", "/src/go.work"),
            ("GONOPROXY", "none"),
            ("GOMODCACHE", "/home/gopher/go/pkg/mod"),
            ("GIT_DIR", "/src/.git"),
            ("GIT_ASKPASS", "/usr/bin/ask"),
            ("SSH_ASKPASS", "/usr/bin/ask"),
            ("GIT_TERMINAL_PROMPT", "1"),
            ("HTTPS_PROXY", "http://proxy.corp.example:3128"),
            ("GIT_CONFIG_COUNT", "0"),
        ]);
        let cache = tempfile::tempdir().unwrap();
        let run = Folders::new(cache.path().to_owned()).run().unwrap();
        let direct = own.for_direct(
            &settings(&[
                ("GOPRIVATE", "corp.example"),
                ("GOVCS", ""),
                ("GOAUTH", "netrc"),
            ]),
            &run,
        );
        let seen = |name: &str| {
            direct
                .0
                .get(OsStr::new(name))
                .map(|value| value.to_str().unwrap())
        };
        for (name, value) in [
            ("GOPROXY", Some("direct")),
            ("GOSUMDB", Some("off")),
            ("GOFLAGS", Some("")),
            ("GOENV", Some("off")),
            ("GOTOOLCHAIN", Some("local")),
            ("GOWORK", Some("off")),
            ("GO111MODULE", Some("on")),
            ("GOMODCACHE", run.module_cache().to_str()),
            ("TMPDIR", run.temporary().to_str()),
            ("GOPRIVATE", Some("corp.example")),
            ("GOAUTH", Some("netrc")),
            ("GOVCS", None),
            ("GONOPROXY", None),
            ("GIT_DIR", None),
            ("GIT_ASKPASS", Some("")),
            ("SSH_ASKPASS", Some("")),
            ("GIT_TERMINAL_PROMPT", Some("0")),
            ("GCM_INTERACTIVE", Some("never")),
            ("HTTPS_PROXY", Some("http://proxy.corp.example:3128")),
            ("GIT_CONFIG_COUNT", Some("0")),
        ] {
            assert_eq!(seen(name), value, "{name}");
        }
    }

    #[test]
    fn a_persons_ssh_command_is_seen() {
        assert!(person(&[("GIT_SSH_COMMAND", "ssh -i key")]).has_own_ssh());
        assert!(person(&[("GIT_SSH", "/usr/bin/plink")]).has_own_ssh());
        assert!(!person(&[("GIT_SSH_COMMAND", "")]).has_own_ssh());
    }
}
