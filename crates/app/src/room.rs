//! Room: the cache stays within its quota, and leaves its disk a reserve.
//!
//! One task looks after it while modules are served: whenever as much was kept as there was room for, and every minute.
//! Which versions go is the store's to say; here is when, and who is told.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{ActivityRow, Limits, Room, RoomMade, Store, Victim};
use tokio::sync::Notify;
use ts_rs::TS;

use crate::app::{App, WeakApp};
use crate::changes::Topic;
use crate::command::QuotaForeseen;
use crate::failure::Failure;
use crate::notify::Fact;
use crate::settings::{Quota, Settings, shown};

/// How often it is looked, whatever happens.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How long it rests at first where nothing more may go.
const REST: Duration = Duration::from_secs(10);
/// What was kept or used so long ago at most stays: `go` may be about to ask for the version's other files.
const SPARED_FOR: Duration = Duration::from_secs(10);
/// The reserve where a person has set none, in bytes; or a twentieth of the disk, if that is less.
const RESERVE: u64 = 1_000_000_000;
/// Of a cache that is too large, clones may take this part at most: they only save time.
const CLONES_PART: u64 = 5;
/// The most rows that one pass writes into the activity log.
const ROWS: usize = 2000;

/// How the room stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RoomReport {
    /// The most bytes of the cache; nothing where there is no limit.
    pub quota: Option<u64>,
    /// The least bytes that are to stay free on the disk.
    pub reserve: u64,
    /// What counts for the quota: files of versions with their sidecars, records and tiles of checksum databases, answers
    /// of upstreams, clones of repositories, what was set aside as damaged.
    pub used: u64,
    /// What is free on the disk of the cache, where the system says so.
    pub free: Option<u64>,
    /// Bytes of versions that must stay, where that was asked for or the cache is over its limits.
    pub must_stay: Option<u64>,
    /// What a person should know, a sentence each.
    pub warnings: Vec<String>,
}

/// How the room stands; with what must stay where it is over its limits, or the caller wants to know.
pub(crate) async fn report(app: &App, with_must_stay: bool) -> Result<RoomReport, Failure> {
    let store = app.store();
    let room = store.room().await?;
    let limits = limits(&app.settings(), &room);
    let is_over = limits.over(&room) > 0;
    let must_stay = if is_over || with_must_stay {
        Some(store.kept_bytes().await?)
    } else {
        None
    };
    Ok(RoomReport {
        quota: limits.quota,
        reserve: limits.reserve,
        used: room.used(),
        free: room.free,
        must_stay,
        warnings: warnings(&limits, &room, must_stay.unwrap_or(0)),
    })
}

fn warnings(limits: &Limits, room: &Room, must_stay: u64) -> Vec<String> {
    let mut warnings = Vec::new();
    let used = room.used();
    if let Some(quota) = limits.quota.filter(|quota| used > *quota) {
        warnings.push(if must_stay > quota {
            below_what_must_stay(quota, must_stay)
                + ". Raise it (larder cache quota SIZE), or let something go (larder pin shows what stays, larder unpin PATTERN)"
        } else {
            format!(
                "the cache takes {}, more than its quota of {}; what was not used for longest goes as soon as it may",
                shown(used),
                shown(quota)
            )
        });
    }
    if let Some(free) = room.free.filter(|free| *free < limits.reserve) {
        let evictable = room.versions.saturating_sub(must_stay);
        let what_now = if evictable > 0 {
            "what was not used for longest goes"
        } else {
            "and nothing that Larder keeps may go: make room elsewhere, or let something go (larder pin shows what stays)"
        };
        warnings.push(format!(
            "{} are free on the disk of the cache, less than the reserve of {}; {what_now}",
            shown(free),
            shown(limits.reserve)
        ));
    }
    warnings
}

/// The limits that hold now.
fn limits(settings: &Settings, room: &Room) -> Limits {
    let Quota(quota) = settings.quota;
    let by_itself = || room.disk.map_or(RESERVE, |disk| RESERVE.min(disk / 20));
    Limits {
        quota,
        reserve: settings.reserve.unwrap_or_else(by_itself),
        spare_since: Timestamp::now() - SPARED_FOR,
    }
}

