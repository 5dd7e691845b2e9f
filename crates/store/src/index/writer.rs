//! The one task that writes the index: takes what waits, looks at the files, writes it in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use go_module::{ModulePath, ModuleVersion};
use jiff::Timestamp;
use serde_json::json;
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::row::Row;
use super::{Change, Opened, Shared};
use crate::database::{Fault, fault};
use crate::error::StoreError;
use crate::files::Files;
use crate::layout::Tree;

/// Versions written in one transaction.
const BATCH: usize = 256;
/// How long uses are gathered, and how many of them.
const GATHER: Duration = Duration::from_secs(5);
const GATHERED: usize = 1024;

const PUT: &str = "
    INSERT INTO versions (tree, path, version, info, gomod, zip, origin, kept_at, newest_at, scan)
    SELECT value->>'tree', value->>'path', value->>'version', value->>'info', value->>'gomod', value->>'zip',
           value->>'origin', value->>'kept_at', value->>'newest_at', (SELECT scan FROM care WHERE id = 1)
    FROM json_each(?1) WHERE true
    ON CONFLICT (tree, path, version) DO UPDATE SET
        info = excluded.info, gomod = excluded.gomod, zip = excluded.zip,
        origin = excluded.origin, kept_at = excluded.kept_at, newest_at = excluded.newest_at, scan = excluded.scan";
const DROP: &str = "
    DELETE FROM versions WHERE (tree, path, version) IN
        (SELECT value->>'tree', value->>'path', value->>'version' FROM json_each(?1))";
const USE: &str = "
    UPDATE versions SET last_used = max(coalesce(last_used, 0), used.at)
    FROM (SELECT value->>0 AS tree, value->>1 AS path, value->>2 AS version, value->>3 AS at FROM json_each(?1)) AS used
    WHERE versions.tree = used.tree AND versions.path = used.path AND versions.version = used.version";

type Key = (Tree, ModuleVersion);

/// What one transaction takes.
#[derive(Debug, Default)]
struct Batch {
    /// Versions to look at.
    files: HashSet<Key>,
    /// Modules with new files, each with one of its versions: their folders are to reach the disk.
    kept: HashMap<(Tree, ModulePath), ModuleVersion>,
    used: HashMap<Key, Timestamp>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.used.is_empty()
    }
}

