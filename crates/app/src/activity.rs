//! What happened, kept: events become rows of the activity log, in batches, with old ones dropped by count and age.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use delivery::{Event, Outcome, Source};
use go_module::Request;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{ActivityFilter, ActivityRow, Missed, Store};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

use crate::changes::{Changes, Topic};
use crate::failure::Failure;
use crate::story;
use crate::traces::Traces;

/// How long events are gathered before they are written.
const GATHER: Duration = Duration::from_millis(200);
/// How many rows one batch may have; what is more is counted in one row.
const BATCH: usize = 2000;
/// After how many rows old ones are looked for.
const PRUNE_EVERY: usize = 5000;

/// One entry of the activity log, as `larder log` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "ActivityItem")]
pub struct Item {
    /// Its number; later ones are higher, none is given twice.
    pub seq: i64,
    /// When it was asked for.
    pub at: Timestamp,
    /// The module, where it was about one.
    pub module: Option<String>,
    /// The version or query, where it was about one.
    pub version: Option<String>,
    /// `list`, `latest`, `query`, `info`, `mod`, `zip` or `checksum-db`; `version` where all of one went.
    pub kind: String,
    /// `cache`, `upstream`, `revalidated`, `stale` or `none`.
    pub source: String,
    /// The upstream concerned.
    pub upstream: Option<String>,
    /// Bytes handed over.
    pub bytes: u64,
    /// From the request to the last byte, in milliseconds.
    pub millis: u64,
    /// The same in microseconds.
    pub micros: u64,
    /// `delivered`, `not-found`, `missing` (while offline), `refused`, `failed`, `unverified` or `left`; `evicted` where it
    /// went to make room.
    pub outcome: String,
    /// How often, where the same was asked for several times in a moment.
    pub times: u64,
    /// Whether Larder fetched it of its own accord.
    pub background: bool,
    /// Why, where there is more to say.
    pub detail: Option<String>,
    /// The path that was asked for.
    pub path: String,
}

/// The activity log of one instance.
#[derive(Clone, Debug)]
pub struct Activity {
    store: Store,
    changes: Changes,
    newest: watch::Sender<i64>,
    trouble: watch::Sender<u64>,
}

impl Activity {
    pub(crate) fn new(store: Store, changes: Changes) -> Self {
        Self {
            store,
            changes,
            newest: watch::Sender::new(0),
            trouble: watch::Sender::new(0),
        }
    }

    /// The entries after number `seq`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// `disk` where the log can't be read.
    pub async fn after(&self, seq: i64, limit: usize) -> Result<Vec<Item>, Failure> {
        let rows = self.store.activity(seq, limit).await?;
        Ok(rows.into_iter().map(|(seq, row)| item(seq, row)).collect())
    }

    /// The newest entries, oldest first, at most `limit`.
    ///
    /// # Errors
    /// `disk` where the log can't be read.
    pub async fn last(&self, limit: usize) -> Result<Vec<Item>, Failure> {
        let rows = self.store.last_activity(limit).await?;
        Ok(rows.into_iter().map(|(seq, row)| item(seq, row)).collect())
    }

    /// At most `limit` of the wanted entries below number `before`, newest first.
    ///
    /// # Errors
    /// `disk` where the log can't be read.
    pub(crate) async fn page(
        &self,
        filter: &ActivityFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Item>, Failure> {
        let rows = self.store.activity_page(filter, before, limit).await?;
        Ok(rows.into_iter().map(|(seq, row)| item(seq, row)).collect())
    }

    /// How often what is wanted was asked since then.
    ///
    /// # Errors
    /// `disk` where the log can't be read.
    pub(crate) async fn count(
        &self,
        filter: &ActivityFilter,
        since: Timestamp,
    ) -> Result<u64, Failure> {
        Ok(self.store.activity_count(filter, since).await?)
    }

    /// Writes down what happened outside any request.
    pub(crate) async fn write_down(&self, rows: &[ActivityRow]) {
        if rows.is_empty() {
            return;
        }
        match self.store.record(rows).await {
            Ok(()) => self.newest.send_modify(|changes| *changes += 1),
            Err(error) => tracing::warn!(
                "{} entries of the activity log are lost: {error}",
                rows.len()
            ),
        }
    }

    /// Changes whenever there are new entries.
    pub fn news(&self) -> watch::Receiver<i64> {
        self.newest.subscribe()
    }

    /// Changes whenever something could not be had as it should be: perhaps the network is another one now.
    pub(crate) fn trouble(&self) -> watch::Receiver<u64> {
        self.trouble.subscribe()
    }

    fn take_note(&self, event: &Event, traces: &Traces) {
        traces.tell(event);
        if is_trouble(event) {
            self.trouble.send_modify(|changes| *changes += 1);
        }
    }

    /// Writes events down until the end, and has traces made of them; what has been told by then is written before it returns.
    pub(crate) async fn keep(
        self,
        mut events: mpsc::Receiver<Event>,
        keep_rows: u64,
        keep_for: Duration,
        traces: Traces,
        end: CancellationToken,
    ) {
        let mut since_prune = PRUNE_EVERY;
        loop {
            let first = tokio::select! {
                first = events.recv() => first,
                () = end.cancelled(), if !events.is_closed() => {
                    events.close();
                    continue;
                }
            };
            let Some(first) = first else { return };
            let mut batch = Batch::default();
            self.take_note(&first, &traces);
            batch.add(first);
            let until = tokio::time::Instant::now() + GATHER;
            while let Some(event) = tokio::select! {
                event = events.recv() => event,
                () = tokio::time::sleep_until(until) => None,
                () = end.cancelled() => events.try_recv().ok(),
            } {
                self.take_note(&event, &traces);
                batch.add(event);
            }
            let missed = batch.missed();
            match self.store.note_missed(&missed).await {
                Ok(()) if missed.is_empty() => {}
                Ok(()) => self.changes.tell(&[Topic::Stock, Topic::State]),
                Err(error) => tracing::warn!("what was missed can't be noted: {error}"),
            }
            let rows = batch.into_rows();
            since_prune += rows.len();
            self.write_down(&rows).await;
            if since_prune >= PRUNE_EVERY {
                since_prune = 0;
                if let Err(error) = self.store.prune_activity(keep_rows, keep_for).await {
                    tracing::warn!("old entries of the activity log can't be dropped: {error}");
                }
            }
        }
    }
}

/// Events of one moment. A warm build asks thousands of times from the cache: the same hit several times is one row.
#[derive(Default)]
struct Batch {
    rows: Vec<ActivityRow>,
    hits: HashMap<String, usize>,
    left_out: u64,
}

impl Batch {
    fn add(&mut self, event: Event) {
        tell(&event);
        if story::is_hit(&event) {
            let path = event.request.url_path();
            if let Some(at) = self.hits.get(&path) {
                let hit = &mut self.rows[*at];
                hit.times += 1;
                hit.bytes += event.bytes;
                return;
            }
            if self.rows.len() >= BATCH {
                self.left_out += 1;
                return;
            }
            self.hits.insert(path, self.rows.len());
        }
        self.rows.push(row(event));
    }

