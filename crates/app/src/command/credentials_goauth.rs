//! `goauth`: what `go` asks as a command of its GOAUTH list.

use std::time::Duration;

use credential::goauth::{Invocation, render};
use credential::{Credential, Origin};
use secret::Secret;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use super::credentials::Carried;
use crate::app::App;
use crate::failure::{Code, Failure};

/// How long `go` is held up before its first fetch: a keyring that asks to be unlocked is waited for when it matters.
const AT_START: Duration = Duration::from_secs(2);
/// How long it waits after a server has refused it: for a person, or for a helper command.
const ANSWERED: Duration = Duration::from_secs(25);

/// What `go` wants to know.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct GoAuth {
    /// The URL that was answered 4xx; none at the start.
    pub url: Option<Carried>,
    /// The first line of that answer.
    pub status_line: String,
}

/// What is printed for it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct GoAuthAnswer {
    /// Origins and their headers; empty where there is none.
    pub text: Carried,
}

impl Call for GoAuth {
    const NAME: &'static str = "goauth";
    type Answer = GoAuthAnswer;

    async fn run(self, app: &App) -> Result<GoAuthAnswer, Failure> {
        let arguments: Vec<&str> = self.url.iter().map(|url| url.secret().expose()).collect();
        let invocation = Invocation::parse(&arguments, &self.status_line)
            .map_err(|error| Failure::new(Code::BadInput, error.to_string()))?;
        let found = match &invocation {
            Invocation::AtStart => at_start(app).await,
            Invocation::Answered { origin, .. } => {
                answered(app, origin, invocation.is_refusal()).await
            }
        };
        Ok(GoAuthAnswer {
            text: Carried::new(if found.is_empty() {
                Secret::new("")
            } else {
                render(&found)
            }),
        })
    }
}

/// All that is kept. Helper commands are run when a server asks, not for every `go`.
async fn at_start(app: &App) -> Vec<Credential> {
    let credentials = app.credentials();
    let mut found = Vec::new();
    let all = async {
        for origin in credentials.kept_origins() {
            if let Ok(credential) = credentials.found(&origin).await {
                found.extend(credential);
            }
        }
    };
    if tokio::time::timeout(AT_START, all).await.is_err() {
        tracing::info!("a place of credentials is slow; go begins with those that were had");
    }
    found
}

/// What there is for the origin that asks. After a refusal, anew where that is worth it.
async fn answered(app: &App, origin: &Origin, refused: bool) -> Vec<Credential> {
    let credentials = app.credentials();
    let look_up = async {
        let found = credentials.found(origin).await.unwrap_or_default();
        match found {
            Some(first) if refused && credentials.was_refused(&first) => {
                credentials.found(origin).await.unwrap_or_default()
            }
            found => found,
        }
    };
    let found = tokio::time::timeout(ANSWERED, look_up).await;
    found.ok().flatten().into_iter().collect()
}
