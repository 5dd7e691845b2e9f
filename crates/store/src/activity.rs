//! The activity log: what was asked and what came of it, written in batches, read forwards and in pages.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::error::StoreError;
use crate::state::State;
use crate::store::Store;

/// The most bytes that the steps of one entry may have; what is longer is left out.
const MOST_STEPS: usize = 16 * 1024;
/// How many words of a filter are heeded.
const MOST_WORDS: usize = 8;
/// The columns of a row, without its steps.
const COLUMNS: &str = "seq, at, module, version, kind, source, upstream, bytes, millis, micros, outcome, times, background, detail, path";

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
    /// The same in microseconds.
    pub micros: u64,
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
    /// What was done for it, as JSON. Lists leave it out: only [`Store::activity_entry`] reads it.
    pub steps: Option<String>,
}

/// Which entries are wanted; the default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Words that are all in the module, version, upstream, path or detail, whatever their case.
    pub text: Option<String>,
    /// Sources that they count under, `failed` for what could not be had; any where there is none.
    pub sources: Vec<String>,
    /// What came of them; any where there is none.
    pub outcomes: Vec<String>,
}

impl Store {
    /// Writes what was asked, in this order, all rows or none.
    pub async fn record(&self, rows: &[ActivityRow]) -> Result<(), StoreError> {
        self.state().record(rows).await
    }

    /// At most `limit` rows with a number above `after_seq`, oldest first. Numbers grow and never come back.
    pub async fn activity(
        &self,
        after_seq: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ActivityRow)>, StoreError> {
        self.state().activity(after_seq, limit).await
    }

    /// The newest rows, oldest of them first.
    pub async fn last_activity(&self, limit: usize) -> Result<Vec<(i64, ActivityRow)>, StoreError> {
        let mut rows = self
            .activity_page(&ActivityFilter::default(), None, limit)
            .await?;
        rows.reverse();
        Ok(rows)
    }

    /// At most `limit` of the wanted rows with a number below `before`, newest first.
    pub async fn activity_page(
        &self,
        filter: &ActivityFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, ActivityRow)>, StoreError> {
        self.state().activity_page(filter, before, limit).await
    }

    /// How often what is wanted was asked since then; an entry counts as often as it says.
    pub async fn activity_count(
        &self,
        filter: &ActivityFilter,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        self.state().activity_count(filter, since).await
    }

    /// One row with its steps; none where there is none of this number, or no more.
    pub async fn activity_entry(&self, seq: i64) -> Result<Option<ActivityRow>, StoreError> {
        self.state().activity_entry(seq).await
    }

    /// The number of the row of a request that came at this moment for this path.
    pub async fn activity_at(&self, at: Timestamp, path: &str) -> Result<Option<i64>, StoreError> {
        self.state().activity_at(at, path).await
    }

    /// Lets rows go that are older than `max_age`, and the oldest beyond `max_rows`; says how many went.
    pub async fn prune_activity(
        &self,
        max_rows: u64,
        max_age: Duration,
    ) -> Result<u64, StoreError> {
        let eldest = Timestamp::now()
            .checked_sub(max_age)
            .unwrap_or(Timestamp::MIN);
        self.state().prune(max_rows, eldest).await
    }
}