    /// What was asked for while offline and was not there, each once.
    fn missed(&self) -> Vec<Missed> {
        let mut missed: BTreeMap<&str, Missed> = BTreeMap::new();
        let is_missing = |row: &&ActivityRow| row.outcome == Outcome::Missing.as_str();
        for row in self.rows.iter().filter(is_missing) {
            let known = missed.entry(&row.path).or_insert_with(|| Missed {
                path: row.path.clone(),
                first_at: row.at,
                last_at: row.at,
                times: 0,
            });
            known.last_at = known.last_at.max(row.at);
            known.times += row.times;
        }
        missed.into_values().collect()
    }

    fn into_rows(self) -> Vec<ActivityRow> {
        if self.left_out > 0 {
            tracing::debug!(
                "{} more answers from the cache are not in the activity log",
                self.left_out
            );
        }
        self.rows
    }
}

/// The same for those who follow the program's own log. Hits are many and say little: only who asks for debug gets them.
fn tell(event: &Event) {
    macro_rules! at_level {
        ($level:ident) => {
            tracing::$level!(
                target: "larder::activity",
                request = %event.request.url_path(),
                source = event.source.word(),
                upstream = event.source.upstream(),
                bytes = event.bytes,
                millis = millis(event.took),
                outcome = event.outcome.as_str(),
                background = event.background,
                detail = event.detail.as_deref(),
            )
        };
    }
    match event.source {
        Source::Cache => at_level!(debug),
        Source::Upstream(_) | Source::Revalidated(_) | Source::Stale(_) | Source::Nowhere => {
            at_level!(info)
        }
    }
}

/// Whether an upstream was out of order, or refused a module, or there was none for it.
fn is_trouble(event: &Event) -> bool {
    match event.outcome {
        Outcome::Failed | Outcome::Missing => true,
        // That a database is not to be asked about a path has nothing to do with the network.
        Outcome::Refused => !matches!(event.request, Request::SumDb { .. }),
        Outcome::Delivered | Outcome::NotFound | Outcome::Unverified | Outcome::Left => {
            matches!(event.source, Source::Stale(_))
        }
    }
}

fn row(event: Event) -> ActivityRow {
    let steps = story::kept_form(&event);
    let (module, version) = match &event.request {
        Request::List(path) | Request::Latest(path) => (Some(path.to_string()), None),
        Request::Query { path, query } => (Some(path.to_string()), Some(query.as_str().to_owned())),
        Request::File(module, _) => (
            Some(module.path.to_string()),
            Some(module.version.to_string()),
        ),
        Request::SumDb { .. } => (None, None),
    };
    ActivityRow {
        at: event.at,
        module,
        version,
        kind: delivery::Kind::of(&event.request).as_str().to_owned(),
        source: event.source.word().to_owned(),
        upstream: event.upstream,
        bytes: event.bytes,
        millis: millis(event.took),
        micros: u64::try_from(event.took.as_micros()).unwrap_or(u64::MAX),
        outcome: event.outcome.as_str().to_owned(),
        times: 1,
        background: event.background,
        detail: event.detail,
        path: event.request.url_path(),
        steps,
    }
}

pub(crate) fn item(seq: i64, row: ActivityRow) -> Item {
    Item {
        seq,
        at: row.at,
        module: row.module,
        version: row.version,
        kind: row.kind,
        source: row.source,
        upstream: row.upstream,
        bytes: row.bytes,
        millis: row.millis,
        micros: row.micros,
        outcome: row.outcome,
        times: row.times,
        background: row.background,
        detail: row.detail,
        path: row.path,
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
