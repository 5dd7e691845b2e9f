//! `trust forget`, `trust acknowledge`: the hashes that were seen first, where no checksum database speaks.

use serde::{Deserialize, Serialize};
use store::{Filter, FirstSight};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::changes::Topic;
use crate::failure::{Code, Failure};

/// Forgets the hashes that were seen first, and what is kept of these modules: what comes next is first sight again.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TrustForget {
    /// Which modules: GOPRIVATE's globs, with an optional `@version`.
    pub pattern: String,
}

/// They are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Forgotten {
    /// Hashes.
    pub hashes: u64,
    /// Files that were removed from the cache.
    pub files: u64,
}

impl Call for TrustForget {
    const NAME: &'static str = "trust-forget";
    type Answer = Forgotten;

    async fn run(self, app: &App) -> Result<Forgotten, Failure> {
        let filter = Filter::parse(&self.pattern).map_err(|error| {
            Failure::new(Code::BadInput, error.to_string()).hint(
                "a pattern is like GOPRIVATE's, with an optional version: corp.example/lib@v1.2.0",
            )
        })?;
        let pins = app.store().pins(&filter).await?;
        if pins.is_empty() {
            return Err(Failure::new(
                Code::NotFound,
                format!("no hash of {} was seen first", self.pattern),
            )
            .hint("modules that the checksum database covers have none; larder explain tells"));
        }
        // The files first: a file that stays would go on being given as what it was.
        let mut files = 0;
        for module in pins.iter().map(|pin| &pin.module) {
            let version = Filter::parse(&module.to_string())
                .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            files += app.store().clear(&version, &|_| {}).await?.files;
        }
        let hashes = app.store().forget_pins(&filter).await?;
        app.forget_hot();
        app.changes().tell(&[Topic::Cache, Topic::State]);
        Ok(Forgotten { hashes, files })
    }
}

/// Takes note of it that the hashes which were seen first are lost.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct TrustAcknowledge {}

impl Call for TrustAcknowledge {
    const NAME: &'static str = "trust-acknowledge";
    type Answer = ();

    async fn run(self, app: &App) -> Result<(), Failure> {
        match app.store().first_sight() {
            FirstSight::Lost { .. } => {
                app.store().acknowledge_loss().await?;
                app.changes().tell(&[Topic::Notices, Topic::State]);
                Ok(())
            }
            FirstSight::Intact => Err(Failure::new(
                Code::NotFound,
                "no first-sight hashes were lost: there is nothing to take note of",
            )),
        }
    }
}