/// The task's state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    queue: mpsc::Receiver<Change>,
    batch: Batch,
    /// When the gathered uses are written at the latest.
    due: Option<Instant>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, queue: mpsc::Receiver<Change>) -> Self {
        Self {
            shared,
            queue,
            batch: Batch::default(),
            due: None,
        }
    }

    /// Runs until the store is closed or dropped.
    pub(super) async fn run(mut self) {
        while let Some(change) = self.next().await {
            if let Some(closed) = self.take(change).await {
                self.flush().await;
                self.mark_clean().await;
                let _ = closed.send(());
                return;
            }
        }
        self.flush().await;
    }

    /// The next message; writes what waits before it sleeps for long.
    async fn next(&mut self) -> Option<Change> {
        loop {
            if self.batch.files.len() >= BATCH || self.batch.used.len() >= GATHERED {
                self.flush().await;
            }
            match self.queue.try_recv() {
                Ok(change) => return Some(change),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
                Err(mpsc::error::TryRecvError::Empty) => {}
            }
            // Nothing more waits: changed files are written at once, uses when they are due.
            if !self.batch.files.is_empty() {
                self.flush().await;
            }
            let Some(due) = self.due else {
                return self.queue.recv().await;
            };
            match tokio::time::timeout_at(due, self.queue.recv()).await {
                Ok(change) => return change,
                Err(_) => self.flush().await,
            }
        }
    }

    /// Takes one message in; returns the reply's channel when it is the last one.
    async fn take(&mut self, change: Change) -> Option<oneshot::Sender<()>> {
        match change {
            Change::Kept(tree, version) => {
                self.batch
                    .kept
                    .insert((tree.clone(), version.path.clone()), version.clone());
                self.batch.files.insert((tree, version));
            }
            Change::Look(versions) => self.batch.files.extend(versions),
            Change::Used(tree, version, at) => {
                let last = self.batch.used.entry((tree, version)).or_insert(at);
                *last = (*last).max(at);
                self.due.get_or_insert_with(|| Instant::now() + GATHER);
            }
            Change::WalkBegins(reply) => {
                self.flush().await;
                let begun = self
                    .run_alone("UPDATE care SET scan = scan + 1 WHERE id = 1")
                    .await;
                // Taken at the beginning: what goes wrong during the walk is not mended by it.
                let _ = reply.send(begun.map(|()| *self.shared.lag.borrow()));
            }
            Change::WalkEnds(begun, reply) => {
                self.flush().await;
                let swept =
                    "DELETE FROM versions WHERE scan < (SELECT scan FROM care WHERE id = 1)";
                let ended = self.run_alone(swept).await;
                if ended.is_ok() {
                    self.shared.mend(begun);
                }
                let _ = reply.send(ended);
            }
            Change::Flush(reply) => {
                self.flush().await;
                let _ = reply.send(());
            }
            Change::Close(reply) => return Some(reply),
        }
        None
    }

    /// Writes the batch. When that cannot be done it is dropped, and the index is stale: nobody waits for it.
    async fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.due = None;
        if batch.is_empty() {
            return;
        }
        if let Err(error) = self.write(batch).await {
            self.give_up(&error);
        }
    }

    async fn write(&self, batch: Batch) -> Result<(), StoreError> {
        let files = self.shared.files.clone();
        let looked = tokio::task::spawn_blocking(move || look(&files, batch)).await;
        let (rows, used) = looked.map_err(|cause| StoreError::Task { cause })?;
        let opened = self.healthy().await?;
        match write_rows(&opened, &rows, &used).await {
            Err(error) if fault(&error) == Fault::Damaged => {
                self.shared.replace(&opened, "it proved damaged").await?;
                let opened = self.shared.current();
                write_rows(&opened, &rows, &used)
                    .await
                    .map_err(|error| self.shared.error(error))
            }
            other => other.map_err(|error| self.shared.error(error)),
        }
    }

    /// The open file, or a new one when somebody took it away.
    async fn healthy(&self) -> Result<Arc<Opened>, StoreError> {
        let opened = self.shared.current();
        if !self.shared.is_gone(&opened) {
            return Ok(opened);
        }
        self.shared
            .replace(&opened, "its file was taken away")
            .await?;
        Ok(self.shared.current())
    }

    async fn run_alone(&self, sql: &'static str) -> Result<(), StoreError> {
        let opened = self.healthy().await?;
        match sqlx::query(sql).execute(&opened.pool).await {
            Ok(_) => Ok(()),
            Err(error) if fault(&error) == Fault::Damaged => {
                self.shared.replace(&opened, "it proved damaged").await?;
                let fresh = self.shared.current();
                sqlx::query(sql)
                    .execute(&fresh.pool)
                    .await
                    .map(drop)
                    .map_err(|error| self.shared.error(error))
            }
            Err(error) => Err(self.shared.error(error)),
        }
    }

    fn give_up(&self, error: &StoreError) {
        tracing::warn!(%error, "the index lags behind the files until it is rebuilt");
        self.shared.lags();
    }

    /// The last word before a clean end, unless the index is known to lag or is no longer where it was.
    async fn mark_clean(&self) {
        let opened = self.shared.current();
        if self.shared.lag.borrow().is_stale() || self.shared.is_gone(&opened) {
            return;
        }
        if let Err(error) = sqlx::query("UPDATE care SET clean = 1 WHERE id = 1")
            .execute(&opened.pool)
            .await
        {
            tracing::warn!(%error, "the index could not be marked clean: it is rebuilt at the next start");
        }
    }
}

/// Rows as they are now on disk, and the uses that go with them.
type Looked = (Vec<Row>, Vec<serde_json::Value>);

fn look(files: &Files, batch: Batch) -> Looked {
    for ((tree, _), version) in &batch.kept {
        let synced = files
            .versions(tree, version)
            .and_then(|folder| folder.map_or(Ok(()), |folder| folder.sync()));
        if let Err(error) = synced {
            tracing::warn!(%error, "the names of new files may not outlast a power cut");
        }
    }
    let rows = batch
        .files
        .iter()
        .map(|(tree, version)| Row::look(files, tree, version))
        .collect();
    let used = batch.used.iter().map(|((tree, version), at)| {
        json!([
            tree.to_string(),
            version.path.as_str(),
            version.version.as_str(),
            at.as_millisecond()
        ])
    });
    (rows, used.collect())
}

async fn write_rows(
    opened: &Opened,
    rows: &[Row],
    used: &[serde_json::Value],
) -> Result<(), sqlx::Error> {
    let (gone, there): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_empty());
    let mut transaction = opened.pool.begin().await?;
    put(&mut transaction, DROP, &gone).await?;
    put(&mut transaction, PUT, &there).await?;
    put(&mut transaction, USE, used).await?;
    transaction.commit().await
}

async fn put<T: serde::Serialize>(
    connection: &mut SqliteConnection,
    sql: &'static str,
    rows: &[T],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query(sql).bind(rows).execute(connection).await?;
    Ok(())
}
