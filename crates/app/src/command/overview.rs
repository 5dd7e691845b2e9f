//! `overview`: all that the window's first screen shows. Nothing that waits for a network or a child is asked on the way:
//! what takes a moment is given as it was seen last.

use std::time::Duration;

use go_module::Fall;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use upstream::{Reach, Upstream};

use super::Call;
use super::state::{self, StateReport};
use crate::app::App;
use crate::attention::{Attention, attention};
use crate::degraded::trouble;
use crate::failure::Failure;
use crate::fetches::{self, Fetches};
use crate::last_look::Numbers;
use crate::nodes;
use crate::notify::{Access, access};
use crate::stock::Subject;

/// Over how many hours requests are shown.
const HOURS: u64 = 24;
/// How many projects are shown.
const PROJECTS: usize = 5;

/// Asks for it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct OverviewShow {}

/// The first screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Overview {
    /// How Larder is.
    pub state: StateReport,
    /// How go stands to it.
    pub go: OverviewGo,
    /// Which part of the requests of a day the cache answered, from 0 to 1; none without requests.
    pub from_cache: Option<f64>,
    /// The upstreams that public modules come from, in order.
    pub upstreams: Vec<OverviewUpstream>,
    /// What needs a hand, worst first.
    pub attention: Vec<Attention>,
    /// The requests of a day.
    pub fetches: Fetches,
    /// How the room stands.
    pub room: OverviewRoom,
    /// What is stocked, that which was looked at last first.
    pub projects: Vec<OverviewProject>,
}

/// How go stands to Larder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct OverviewGo {
    /// Its version; none where there is none, or it is not known yet.
    pub version: Option<String>,
    /// Whether it asks here.
    pub points_here: bool,
    /// Why not, the rest of a sentence.
    pub why_not: Option<String>,
    /// How often it asked in the last minute.
    pub per_minute: u64,
}

/// How an upstream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It answers.
    Ok,
    /// It answers, and something is wrong.
    Look,
    /// It does not answer.
    Gone,
    /// It was not asked yet.
    Unknown,
}

/// When an upstream is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum AskedAfter {
    /// Before all others.
    First,
    /// Where the one before says "not found".
    NotFound,
    /// Where the one before fails in any way.
    Failure,
}

/// One upstream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct OverviewUpstream {
    /// Its name.
    pub name: String,
    /// Its URL, without user info; `direct` for version control.
    pub address: String,
    /// How it is.
    pub mark: Mark,
    /// How long it took to answer last, in milliseconds.
    pub latency_ms: Option<f64>,
    /// Which part of the requests of a day it answered, from 0 to 1; none without requests.
    pub share: Option<f64>,
    /// When it is asked.
    pub after: AskedAfter,
    /// What is wrong with it, as the rest of a sentence.
    pub reason: Option<String>,
}

/// How the room stands, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OverviewRoom {
    /// What counts for the quota.
    pub used: u64,
    /// The most that the cache may take; none without a limit.
    pub quota: Option<u64>,
    /// What a person pinned.
    pub pinned: u64,
    /// What must stay for what is stocked, besides.
    pub stocked: u64,
    /// What may leave when room is made.
    pub may_leave: u64,
    /// What is free on the disk; 0 where the system does not say.
    pub free: u64,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OverviewProject {
    /// Its folder, or its go.mod or go.work file.
    pub folder: String,
    /// How much of what it needs is there.
    pub ready: u64,
    /// Of how much.
    pub total: u64,
    /// Whether it is kept stocked.
    pub watched: bool,
    /// When it was last gone through.
    pub at: Option<Timestamp>,
}

impl Call for OverviewShow {
    const NAME: &'static str = "overview";
    type Answer = Overview;

