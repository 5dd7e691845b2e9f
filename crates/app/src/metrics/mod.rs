//! What can be counted of an instance, for who watches it from outside: never a module's name, never user info, and no
//! more series than there are upstreams and nodes.
//!
//! What happens is counted where it happens, with atomics (`delivery`'s counts, `upstream`'s tallies). Here it is read,
//! together with how things stand at the moment, when somebody asks.

mod families;
mod nodes;
mod port;
mod text;

use delivery::{Counted, MirrorReport};
use jiff::Timestamp;
use upstream::{PoolReport, Tallied};

use crate::app::App;
use crate::degraded::degraded;
use crate::failure::Failure;
use crate::mood::{Facts, Mood};
use crate::room::{self, RoomReport};

pub use self::port::MetricsPort;

/// What is counted, and how things stand.
#[derive(Debug, Default)]
struct Numbers {
    /// Since when it is up.
    since: Option<Timestamp>,
    mood: Option<Mood>,
    offline: bool,
    answered: Counted,
    /// What was asked of upstreams.
    asked: Vec<Tallied>,
    pools: Vec<PoolReport>,
    mirrors: Vec<MirrorReport>,
    flights: usize,
    go_children: usize,
    kept_versions: u64,
    kept_files: u64,
    kept_bytes: u64,
    damaged: u64,
    room: Option<RoomReport>,
    missed: u64,
    notices: usize,
}

/// The numbers as Prometheus reads them (text format 0.0.4).
///
/// # Errors
/// `disk` where what is kept can't be counted.
pub(crate) async fn text(app: &App) -> Result<String, Failure> {
    Ok(text::write(families::of(&numbers(app).await?)))
}

async fn numbers(app: &App) -> Result<Numbers, Failure> {
    let serving = app.serving()?;
    let delivery = serving.delivery();
    let offline = app.is_offline();
    let usage = app.store().usage().await?;
    Ok(Numbers {
        since: Some(serving.since()),
        mood: Some(Mood::of(Facts {
            paused: app.go_env().paused().is_some(),
            offline,
            trouble: degraded(app).is_some(),
        })),
        offline,
        answered: delivery.counted(),
        asked: serving.around().health().tallied(),
        pools: serving.around().pools().reports(),
        mirrors: delivery.mirrors(),
        flights: delivery.under_way(),
        go_children: go_tool::children(),
        kept_versions: usage.versions,
        kept_files: usage.files,
        kept_bytes: usage.bytes,
        damaged: app.store().damage_count(),
        room: Some(room::report(app, false).await?),
        missed: app.store().missed_count().await?,
        notices: app.notices().all().await?.len(),
    })
}
