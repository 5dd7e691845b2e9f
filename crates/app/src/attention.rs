//! What needs a hand, worst first, each with what mends it.

use serde::{Deserialize, Serialize};
use store::FirstSight;
use ts_rs::TS;
use upstream::PoolReport;

use crate::app::App;
use crate::credentials::EncryptedFileState;
use crate::degraded::trouble;
use crate::failure::Failure;
use crate::go_env;
use crate::nodes;
use crate::notices::Notice;
use crate::notify::{Access, access};
use crate::settings::shown;

/// Something that needs a hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Attention {
    /// What kind of thing, one word: the window has its own texts for some.
    pub kind: String,
    /// What it is, a sentence.
    pub what: String,
    /// Where, or more about it.
    pub r#where: Option<String>,
    /// What mends it.
    pub mend: Mend,
}

/// What mends something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Mend {
    /// Go is pointed at Larder.
    PointGo,
    /// A person signs in.
    SignIn {
        /// To this origin.
        origin: String,
    },
    /// A person looks there.
    Open {
        /// An address of the window: `#/activity?…`.
        route: String,
    },
    /// The pause ends.
    Resume,
    /// The notice is put away.
    Dismiss {
        /// Its number.
        id: u64,
    },
    /// A person types this.
    Command {
        /// In a shell.
        text: String,
    },
}

impl Mend {
    fn open(route: &str) -> Self {
        Self::Open {
            route: route.to_owned(),
        }
    }

    fn command(text: impl Into<String>) -> Self {
        Self::Command { text: text.into() }
    }
}

/// All that needs a hand now, as far as it is known.
///
/// # Errors
/// `disk` where the notices can't be read.
pub(crate) async fn attention(app: &App) -> Result<Vec<Attention>, Failure> {
    let mut rows: Vec<Attention> = app.notices().all().await?.into_iter().map(notice).collect();
    rows.extend(first_sight(app));
    rows.extend(damaged(app));
    rows.extend(disk(app).await?);
    rows.extend(upstreams(app));
    rows.extend(mirrors(app));
    rows.extend(locked(app));
    rows.extend(go(app).await);
    rows.extend(settings(app));
    rows.extend(missed(app).await?);
    Ok(rows)
}

/// What was missed while offline, once it can be had.
async fn missed(app: &App) -> Result<Option<Attention>, Failure> {
    let what = match app.store().missed_count().await? {
        _ if app.is_offline() => return Ok(None),
        0 => return Ok(None),
        1 => "1 module was asked for and missing".to_owned(),
        count => format!("{count} modules were asked for and missing"),
    };
    let mend = Mend::open("#/stock?show=missed");
    Ok(Some(row("missed", what, None, mend)))
}

fn row(kind: &str, what: String, place: Option<String>, mend: Mend) -> Attention {
    Attention {
        kind: kind.to_owned(),
        what: format!("{what}."),
        r#where: place,
        mend,
    }
}

fn notice(notice: Notice) -> Attention {
    use delivery::AlarmKind;

    let (kind, what) = match notice.kind {
        AlarmKind::Mismatch => ("hash", "A hash does not agree with the checksum database"),
        AlarmKind::Changed => ("changed", "A hash is not the one that was seen first"),
        AlarmKind::Fork => ("fork", "The checksum database has two histories"),
        AlarmKind::HeadsLost => ("heads-lost", "The heads of a checksum database are lost"),
    };
    let mend = Mend::Dismiss { id: notice.id };
    row(kind, what.to_owned(), Some(notice.subject), mend)
}

fn first_sight(app: &App) -> Option<Attention> {
    let FirstSight::Lost { since } = app.store().first_sight() else {
        return None;
    };
    let what = format!(
        "The hashes that Larder saw first are lost since {}",
        since.strftime("%Y-%m-%d")
    );
    let mend = Mend::command("larder trust acknowledge");
    Some(row("first-sight-lost", what, None, mend))
}

fn damaged(app: &App) -> Option<Attention> {
    let what = match app.store().damage_count() {
        0 => return None,
        1 => "1 kept file was damaged, and is fetched anew when it is asked for".to_owned(),
        count => format!("{count} kept files were damaged, and are fetched anew when asked for"),
    };
    Some(row("damaged", what, None, Mend::open("#/cache")))
}

async fn disk(app: &App) -> Result<Option<Attention>, Failure> {
    let room = &app.last_look().numbers(app).await?.room;
    let cache = Some(app.places().cache.display().to_string());
    if let Some(free) = room.free.filter(|free| *free < room.reserve) {
        let what = format!("The disk is nearly full: {} left", shown(free));
        return Ok(Some(row("disk", what, cache, Mend::open("#/cache"))));
    }
    if app.room_is_short() {
        let what = "The cache is over its quota, and nothing of it may go".to_owned();
        return Ok(Some(row("quota", what, cache, Mend::open("#/cache"))));
    }
    Ok(None)
}