/// Makes room where there is too little, and tells what went.
pub(crate) async fn make(app: &App) -> Result<RoomMade, Failure> {
    let store = app.store();
    let room = store.room().await?;
    let limits = limits(&app.settings(), &room);
    if limits.to_free(&room) == 0 {
        return Ok(RoomMade {
            before: room,
            after: room,
            ..RoomMade::default()
        });
    }
    if let (Some(quota), Ok(serving)) = (limits.quota, app.serving()) {
        serving.shrink_clones(quota / CLONES_PART).await;
    }
    let delivery = app.deliveries();
    let is_under_way = |version: &_| delivery.iter().any(|it| it.is_under_way(version));
    let made = store.make_room(&limits, &is_under_way).await;
    // Even where it failed half-way: what is gone from the disk must not be taken for kept.
    delivery.iter().for_each(|it| it.forget_kept());
    let made = made?;
    tell(app, &limits, &made).await;
    Ok(made)
}

/// What would go within this quota, and whether that is enough.
pub(crate) async fn foresee(app: &App, quota: Quota) -> Result<QuotaForeseen, Failure> {
    let store = app.store();
    let now = store.room().await?;
    let settings = Settings {
        quota,
        ..Settings::clone(&app.settings())
    };
    let limits = limits(&settings, &now);
    let delivery = app.deliveries();
    let is_under_way = |version: &_| delivery.iter().any(|it| it.is_under_way(version));
    let leaving = store.leaving(&limits, &is_under_way).await?;
    let why_not = match (quota, leaving.short_by) {
        (Quota(None), _) | (Quota(Some(_)), 0) => None,
        (Quota(Some(quota)), short_by) => {
            let must_stay = store.kept_bytes().await?;
            Some(if must_stay > quota {
                below_what_must_stay(quota, must_stay)
            } else {
                format!(
                    "even without what may go now the cache takes {} more than {}",
                    shown(short_by),
                    shown(quota)
                )
            })
        }
    };
    Ok(QuotaForeseen {
        ok: why_not.is_none(),
        why_not,
        versions: leaving.versions,
        bytes: leaving.bytes,
    })
}

fn below_what_must_stay(quota: u64, must_stay: u64) -> String {
    format!(
        "the quota of the cache, {}, is less than what must stay, {}: none of that goes",
        shown(quota),
        shown(must_stay)
    )
}

async fn tell(app: &App, limits: &Limits, made: &RoomMade) {
    let why = match limits.quota {
        Some(quota) if made.before.used() > quota => {
            format!("the cache was over its quota of {}", shown(quota))
        }
        Some(_) | None => format!(
            "less than {} were free on the disk of the cache",
            shown(limits.reserve)
        ),
    };
    for Victim {
        tree,
        version,
        bytes,
        last_used,
    } in &made.victims
    {
        tracing::info!(%version, %tree, bytes, %last_used, "gone to make room: {why}");
    }
    if !made.victims.is_empty() {
        app.last_look().numbers_changed();
        app.changes().tell(&[Topic::Cache, Topic::State]);
        let bytes: u64 = made.victims.iter().map(|victim| victim.bytes).sum();
        let versions = made.victims.len();
        tracing::info!(
            versions,
            bytes,
            used = made.after.used(),
            "room was made: {why}"
        );
    }
    let rows: Vec<ActivityRow> = made
        .victims
        .iter()
        .take(ROWS)
        .map(|victim| row(victim, &why))
        .collect();
    app.activity().write_down(&rows).await;
}

fn row(victim: &Victim, why: &str) -> ActivityRow {
    let version = &victim.version;
    ActivityRow {
        at: Timestamp::now(),
        module: Some(version.path.to_string()),
        version: Some(version.version.to_string()),
        kind: "version".to_owned(),
        source: "cache".to_owned(),
        upstream: None,
        bytes: victim.bytes,
        millis: 0,
        micros: 0,
        outcome: "evicted".to_owned(),
        times: 1,
        background: true,
        detail: Some(format!(
            "{why}; last used {}",
            victim.last_used.strftime("%Y-%m-%d %H:%M UTC")
        )),
        path: format!(
            "{}/@v/{}",
            version.path.escaped(),
            version.version.escaped()
        ),
        steps: None,
    }
}

