//! `trust`: what is let through without the checksum database, for a time and a reason.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::Failure;
use crate::trust::{self, Grant};

/// Lets paths through unverified until a moment.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TrustAllow {
    /// Which: one pattern, as in GONOSUMDB, with its host written out.
    pub pattern: String,
    /// Until when: in the future, and at most 90 days away.
    pub until: Timestamp,
    /// Why: not empty, and at most 200 characters.
    pub because: String,
}

/// They are let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Granted {
    /// The grant, as it holds.
    pub grant: Grant,
    /// The one for the same pattern whose place it took.
    pub replaced: Option<Grant>,
}

impl Call for TrustAllow {
    const NAME: &'static str = "trust-allow";
    type Answer = Granted;

    async fn run(self, app: &App) -> Result<Granted, Failure> {
        let (grant, replaced) =
            trust::allow(app.store(), &self.pattern, self.until, &self.because).await?;
        app.renew_profile().await?;
        Ok(Granted { grant, replaced })
    }
}

/// Lets paths through no longer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TrustRevoke {
    /// The pattern of the grant.
    pub pattern: String,
}

impl Call for TrustRevoke {
    const NAME: &'static str = "trust-revoke";
    type Answer = Grant;

    async fn run(self, app: &App) -> Result<Grant, Failure> {
        let gone = trust::revoke(app.store(), &self.pattern).await?;
        app.renew_profile().await?;
        Ok(gone)
    }
}

/// Asks what is let through.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct TrustList {}

/// A grant in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActiveGrant {
    /// What was granted.
    #[serde(flatten)]
    pub grant: Grant,
    /// How long it still holds, in seconds.
    pub seconds_left: u64,
}

impl Call for TrustList {
    const NAME: &'static str = "trust-list";
    type Answer = Vec<ActiveGrant>;

    async fn run(self, app: &App) -> Result<Vec<ActiveGrant>, Failure> {
        active(app).await
    }
}

/// The grants in force, in the order in which they were given.
pub(super) async fn active(app: &App) -> Result<Vec<ActiveGrant>, Failure> {
    let now = Timestamp::now();
    let grants = trust::grants(app.store()).await?;
    let active = grants.active(now).map(|grant| ActiveGrant {
        grant: grant.clone(),
        seconds_left: Duration::try_from(grant.until.duration_since(now))
            .unwrap_or_default()
            .as_secs(),
    });
    Ok(active.collect())
}
