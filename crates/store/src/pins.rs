//! Pins: with which hash a file outside every checksum database was first seen. A later one must be the same.

use std::slice::from_ref;

use go_module::{FileKind, H1, ModulePath, ModuleVersion, Version};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::filter::Filter;
use crate::layout::Tree;
use crate::state::State;
use crate::store::{Store, blocking};

/// Pins read or written at once.
const PAGE: usize = 1000;

/// The hash with which a file was first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Where the file belongs: another realm may have another.
    pub realm: Tree,
    /// The version.
    pub module: ModuleVersion,
    /// Which of the version's files.
    pub kind: FileKind,
    /// Go's own hash of it.
    pub h1: H1,
    /// When it was seen. Kept to the microsecond.
    pub seen_at: Timestamp,
    /// The name of the upstream that it came from.
    pub upstream: String,
    /// Whether it was made while earlier ones were known to be lost (see [`FirstSight`](crate::FirstSight)): then it may
    /// be no first sight at all. [`Store::pin`] sets it, whatever the caller says.
    pub after_loss: bool,
}

/// Which pins are marked as made after a loss, while one is not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Each of them.
    All,
    /// Those of files that were seen since.
    BySight,
}

/// What came of pinning a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pinned {
    /// Nobody had seen the file before.
    First,
    /// It was seen before with this hash.
    Same,
    /// It was seen before with another hash: this is the pin that holds.
    Differs(Pin),
}

impl Store {
    /// Pins a file on first sight, or says how it was seen first. Of several at once one is the first, and all others are
    /// held against it. A first pin is on the disk when this returns.
    pub async fn pin(&self, pin: Pin) -> Result<Pinned, StoreError> {
        if let Some(first) = self.pinned(&pin.realm, &pin.module, pin.kind).await? {
            return Ok(compare(&pin, first));
        }
        let (files, identity) = (self.files().clone(), self.state().identity().await?);
        // Before the pin: a state that has pins and is lost afterwards is missed.
        blocking(move || files.mark_first_sight(&identity)).await?;
        loop {
            if self.state().insert_pins(from_ref(&pin), Mark::All).await? == 1 {
                return Ok(Pinned::First);
            }
            // Somebody else was first; unless that one was forgotten again.
            if let Some(first) = self.pinned(&pin.realm, &pin.module, pin.kind).await? {
                return Ok(compare(&pin, first));
            }
        }
    }

