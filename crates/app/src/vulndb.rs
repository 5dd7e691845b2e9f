//! The kept copy of the Go vulnerability database: where it is, and how it is kept up to date.
//!
//! Taking one in and asking the source are [`command`]s; what a run of govulncheck asks is served from
//! the copy that was open when it began, whatever takes its place meanwhile.

mod refresh;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use delivery::OfflineMode;
use go_tool::CallerEnv;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OwnedMutexGuard};
use vulnerability_db::VulnerabilityDbError;
pub use vulnerability_db::{About as VulndbAbout, Copy as VulndbCopy};

use crate::app::{App, WeakApp};
use crate::command::{self, VulndbRefresh};
use crate::failure::{Code, Failure};
use crate::places::Places;

pub(crate) use refresh::refresh;

/// From this age on a person is told how old the copy is: vulnerabilities come to be known every day.
pub const VULNDB_IS_OLD_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How old the copy is when its source is asked again by itself.
const ASKED_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// How long a start has to itself before the source is asked.
const FIRST_LOOK: Duration = Duration::from_secs(20);
/// How often it is looked whether to ask; so long it is left alone after it failed, too.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// The turn to write the copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turn(Arc<Mutex<()>>);

impl Turn {
    /// Takes it, if nobody has it.
    pub(crate) fn take(&self) -> Result<OwnedMutexGuard<()>, Failure> {
        Arc::clone(&self.0).try_lock_owned().map_err(|_| {
            let message = "the vulnerability database is being written by another command";
            Failure::new(Code::BadInput, message).hint("wait for its end, then try again")
        })
    }
}

/// Opens the copy that is kept; `None` where there is none. No instance is needed for that, and none is disturbed: the
/// copy is one file that is never changed, only replaced.
///
/// # Errors
/// `disk` where it is damaged or can't be read.
pub async fn open_vulndb(places: &Places) -> Result<Option<VulndbCopy>, Failure> {
    let path = places.vulndb();
    blocking(move || VulndbCopy::open(&path)).await
}

/// Where govulncheck is: in the caller's PATH, or where `go install` puts programs.
///
/// # Errors
/// `not-found`, which says how to get it.
pub async fn find_govulncheck(caller: &CallerEnv) -> Result<PathBuf, Failure> {
    const NAME: &str = "govulncheck";
    go_tool::installed(NAME, caller).await.ok_or_else(|| {
        Failure::new(
            Code::NotFound,
            "there is no govulncheck in your PATH, nor where `go install` puts programs",
        )
        .hint("install it (through Larder it is then kept too): go install golang.org/x/vuln/cmd/govulncheck@latest")
    })
}

/// There is no copy, and how to come by one.
pub fn no_vulndb() -> Failure {
    Failure::new(Code::NotFound, "no copy of the Go vulnerability database is kept")
        .hint("take one in from a folder or a zip of it: larder vulndb import FOLDER|ZIP")
        .hint("or set vulnerability-database in settings.toml to where it is served, and run: larder vulndb refresh")
}

/// Asks the source again whenever the copy is a day old, as long as the settings name one.
pub(crate) async fn keep_fresh(app: WeakApp) {
    tokio::time::sleep(FIRST_LOOK).await;
    loop {
        {
            let Some(app) = app.upgrade() else { return };
            if may_ask(&app) && is_due(open_vulndb(app.places()).await, Timestamp::now()) {
                let job = command::start_job(&app, VulndbRefresh {});
                let watched = job.and_then(|id| app.jobs().watch(id));
                drop(app);
                if let Ok(mut job) = watched
                    && let Ok(state) = job.wait_for(|state| state.end.is_some()).await
                    && let Some(Err(failure)) = &state.end
                {
                    tracing::info!("the vulnerability database stays as it is: {failure}");
                }
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether the source may be asked by itself: the settings name one, and Larder is not offline, by its own notice or because a
/// person said so.
fn may_ask(app: &App) -> bool {
    let settings = app.settings();
    settings.vulnerability_database.is_some()
        && settings.offline != OfflineMode::On
        && !app.is_offline()
}

fn is_due(kept: Result<Option<VulndbCopy>, Failure>, now: Timestamp) -> bool {
    match kept {
        Ok(Some(copy)) => now.duration_since(copy.about().as_of) >= ASKED_AGAIN_AFTER,
        // A damaged one is made anew.
        Ok(None) | Err(_) => true,
    }
}

/// Runs what blocks on the disk where that is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VulnerabilityDbError> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    Ok(done?)
}

impl From<VulnerabilityDbError> for Failure {
    fn from(error: VulnerabilityDbError) -> Self {
        use VulnerabilityDbError as E;
        let message = error.to_string();
        match error {
            E::Io { .. } => Self::new(Code::Disk, message),
            E::Damaged { .. } => Self::new(Code::Disk, message).hint(
                "take it in again: larder vulndb import FOLDER|ZIP, or larder vulndb refresh",
            ),
            E::NoDatabase { .. }
            | E::NoZip { .. }
            | E::Hostile { .. }
            | E::TooLarge { .. }
            | E::Malformed { .. }
            | E::Disagree { .. } => Self::new(Code::BadInput, message),
        }
    }
}

#[cfg(test)]
mod tests;
