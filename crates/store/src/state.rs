//! Lasting state: what was asked and what came of it, and small values. Never thrown away without the person's word.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteRow, SqliteSynchronous};
use sqlx::{Row, SqlitePool};

use crate::database::{self, Fault, Purpose, fault};
use crate::disk::{Folder, place_of};
use crate::error::StoreError;
use crate::files::Files;
use crate::first_sight::{self, FirstSight};

const FILE: &str = "state.sqlite";
const PURPOSE: Purpose = Purpose {
    migrations: &[
        (
            "activity",
            include_str!("../migrations/state/0001_activity.sql"),
        ),
        (
            "first sight",
            include_str!("../migrations/state/0002_first_sight.sql"),
        ),
        ("keeps", include_str!("../migrations/state/0003_keeps.sql")),
        (
            "missed",
            include_str!("../migrations/state/0004_missed.sql"),
        ),
    ],
    synchronous: SqliteSynchronous::Full,
    connections: 1,
};

/// What was asked and what came of it, as plain columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRow {
    /// When it was asked. Kept to the microsecond.
    pub at: Timestamp,
    /// The module, where the request named one.
    pub module: Option<String>,
    /// The version, where the request named one.
    pub version: Option<String>,
    /// What was asked for: `list`, `latest`, `query`, `info`, `mod`, `zip`, ...
    pub kind: String,
    /// Where the answer came from: the cache, an upstream, ...
    pub source: String,
    /// The upstream's name, where one was asked.
    pub upstream: Option<String>,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// What came of it.
    pub outcome: String,
    /// How often, where the same was asked several times in a moment and is told once.
    pub times: u64,
    /// Whether nobody asked: Larder brought it along.
    pub background: bool,
    /// More about it, for a person.
    pub detail: Option<String>,
    /// The path of the request, without the token.
    pub path: String,
}

/// The lasting state, open.
#[derive(Debug)]
pub(crate) struct State {
    data: PathBuf,
    path: PathBuf,
    files: Arc<Files>,
    current: RwLock<Arc<Opened>>,
    /// Held by the one who opens the file anew.
    replacing: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Opened {
    pool: SqlitePool,
    place: Option<(u64, u64)>,
    identity: String,
    first_sight: Mutex<FirstSight>,
}

impl State {
    pub(crate) async fn open(data: PathBuf, files: Arc<Files>) -> Result<Self, StoreError> {
        let path = data.join(FILE);
        let opened = open(&data, &path, &files).await?;
        Ok(Self {
            data,
            path,
            files,
            current: RwLock::new(Arc::new(opened)),
            replacing: tokio::sync::Mutex::new(()),
        })
    }

    pub(crate) async fn close(&self) {
        self.current().pool.close().await;
    }

    fn current(&self) -> Arc<Opened> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The open database; opened anew when somebody took the file away or put back another.
    pub(crate) async fn pool(&self) -> Result<SqlitePool, StoreError> {
        Ok(self.opened().await?.pool.clone())
    }

    async fn opened(&self) -> Result<Arc<Opened>, StoreError> {
        let opened = self.current();
        if opened.pool.is_closed() {
            return Err(StoreError::Closed);
        }
        if place_of(&self.path).is_ok_and(|place| place == opened.place) {
            return Ok(opened);
        }
        let _replacing = self.replacing.lock().await;
        if Arc::ptr_eq(&self.current(), &opened) {
            tracing::warn!(path = %self.path.display(), "the state file was taken away while Larder ran: opened anew");
            let anew = open(&self.data, &self.path, &self.files).await?;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(anew);
            opened.pool.close().await;
        }
        Ok(self.current())
    }

    /// Which state this is.
    pub(crate) async fn identity(&self) -> Result<String, StoreError> {
        Ok(self.opened().await?.identity.clone())
    }

    pub(crate) fn first_sight(&self) -> FirstSight {
        *self.current().first_sight()
    }

    pub(crate) async fn acknowledge_loss(&self) -> Result<(), StoreError> {
        let opened = self.opened().await?;
        sqlx::query("UPDATE first_sight SET lost_since = NULL WHERE id = 1")
            .execute(&opened.pool)
            .await
            .map_err(|error| self.error(error))?;
        *opened.first_sight() = FirstSight::Intact;
        Ok(())
    }

    pub(crate) fn error(&self, error: sqlx::Error) -> StoreError {
        state_error(&self.path, error)
    }