/// Tells whether the disk is nearly full.
fn tell_of_disk(app: &App, room: &Room, is_short: bool) {
    let reserve = limits(&app.settings(), room).reserve;
    let fact = match room.free {
        Some(free) if free < reserve => Fact::DiskFull { free, is_short },
        Some(_) | None => Fact::DiskHasRoom,
    };
    app.hear(&fact);
}

/// How many bytes may still come before it is worth a look.
fn left(limits: &Limits, room: &Room) -> u64 {
    let below_quota = limits
        .quota
        .map_or(u64::MAX, |quota| quota.saturating_sub(room.used()));
    let on_disk = room
        .free
        .map_or(u64::MAX, |free| free.saturating_sub(limits.reserve));
    below_quota.min(on_disk)
}

/// How many bytes may come now without anything going for it.
pub(crate) async fn left_now(app: &App) -> Result<u64, Failure> {
    let room = app.store().room().await?;
    Ok(left(&limits(&app.settings(), &room), &room))
}

/// Looks after the room, for as long as it is polled.
pub(crate) async fn keep(store: Store, look: Arc<Notify>, app: WeakApp) {
    let mut grown = store.grown();
    let (mut rest, mut is_told) = (REST, false);
    loop {
        let before = *grown.borrow_and_update();
        let Some(app) = app.upgrade() else { return };
        let made = make(&app).await;
        let left = match &made {
            Ok(made) if made.short_by == 0 => {
                let limits = limits(&app.settings(), &made.after);
                Some(left(&limits, &made.after))
            }
            Ok(made) => {
                if !is_told {
                    let bytes = made.short_by;
                    tracing::warn!(
                        bytes,
                        "the cache is over its limits, and nothing more may go now: the rest is pinned, of a stocked project, or in use"
                    );
                }
                None
            }
            Err(failure) => {
                if !is_told {
                    tracing::warn!("room could not be made in the cache: {failure}");
                }
                None
            }
        };
        let is_short = matches!(&made, Ok(made) if made.short_by > 0);
        app.set_room_is_short(is_short);
        if let Ok(made) = &made {
            tell_of_disk(&app, &made.after, is_short);
        }
        drop(app);
        is_told = left.is_none();
        match left {
            Some(left) => {
                rest = REST;
                let full = grown.wait_for(|grown| grown.saturating_sub(before) > left);
                tokio::select! {
                    _ = full => {}
                    () = look.notified() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
            // What is in use now may go soon; what must stay, not.
            None => {
                tokio::time::sleep(rest).await;
                rest = (rest * 2).min(LOOK_EVERY);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(versions: u64, free: u64) -> Room {
        Room {
            versions,
            free: Some(free),
            disk: Some(10_000_000_000),
            ..Room::default()
        }
    }

    #[test]
    fn the_reserve_is_a_twentieth_of_a_small_disk() {
        let settings = Settings::default();
        assert_eq!(limits(&settings, &room(0, 0)).reserve, 500_000_000);
        let large = Room {
            disk: Some(1_000_000_000_000),
            ..room(0, 0)
        };
        assert_eq!(limits(&settings, &large).reserve, RESERVE);
        let set = Settings {
            reserve: Some(7),
            ..settings
        };
        assert_eq!(limits(&set, &large).reserve, 7);
    }

    #[test]
    fn what_is_said() {
        let limits = Limits {
            quota: Some(1_000_000),
            reserve: 1_000_000,
            spare_since: Timestamp::UNIX_EPOCH,
        };
        let said = |versions, free, must_stay| {
            warnings(&limits, &room(versions, free), must_stay).join("\n")
        };
        assert_eq!(said(1_000_000, 1_000_000, 900_000), "");
        assert!(
            said(3_000_000, 1_000_000, 2_000_000)
                .contains("1 MB, is less than what must stay, 2 MB")
        );
        assert!(said(3_000_000, 1_000_000, 0).contains("takes 3 MB, more than its quota of 1 MB"));
        assert!(said(3, 999_000, 3).contains("nothing that Larder keeps may go"));
        assert!(said(3, 999_000, 0).contains("what was not used for longest goes"));
    }
}
