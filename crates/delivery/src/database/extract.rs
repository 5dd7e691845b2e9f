//! A part of the database that stands by itself: the records of some modules, all under one head, and the tiles that prove
//! them. Behind `GOPROXY=file://` a client that never saw the database verifies with it, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use checksum_db::{SignedHead, record};
use go_module::ModuleVersion;

use super::inquire::Question;
use super::log::escaped;
use super::vouch::{name_of, vouch};
use super::{DatabaseError, Trust};
use crate::profile::Profile;
use crate::shared::Shared;

/// How often it is begun anew because the newest head was raised meanwhile.
const TRIES: usize = 4;

/// A part of a database, as files below `sumdb/<name>/`.
#[derive(Clone, Debug, Default)]
pub struct Extract {
    /// The database's name.
    pub name: String,
    /// The files, by their path below the database's folder.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The modules whose record can't be had, and why.
    pub without: Vec<(ModuleVersion, DatabaseError)>,
}

/// Puts together what proves the records of these modules under the newest head, asking for what of it is not kept.
pub(crate) async fn extract(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    modules: &[ModuleVersion],
) -> Result<Extract, DatabaseError> {
    let Some(database) = profile.database() else {
        return Ok(Extract::default());
    };
    let log = shared.log(database).await?;
    let mut records = Vec::new();
    let mut without = Vec::new();
    for module in modules {
        match vouch(shared, profile, module, Trust::Ask).await {
            Ok(record) => records.push((module, record)),
            Err(error @ (DatabaseError::Stopping | DatabaseError::Fork { .. })) => {
                return Err(error);
            }
            Err(error) => without.push((module.clone(), error)),
        }
    }
    let newest = || log.client().newest().cloned();
    'anew: for _ in 0..TRIES {
        let Some(head) = newest() else { break };
        let mut extract = Extract {
            name: log.name.clone(),
            without: without.clone(),
            ..Extract::default()
        };
        for (module, record) in &records {
            let asked = name_of(module).map_err(|error| log.refused(error))?;
            let inquiry = log.client().prove_record(asked, record.id(), record.text());
            let question = Question {
                log: &log,
                way: Some(&database.way),
                module: None,
            };
            let proved = match question.run(inquiry).await {
                Ok(proved) => proved,
                Err(error @ (DatabaseError::Stopping | DatabaseError::Fork { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    extract.without.push(((*module).clone(), error));
                    continue;
                }
            };
            if newest().as_ref() != Some(&head) {
                continue 'anew;
            }
            extract.add(module, record, &head, proved.tiles);
        }
        if !extract.files.is_empty() {
            extract.files.insert("supported".to_owned(), Vec::new());
        }
        return Ok(extract);
    }
    // Nothing was ever heard of the database, or it never stands still.
    let missing = |module: &ModuleVersion| DatabaseError::NotKept {
        name: log.name.clone(),
        what: format!("a head for the record of {module}"),
    };
    without.extend(
        records
            .iter()
            .map(|(module, _)| ((*module).clone(), missing(module))),
    );
    Ok(Extract {
        name: log.name.clone(),
        without,
        ..Extract::default()
    })
}

impl Extract {
    fn add(
        &mut self,
        module: &ModuleVersion,
        record: &checksum_db::Record,
        head: &SignedHead,
        tiles: Vec<(checksum_db::Tile, Vec<u8>)>,
    ) {
        let answer = record::answer(record.id(), record.text(), head);
        self.files
            .insert(format!("lookup/{}", escaped(module)), answer.into());
        for (tile, bytes) in tiles {
            self.files.insert(tile.to_string(), bytes);
        }
    }
}
