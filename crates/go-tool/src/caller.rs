//! What the go command would see of the environment of the person who asks.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;

use serde::{Deserialize, Serialize};

/// The caller's environment, as far as it says which go command runs, which env file it reads and what overrides that.
///
/// The caller is often another process than the one that answers: a command line asks the running instance, whose PATH
/// and GOENV are those of a desktop or of a service. So the command line takes its own environment along, and nothing in
/// this crate's work on go env reads the environment of this process. Only the names of [`CallerEnv::NAMES`] are taken.
///
/// Values never show in Debug: GOPROXY and GOAUTH often hold credentials.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerEnv {
    variables: BTreeMap<String, String>,
    /// Set, but not UTF-8.
    #[serde(default)]
    unreadable: BTreeSet<String>,
}

impl CallerEnv {
    /// The variables that are taken: those the go command takes its settings from (`internal/cfg.KnownEnv` in Go's
    /// source, its names that begin with GO), where it looks for its env file (`os.UserConfigDir`), where a shell finds
    /// `go`, and where zsh has its files. A list, as other programs' secrets have names in GO too (GOOGLE_...).
    pub const NAMES: [&str; 39] = [
        "GO111MODULE",
        "GO386",
        "GOAMD64",
        "GOARCH",
        "GOARM",
        "GOARM64",
        "GOAUTH",
        "GOBIN",
        "GOCACHE",
        "GOCACHEPROG",
        "GODEBUG",
        "GOENV",
        "GOEXPERIMENT",
        "GOFIPS140",
        "GOFLAGS",
        "GOINSECURE",
        "GOMIPS",
        "GOMIPS64",
        "GOMODCACHE",
        "GONOPROXY",
        "GONOSUMDB",
        "GOOS",
        "GOPATH",
        "GOPPC64",
        "GOPRIVATE",
        "GOPROXY",
        "GORISCV64",
        "GOROOT",
        "GOSUMDB",
        "GOTMPDIR",
        "GOTOOLCHAIN",
        "GOVCS",
        "GOWASM",
        "GOWORK",
        "GO_EXTLINK_ENABLED",
        "HOME",
        "PATH",
        "XDG_CONFIG_HOME",
        "ZDOTDIR",
    ];

    /// The environment of this process, for a caller that is this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::from_variables(std::env::vars_os())
    }

    /// Takes what is in [`CallerEnv::NAMES`] out of these variables.
    #[must_use]
    pub fn from_variables<N: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut caller = Self::default();
        for (name, value) in variables {
            let (name, value): (OsString, OsString) = (name.into(), value.into());
            let Some(name) = Self::NAMES.into_iter().find(|known| name == *known) else {
                continue;
            };
            match value.into_string() {
                Ok(value) => {
                    caller.variables.insert(name.to_owned(), value);
                }
                Err(_) => {
                    caller.unreadable.insert(name.to_owned());
                }
            }
        }
        caller
    }

    /// The value of a variable. An empty one counts as not set, as it does for the go command (`cfg.Getenv`).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Is the variable set to something that is no UTF-8 text? Its value is not known then.
    #[must_use]
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.contains(name)
    }

    /// What of this may be given to a child. It may have come over a wire: only the known names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .filter(|(name, _)| Self::NAMES.contains(&name.as_str()))
            .map(|(name, value)| (OsStr::new(name), OsStr::new(value)))
    }
}

impl fmt::Debug for CallerEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerEnv")
            .field("set", &self.variables.keys())
            .field("unreadable", &self.unreadable)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;
    use crate::environment::Environment;

    #[test]
    fn takes_gos_names_and_nobody_elses() {
        let caller = CallerEnv::from_variables([
            ("GOPROXY", "https://gopher:hunter2@proxy.corp.example"),
            ("GOOGLE_API_KEY", "hunter2"),
            ("LD_PRELOAD", "/tmp/x.so"),
            ("GOPRIVATE", ""),
        ]);
        assert!(caller.get("GOPROXY").is_some());
        assert_eq!(caller.get("GOPRIVATE"), None);
        assert_eq!(caller.iter().count(), 2);
        assert!(!format!("{caller:?}").contains("hunter2"), "{caller:?}");
    }

    #[test]
    fn a_value_that_is_no_text_is_known_by_name() {
        let caller = CallerEnv::from_variables([("GOENV", OsString::from_vec(vec![b'/', 0xff]))]);
        assert!(caller.is_unreadable("GOENV"));
        assert_eq!(caller.get("GOENV"), None);
    }

    #[test]
    fn it_travels_and_a_smuggled_name_reaches_no_child() {
        let caller = CallerEnv::from_variables([("GOENV", "off")]);
        let wire = serde_json::to_string(&caller).unwrap();
        assert_eq!(serde_json::from_str::<CallerEnv>(&wire).unwrap(), caller);
        let forged: CallerEnv =
            serde_json::from_str(r#"{"variables":{"LD_PRELOAD":"/tmp/x.so","GOENV":"/a/env"}}"#)
                .unwrap();
        let child = Environment::of_caller(&forged);
        assert_eq!(child.get("GOENV"), Some(OsStr::new("/a/env")));
        assert_eq!(child.get("LD_PRELOAD"), None);
    }
}
