//! Lasting state: the file, how it is opened, and small values. Never thrown away without the person's word.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use serde_json::Value;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteSynchronous;

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
        ("story", include_str!("../migrations/state/0005_story.sql")),
    ],
    synchronous: SqliteSynchronous::Full,
    connections: 1,
};

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
