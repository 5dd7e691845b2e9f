//! `/sumdb/…` for clients: records with the head that serves most of them, tiles cut to the width that is asked for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use checksum_db::{SignedHead, Tile, TilePath, record};
use go_module::{ModuleVersion, Request};

use super::inquire::Question;
use super::vouch::vouch_and_tell;
use super::{Database, DatabaseError, Log, Trust, latest};
use crate::error::DeliveryError;
use crate::event::Source;
use crate::profile::Profile;
use crate::routes::Cover;
use crate::shared::Shared;

/// Answers a client's request to the database `name`.
///
/// `/supported` is always 200 for the profile's database, offline too: with 404 `go` would dial the database itself.
pub(crate) async fn serve(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    request: &Request,
    name: &str,
    rest: &str,
    trust: Trust,
) -> Result<(Bytes, Source), DeliveryError> {
    let database = profile
        .database()
        .filter(|database| database.name() == name);
    let Some(database) = database else {
        return Err(DeliveryError::OtherChecksumDb {
            asked: name.to_owned(),
            ours: profile.database_name().to_owned(),
        });
    };
    if rest == "supported" {
        return Ok((Bytes::new(), Source::Cache));
    }
    if let Some(module) = request.lookup() {
        return look_up(shared, profile, database, &module, trust).await;
    }
    let log = shared.log(database).await.map_err(DeliveryError::from)?;
    if rest == "latest" {
        return Ok((newest(&log, database, trust).await?, Source::Cache));
    }
    let path: Option<TilePath> = rest.parse().ok();
    match path.and_then(|path| path.tile()) {
        Some(asked) => Ok(tile(&log, database, asked, trust).await?),
        None => Err(DeliveryError::Database(DatabaseError::NotKept {
            name: name.to_owned(),
            what: rest.to_owned(),
        })),
    }
}

async fn look_up(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    database: &Database,
    module: &ModuleVersion,
    trust: Trust,
) -> Result<(Bytes, Source), DeliveryError> {
    match profile.route(module.path.as_str()).cover {
        // A record is public; whether it is heeded is for the client to say.
        Cover::Database | Cover::Allowed => {}
        cover @ (Cover::Off | Cover::Private | Cover::Excepted) => {
            return Err(DeliveryError::OutsideDatabase {
                path: module.path.to_string(),
                database: database.name().to_owned(),
                cover,
            });
        }
    }
    let (record, asked) = vouch_and_tell(shared, profile, module, trust).await?;
    let log = shared.log(database).await?;
    if trust == Trust::Ask {
        // What clients know is stocked before they are told of more.
        latest::learn(&log, database).await;
    }
    let head = log
        .head_under(record.id())
        .ok_or_else(|| DatabaseError::NotKept {
            name: log.name.clone(),
            what: format!("a head for the record of {module}"),
        })?;
    let answer = record::answer(record.id(), record.text(), &head);
    Ok((answer.into(), source(database, asked)))
}

fn source(database: &Database, asked: bool) -> Source {
    if asked {
        Source::Upstream(database.way.name())
    } else {
        Source::Cache
    }
}

/// The newest head; asked for only where none is known.
async fn newest(log: &Arc<Log>, database: &Database, trust: Trust) -> Result<Bytes, DatabaseError> {
    let known = log.client().newest().cloned();
    let head = match known {
        Some(head) => head,
        None => {
            let inquiry = log.client().refresh();
            question(log, database, trust).run(inquiry).await?;
            let newest = log.client().newest().cloned();
            newest.ok_or_else(|| log.refused(checksum_db::Error::NoHead))?
        }
    };
    Ok(Bytes::copy_from_slice(SignedHead::note(&head).as_bytes()))
}

/// What the database answered when it was asked how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseProbe {
    /// How many records it has, by the newest head that is known and proven.
    pub records: u64,
    /// Who was asked: an upstream that passes it on, or the database itself.
    pub through: String,
    /// How long it took to ask and to prove.
    pub took: Duration,
}

/// Asks for the newest head, and proves it; whatever is known already.
pub(crate) async fn probe(
    shared: &Shared,
    database: &Database,
) -> Result<DatabaseProbe, DatabaseError> {
    let log = shared.log(database).await?;
    let begun = Instant::now();
    let inquiry = log.client().refresh();
    question(&log, database, Trust::Ask).run(inquiry).await?;
    let records = log.client().newest().map(SignedHead::size);
    Ok(DatabaseProbe {
        records: records.ok_or_else(|| log.refused(checksum_db::Error::NoHead))?,
        through: database.way.name(),
        took: begun.elapsed(),
    })
}

/// A tile, cut from the widest that is kept; fetched where none is wide enough.
async fn tile(
    log: &Arc<Log>,
    database: &Database,
    asked: Tile,
    trust: Trust,
) -> Result<(Bytes, Source), DatabaseError> {
    let is_news = match asked.told_size() {
        Some(size) => log.client().learn_size(size),
        None => false,
    };
    let reader = Arc::clone(log);
    let reading = tokio::task::spawn_blocking(move || {
        if is_news && let Err(error) = reader.keep_heads() {
            tracing::warn!(database = %reader.name, "the size that a client knows can't be kept: {error}");
        }
        reader.kept_tile(asked)
    });
    let kept = reading.await.map_err(|_| DatabaseError::Stopping)?;
    if let Some(cut) = kept.as_ref().and_then(|wider| cut(asked, wider)) {
        return Ok((cut, Source::Cache));
    }
    let inquiry = log.client().fetch_tile(asked);
    let proved = question(log, database, trust).run(inquiry).await?;
    let proven = proved
        .tiles
        .iter()
        .find(|(tile, _)| tile.at() == asked.at());
    match proven.and_then(|(_, wider)| asked.cut(wider)) {
        Some(cut) => Ok((Bytes::copy_from_slice(cut), source(database, true))),
        None => Err(DatabaseError::NotKept {
            name: log.name.clone(),
            what: asked.to_string(),
        }),
    }
}

fn cut(asked: Tile, wider: &Bytes) -> Option<Bytes> {
    asked.cut(wider).map(|cut| wider.slice_ref(cut))
}

fn question<'a>(log: &'a Arc<Log>, database: &'a Database, trust: Trust) -> Question<'a> {
    Question {
        log,
        way: (trust == Trust::Ask).then_some(&database.way),
        module: None,
    }
}
