//! Carries a question of the client to its end: asks, reads and proves in turns, keeps what was proven.

use std::sync::Arc;

use bytes::Bytes;
use checksum_db::{FULL, Inquiry, Proved, Step, Tile};
use futures_util::{StreamExt, TryStreamExt, stream};
use go_module::ModuleVersion;

use super::log::{Log, escaped};
use super::way::Way;
use super::{DatabaseError, log};

/// How many tiles are asked for at once.
const AT_ONCE: usize = 8;

/// A question, and how it may be answered.
pub(super) struct Question<'a> {
    pub(super) log: &'a Arc<Log>,
    /// The way to the database; without one, only what is kept counts.
    pub(super) way: Option<&'a Way>,
    /// The module that is asked about, if one is; its record is then kept.
    pub(super) module: Option<&'a ModuleVersion>,
}

impl Question<'_> {
    /// Asks until it is proven, and keeps what was.
    ///
    /// Tiles that were kept and prove wrong are asked for afresh, once: a damaged file must not stand in the way of the
    /// truth. What is wrong as it comes is refused.
    pub(super) async fn run(&self, mut inquiry: Inquiry) -> Result<Proved, DatabaseError> {
        let mut trusts_kept = true;
        loop {
            match self.log.step(&mut inquiry)? {
                Step::Lookup => {
                    let rest = match self.module {
                        Some(module) => format!("lookup/{}", escaped(module)),
                        None => return Err(self.refused(checksum_db::Error::OutOfTurn)),
                    };
                    let answer = self.get(rest).await?;
                    inquiry
                        .answer(&answer)
                        .map_err(|error| self.refused(error))?;
                }
                Step::Latest => {
                    let answer = self.get("latest".to_owned()).await?;
                    inquiry
                        .answer(&answer)
                        .map_err(|error| self.refused(error))?;
                }
                Step::Tiles(asked) => {
                    let gathered = self.gather(&asked, trusts_kept).await?;
                    let any_kept = gathered.iter().any(|tile| tile.was_kept);
                    let tiles = gathered
                        .into_iter()
                        .map(|tile| (tile.tile, tile.bytes.to_vec()));
                    let tiles: Vec<_> = tiles.collect();
                    let proving = tokio::task::spawn_blocking(move || {
                        let proven = inquiry.tiles(tiles);
                        (inquiry, proven)
                    });
                    let (returned, proven) = proving.await.map_err(|_| DatabaseError::Stopping)?;
                    inquiry = returned;
                    match proven {
                        Ok(()) => {}
                        Err(error) if any_kept && self.way.is_some() => {
                            tracing::warn!(database = %self.log.name, "kept tiles prove wrong and are asked for afresh: {error}");
                            self.log.distrust(&asked);
                            trusts_kept = false;
                        }
                        Err(error) => return Err(self.refused(error)),
                    }
                }
                Step::Done(proved) => {
                    self.keep(&proved).await?;
                    return Ok(*proved);
                }
            }
        }
    }

    async fn keep(&self, proved: &Proved) -> Result<(), DatabaseError> {
        let (log, module, proved) = (Arc::clone(self.log), self.module.cloned(), proved.clone());
        let kept = tokio::task::spawn_blocking(move || log.keep(&proved, module.as_ref()));
        kept.await.map_err(|_| DatabaseError::Stopping)?
    }

    fn refused(&self, error: checksum_db::Error) -> DatabaseError {
        self.log.refused(error)
    }

    async fn get(&self, rest: String) -> Result<Bytes, DatabaseError> {
        let name = &self.log.name;
        let Some(way) = self.way else {
            return Err(DatabaseError::NotKept {
                name: name.clone(),
                what: rest,
            });
        };
        let got = way.get(name, rest.clone()).await;
        got.map_err(|cause| DatabaseError::of(name, &rest, cause))
    }

    async fn gather(
        &self,
        asked: &[Tile],
        trusts_kept: bool,
    ) -> Result<Vec<Gathered>, DatabaseError> {
        let mut gathered = Vec::new();
        if trusts_kept {
            let (log, wanted) = (Arc::clone(self.log), asked.to_vec());
            let reading = tokio::task::spawn_blocking(move || read(&log, wanted));
            gathered = reading.await.map_err(|_| DatabaseError::Stopping)?;
        }
        let is_missing = |tile: &&Tile| gathered.iter().all(|kept| kept.tile != **tile);
        let missing: Vec<Tile> = asked.iter().filter(is_missing).copied().collect();
        let fetched: Vec<Gathered> = stream::iter(missing)
            .map(|tile| self.fetch(tile))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        gathered.extend(fetched);
        Ok(gathered)
    }

    /// A tile from the network. An upstream that does not have a partial one has the whole.
    async fn fetch(&self, tile: Tile) -> Result<Gathered, DatabaseError> {
        let bytes = match self.get(tile.to_string()).await {
            Err(DatabaseError::NotThere { .. }) if !tile.is_full() => {
                let whole = Tile::new(tile.level(), tile.n(), FULL);
                self.get(whole.unwrap_or(tile).to_string()).await?
            }
            got => got?,
        };
        Ok(Gathered {
            tile,
            bytes,
            was_kept: false,
        })
    }
}

struct Gathered {
    tile: Tile,
    bytes: Bytes,
    was_kept: bool,
}

fn read(log: &log::Log, wanted: Vec<Tile>) -> Vec<Gathered> {
    let kept = |tile| {
        let bytes = log.kept_tile(tile)?;
        Some(Gathered {
            tile,
            bytes,
            was_kept: true,
        })
    };
    wanted.into_iter().filter_map(kept).collect()
}
