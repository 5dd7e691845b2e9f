//! What a person must hear of and has not put away yet: kept over restarts, one for each cause.

use delivery::{Alarm, AlarmKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Store;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

use crate::changes::{Changes, Topic};
use crate::failure::{Code, Failure};

/// Where they are kept in the lasting state.
const KEY: &str = "notices";
/// How many are kept; the oldest goes first.
const MOST: usize = 100;

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Notice {
    /// Its number, by which it is put away.
    pub id: u64,
    /// When it happened last.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: AlarmKind,
    /// What it is about.
    pub subject: String,
    /// What happened, why, and what to do.
    pub text: String,
    /// How often.
    pub times: u64,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    last_id: u64,
    notices: Vec<Notice>,
}

/// The notices of one data folder.
#[derive(Debug)]
pub struct Notices {
    store: Store,
    changes: Changes,
    turn: Mutex<()>,
}

impl Notices {
    pub(crate) fn new(store: Store, changes: Changes) -> Self {
        Self {
            store,
            changes,
            turn: Mutex::new(()),
        }
    }

    /// Those that nobody has put away, oldest first.
    ///
    /// # Errors
    /// `disk` where they can't be read.
    pub async fn all(&self) -> Result<Vec<Notice>, Failure> {
        Ok(self.read().await?.notices)
    }

    /// Puts one away, or all; gives how many.
    ///
    /// # Errors
    /// `not-found` for a number that no notice has.
    pub async fn dismiss(&self, id: Option<u64>) -> Result<u64, Failure> {
        let _turn = self.turn.lock().await;
        let mut kept = self.read().await?;
        let before = kept.notices.len();
        kept.notices
            .retain(|notice| id.is_some_and(|id| id != notice.id));
        let gone = (before - kept.notices.len()) as u64;
        if let (Some(id), 0) = (id, gone) {
            return Err(
                Failure::new(Code::NotFound, format!("there is no notice {id}"))
                    .hint("larder notices lists them"),
            );
        }
        self.write(&kept).await?;
        Ok(gone)
    }

    /// Keeps alarms until the end; hands each to `hear` whose cause is new.
    pub(crate) async fn keep(
        &self,
        mut alarms: mpsc::Receiver<Alarm>,
        end: CancellationToken,
        hear: impl Fn(&Alarm),
    ) {
        loop {
            let alarm = tokio::select! {
                alarm = alarms.recv() => alarm,
                () = end.cancelled() => alarms.try_recv().ok(),
            };
            let Some(alarm) = alarm else { return };
            match self.add(alarm.clone()).await {
                Ok(true) => hear(&alarm),
                Ok(false) => {}
                Err(error) => tracing::warn!("a notice could not be kept: {error}"),
            }
        }
    }

    /// Says whether its cause is new.
    async fn add(&self, alarm: Alarm) -> Result<bool, Failure> {
        let _turn = self.turn.lock().await;
        let mut kept = self.read().await?;
        let same =
            |notice: &&mut Notice| notice.kind == alarm.kind && notice.subject == alarm.subject;
        let known = kept.notices.iter_mut().find(same);
        let is_new = known.is_none();
        match known {
            Some(notice) => {
                notice.at = alarm.at;
                notice.text = alarm.text;
                notice.times += 1;
            }
            None => {
                kept.last_id += 1;
                kept.notices.push(Notice {
                    id: kept.last_id,
                    at: alarm.at,
                    kind: alarm.kind,
                    subject: alarm.subject,
                    text: alarm.text,
                    times: 1,
                });
            }
        }
        let surplus = kept.notices.len().saturating_sub(MOST);
        kept.notices.drain(..surplus);
        self.write(&kept).await?;
        Ok(is_new)
    }

    async fn read(&self) -> Result<Kept, Failure> {
        let kept = self.store.get_value(KEY).await?;
        // One that can't be read is from a newer Larder: it is left until there is something new to say.
        Ok(kept
            .and_then(|kept| serde_json::from_value(kept).ok())
            .unwrap_or_default())
    }

    async fn write(&self, kept: &Kept) -> Result<(), Failure> {
        let value = serde_json::to_value(kept)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        self.store.set_value(KEY, &value).await?;
        self.changes.tell(&[Topic::Notices, Topic::State]);
        Ok(())
    }
}
