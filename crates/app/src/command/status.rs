//! `status`: what the instance is doing, at a glance.

use delivery::{MirrorReport, Profile};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use upstream::Upstream;

use super::Call;
use super::mirror::BesideShown;
use super::offline::{self, OfflineReport};
use super::trust::{self, ActiveGrant};
use crate::app::App;
use crate::failure::Failure;
use crate::go_env;
use crate::job::JobState;
use crate::nodes;
use crate::notices::Notice;
use crate::room::{self, RoomReport};
use crate::serving::Serving;

/// Asks how things are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Status {}

/// How things are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct StatusReport {
    /// Larder's version.
    pub version: String,
    /// What needs attention, oldest first.
    pub notices: Vec<Notice>,
    /// Whether modules are served (false where a command looked in-process).
    pub serving: bool,
    /// The process.
    pub pid: u32,
    /// Where it listens, without the token.
    pub address: Option<String>,
    /// Since when it is up.
    pub since: Option<Timestamp>,
    /// What is in force.
    pub profile: Option<ActiveProfile>,
    /// Since when Larder is paused; none where it is not.
    #[serde(default)]
    pub paused_since: Option<Timestamp>,
    /// Whether go asks here, as this process's environment and the go env files have it.
    #[serde(default)]
    pub points_here: bool,
    /// How it is with the network.
    pub network: OfflineReport,
    /// What is kept.
    pub cache: CacheStatus,
    /// How much of its room it takes.
    pub room: RoomReport,
    /// What is let through without the checksum database.
    pub grants: Vec<ActiveGrant>,
    /// How the upstreams of the profile in force do that are several nodes.
    #[serde(default)]
    pub pools: Vec<PoolStatus>,
    /// What mirrors answered, by name.
    #[serde(default)]
    pub mirrors: Vec<MirrorReport>,
    /// Work under way.
    pub jobs: Vec<JobState>,
    /// What a person should know, a sentence each.
    pub warnings: Vec<String>,
}

/// The profile in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActiveProfile {
    /// Its name.
    pub name: String,
    /// Why it is this one, where Larder chose it by itself, as the rest of a sentence.
    pub automatic: Option<String>,
    /// Its upstreams in order, as shown (never with user info).
    pub upstreams: Vec<String>,
    /// Its checksum database, or `off`.
    pub checksum_db: String,
    /// The upstream that a share of the modules is asked of first.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub canary: Option<BesideShown>,
    /// The upstream whose answers are compared.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub mirror: Option<BesideShown>,
}

/// An upstream that is several nodes, at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PoolStatus {
    /// The upstream's name.
    pub upstream: String,
    /// How many nodes it has.
    pub nodes: usize,
    /// How many of them answer.
    pub answering: usize,
    /// All of it in a line, with what is wrong.
    pub said: String,
}

fn pools(serving: &Serving) -> Vec<PoolStatus> {
    let profile = serving.delivery().profile();
    let upstreams = profile.routes().upstreams();
    let reports = upstreams.into_iter().filter_map(Upstream::pool);
    let pools = reports.map(|report| {
        let (nodes, answering) = nodes::count(&report);
        PoolStatus {
            said: nodes::line(&report),
            upstream: report.upstream,
            nodes,
            answering,
        }
    });
    pools.collect()
}

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CacheStatus {
    /// Where.
    pub folder: String,
    /// Module versions.
    pub versions: u64,
    /// Files.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
}

impl ActiveProfile {
    /// The one by which modules are delivered.
    pub(super) fn of(serving: &Serving) -> Self {
        Self::made_of(&serving.delivery().profile(), serving.chosen().why)
    }

    /// This one.
    pub(super) fn made_of(profile: &Profile, automatic: Option<String>) -> Self {
        let upstreams = profile.routes().upstreams();
        let names = upstreams.iter().map(|upstream| upstream.name().to_owned());
        Self {
            name: profile.name().to_owned(),
            automatic,
            upstreams: names.collect(),
            checksum_db: profile.database_name().to_owned(),
            canary: profile.canary().map(BesideShown::of),
            mirror: profile.mirror().map(BesideShown::of),
        }
    }
}

impl Call for Status {
    const NAME: &'static str = "status";
    type Answer = StatusReport;

    async fn run(self, app: &App) -> Result<StatusReport, Failure> {
        let usage = app.store().usage().await?;
        let room = room::report(app, false).await?;
        let mut warnings = app.warnings();
        warnings.extend(room.warnings.iter().cloned());
        let serving = app.serving().ok();
        Ok(StatusReport {
            version: crate::VERSION.to_owned(),
            notices: app.notices().all().await?,
            serving: serving.is_some(),
            pid: std::process::id(),
            address: serving.map(|serving| format!("http://127.0.0.1:{}", serving.port())),
            since: serving.map(|serving| serving.since()),
            profile: serving.map(ActiveProfile::of),
            paused_since: app.go_env().paused().map(|paused| paused.since),
            points_here: go_env::points_here(app).await,
            network: offline::report(app).await?,
            cache: CacheStatus {
                folder: app.places().cache.display().to_string(),
                versions: usage.versions,
                files: usage.files,
                bytes: usage.bytes,
            },
            room,
            grants: trust::active(app).await?,
            pools: serving.map_or_else(Vec::new, pools),
            mirrors: serving.map_or_else(Vec::new, |serving| serving.delivery().mirrors()),
            jobs: app.jobs().under_way(),
            warnings,
        })
    }
}