    /// Writes rows in their order, all or none.
    pub(crate) async fn record(&self, rows: &[ActivityRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let rows = rows.iter().map(|row| {
            json!([
                row.at.as_microsecond(),
                row.module,
                row.version,
                row.kind,
                row.source,
                row.upstream,
                number(row.bytes),
                number(row.millis),
                row.outcome,
                number(row.times),
                i64::from(row.background),
                row.detail,
                row.path
            ])
        });
        sqlx::query(
            "INSERT INTO activity (at, module, version, kind, source, upstream, bytes, millis, outcome, times, background, detail,
                                   path)
             SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8,
                    value->>9, value->>10, value->>11, value->>12
             FROM json_each(?1) ORDER BY key",
        )
        .bind(Value::from_iter(rows).to_string())
        .execute(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Rows after a number, oldest first.
    pub(crate) async fn activity(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ActivityRow)>, StoreError> {
        let rows = sqlx::query("SELECT * FROM activity WHERE seq > ?1 ORDER BY seq LIMIT ?2")
            .bind(after)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        rows.iter()
            .map(numbered)
            .collect::<Result<_, _>>()
            .map_err(|error| self.error(error))
    }

    /// The newest rows, oldest of them first.
    pub(crate) async fn last_activity(
        &self,
        limit: usize,
    ) -> Result<Vec<(i64, ActivityRow)>, StoreError> {
        let rows = sqlx::query("SELECT * FROM activity ORDER BY seq DESC LIMIT ?1")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        rows.iter()
            .rev()
            .map(numbered)
            .collect::<Result<_, _>>()
            .map_err(|error| self.error(error))
    }

    /// Lets rows go that are older than `max_age` before `now`, and the oldest beyond `max_rows`; says how many went.
    pub(crate) async fn prune(
        &self,
        max_rows: u64,
        max_age: Duration,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let eldest = now.checked_sub(max_age).unwrap_or(Timestamp::MIN);
        let pruned = sqlx::query(
            "DELETE FROM activity WHERE at < ?1
             OR seq <= (SELECT seq FROM activity ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
        )
        .bind(eldest.as_microsecond())
        .bind(i64::try_from(max_rows).unwrap_or(i64::MAX))
        .execute(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        Ok(pruned.rows_affected())
    }

    pub(crate) async fn value(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let text: Option<String> =
            sqlx::query_scalar("SELECT json FROM kept_values WHERE key = ?1")
                .bind(key.to_owned())
                .fetch_optional(&self.pool().await?)
                .await
                .map_err(|error| self.error(error))?;
        let parse = |text: String| serde_json::from_str(&text);
        text.map(parse)
            .transpose()
            .map_err(|cause| StoreError::Value {
                key: key.to_owned(),
                cause,
            })
    }

    pub(crate) async fn set_value(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO kept_values (key, json) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET json = excluded.json")
            .bind(key.to_owned())
            .bind(value.to_string())
            .execute(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }

    pub(crate) async fn remove_value(&self, key: &str) -> Result<bool, StoreError> {
        let removed = sqlx::query("DELETE FROM kept_values WHERE key = ?1")
            .bind(key.to_owned())
            .execute(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        Ok(removed.rows_affected() > 0)
    }
}

impl Opened {
    fn first_sight(&self) -> MutexGuard<'_, FirstSight> {
        self.first_sight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// On the person's word: gives a state file that Larder refuses another name, and returns it.
pub(crate) fn set_aside(data: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let path = data.join(FILE);
    let suffix = format!(".set-aside-{}", now.as_second());
    database::move_aside(&path, &suffix).map_err(|cause| StoreError::io("set aside", &path, cause))
}

async fn open(data: &Path, path: &Path, files: &Arc<Files>) -> Result<Opened, StoreError> {
    Folder::top_or_create(data)?;
    let pool = database::open(path, &PURPOSE)
        .await
        .map_err(|error| state_error(path, error))?;
    let judged = async {
        let place = place_of(path).map_err(|cause| StoreError::io("inspect", path, cause))?;
        let (identity, first_sight) = first_sight::judge(&pool, path, files).await?;
        Ok((place, identity, first_sight))
    };
    match judged.await {
        Ok((place, identity, first_sight)) => Ok(Opened {
            pool,
            place,
            identity,
            first_sight: Mutex::new(first_sight),
        }),
        Err(error) => {
            pool.close().await;
            Err(error)
        }
    }
}

pub(crate) fn state_error(path: &Path, error: sqlx::Error) -> StoreError {
    let path = path.to_owned();
    match fault(&error) {
        Fault::Damaged => StoreError::StateDamaged {
            path,
            cause: Box::new(error),
        },
        Fault::Newer => StoreError::StateNewer { path },
        Fault::Full => StoreError::DiskFull {
            doing: "write",
            path,
        },
        Fault::ReadOnly => StoreError::ReadOnly {
            doing: "write",
            path,
        },
        Fault::PoolClosed => StoreError::Closed,
        Fault::Other => match error {
            sqlx::Error::Io(cause) => StoreError::io("open", &path, cause),
            error => StoreError::State {
                path,
                cause: Box::new(error),
            },
        },
    }
}

fn numbered(row: &SqliteRow) -> Result<(i64, ActivityRow), sqlx::Error> {
    let activity = ActivityRow {
        at: Timestamp::from_microsecond(row.try_get("at")?).unwrap_or_default(),
        module: row.try_get("module")?,
        version: row.try_get("version")?,
        kind: row.try_get("kind")?,
        source: row.try_get("source")?,
        upstream: row.try_get("upstream")?,
        bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
        millis: row.try_get::<i64, _>("millis")?.unsigned_abs(),
        outcome: row.try_get("outcome")?,
        times: row.try_get::<i64, _>("times")?.unsigned_abs(),
        background: row.try_get("background")?,
        detail: row.try_get("detail")?,
        path: row.try_get("path")?,
    };
    Ok((row.try_get("seq")?, activity))
}
