//! What happens, brought to the desk: by the network, by upstreams, by who looks after the room.

use std::path::Path;
use std::time::Duration;

use delivery::{Alarm, AlarmKind, OfflineMode};
use tokio::sync::watch;
use tokio::time::sleep;
use upstream::{LastAsked, Upstream, UpstreamError};

use super::desk::{Fact, Ready};
use crate::app::{App, WeakApp};
use crate::mood::HOLD;
use crate::stock::Subject;

/// Listens for as long as modules are served.
pub(crate) async fn listen(app: WeakApp) {
    let Some((offline, turns)) = app.upgrade().and_then(|app| {
        let serving = app.serving().ok()?;
        let turns = serving.around().health().turns();
        Some((serving.delivery().offline(), turns))
    }) else {
        return;
    };
    tokio::join!(network(app.clone(), offline), upstreams(app, turns));
}

/// What Larder notices by itself of the network, once it has held for a moment. What a person says is told where they say it.
async fn network(
    app: WeakApp,
    mut offline: watch::Receiver<Option<std::sync::Arc<delivery::Offline>>>,
) {
    let mut was_noticed = false;
    loop {
        let noticed = offline
            .borrow_and_update()
            .as_ref()
            .map(|now| now.why.is_some());
        let Some(app) = app.upgrade() else { return };
        let is_auto = app.settings().offline == OfflineMode::Auto;
        match noticed {
            Some(true) if is_auto => {
                was_noticed = true;
                let ready = ready(&app).await;
                app.hear(&Fact::Offline { by: None, ready });
            }
            None if was_noticed && is_auto => {
                was_noticed = false;
                app.hear(&back(&app).await);
            }
            _ => {}
        }
        drop(app);
        // What comes and goes within that time is not told.
        loop {
            if offline.changed().await.is_err() {
                return;
            }
            sleep(HOLD).await;
            if !offline.has_changed().unwrap_or(false) {
                break;
            }
        }
    }
}

/// That a person said whether Larder is offline.
pub(crate) async fn told_offline(app: &App, was_offline: bool) {
    let by = crate::asked_by::By::now();
    let fact = match (was_offline, app.is_offline()) {
        (false, true) => Fact::Offline {
            by,
            ready: ready(app).await,
        },
        (true, false) => match back(app).await {
            Fact::Back { missed, .. } => Fact::Back { by, missed },
            other => other,
        },
        (false, false) | (true, true) => return,
    };
    app.hear(&fact);
}

/// That a notice is new.
pub(crate) fn heard_alarm(app: &App, alarm: &Alarm) {
    let subject = alarm.subject.clone();
    let fact = match alarm.kind {
        AlarmKind::Mismatch | AlarmKind::Changed => {
            // `module@version (zip)`
            let module = subject.split(' ').next().unwrap_or_default().to_owned();
            let path = module.split('@').next().unwrap_or_default();
            let serving = app.serving().ok();
            // Where it is not known, it is nobody's business.
            let is_private = serving
                .is_none_or(|serving| serving.delivery().profile().routes().is_private(path));
            Fact::Hash {
                subject,
                module,
                is_private,
            }
        }
        AlarmKind::Fork => Fact::Fork { database: subject },
        AlarmKind::HeadsLost => return,
    };
    app.hear(&fact);
}

async fn back(app: &App) -> Fact {
    let missed = app.store().missed_count().await.unwrap_or(0);
    Fact::Back { by: None, missed }
}

/// The project that was looked at last.
async fn ready(app: &App) -> Option<Ready> {
    let all = app.stocked().all().await.ok()?;
    let projects = all.into_iter().filter_map(|known| {
        let Subject::Project(path) = &known.subject else {
            return None;
        };
        let (name, report) = (folder(path)?, known.report?);
        Some((report.at, name, report.work))
    });
    let (_, name, work) = projects.max_by_key(|(at, ..)| *at)?;
    Some(Ready {
        name,
        ready: work.ready,
        total: work.total,
    })
}

/// The name of a project's folder, or of the one that a go.mod or go.work is in.
pub(crate) fn folder(path: &Path) -> Option<String> {
    let is_file = path
        .extension()
        .is_some_and(|it| it == "mod" || it == "work");
    let folder = if is_file { path.parent()? } else { path };
    Some(folder.file_name()?.to_string_lossy().into_owned())
}

/// What upstreams say of who asks.
async fn upstreams(app: WeakApp, mut turns: watch::Receiver<u64>) {
    loop {
        turns.borrow_and_update();
        let Some(app) = app.upgrade() else { return };
        if let Ok(serving) = app.serving() {
            let profile = serving.delivery().profile();
            for upstream in profile.routes().upstreams() {
                if let Some(access) = access(&app, upstream) {
                    let upstream = upstream.name().to_owned();
                    app.hear(&match access {
                        Access::Given => Fact::SignedIn { upstream },
                        Access::Needed => Fact::SignInNeeded { upstream },
                        Access::Refused => Fact::SignInRefused { upstream },
                    });
                }
            }
        }
        drop(app);
        if turns.changed().await.is_err() {
            return;
        }
        // Of many at once the last is enough.
        sleep(Duration::from_millis(50)).await;
    }
}

/// How an upstream took this person when it was asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It let them in.
    Given,
    /// It wants to be shown who they are.
    Needed,
    /// It does not take what is kept for it.
    Refused,
}

/// How an upstream took this person; none where it was not asked, or did not get as far.
pub(crate) fn access(app: &App, upstream: &Upstream) -> Option<Access> {
    let LastAsked { trouble, .. } = upstream.last_asked()?;
    match trouble {
        None => Some(Access::Given),
        Some(UpstreamError::Refused { status: 401, .. }) => {
            let origin = upstream.url()?.origin().parse().ok()?;
            let is_kept = app.credentials().kept_origins().contains(&origin);
            Some(if is_kept {
                Access::Refused
            } else {
                Access::Needed
            })
        }
        Some(UpstreamError::CredentialsMissing { .. }) => Some(Access::Needed),
        Some(_) => None,
    }
}
