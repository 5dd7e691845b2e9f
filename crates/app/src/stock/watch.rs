//! What was left undone is taken up at a start, and watched projects are stocked anew when their files change.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{Project, Remembered, Report, Subject};
use crate::app::{App, WeakApp};
use crate::command::{self, Stock};

/// How often the files of watched projects are looked at. A few `stat` calls cost nothing, and need no limit on watches.
const EVERY: Duration = Duration::from_secs(3);
/// When stocking is tried again that did not bring all.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// Keeps watched projects stocked, for as long as modules are served.
pub(crate) async fn keep(app: WeakApp) {
    let mut seen: HashMap<Subject, Seen> = HashMap::new();
    let mut is_start = true;
    loop {
        let Some(app) = app.upgrade() else { return };
        match app.stocked().all().await {
            Ok(all) => {
                for known in all {
                    let left_over = is_start && known.under_way;
                    if left_over || is_due(&known, &mut seen).await {
                        stock(&app, known.subject);
                    }
                }
            }
            Err(failure) => tracing::warn!("{failure}"),
        }
        is_start = false;
        drop(app);
        tokio::time::sleep(EVERY).await;
    }
}

/// What was seen of a watched project.
#[derive(Default)]
struct Seen {
    fingerprint: String,
    /// When it was last stocked in this state.
    tried: Option<Instant>,
}

/// Whether a watched project's files differ from what was stocked, or not all of it came; and whether they have stayed as
/// they are since the last look: an editor or `go` may be in the middle of it.
async fn is_due(known: &Remembered, seen: &mut HashMap<Subject, Seen>) -> bool {
    let Subject::Project(path) = &known.subject else {
        return false;
    };
    if !known.watched {
        return false;
    }
    let path = path.clone();
    let reading = tokio::task::spawn_blocking(move || Project::read(&path));
    let Ok(Ok(project)) = reading.await else {
        return false;
    };
    let now = project.fingerprint();
    let seen = seen.entry(known.subject.clone()).or_default();
    if seen.fingerprint != now {
        *seen = Seen {
            fingerprint: now,
            tried: None,
        };
        return false;
    }
    let is_whole = known.report.as_ref().is_some_and(Report::is_ready);
    let is_wanted = known.fingerprint != now || !is_whole;
    let is_time = seen.tried.is_none_or(|tried| tried.elapsed() >= AGAIN);
    let is_due = is_wanted && is_time && !known.under_way;
    if is_due {
        seen.tried = Some(Instant::now());
    }
    is_due
}

fn stock(app: &App, subject: Subject) {
    let name = subject.name();
    let job = Stock {
        subjects: vec![subject],
    };
    match command::start_job(app, job) {
        Ok(_) => tracing::info!("{name} is stocked"),
        Err(failure) => tracing::debug!("{name} is not stocked now: {failure}"),
    }
}
