//! Whether the pins are all there. Losing them must not go unnoticed: what came after would be trusted on first sight again.
//!
//! The state has an identity, drawn when it was made. Once there is a pin, the cache folder holds the same text in
//! `first-sight`. A cache whose text is another one was used with pins that are no longer there.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use go_module::{FileKind, ModuleVersion};
use jiff::Timestamp;
use sqlx::SqlitePool;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::disk::Entry;
use crate::error::StoreError;
use crate::files::Files;
use crate::layout::{Tree, file_name, sidecar_name};
use crate::pins::{Mark, Pin};
use crate::progress::{self, OnProgress};
use crate::sidecar::{Found, Sidecar};
use crate::state::state_error;
use crate::store::{Store, blocking};

/// The file in the cache folder.
const FILE: &str = "first-sight";
/// No identity is longer, in bytes.
const MAX: u64 = 1024;
/// Pins restored in one transaction.
const CHUNK: usize = 256;

/// Whether the pins are all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstSight {
    /// As far as can be known.
    Intact,
    /// The state was lost or replaced, and pins with it. Lasts until [`Store::acknowledge_loss`].
    Lost {
        /// When that was noticed.
        since: Timestamp,
    },
}

impl Store {
    /// Whether the pins are all there, as found when the state was opened.
    pub fn first_sight(&self) -> FirstSight {
        self.state().first_sight()
    }

    /// On the person's word: the loss is known, and pins made from now on are as good as any. Those made meanwhile stay
    /// marked.
    pub async fn acknowledge_loss(&self) -> Result<(), StoreError> {
        let (files, identity) = (self.files().clone(), self.state().identity().await?);
        // The cache folder may still hold the identity of the state that was lost, where it could not be written.
        blocking(move || files.put_first_sight(&identity)).await?;
        self.state().acknowledge_loss().await
    }

    /// Makes pins again from the `h1:` hashes in the sidecars of files that the given realms keep, for files that have
    /// none; says how many. Reads sidecars only, and can be done again at any time. A file kept after the loss gets a pin
    /// that is marked so.
    ///
    /// # Errors
    /// [`StoreError::Cancelled`] by the token; what was restored so far stays.
    pub async fn restore_pins(
        &self,
        of: impl Fn(&Tree) -> bool + Send + 'static,
        on_progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<u64, StoreError> {
        let _turn = self.care_turn().await?;
        let total = self.index().usage().await?.files;
        let files = self.files().clone();
        let (sender, mut chunks) = mpsc::channel::<Vec<Pin>>(1);
        let walk = progress::run(total, on_progress, cancel, move |steps| {
            let send =
                |chunk: Vec<Pin>| sender.blocking_send(chunk).map_err(|_| StoreError::Closed);
            for tree in files.trees()? {
                if !matches!(tree, Tree::Realm(_)) || !of(&tree) {
                    continue;
                }
                let mut chunk = Vec::new();
                files.walk(&tree, |met| {
                    steps.check()?;
                    let Some(place) = met.place.filter(|place| !place.is_sidecar) else {
                        return Ok(());
                    };
                    steps.done(0);
                    chunk.extend(files.pin_of(&tree, &place.version, place.kind)?);
                    if chunk.len() == CHUNK {
                        send(std::mem::take(&mut chunk))?;
                    }
                    Ok(())
                })?;
                if !chunk.is_empty() {
                    send(chunk)?;
                }
            }
            Ok(())
        });
        let write = async {
            let mut restored = 0;
            while let Some(chunk) = chunks.recv().await {
                restored += self.state().insert_pins(&chunk, Mark::BySight).await?;
            }
            Ok(restored)
        };
        let ((), restored) = tokio::try_join!(walk, write)?;
        Ok(restored)
    }
}

impl Files {
    /// The pin that a kept file's sidecar tells of.
    fn pin_of(
        &self,
        realm: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Option<Pin>, StoreError> {
        let Some(folder) = self.versions(realm, version)? else {
            return Ok(None);
        };
        let name = sidecar_name(&file_name(&version.version, kind));
        let Found::Sidecar(sidecar) = Sidecar::read(&folder, &name)? else {
            return Ok(None);
        };
        Ok(sidecar.h1.map(|h1| Pin {
            realm: realm.clone(),
            module: version.clone(),
            kind,
            h1,
            seen_at: sidecar.kept_at,
            upstream: sidecar.origin,
            after_loss: false,
        }))
    }

    /// Writes the state's identity into the cache folder, unless there is one: one that differs is judged at the next
    /// open.
    pub(crate) fn mark_first_sight(&self, identity: &str) -> Result<(), StoreError> {
        match self.cache_or_create()?.open(FILE)? {
            Entry::Absent => self.put_first_sight(identity),
            Entry::File(_) | Entry::Other => Ok(()),
        }
    }

    fn put_first_sight(&self, identity: &str) -> Result<(), StoreError> {
        let mut temporary = self.temporary()?;
        temporary.write(format!("{identity}\n").as_bytes())?;
        temporary.sync()?;
        let cache = self.cache_or_create()?;
        temporary.place(&cache, FILE)?;
        cache.sync()
    }

    /// The identity that the cache folder holds; `None` where it holds none.
    fn first_sight(&self) -> Result<Option<String>, StoreError> {
        let cache = self.cache_or_create()?;
        let file = match cache.open(FILE)? {
            Entry::Absent => return Ok(None),
            // Whatever it is, it is not what this state put there.
            Entry::Other => return Ok(Some(String::new())),
            Entry::File(file) => file,
        };
        let mut bytes = Vec::new();
        file.take(MAX)
            .read_to_end(&mut bytes)
            .map_err(|cause| StoreError::io("read", &cache.path().join(FILE), cause))?;
        Ok(Some(String::from_utf8_lossy(&bytes).trim_end().to_owned()))
    }
}

/// Holds the identity of a state that was just opened against the cache folder's; returns it, and whether pins are lost.
pub(crate) async fn judge(
    pool: &SqlitePool,
    path: &Path,
    files: &Arc<Files>,
) -> Result<(String, FirstSight), StoreError> {
    let (identity, mut lost_since, has_pins): (String, Option<i64>, bool) = sqlx::query_as(
        "SELECT identity, lost_since, EXISTS (SELECT 1 FROM pins) FROM first_sight WHERE id = 1",
    )
    .fetch_one(pool)
    .await
    .map_err(|error| state_error(path, error))?;
    let reading = files.clone();
    let mark = blocking(move || reading.first_sight()).await?;
    let is_other = mark.as_ref().is_some_and(|mark| *mark != identity);
    if is_other && lost_since.is_none() {
        let now = Timestamp::now().as_microsecond();
        sqlx::query("UPDATE first_sight SET lost_since = ?1 WHERE id = 1")
            .bind(now)
            .execute(pool)
            .await
            .map_err(|error| state_error(path, error))?;
        tracing::warn!(path = %path.display(), "the state is not the one that the cache was used with: what was known by first sight is lost");
        lost_since = Some(now);
    }
    // Only now that the loss is written down may the cache folder forget the state that was lost.
    if is_other || (mark.is_none() && has_pins) {
        let (files, identity) = (files.clone(), identity.clone());
        if let Err(error) = blocking(move || files.put_first_sight(&identity)).await {
            tracing::warn!(%error, "a loss of the state would go unnoticed until this can be written");
        }
    }
    let first_sight = lost_since.map_or(FirstSight::Intact, |since| FirstSight::Lost {
        since: Timestamp::from_microsecond(since).unwrap_or_default(),
    });
    Ok((identity, first_sight))
}
