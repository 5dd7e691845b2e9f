//! Which projects were stocked, what came of it, and which are watched: lasting.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Store;
use tokio::sync::Mutex;
use ts_rs::TS;

use super::{Report, Subject};
use crate::changes::{Changes, Topic};
use crate::failure::{Code, Failure};

/// Where it stands in the lasting state.
const KEY: &str = "stock.projects";
/// How many reasons are remembered of one project; `larder ready` tells all.
const LACKS: usize = 50;

/// What is known of something that was stocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Remembered {
    /// What it is.
    pub subject: Subject,
    /// Whether it is kept stocked when its files change.
    pub watched: bool,
    /// Stocking has begun and not ended: it is taken up at the next start.
    pub under_way: bool,
    /// What came of it the last time.
    pub report: Option<Report>,
    /// The state of its files then.
    #[serde(default)]
    #[ts(skip)]
    pub(crate) fingerprint: String,
}

impl Remembered {
    fn new(subject: Subject) -> Self {
        Self {
            subject,
            watched: false,
            under_way: false,
            report: None,
            fingerprint: String::new(),
        }
    }

    /// When it was last gone through.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.report.as_ref().map(|report| report.at)
    }
}

/// All that was stocked.
#[derive(Debug)]
pub(crate) struct Projects {
    store: Store,
    changes: Changes,
    /// One change after the other.
    turn: Mutex<()>,
}

impl Projects {
    pub(crate) fn new(store: Store, changes: Changes) -> Self {
        Self {
            store,
            changes,
            turn: Mutex::default(),
        }
    }

    /// All of them, in order.
    pub(crate) async fn all(&self) -> Result<Vec<Remembered>, Failure> {
        match self.store.get_value(KEY).await? {
            None => Ok(Vec::new()),
            Some(value) => serde_json::from_value(value).map_err(|error| {
                Failure::new(
                    Code::Disk,
                    format!("what was stocked can't be read from the state: {error}"),
                )
            }),
        }
    }

    /// Changes what is known of one; it is remembered from then on.
    pub(crate) async fn change(
        &self,
        subject: &Subject,
        change: impl FnOnce(&mut Remembered),
    ) -> Result<(), Failure> {
        let _turn = self.turn.lock().await;
        let mut all = self.all().await?;
        let at = match all.binary_search_by(|known| known.subject.cmp(subject)) {
            Ok(at) => at,
            Err(at) => {
                all.insert(at, Remembered::new(subject.clone()));
                at
            }
        };
        change(&mut all[at]);
        self.write(&all).await
    }

    /// Forgets one, and lets go of what was to stay for it; says whether it was known.
    pub(crate) async fn forget(&self, subject: &Subject) -> Result<bool, Failure> {
        let _turn = self.turn.lock().await;
        let mut all = self.all().await?;
        let before = all.len();
        all.retain(|known| known.subject != *subject);
        self.store.release(&subject.owner()).await?;
        if all.len() == before {
            return Ok(false);
        }
        self.write(&all).await?;
        Ok(true)
    }

    /// Stocking of it begins.
    pub(crate) async fn begins(&self, subject: &Subject) -> Result<(), Failure> {
        self.change(subject, |known| known.under_way = true).await
    }

    /// It has ended, with what came of it if it came to that. What never came to an end, and is not watched, is as if nobody
    /// had asked for it.
    pub(crate) async fn ended(
        &self,
        subject: &Subject,
        came: Option<(Report, String)>,
    ) -> Result<(), Failure> {
        let mut is_nothing = false;
        self.change(subject, |known| {
            known.under_way = false;
            if let Some((mut report, fingerprint)) = came {
                report.lacks.truncate(LACKS);
                known.report = Some(report);
                known.fingerprint = fingerprint;
            }
            is_nothing = known.report.is_none() && !known.watched;
        })
        .await?;
        if is_nothing {
            self.forget(subject).await?;
        }
        Ok(())
    }

    /// It was looked at anew what is ready of it. Of what was never stocked, nothing is remembered.
    pub(crate) async fn looked_at(
        &self,
        subject: &Subject,
        report: &Report,
    ) -> Result<(), Failure> {
        let _turn = self.turn.lock().await;
        let mut all = self.all().await?;
        let Ok(at) = all.binary_search_by(|known| known.subject.cmp(subject)) else {
            return Ok(());
        };
        let before = all[at].report.take();
        let mut report = report.clone();
        report.lacks.truncate(LACKS);
        // Nothing is fetched for a look: what was, the last time, stays said.
        report.fetched = before.map_or(0, |before| before.fetched);
        all[at].report = Some(report);
        self.write(&all).await
    }

    async fn write(&self, all: &[Remembered]) -> Result<(), Failure> {
        let value = serde_json::to_value(all)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        self.store.set_value(KEY, &value).await?;
        self.changes.tell(&[Topic::Stock]);
        Ok(())
    }
}