fn upstreams(app: &App) -> Vec<Attention> {
    let Ok(serving) = app.serving() else {
        return Vec::new();
    };
    let is_offline = app.is_offline();
    let profile = serving.delivery().profile();
    let upstreams = profile.routes().upstreams().into_iter();
    let rows = upstreams.filter_map(|upstream| {
        let name = upstream.name();
        let sign_in = || {
            let origin = upstream.url().map(|url| url.origin());
            Mend::SignIn {
                origin: origin.unwrap_or_default(),
            }
        };
        match access(app, upstream) {
            Some(Access::Needed) => {
                let what = format!("{name} asks you to sign in");
                return Some(row("sign-in-needed", what, None, sign_in()));
            }
            Some(Access::Refused) => {
                let what = format!("{name} refused the sign-in");
                return Some(row("sign-in-refused", what, None, sign_in()));
            }
            Some(Access::Given) | None => {}
        }
        if let Some(pool) = upstream.pool().filter(nodes::has_lost_nodes) {
            return lost_nodes(&pool).filter(|_| !is_offline);
        }
        let reason = trouble(upstream).filter(|_| !is_offline)?;
        let what = format!("{name} {reason}");
        let place = upstream.last_asked()?.trouble?.to_string();
        Some(row(
            "upstream",
            what,
            Some(place),
            Mend::open("#/upstreams"),
        ))
    });
    rows.collect()
}

/// Nodes that were taken out of their turn, by themselves or by hand.
fn lost_nodes(pool: &PoolReport) -> Option<Attention> {
    let mut out = pool.nodes.iter().filter(|node| !node.departed);
    let by_hand = out.find(|node| node.by_hand);
    let mend = match by_hand {
        Some(node) => Mend::command(format!("larder node restore {}", node.name)),
        None => Mend::open("#/upstreams"),
    };
    let what = format!("{}: {}", pool.upstream, nodes::line(pool));
    Some(row("node", what, None, mend))
}

fn mirrors(app: &App) -> Vec<Attention> {
    let Ok(serving) = app.serving() else {
        return Vec::new();
    };
    let delivery = serving.delivery();
    let (profile, reports) = (delivery.profile(), delivery.mirrors().into_iter());
    let in_force = profile.mirror().map(|mirror| mirror.upstream.name());
    let differ = reports.filter(|it| it.different > 0 && in_force == Some(&*it.name));
    let rows = differ.map(|report| {
        let times = match report.different {
            1 => "1 request".to_owned(),
            more => format!("{more} requests"),
        };
        let what = format!("The mirror {} answered {times} otherwise", report.name);
        let newest = report.differences.last().map(|it| it.request.clone());
        row(
            "mirror",
            what,
            newest,
            Mend::command("larder mirror report"),
        )
    });
    rows.collect()
}

fn locked(app: &App) -> Option<Attention> {
    if app.credentials().file_state() != EncryptedFileState::Locked {
        return None;
    }
    let what = "The encrypted file of credentials is locked".to_owned();
    let mend = Mend::command("larder credentials unlock");
    Some(row("credentials-locked", what, None, mend))
}

async fn go(app: &App) -> Vec<Attention> {
    let mut rows = Vec::new();
    let look = app.last_look().go(app);
    if app.go_env().paused().is_some() {
        let what = "Larder is paused: go env is as it was before".to_owned();
        rows.push(row("paused", what, None, Mend::Resume));
        return rows;
    }
    let overrides = look.as_ref().map(|look| look.overrides.clone());
    let overrides = overrides.unwrap_or_default();
    let is_overridden = overrides.iter().any(|(key, _)| key == "GOPROXY");
    if !go_env::points_here(app).await && !is_overridden {
        let what = "go does not ask here".to_owned();
        let why_not = look.and_then(|look| look.why_not.clone());
        rows.push(row("go-elsewhere", what, why_not, Mend::PointGo));
    }
    for (key, from) in overrides {
        let what = format!("Your shell overrides {key}");
        let place = from.map(|from| format!("{from} wins over go env"));
        rows.push(row("shell-override", what, place, Mend::open("#/private")));
    }
    rows
}

fn settings(app: &App) -> Vec<Attention> {
    let settings = app.settings();
    let warnings = settings.warnings.iter();
    let row = |warning: &String| {
        let file = app.places().settings().display().to_string();
        let what = warning.trim_start_matches(&format!("{file}:")).to_owned();
        row("settings", what, Some(file), Mend::open("#/settings"))
    };
    warnings.map(row).collect()
}
