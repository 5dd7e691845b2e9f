//! `offline`: who says whether Larder is offline; and what was asked for and missing meanwhile.

use std::sync::Arc;

use delivery::{Offline, OfflineMode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Missed;
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::changes::Topic;
use crate::failure::Failure;

/// Says who says whether Larder is offline, or only asks.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct SetOffline {
    /// From now on; none to ask how it is.
    pub mode: Option<OfflineMode>,
}

/// How it is with the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OfflineReport {
    /// Who says whether Larder is offline.
    pub mode: OfflineMode,
    /// Whether modules are served; else it is not known how it is.
    pub serving: bool,
    /// Since when it is offline, and why; none where it is not.
    pub offline: Option<Offline>,
    /// How many different things were asked for and missing while offline, and are not stocked yet.
    pub missed: u64,
}

impl Call for SetOffline {
    const NAME: &'static str = "offline";
    type Answer = OfflineReport;

    async fn run(self, app: &App) -> Result<OfflineReport, Failure> {
        if let Some(mode) = self.mode {
            app.change_settings(move |path| crate::Settings::set_offline(path, mode))
                .await?;
        }
        report(app).await
    }
}

pub(super) async fn report(app: &App) -> Result<OfflineReport, Failure> {
    let serving = app.serving().ok();
    let offline = serving.and_then(|serving| serving.delivery().offline().borrow().clone());
    Ok(OfflineReport {
        mode: app.settings().offline,
        serving: serving.is_some(),
        offline: offline.map(Arc::unwrap_or_clone),
        missed: app.store().missed_count().await?,
    })
}

/// Lists what was asked for and missing while offline.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MissedList {
    /// At most so many.
    pub limit: usize,
}

/// What was asked for and missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MissedItem {
    /// The path that was asked for.
    pub path: String,
    /// When it was asked for first.
    pub first_at: Timestamp,
    /// When it was asked for last.
    pub last_at: Timestamp,
    /// How often.
    pub times: u64,
}

impl Call for MissedList {
    const NAME: &'static str = "missed";
    type Answer = Vec<MissedItem>;

    async fn run(self, app: &App) -> Result<Vec<MissedItem>, Failure> {
        let missed = app.store().missed(self.limit).await?;
        let item = |missed: Missed| MissedItem {
            path: missed.path,
            first_at: missed.first_at,
            last_at: missed.last_at,
            times: missed.times,
        };
        Ok(missed.into_iter().map(item).collect())
    }
}

/// Forgets what was missed and is not wanted any more, by the paths that were asked for.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MissedForget {
    /// Which.
    pub paths: Vec<String>,
}

impl Call for MissedForget {
    const NAME: &'static str = "missed-forget";
    type Answer = u64;

    async fn run(self, app: &App) -> Result<u64, Failure> {
        let gone = app.store().forget_missed(&self.paths).await?;
        app.changes().tell(&[Topic::Stock, Topic::State]);
        Ok(gone)
    }
}
