//! What came is held against the checksum database, or against what was seen first.

use std::sync::Arc;

use checksum_db::Record;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared as Polled};
use go_module::{FileKind, H1, ModuleVersion};
use jiff::Timestamp;
use store::{Pin, Pinned, Tree};

use crate::alarm::{Alarm, AlarmKind};
use crate::database::{DatabaseError, Trust, vouch};
use crate::error::DeliveryError;
use crate::profile::Profile;
use crate::refusal::{Changed, Mismatch};
use crate::routes::Cover;
use crate::shared::Shared;

/// What a file is held against.
#[derive(Clone)]
pub(crate) enum Measure {
    /// The record of the checksum database, which is looked up beside the transfer.
    Record {
        looked_up: Polled<BoxFuture<'static, Result<Arc<Record>, DatabaseError>>>,
        database: String,
    },
    /// What was seen first.
    FirstSight,
    /// Nothing vouches for it: an `.info`.
    Nothing,
}

impl Measure {
    /// What a file of this path is held against; where that is a record, it is looked up from now on.
    pub(crate) fn begin(
        shared: &Arc<Shared>,
        profile: &Arc<Profile>,
        module: &ModuleVersion,
        kind: FileKind,
    ) -> Self {
        if kind == FileKind::Info {
            return Self::Nothing;
        }
        match profile.route(module.path.as_str()).cover {
            Cover::Database => {
                let database = profile.database_name().to_owned();
                let (shared, profile, module) =
                    (Arc::clone(shared), Arc::clone(profile), module.clone());
                let tasks = shared.tasks.clone();
                let looking_up =
                    tasks.spawn(async move { vouch(&shared, &profile, &module, Trust::Ask).await });
                let looked_up = async { looking_up.await.unwrap_or(Err(DatabaseError::Stopping)) };
                Self::Record {
                    looked_up: looked_up.boxed().shared(),
                    database,
                }
            }
            Cover::Off | Cover::Private | Cover::Excepted | Cover::Allowed => Self::FirstSight,
        }
    }

    /// Whether the file's `h1:` must be known.
    pub(crate) fn wants_h1(&self) -> bool {
        match self {
            Self::Record { .. } | Self::FirstSight => true,
            Self::Nothing => false,
        }
    }

    /// Waits for the look-up, and compares.
    pub(crate) async fn holds(
        &self,
        shared: &Shared,
        came: &Came<'_>,
    ) -> Result<Held, DeliveryError> {
        let held = match self {
            Self::Nothing => Ok(Held::Unasked),
            Self::Record {
                looked_up,
                database,
            } => match looked_up.clone().await {
                Ok(record) => came
                    .is_in(&record, database)
                    .map(|()| Held::ByRecord(database.clone())),
                Err(DatabaseError::Stopping) => Err(DeliveryError::Stopping),
                Err(cause) => Err(DeliveryError::Unverified {
                    asked: came.asked(),
                    cause,
                }),
            },
            Self::FirstSight => came.is_as_first_seen(shared).await,
        };
        if let Err(error) = &held {
            let kind = match error {
                DeliveryError::Mismatch(_) => Some(AlarmKind::Mismatch),
                DeliveryError::Changed(_) => Some(AlarmKind::Changed),
                _ => None,
            };
            if let Some(kind) = kind {
                let text = error.to_string();
                shared
                    .alarms
                    .tell(Alarm::of_file(kind, came.module, came.kind, text));
            }
        }
        held
    }
}

/// What a file agrees with.
pub(crate) enum Held {
    /// The record of this checksum database.
    ByRecord(String),
    /// Nothing: it is what is seen first, and remembered.
    FirstSeen,
    /// What was seen first.
    AsFirstSeen,
    /// Nothing vouches for it.
    Unasked,
}

/// A file that came, whole.
pub(crate) struct Came<'a> {
    pub(crate) module: &'a ModuleVersion,
    pub(crate) kind: FileKind,
    pub(crate) h1: H1,
    /// The upstream's name.
    pub(crate) upstream: &'a str,
    /// Where it is to be kept.
    pub(crate) home: &'a Tree,
}

impl Came<'_> {
    fn asked(&self) -> String {
        format!("{} ({})", self.module, self.kind.extension())
    }

    /// Whether it is the file of the record.
    pub(crate) fn is_in(&self, record: &Record, database: &str) -> Result<(), DeliveryError> {
        let want = match self.kind {
            FileKind::Mod => record.go_mod(),
            FileKind::Zip => record.zip(),
            FileKind::Info => return Ok(()),
        };
        let (got, want) = (self.h1.to_string(), want.to_string());
        if got == want {
            return Ok(());
        }
        Err(DeliveryError::Mismatch(Box::new(Mismatch {
            asked: self.asked(),
            module: self.module.path.to_string(),
            upstream: self.upstream.to_owned(),
            got,
            want,
            database: database.to_owned(),
        })))
    }

    async fn is_as_first_seen(&self, shared: &Shared) -> Result<Held, DeliveryError> {
        let pin = Pin {
            realm: self.home.clone(),
            module: self.module.clone(),
            kind: self.kind,
            h1: self.h1,
            seen_at: Timestamp::now(),
            upstream: self.upstream.to_owned(),
            after_loss: false,
        };
        match shared.store.pin(pin).await.map_err(DeliveryError::store)? {
            Pinned::First => Ok(Held::FirstSeen),
            Pinned::Same => Ok(Held::AsFirstSeen),
            Pinned::Differs(first) => Err(DeliveryError::Changed(Box::new(Changed {
                asked: self.asked(),
                version: self.module.to_string(),
                upstream: self.upstream.to_owned(),
                got: self.h1.to_string(),
                first: first.h1.to_string(),
                seen_at: first.seen_at,
                seen_from: first.upstream,
            }))),
        }
    }
}
