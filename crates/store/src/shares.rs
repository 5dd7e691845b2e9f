//! How often each upstream was asked, as the activity log knows it.

use jiff::Timestamp;
use sqlx::Row;

use crate::error::StoreError;
use crate::state::State;
use crate::store::Store;

impl Store {
    /// How often each upstream was asked for what clients wanted since then, by its name.
    pub async fn asked_of_upstreams(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        self.state().asked_of_upstreams(since).await
    }
}

impl State {
    async fn asked_of_upstreams(&self, since: Timestamp) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query(
            "SELECT upstream, sum(times) FROM activity
             WHERE at >= ?1 AND background = 0 AND source IN ('upstream', 'revalidated') AND upstream IS NOT NULL
             GROUP BY upstream ORDER BY upstream",
        )
        .bind(since.as_microsecond())
        .fetch_all(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        let asked = rows
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.unsigned_abs())));
        asked
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.error(error))
    }
}
