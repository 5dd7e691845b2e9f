//! What a person must hear of, whoever was asking: a hash that differs, a fork of the log, trust that was lost.

use go_module::{FileKind, ModuleVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use ts_rs::TS;

/// What kind of alarm it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmKind {
    /// A file is not the one that the checksum database vouches for.
    Mismatch,
    /// A file outside the database is not the one that was seen first.
    Changed,
    /// The database has two histories.
    Fork,
    /// The heads that were known of the database are gone, so that a fork from before would not be noticed.
    HeadsLost,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: AlarmKind,
    /// What it is about: `module@version (zip)`, or the name of a database. One alarm for one subject is enough.
    pub subject: String,
    /// What happened, why, and what to do.
    pub text: String,
}

impl Alarm {
    fn new(kind: AlarmKind, subject: String, text: String) -> Self {
        Self {
            at: Timestamp::now(),
            kind,
            subject,
            text,
        }
    }

    pub(crate) fn of_file(
        kind: AlarmKind,
        module: &ModuleVersion,
        file: FileKind,
        text: String,
    ) -> Self {
        Self::new(kind, format!("{module} ({})", file.extension()), text)
    }

    pub(crate) fn fork(database: &str, text: &str) -> Self {
        Self::new(AlarmKind::Fork, database.to_owned(), text.to_owned())
    }

    pub(crate) fn heads_lost(database: &str, reason: &str) -> Self {
        let text = format!(
            "the heads that were known of the checksum database {database} are lost ({reason}); the next one is taken for its signature alone, as on a new computer"
        );
        Self::new(AlarmKind::HeadsLost, database.to_owned(), text)
    }
}

/// Where alarms go: bounded, and never waited for.
#[derive(Clone, Debug)]
pub(crate) struct Alarms(mpsc::Sender<Alarm>);

impl Alarms {
    pub(crate) fn new(sender: mpsc::Sender<Alarm>) -> Self {
        Self(sender)
    }

    pub(crate) fn tell(&self, alarm: Alarm) {
        tracing::error!(kind = ?alarm.kind, subject = %alarm.subject, "{}", alarm.text);
        // Who does not take them has the log.
        let _ = self.0.try_send(alarm);
    }
}
