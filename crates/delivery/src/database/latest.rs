//! The newest head that `go` itself has seen on this computer, and the trees that clients know: learned, and stocked.
//!
//! `$GOPATH/pkg/sumdb/<name>/latest` survives `go clean -modcache`: `go` will want to see proven that whatever it is told
//! next goes on from there. Offline that can be shown only with tiles that were fetched before.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use super::inquire::Question;
use super::{Database, DatabaseError, Log};
use crate::shared::Shared;

/// The longest head that is read.
const MAX: u64 = 64 << 10;
/// How long an answer may wait for tiles that others may need.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the file is looked at when nobody asks.
const EVERY: Duration = Duration::from_secs(60);
/// How many times a few sizes are stocked before an answer.
const ROUNDS: usize = 16;

/// Learns what `go` has seen, if that changed, and fetches the tiles that are wanted for all known trees. What fails is
/// tried again later: nobody's answer depends on it.
pub(super) async fn learn(log: &Arc<Log>, database: &Database) {
    if !log.may_ask_unasked() {
        return;
    }
    let work = async {
        learn_go_latest(log, database).await?;
        stock(log, database).await
    };
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(())) => {}
        Ok(Err(error @ (DatabaseError::Refused { .. } | DatabaseError::Fork { .. }))) => {
            tracing::warn!(database = %log.name, "the head that go has seen is not taken: {error}");
        }
        Ok(Err(error)) => {
            tracing::debug!(database = %log.name, "what clients know can't be stocked now: {error}");
            log.rest();
        }
        Err(_slow) => log.rest(),
    }
}

/// Looks at the head that `go` has seen at the start and now and then, for as long as modules are delivered.
pub(crate) async fn keep_learning(shared: Weak<Shared>) {
    loop {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let profile = shared.profile();
        let database = profile.database().filter(|it| it.go_latest.is_some());
        if let Some(database) = database.filter(|_| shared.offline(&profile).is_none()) {
            match shared.log(database).await {
                Ok(log) => learn(&log, database).await,
                Err(error) => tracing::warn!("{error}"),
            }
        }
        drop(shared);
        tokio::time::sleep(EVERY).await;
    }
}

async fn learn_go_latest(log: &Arc<Log>, database: &Database) -> Result<(), DatabaseError> {
    let Some(file) = database.go_latest.clone() else {
        return Ok(());
    };
    let before = *log.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let reading = tokio::task::spawn_blocking(move || read_changed(&file, before));
    let Ok(Some((state, note))) = reading.await else {
        return Ok(());
    };
    let seen = || *log.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    let inquiry = log.client().learn_head(&note);
    let learned = match inquiry {
        Ok(inquiry) => question(log, database).run(inquiry).await.map(drop),
        Err(error) => Err(log.refused(error)),
    };
    match &learned {
        // Not the network's fault: it stays as it is until the file changes.
        Ok(()) | Err(DatabaseError::Refused { .. } | DatabaseError::Fork { .. }) => seen(),
        Err(_) => {}
    }
    learned
}

async fn stock(log: &Arc<Log>, database: &Database) -> Result<(), DatabaseError> {
    for _ in 0..ROUNDS {
        if !log.client().must_stock() {
            break;
        }
        let inquiry = log.client().stock();
        question(log, database).run(inquiry).await?;
    }
    Ok(())
}

fn question<'a>(log: &'a Arc<Log>, database: &'a Database) -> Question<'a> {
    Question {
        log,
        way: Some(&database.way),
        module: None,
    }
}

/// The file's state and bytes, if they are others than before.
fn read_changed(
    file: &Path,
    before: Option<(SystemTime, u64)>,
) -> Option<((SystemTime, u64), Vec<u8>)> {
    let mut file = std::fs::File::open(file).ok()?;
    let meta = file.metadata().ok()?;
    let state = (meta.modified().ok()?, meta.len());
    if before == Some(state) || state.1 == 0 || state.1 > MAX {
        return None;
    }
    let mut bytes = Vec::new();
    Read::take(&mut file, MAX).read_to_end(&mut bytes).ok()?;
    Some((state, bytes))
}
