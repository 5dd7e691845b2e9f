//! The record of a module: from memory, from what is kept, or looked up; proven in each case.

use std::sync::Arc;

use checksum_db::Record;
use go_module::ModuleVersion;
use upstream::Upstream;

use super::inquire::Question;
use super::way::Way;
use super::{Database, DatabaseError, Log, latest};
use crate::profile::Profile;
use crate::shared::Shared;

/// What may be asked for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// What is kept, else the network.
    Ask,
    /// What is kept.
    Kept,
}

/// The record by which the database vouches for a module version.
pub(crate) async fn vouch(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
    trust: Trust,
) -> Result<Arc<Record>, DatabaseError> {
    let (record, _) = vouch_and_tell(shared, profile, module, trust).await?;
    Ok(record)
}

/// Proves the record that a folder in the layout of a module proxy has, with the tiles that are kept and the folder's, and
/// keeps it.
pub(crate) async fn vouch_from(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
    folder: &Upstream,
) -> Result<(), DatabaseError> {
    let Some(database) = profile.database() else {
        return Err(DatabaseError::NotKept {
            name: "off".to_owned(),
            what: module.to_string(),
        });
    };
    let log = shared.log(database).await?;
    let asked = name_of(module).map_err(|error| log.refused(error))?;
    let inquiry = log.client().look_up(asked);
    let question = Question {
        log: &log,
        way: Some(&Way::at(folder.clone())),
        module: Some(module),
    };
    let proved = question.run(inquiry).await?;
    if let Some(record) = proved.record {
        log.records.insert(module.clone(), Arc::new(record));
    }
    Ok(())
}

/// The record, and whether the database was asked for it just now.
pub(super) async fn vouch_and_tell(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
    trust: Trust,
) -> Result<(Arc<Record>, bool), DatabaseError> {
    let Some(database) = profile.database() else {
        return Err(DatabaseError::NotKept {
            name: "off".to_owned(),
            what: module.to_string(),
        });
    };
    let log = shared.log(database).await?;
    if let Some(record) = log.records.get(module) {
        return Ok((record, false));
    }
    if let Some(record) = kept(&log, module).await {
        return Ok((record, false));
    }
    if trust == Trust::Kept || shared.offline(profile).is_some() {
        return Err(DatabaseError::NotKept {
            name: log.name.clone(),
            what: format!("the record of {module}"),
        });
    }
    let mut pending = log.asked.join(module.clone(), |promise| {
        let (shared, log, module) = (Arc::clone(shared), Arc::clone(&log), module.clone());
        let profile = Arc::clone(profile);
        let tasks = shared.tasks.clone();
        tasks.spawn(async move {
            let asked = async {
                match profile.database() {
                    Some(database) => look_up(&log, database, &module).await,
                    None => Err(DatabaseError::Stopping),
                }
            };
            let end = tokio::select! {
                looked_up = asked => looked_up,
                () = shared.stop.cancelled() => Err(DatabaseError::Stopping),
            };
            promise.keep(end);
        });
    });
    let looked_up = pending.wait().await.unwrap_or(Err(DatabaseError::Stopping));
    Ok((looked_up?, true))
}

/// The record that is kept, proven with the tiles that are kept.
async fn kept(log: &Arc<Log>, module: &ModuleVersion) -> Option<Arc<Record>> {
    let (reader, its_module) = (Arc::clone(log), module.clone());
    let reading = tokio::task::spawn_blocking(move || reader.kept_record(&its_module));
    let (id, text) = reading.await.ok()??;
    let asked = name_of(module).ok()?;
    let inquiry = log.client().prove_record(asked, id, &text);
    let question = Question {
        log,
        way: None,
        module: None,
    };
    match question.run(inquiry).await {
        Ok(proved) => {
            let record = Arc::new(proved.record?);
            log.records.insert(module.clone(), Arc::clone(&record));
            Some(record)
        }
        Err(error) => {
            tracing::warn!(%module, "the record that is kept is not proven, and is asked for anew: {error}");
            None
        }
    }
}

async fn look_up(
    log: &Arc<Log>,
    database: &Database,
    module: &ModuleVersion,
) -> Result<Arc<Record>, DatabaseError> {
    latest::learn(log, database).await;
    let asked = name_of(module).map_err(|error| log.refused(error))?;
    let inquiry = log.client().look_up(asked);
    let question = Question {
        log,
        way: Some(&database.way),
        module: Some(module),
    };
    let proved = question.run(inquiry).await?;
    let record = proved
        .record
        .ok_or_else(|| log.refused(checksum_db::Error::OutOfTurn))?;
    let record = Arc::new(record);
    log.records.insert(module.clone(), Arc::clone(&record));
    Ok(record)
}

pub(super) fn name_of(
    module: &ModuleVersion,
) -> Result<checksum_db::record::Module, checksum_db::Error> {
    checksum_db::record::Module::new(module.path.as_str(), module.version.as_str())
}