    async fn run(self, app: &App) -> Result<Overview, Failure> {
        let state = state::report(app).await?;
        let numbers = app.last_look().numbers(app).await?;
        let now = Timestamp::now();
        let fetches = fetches::of(app.store(), HOURS, now).await?;
        let totals = fetches.totals;
        let all =
            totals.cache + totals.upstream + totals.revalidated + totals.stale + totals.failed;
        let of_cache = totals.cache + totals.stale;
        let go = app.last_look().go(app);
        let go = OverviewGo {
            version: go
                .as_ref()
                .and_then(|go| go.version.clone())
                .or_else(|| known_version(app)),
            points_here: state.points_here,
            why_not: go
                .and_then(|go| go.why_not.clone())
                .filter(|_| !state.points_here && state.paused_since.is_none()),
            per_minute: per_minute(app, now).await?,
        };
        Ok(Overview {
            go,
            from_cache: part(of_cache, all),
            upstreams: upstreams(app, &numbers, all),
            attention: attention(app).await?,
            fetches,
            room: OverviewRoom {
                used: numbers.room.used,
                quota: numbers.room.quota,
                pinned: numbers.pinned,
                stocked: numbers.stocked,
                may_leave: state
                    .kept_bytes
                    .saturating_sub(numbers.pinned + numbers.stocked),
                free: numbers.room.free.unwrap_or(0),
            },
            projects: projects(app).await?,
            state,
        })
    }
}

fn known_version(app: &App) -> Option<String> {
    let serving = app.serving().ok()?;
    serving.around().go_version().map(str::to_owned)
}

/// A part of a whole; none where there is no whole.
fn part(part: u64, whole: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)]
    (whole > 0).then(|| part as f64 / whole as f64)
}

async fn per_minute(app: &App, now: Timestamp) -> Result<u64, Failure> {
    let since = now - SignedDuration::from_secs(60);
    let sums = app.store().activity_sums(since, Duration::from_secs(120));
    Ok(sums.await?.iter().map(|sum| sum.times).sum())
}

fn upstreams(app: &App, numbers: &Numbers, all: u64) -> Vec<OverviewUpstream> {
    let Ok(serving) = app.serving() else {
        return Vec::new();
    };
    let profile = serving.delivery().profile();
    let mut after = AskedAfter::First;
    let upstreams = profile.routes().chain().entries().map(|(upstream, then)| {
        let shown = upstream_of(app, upstream, after, numbers, all);
        after = match then {
            Some(Fall::OnAnyError) => AskedAfter::Failure,
            Some(Fall::OnNotFound) | None => AskedAfter::NotFound,
        };
        shown
    });
    upstreams.collect()
}

fn upstream_of(
    app: &App,
    upstream: &Upstream,
    after: AskedAfter,
    numbers: &Numbers,
    all: u64,
) -> OverviewUpstream {
    let last = upstream.last_asked();
    let trouble = trouble(upstream);
    let lost = nodes::lost(upstream);
    let access = access(app, upstream);
    let is_gone = matches!(upstream.reach(), Reach::Unreachable { .. });
    let (mark, reason) = match (&last, access) {
        (_, Some(Access::Needed)) => (Mark::Look, Some("asks you to sign in".to_owned())),
        (_, Some(Access::Refused)) => (Mark::Look, Some("refused the sign-in".to_owned())),
        (None, _) => (Mark::Unknown, None),
        (Some(_), _) if trouble.is_some() && is_gone => (Mark::Gone, trouble),
        (Some(_), _) if trouble.is_some() => (Mark::Look, trouble),
        (Some(_), _) if lost.is_some() => (Mark::Look, lost),
        (Some(_), _) => (Mark::Ok, None),
    };
    let took = last.and_then(|last| last.took);
    let asked = numbers.by_upstream.get(upstream.name()).copied();
    OverviewUpstream {
        name: upstream.name().to_owned(),
        address: upstream
            .url()
            .map_or_else(|| upstream.name().to_owned(), ToString::to_string),
        mark,
        latency_ms: took.map(|took| (took.as_secs_f64() * 10_000.0).round() / 10.0),
        share: part(asked.unwrap_or(0), all),
        after,
        reason,
    }
}

async fn projects(app: &App) -> Result<Vec<OverviewProject>, Failure> {
    let all = app.stocked().all().await?.into_iter();
    let mut projects: Vec<OverviewProject> = all
        .filter_map(|known| {
            let at = known.at();
            let Subject::Project(path) = known.subject else {
                return None;
            };
            let work = known.report.map(|report| report.work).unwrap_or_default();
            Some(OverviewProject {
                folder: path.display().to_string(),
                ready: work.ready,
                total: work.total,
                watched: known.watched,
                at,
            })
        })
        .collect();
    projects.sort_by_key(|project| std::cmp::Reverse(project.at));
    projects.truncate(PROJECTS);
    Ok(projects)
}
