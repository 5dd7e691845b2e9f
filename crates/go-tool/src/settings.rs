//! What the go command's settings are: Go's own, and the person's.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::child::{Output, Run};
use crate::environment::Environment;
use crate::error::GoError;
use crate::find::Go;

/// How long `go env` may take. It touches no network; a machine under load is slow all the same.
const PATIENCE: Duration = Duration::from_secs(20);

/// Go's own settings, as its distribution has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The list of proxies, as in GOPROXY.
    pub goproxy: String,
    /// The checksum database, as in GOSUMDB.
    pub gosumdb: String,
}

impl Go {
    /// Go's own GOPROXY and GOSUMDB, whatever the person has set: read from `$GOROOT/go.env` by `go env` itself, without
    /// the go env file (`GOENV=off`) and without those variables.
    ///
    /// # Errors
    /// When `go env` can't be run or its answer is not understood.
    pub async fn defaults(&self) -> Result<Defaults, GoError> {
        let mut found = self
            .ask(
                &["GOPROXY", "GOSUMDB"],
                &self.environment().without_settings(),
                PATIENCE,
                (),
            )
            .await?;
        let mut take = |name: &str| found.remove(name).unwrap_or_default();
        Ok(Defaults {
            goproxy: take("GOPROXY"),
            gosumdb: take("GOSUMDB"),
        })
    }

    /// Settings as the person has them: environment variables over the go env file over Go's own (`go env -json`).
    ///
    /// A name that this go command does not know comes back empty. GOTOOLCHAIN reads `local`: it is set for the
    /// question, as `go` might else fetch another toolchain in order to answer.
    ///
    /// # Errors
    /// When `go env` can't be run or its answer is not understood.
    pub async fn env(&self, names: &[&str]) -> Result<BTreeMap<String, String>, GoError> {
        self.ask(names, &self.environment().for_settings(), PATIENCE, ())
            .await
    }

    pub(crate) async fn ask<H: Send + 'static>(
        &self,
        names: &[&str],
        environment: &Environment,
        deadline: Duration,
        held: H,
    ) -> Result<BTreeMap<String, String>, GoError> {
        let mut arguments = vec!["env", "-json"];
        arguments.extend(names);
        // The root folder: a go.mod or go.work above must have no say.
        let run = Run {
            program: self.path(),
            arguments: &arguments,
            environment,
            directory: Path::new("/"),
            deadline,
        };
        let Output {
            stdout,
            stderr,
            success,
        } = run.output(held).await?;
        if !success {
            return Err(GoError::Failed {
                text: format!("go env failed: {}", stderr.trim()),
            });
        }
        serde_json::from_slice(&stdout).map_err(|error| GoError::Answer {
            what: "go env -json".to_owned(),
            reason: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go() -> Go {
        Go::find(None).expect("Go must be installed for the tests: run scripts/setup")
    }

    /// What the distribution says, read without the go command.
    async fn of_distribution(name: &str) -> String {
        let root = go()
            .env(&["GOROOT"])
            .await
            .unwrap()
            .remove("GOROOT")
            .unwrap();
        let text = std::fs::read_to_string(Path::new(&root).join("go.env")).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap().to_owned()
    }

    #[tokio::test]
    async fn defaults_are_gos_own_whatever_the_person_has() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("goenv");
        std::fs::write(&file, "GOPROXY=http://127.0.0.1:4677/file\nGOSUMDB=off\n").unwrap();
        let person = go()
            .with_variable("GOENV", &file)
            .with_variable("GOPROXY", "http://127.0.0.1:4677/variable")
            .with_variable("GOFLAGS", "-mod=vendor");
        let defaults = person.defaults().await.unwrap();
        assert_eq!(defaults.goproxy, of_distribution("GOPROXY").await);
        assert_eq!(defaults.gosumdb, of_distribution("GOSUMDB").await);
    }

    #[tokio::test]
    async fn settings_are_the_persons_variables_over_the_file() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("goenv");
        std::fs::write(
            &file,
            "GOPRIVATE=file.corp.example\nGOVCS=private:git\nGOTOOLCHAIN=go1.999.0\n",
        )
        .unwrap();
        let person = go()
            .without_variable("GOVCS")
            .without_variable("GOTOOLCHAIN")
            .with_variable("GOENV", &file)
            .with_variable("GOPRIVATE", "variable.corp.example");
        let found = person
            .env(&["GOPRIVATE", "GOVCS", "GONONSENSE"])
            .await
            .unwrap();
        assert_eq!(found["GOPRIVATE"], "variable.corp.example");
        assert_eq!(found["GOVCS"], "private:git");
        assert_eq!(found["GONONSENSE"], "");
    }
}