impl State {
    async fn record(&self, rows: &[ActivityRow]) -> Result<(), StoreError> {
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
                number(row.micros),
                row.outcome,
                number(row.times),
                i64::from(row.background),
                row.detail,
                row.path,
                row.steps.as_ref().filter(|steps| steps.len() <= MOST_STEPS)
            ])
        });
        sqlx::query(
            "INSERT INTO activity (at, module, version, kind, source, upstream, bytes, millis, micros, outcome, times, background,
                                   detail, path, steps)
             SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8,
                    value->>9, value->>10, value->>11, value->>12, value->>13, value->>14
             FROM json_each(?1) ORDER BY key",
        )
        .bind(Value::from_iter(rows).to_string())
        .execute(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    async fn activity(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ActivityRow)>, StoreError> {
        let mut query = select();
        query.push(" WHERE seq > ").push_bind(after);
        query.push(" ORDER BY seq LIMIT ").push_bind(most(limit));
        self.rows(query).await
    }

    async fn activity_page(
        &self,
        filter: &ActivityFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, ActivityRow)>, StoreError> {
        let mut query = select();
        query
            .push(" WHERE seq < ")
            .push_bind(before.unwrap_or(i64::MAX));
        filter.add_to(&mut query);
        query
            .push(" ORDER BY seq DESC LIMIT ")
            .push_bind(most(limit));
        self.rows(query).await
    }

    async fn activity_count(
        &self,
        filter: &ActivityFilter,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut query =
            QueryBuilder::new("SELECT coalesce(sum(times), 0) FROM activity WHERE at >= ");
        query.push_bind(since.as_microsecond());
        filter.add_to(&mut query);
        let count: i64 = query
            .build_query_scalar()
            .fetch_one(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        Ok(count.unsigned_abs())
    }

    async fn activity_entry(&self, seq: i64) -> Result<Option<ActivityRow>, StoreError> {
        let found = sqlx::query("SELECT * FROM activity WHERE seq = ?1")
            .bind(seq)
            .fetch_optional(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        let read = |row: &SqliteRow| {
            let (_, entry) = numbered(row)?;
            let steps = row.try_get("steps")?;
            Ok(ActivityRow { steps, ..entry })
        };
        found
            .as_ref()
            .map(read)
            .transpose()
            .map_err(|error| self.error(error))
    }

    async fn activity_at(&self, at: Timestamp, path: &str) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar("SELECT seq FROM activity WHERE at = ?1 AND path = ?2 LIMIT 1")
            .bind(at.as_microsecond())
            .bind(path.to_owned())
            .fetch_optional(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))
    }

    async fn prune(&self, max_rows: u64, eldest: Timestamp) -> Result<u64, StoreError> {
        let pruned = sqlx::query(
            "DELETE FROM activity WHERE at < ?1
             OR seq <= (SELECT seq FROM activity ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
        )
        .bind(eldest.as_microsecond())
        .bind(i64::try_from(max_rows).unwrap_or(i64::MAX))
        .execute(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        self.prune_offline(eldest).await?;
        Ok(pruned.rows_affected())
    }

    async fn rows(
        &self,
        mut query: QueryBuilder<Sqlite>,
    ) -> Result<Vec<(i64, ActivityRow)>, StoreError> {
        let rows = query
            .build()
            .fetch_all(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        rows.iter()
            .map(numbered)
            .collect::<Result<_, _>>()
            .map_err(|error| self.error(error))
    }
}

impl ActivityFilter {
    /// Adds its conditions to a query that has one already.
    fn add_to(&self, query: &mut QueryBuilder<Sqlite>) {
        let words = self.text.iter().flat_map(|text| text.split_whitespace());
        for word in words.take(MOST_WORDS) {
            query.push(
                " AND (coalesce(module, '') || '@' || coalesce(version, '') || ' ' || coalesce(upstream, '') || ' ' || path || ' '
                 || coalesce(detail, '')) LIKE ",
            );
            query.push_bind(contains(word)).push(" ESCAPE '\\'");
        }
        for (column, any_of) in [("counted_as", &self.sources), ("outcome", &self.outcomes)] {
            if !any_of.is_empty() {
                query.push(format_args!(
                    " AND {column} IN (SELECT value FROM json_each("
                ));
                query.push_bind(Value::from(any_of.as_slice()).to_string());
                query.push("))");
            }
        }
    }
}

/// The pattern of a text that has this in it.
fn contains(word: &str) -> String {
    let mut pattern = "%".to_owned();
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern + "%"
}

fn select() -> QueryBuilder<Sqlite> {
    QueryBuilder::new(format!("SELECT {COLUMNS} FROM activity"))
}

fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn numbered(row: &SqliteRow) -> Result<(i64, ActivityRow), sqlx::Error> {
    let count = |column| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)?.unsigned_abs());
    let activity = ActivityRow {
        at: Timestamp::from_microsecond(row.try_get("at")?).unwrap_or_default(),
        module: row.try_get("module")?,
        version: row.try_get("version")?,
        kind: row.try_get("kind")?,
        source: row.try_get("source")?,
        upstream: row.try_get("upstream")?,
        bytes: count("bytes")?,
        millis: count("millis")?,
        micros: count("micros")?,
        outcome: row.try_get("outcome")?,
        times: count("times")?,
        background: row.try_get("background")?,
        detail: row.try_get("detail")?,
        path: row.try_get("path")?,
        steps: None,
    };
    Ok((row.try_get("seq")?, activity))
}
