//! Missed: what was asked for while offline and was not there. Lasting, and the oldest goes where it is too much.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::Row;

use crate::error::StoreError;
use crate::state::State;
use crate::store::Store;

/// How many are kept.
const MOST: i64 = 10_000;

/// What was asked for and was not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The path of the request, without the token.
    pub path: String,
    /// When it was asked for first. Kept to the microsecond.
    pub first_at: Timestamp,
    /// When it was asked for last.
    pub last_at: Timestamp,
    /// How often.
    pub times: u64,
}

impl Store {
    /// Notes what was asked for and was not there; the times of what is noted already are added up.
    pub async fn note_missed(&self, missed: &[Missed]) -> Result<(), StoreError> {
        self.state().note_missed(missed).await
    }

    /// What was missed, the last first, at most `limit`.
    pub async fn missed(&self, limit: usize) -> Result<Vec<Missed>, StoreError> {
        self.state().missed(limit).await
    }

    /// How much was missed.
    pub async fn missed_count(&self) -> Result<u64, StoreError> {
        self.state().missed_count().await
    }

    /// Forgets what is there by now, or not wanted any more, by its path; says how much of it was noted.
    pub async fn forget_missed(&self, paths: &[String]) -> Result<u64, StoreError> {
        self.state().forget_missed(paths).await
    }
}

impl State {
    async fn note_missed(&self, missed: &[Missed]) -> Result<(), StoreError> {
        if missed.is_empty() {
            return Ok(());
        }
        let rows = missed.iter().map(|missed| {
            json!([
                missed.path,
                missed.first_at.as_microsecond(),
                missed.last_at.as_microsecond(),
                i64::try_from(missed.times).unwrap_or(i64::MAX)
            ])
        });
        let rows = Value::from_iter(rows).to_string();
        let pool = self.pool().await?;
        let noted = async {
            let mut transaction = pool.begin().await?;
            sqlx::query(
                "INSERT INTO missed (path, first_at, last_at, times)
                 SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1) WHERE true
                 ON CONFLICT (path) DO UPDATE SET last_at = excluded.last_at, times = times + excluded.times",
            )
            .bind(rows)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "DELETE FROM missed WHERE path IN
                 (SELECT path FROM missed ORDER BY last_at DESC, path LIMIT -1 OFFSET ?1)",
            )
            .bind(MOST)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await
        };
        noted.await.map_err(|error| self.error(error))
    }

    async fn missed(&self, limit: usize) -> Result<Vec<Missed>, StoreError> {
        let rows = sqlx::query(
            "SELECT path, first_at, last_at, times FROM missed ORDER BY last_at DESC, path LIMIT ?1",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or_default();
        let missed = rows.iter().map(|row| {
            Ok(Missed {
                path: row.try_get(0)?,
                first_at: time(row.try_get(1)?),
                last_at: time(row.try_get(2)?),
                times: row.try_get::<i64, _>(3)?.unsigned_abs(),
            })
        });
        missed
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.error(error))
    }

    async fn missed_count(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM missed")
            .fetch_one(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        Ok(count.unsigned_abs())
    }

    async fn forget_missed(&self, paths: &[String]) -> Result<u64, StoreError> {
        let removed =
            sqlx::query("DELETE FROM missed WHERE path IN (SELECT value FROM json_each(?1))")
                .bind(Value::from(paths).to_string())
                .execute(&self.pool().await?)
                .await
                .map_err(|error| self.error(error))?;
        Ok(removed.rows_affected())
    }
}
