//! What the activity log sums up to: how often each source answered, by spans of time; and when there was no network.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row;

use crate::error::StoreError;
use crate::state::State;
use crate::store::Store;

/// What was asked in one span of time and counts under one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The span, counted from the first.
    pub span: usize,
    /// `cache`, `upstream`, `revalidated`, `stale` or `failed`.
    pub counted_as: String,
    /// How often.
    pub times: u64,
    /// Bytes handed over.
    pub bytes: u64,
}

/// A time without a way to any upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfflineSpan {
    /// Its begin. Kept to the microsecond.
    pub since: Timestamp,
    /// Its end; none while it lasts.
    pub until: Option<Timestamp>,
}

impl Store {
    /// What clients asked for, by source and spans of this length from `since` on; what Larder fetched of its own accord is not
    /// in it. Spans and sources without requests are left out.
    pub async fn activity_sums(
        &self,
        since: Timestamp,
        length: Duration,
    ) -> Result<Vec<Sum>, StoreError> {
        self.state().sums(since, length).await
    }

    /// Notes that there is no network from now on; a span that lasts goes on lasting.
    pub async fn offline_began(&self, at: Timestamp) -> Result<(), StoreError> {
        self.state().offline_began(at).await
    }

    /// Notes that there is a network again.
    pub async fn offline_ended(&self, at: Timestamp) -> Result<(), StoreError> {
        self.state().offline_ended(Some(at)).await
    }

    /// Ends the span that a process left open that was killed: where its last entry was written. To be called at a start.
    pub async fn close_offline(&self) -> Result<(), StoreError> {
        self.state().offline_ended(None).await
    }

    /// The spans that reach beyond `since`, oldest first.
    pub async fn offline_spans(&self, since: Timestamp) -> Result<Vec<OfflineSpan>, StoreError> {
        self.state().offline_spans(since).await
    }
}

impl State {
    async fn sums(&self, since: Timestamp, length: Duration) -> Result<Vec<Sum>, StoreError> {
        let length = i64::try_from(length.as_micros()).unwrap_or(i64::MAX).max(1);
        let rows = sqlx::query(
            "SELECT (at - ?1) / ?2 AS span, counted_as, sum(times), CAST(total(bytes) AS INTEGER) FROM activity INDEXED BY activity_counted
             WHERE at >= ?1 AND background = 0 AND counted_as IS NOT NULL
             GROUP BY span, counted_as ORDER BY span, counted_as",
        )
        .bind(since.as_microsecond())
        .bind(length)
        .fetch_all(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        let sums = rows.iter().map(|row| {
            Ok(Sum {
                span: usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(usize::MAX),
                counted_as: row.try_get(1)?,
                times: row.try_get::<i64, _>(2)?.unsigned_abs(),
                bytes: row.try_get::<i64, _>(3)?.unsigned_abs(),
            })
        });
        sums.collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.error(error))
    }

    async fn offline_began(&self, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO offline_spans (since) SELECT ?1
             WHERE NOT EXISTS (SELECT 1 FROM offline_spans WHERE until IS NULL) ON CONFLICT (since) DO UPDATE SET until = NULL",
        )
        .bind(at.as_microsecond())
        .execute(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    async fn offline_ended(&self, at: Option<Timestamp>) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE offline_spans SET until = max(since, coalesce(?1, (SELECT max(at) FROM activity), since)) WHERE until IS NULL",
        )
        .bind(at.map(Timestamp::as_microsecond))
        .execute(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    async fn offline_spans(&self, since: Timestamp) -> Result<Vec<OfflineSpan>, StoreError> {
        let rows = sqlx::query(
            "SELECT since, until FROM offline_spans WHERE until IS NULL OR until > ?1 ORDER BY since",
        )
        .bind(since.as_microsecond())
        .fetch_all(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or_default();
        let spans = rows.iter().map(|row| {
            Ok(OfflineSpan {
                since: time(row.try_get(0)?),
                until: row.try_get::<Option<i64>, _>(1)?.map(time),
            })
        });
        spans
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.error(error))
    }

    /// Lets spans go that ended before.
    pub(crate) async fn prune_offline(&self, eldest: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM offline_spans WHERE until < ?1")
            .bind(eldest.as_microsecond())
            .execute(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }
}