    /// How a file was first seen.
    pub async fn pinned(
        &self,
        realm: &Tree,
        module: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Option<Pin>, StoreError> {
        self.state().pinned(realm, module, kind).await
    }

    /// The pins of the versions that the filter names, ordered by realm, path, version text and kind.
    pub async fn pins(&self, filter: &Filter) -> Result<Vec<Pin>, StoreError> {
        self.state().pins(filter).await
    }

    /// Forgets the pins of the versions that the filter names, so that the next sight of each is its first; says how many.
    pub async fn forget_pins(&self, filter: &Filter) -> Result<u64, StoreError> {
        let pins = self.pins(filter).await?;
        let mut forgotten = 0;
        for pins in pins.chunks(PAGE) {
            forgotten += self.state().delete_pins(pins).await?;
        }
        Ok(forgotten)
    }
}

fn compare(pin: &Pin, first: Pin) -> Pinned {
    if first.h1 == pin.h1 {
        Pinned::Same
    } else {
        Pinned::Differs(first)
    }
}

impl State {
    /// Adds those pins whose file has none, and says how many. Whether earlier ones are lost is looked up in the same
    /// statement.
    pub(crate) async fn insert_pins(&self, pins: &[Pin], mark: Mark) -> Result<u64, StoreError> {
        let rows = pins.iter().map(|pin| {
            json!([
                pin.realm.to_string(),
                pin.module.path.as_str(),
                pin.module.version.as_str(),
                pin.kind.extension(),
                pin.h1.to_string(),
                pin.seen_at.as_microsecond(),
                pin.upstream,
            ])
        });
        let inserted = sqlx::query(
            "INSERT INTO pins (realm, path, version, kind, h1, seen_at, upstream, after_loss)
             SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6,
                    coalesce((SELECT ?2 OR lost_since <= value->>5 FROM first_sight WHERE lost_since IS NOT NULL), 0)
             FROM json_each(?1) WHERE true
             ON CONFLICT (realm, path, version, kind) DO NOTHING",
        )
        .bind(Value::from_iter(rows).to_string())
        .bind(mark == Mark::All)
        .execute(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        Ok(inserted.rows_affected())
    }

    async fn pinned(
        &self,
        realm: &Tree,
        module: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Option<Pin>, StoreError> {
        let row =
            sqlx::query("SELECT * FROM pins WHERE (realm, path, version, kind) = (?1, ?2, ?3, ?4)")
                .bind(realm.to_string())
                .bind(module.path.as_str().to_owned())
                .bind(module.version.as_str().to_owned())
                .bind(kind.extension())
                .fetch_optional(&self.pool().await?)
                .await
                .map_err(|error| self.error(error))?;
        row.map(|row| pin(&row))
            .transpose()
            .map_err(|error| self.error(error))
    }

    async fn pins(&self, filter: &Filter) -> Result<Vec<Pin>, StoreError> {
        let mut pins: Vec<Pin> = Vec::new();
        let mut after = [const { String::new() }; 4];
        loop {
            let [realm, path, version, kind] = after.clone();
            let rows = sqlx::query(
                "SELECT * FROM pins WHERE (realm, path, version, kind) > (?1, ?2, ?3, ?4)
                 ORDER BY realm, path, version, kind LIMIT ?5",
            )
            .bind(realm)
            .bind(path)
            .bind(version)
            .bind(kind)
            .bind(PAGE as i64)
            .fetch_all(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
            for row in &rows {
                let pin = pin(row).map_err(|error| self.error(error))?;
                after = key(&pin);
                if filter.matches(&pin.module.path, &pin.module.version) {
                    pins.push(pin);
                }
            }
            if rows.len() < PAGE {
                return Ok(pins);
            }
        }
    }

    async fn delete_pins(&self, pins: &[Pin]) -> Result<u64, StoreError> {
        let deleted = sqlx::query(
            "DELETE FROM pins WHERE (realm, path, version, kind) IN
                 (SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1))",
        )
        .bind(Value::from_iter(pins.iter().map(|pin| json!(key(pin)))).to_string())
        .execute(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        Ok(deleted.rows_affected())
    }
}

fn key(pin: &Pin) -> [String; 4] {
    [
        pin.realm.to_string(),
        pin.module.path.as_str().to_owned(),
        pin.module.version.as_str().to_owned(),
        pin.kind.extension().to_owned(),
    ]
}

/// Reads a row. One that says nothing is an error: passed over, the next sight would be taken for the first.
fn pin(row: &SqliteRow) -> Result<Pin, sqlx::Error> {
    fn read<T, E>(
        row: &SqliteRow,
        column: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, sqlx::Error>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let text: String = row.try_get(column)?;
        parse(&text).map_err(|error| unreadable(column, error))
    }
    let path = read(row, "path", ModulePath::parse)?;
    let version = read(row, "version", Version::parse)?;
    let kind: String = row.try_get("kind")?;
    Ok(Pin {
        realm: read(row, "realm", str::parse)?,
        module: ModuleVersion::new(path, version).map_err(|error| unreadable("version", error))?,
        kind: FileKind::from_extension(&kind)
            .ok_or_else(|| unreadable("kind", std::io::Error::other("no kind of file")))?,
        h1: read(row, "h1", str::parse)?,
        seen_at: Timestamp::from_microsecond(row.try_get("seen_at")?)
            .map_err(|error| unreadable("seen_at", error))?,
        upstream: row.try_get("upstream")?,
        after_loss: row.try_get("after_loss")?,
    })
}

fn unreadable(column: &str, error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(error),
    }
}
