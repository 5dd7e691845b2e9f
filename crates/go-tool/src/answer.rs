//! What `go list -m -json` and `go mod download -json` print.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One module of the answer: the fields of `modinfo.ModulePublic` and of `modcmd.ModuleJSON` that are used here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Module {
    pub(crate) version: String,
    pub(crate) time: Option<String>,
    pub(crate) versions: Vec<String>,
    pub(crate) origin: Option<serde_json::Value>,
    pub(crate) info: Option<PathBuf>,
    pub(crate) go_mod: Option<PathBuf>,
    pub(crate) zip: Option<PathBuf>,
    error: Option<Fault>,
}

/// `go list` wraps its errors, `go mod download` does not.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Fault {
    Text(String),
    Wrapped {
        #[serde(rename = "Err")]
        text: String,
    },
}

/// What a module proxy answers for `.info` and `@latest` (`modfetch.RevInfo`).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Info<'a> {
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a serde_json::Value>,
}

impl Module {
    /// The answer about the one module that was asked for, or else `go`'s error, or what is wrong with the answer.
    pub(crate) fn read(stdout: &[u8]) -> Result<Self, Unread> {
        let mut modules = serde_json::Deserializer::from_slice(stdout).into_iter::<Self>();
        let mut module = match modules.next() {
            None => return Err(Unread::Nothing),
            Some(Err(error)) => return Err(Unread::Malformed(error.to_string())),
            Some(Ok(module)) => module,
        };
        match module.error.take() {
            Some(Fault::Text(text) | Fault::Wrapped { text }) => Err(Unread::Fault(text)),
            None if modules.next().is_some() => Err(Unread::Malformed(
                "it names more than one module".to_owned(),
            )),
            None => Ok(module),
        }
    }

    /// The bytes of a `.info` answer.
    pub(crate) fn info(&self) -> Vec<u8> {
        // Go writes the zero time where it knows none.
        let time = self
            .time
            .as_deref()
            .filter(|time| !time.starts_with("0001-"));
        let info = Info {
            version: &self.version,
            time,
            origin: self.origin.as_ref(),
        };
        serde_json::to_vec(&info).expect("strings and JSON values can always be written as JSON")
    }
}

/// Why there is no answer about a module.
#[derive(Debug)]
pub(crate) enum Unread {
    /// Nothing was printed: the reason is on standard error.
    Nothing,
    /// The error of `go` about this module.
    Fault(String),
    /// Not the JSON that was expected.
    Malformed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_both_commands_are_read() {
        for json in [
            r#"{"Path":"x.test/y","Version":"v1","Error":"x.test/y@v1: unknown"}"#,
            r#"{"Path":"x.test/y","Version":"v1","Error":{"Err":"x.test/y@v1: unknown"}}"#,
        ] {
            match Module::read(json.as_bytes()) {
                Err(Unread::Fault(text)) => assert_eq!(text, "x.test/y@v1: unknown"),
                other => panic!("{json}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        assert!(matches!(Module::read(b""), Err(Unread::Nothing)));
        assert!(matches!(Module::read(b" \n"), Err(Unread::Nothing)));
        assert!(matches!(
            Module::read(b"go: hello"),
            Err(Unread::Malformed(_))
        ));
        assert!(matches!(
            Module::read(br#"{"Version":"v1"}{"Version":"v2"}"#),
            Err(Unread::Malformed(_))
        ));
    }

    #[test]
    fn info_holds_what_a_proxy_would_answer() {
        let json =
            br#"{"Path":"x.test/y","Version":"v1.0.0","Query":"main","Time":"2026-01-02T03:04:05Z",
            "GoMod":"/m/v1.0.0.mod","GoVersion":"1.20","Origin":{"VCS":"git","Hash":"88ae"}}"#;
        let info: serde_json::Value =
            serde_json::from_slice(&Module::read(json).unwrap().info()).unwrap();
        let expected = serde_json::json!({
            "Version": "v1.0.0",
            "Time": "2026-01-02T03:04:05Z",
            "Origin": {"VCS": "git", "Hash": "88ae"},
        });
        assert_eq!(info, expected);

        let json = br#"{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z"}"#;
        assert_eq!(
            Module::read(json).unwrap().info(),
            br#"{"Version":"v1.0.0"}"#
        );
    }
}
