//! `cache quota`, `pin`, `unpin`: how much may be kept, and what of it must stay.

use serde::{Deserialize, Serialize};
use store::{Filter, Keep, Keeps};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::changes::Topic;
use crate::failure::{Code, Failure};
use crate::room::{self, RoomReport};
use crate::settings::{Quota, Settings, parse_size};

/// Who wants to stay what `larder pin` names.
pub(super) const PERSON: &str = "person";

/// Asks how the room stands; sets the limits where they are given.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct CacheQuota {
    /// The most that the cache may take, as a person writes it: `20 GB`, `unlimited`.
    pub quota: Option<String>,
    /// The least that is to stay free on the disk.
    pub reserve: Option<String>,
}

/// How the room stands, and what went for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuotaReport {
    /// How it stands now.
    #[serde(flatten)]
    pub room: RoomReport,
    /// Versions that went because of the new limits.
    pub evicted_versions: u64,
    /// Their bytes.
    pub evicted_bytes: u64,
}

impl Call for CacheQuota {
    const NAME: &'static str = "cache-quota";
    type Answer = QuotaReport;

    async fn run(self, app: &App) -> Result<QuotaReport, Failure> {
        let refused =
            |error: &dyn std::fmt::Display| Failure::new(Code::BadInput, error.to_string());
        let quota = self.quota.map(|text| text.parse::<Quota>());
        let quota = quota.transpose().map_err(|error| refused(&error))?;
        let reserve = self.reserve.map(|text| parse_size(&text));
        let reserve = reserve.transpose().map_err(|error| refused(&error))?;
        let mut report = QuotaReport::default();
        if quota.is_some() || reserve.is_some() {
            app.change_settings(move |path| Settings::set_room(path, quota, reserve))
                .await?;
            let made = room::make(app).await?;
            app.look_at_room().notify_one();
            report.evicted_versions = made.victims.len() as u64;
            report.evicted_bytes = made.victims.iter().map(|victim| victim.bytes).sum();
        }
        report.room = room::report(app, true).await?;
        Ok(report)
    }
}

/// Asks what would go if this was the quota; nothing is changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct QuotaPreview {
    /// The most that the cache may take, as a person writes it: `20 GB`, `unlimited`.
    pub quota: String,
}

/// What would go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuotaForeseen {
    /// Whether the cache would be within it then.
    pub ok: bool,
    /// Why not.
    pub why_not: Option<String>,
    /// How many versions would go, counted once a tree.
    pub versions: u64,
    /// The bytes of their files.
    pub bytes: u64,
}

impl Call for QuotaPreview {
    const NAME: &'static str = "quota-preview";
    type Answer = QuotaForeseen;

    async fn run(self, app: &App) -> Result<QuotaForeseen, Failure> {
        match self.quota.trim().parse::<Quota>() {
            Ok(quota) => room::foresee(app, quota).await,
            Err(error) => Ok(QuotaForeseen {
                why_not: Some(error.to_string()),
                ..QuotaForeseen::default()
            }),
        }
    }
}

/// What is wanted to stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct PinList {}

/// What one owner wants to stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MustStay {
    /// Who: `person` (`larder pin`), or `project:` and its folder.
    pub owner: String,
    /// The pattern; where there is none, it is about versions by name.
    pub pattern: Option<String>,
    /// How many versions by name.
    pub named: u64,
    /// How many of what it is about are kept.
    pub versions: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What must stay, and what a person should know about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Pins {
    /// By owner; patterns one by one.
    pub pins: Vec<MustStay>,
    /// A sentence each.
    pub warnings: Vec<String>,
}

impl Call for PinList {
    const NAME: &'static str = "pin-list";
    type Answer = Pins;

    async fn run(self, app: &App) -> Result<Pins, Failure> {
        let mut pins = Vec::new();
        for keep in app.store().keeps().await? {
            let owner = keep.owner.clone();
            for pattern in &keep.patterns {
                pins.push(of_pattern(app, &owner, pattern).await?);
            }
            if !keep.versions.is_empty() {
                pins.push(of_versions(app, keep).await?);
            }
        }
        Ok(Pins {
            pins,
            warnings: room::report(app, false).await?.warnings,
        })
    }
}

/// Lets what these patterns match stay, now and later.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Pin {
    /// Modules as in GOPRIVATE, with `@` and a version if need be.
    pub patterns: Vec<String>,
}

impl Call for Pin {
    const NAME: &'static str = "pin";
    type Answer = Pins;

    async fn run(self, app: &App) -> Result<Pins, Failure> {
        let filters = filters(&self.patterns)?;
        let mut pins = Vec::new();
        for filter in &filters {
            app.store().keep_pattern(PERSON, filter).await?;
            pins.push(of_pattern(app, PERSON, filter).await?);
        }
        app.last_look().numbers_changed();
        app.changes().tell(&[Topic::Cache]);
        Ok(Pins {
            pins,
            warnings: room::report(app, false).await?.warnings,
        })
    }
}

/// Lets what these patterns match go when room is made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Unpin {
    /// Patterns as they were pinned.
    pub patterns: Vec<String>,
}

/// What was taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Unpinned {
    /// How many patterns.
    pub patterns: u64,
}

impl Call for Unpin {
    const NAME: &'static str = "unpin";
    type Answer = Unpinned;

    async fn run(self, app: &App) -> Result<Unpinned, Failure> {
        let filters = filters(&self.patterns)?;
        let keeps = app.store().keeps().await?;
        let person = keeps.iter().find(|keep| keep.owner == PERSON);
        let pinned: Vec<String> = person
            .into_iter()
            .flat_map(|keep| keep.patterns.iter().map(Filter::to_string))
            .collect();
        // All of them or none.
        if let Some(unknown) = filters
            .iter()
            .find(|filter| !pinned.contains(&filter.to_string()))
        {
            let failure = Failure::new(Code::NotFound, format!("{unknown} is not pinned"));
            return Err(failure.hint("larder pin lists what is, by the pattern it was pinned with"));
        }
        let mut patterns = 0;
        for filter in &filters {
            patterns += u64::from(app.store().release_pattern(PERSON, filter).await?);
        }
        app.look_at_room().notify_one();
        app.last_look().numbers_changed();
        app.changes().tell(&[Topic::Cache]);
        Ok(Unpinned { patterns })
    }
}

fn filters(patterns: &[String]) -> Result<Vec<Filter>, Failure> {
    if patterns.is_empty() {
        return Err(Failure::new(Code::BadInput, "no module is named"));
    }
    patterns
        .iter()
        .map(|pattern| super::cache::filter(Some(pattern)))
        .collect()
}

async fn of_pattern(app: &App, owner: &str, pattern: &Filter) -> Result<MustStay, Failure> {
    let mut stays = MustStay {
        owner: owner.to_owned(),
        pattern: Some(pattern.to_string()),
        ..MustStay::default()
    };
    for found in app.store().list(pattern).await? {
        stays.versions += 1;
        stays.bytes += found.files.iter().map(|(_, bytes)| bytes).sum::<u64>();
    }
    Ok(stays)
}

async fn of_versions(app: &App, keep: Keep) -> Result<MustStay, Failure> {
    let mut stays = MustStay {
        owner: keep.owner.clone(),
        named: keep.versions.len() as u64,
        ..MustStay::default()
    };
    let named: Keeps = [Keep {
        patterns: Vec::new(),
        ..keep
    }]
    .into_iter()
    .collect();
    (stays.versions, stays.bytes) = app.store().covered(&named).await?;
    Ok(stays)
}
