//! Import: what lies in a folder in the layout of Go's download cache is taken into the cache, verified, and named where it
//! can't be.

mod folder;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use delivery::{DatabaseError, Delivery, DeliveryError, Found, Records, TakenIn};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use store::Filling;
use ts_rs::TS;
use upstream::Upstream;

use self::folder::Version;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};
use crate::room;

/// How many versions are taken in at once.
const AT_ONCE: usize = 4;
/// The most that are named one by one of what was left out; the rest is counted.
const NAMED: usize = 1000;

/// What is to be taken in.
pub(crate) struct Wish {
    /// The folder: a GOMODCACHE, or what a bundle holds.
    pub(crate) folder: PathBuf,
    /// How its bytes come into the cache.
    pub(crate) filling: Filling,
    /// What stands where an upstream's name would.
    pub(crate) origin: String,
    /// Whether the folder brings records that are worth a look.
    pub(crate) records: Option<Upstream>,
}

/// Something that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LeftOut {
    /// A version's file, or a path below the folder.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportReport {
    /// The folder.
    pub folder: String,
    /// Files that were taken in.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already.
    pub already: u64,
    /// What was left out, the first thousand of it.
    pub left_out: Vec<LeftOut>,
    /// How much of it there is.
    pub left_out_in_all: u64,
    /// Versions for which the quota of the cache, or its disk, has no room.
    pub no_room: u64,
    /// What a person should know, a sentence each.
    pub warnings: Vec<String>,
}

impl ImportReport {
    /// Notes something that was left out.
    pub(crate) fn leave_out(&mut self, left_out: LeftOut) {
        self.left_out_in_all += 1;
        if self.left_out.len() < NAMED {
            tracing::warn!(what = %left_out.what, "left out of the import: {}", left_out.reason);
            self.left_out.push(left_out);
        }
    }

    fn add(&mut self, other: One) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.already += other.already;
        self.no_room += u64::from(other.has_no_room);
        other.left_out.into_iter().for_each(|it| self.leave_out(it));
    }
}

/// What came of one version.
#[derive(Default)]
struct One {
    files: u64,
    bytes: u64,
    already: u64,
    has_no_room: bool,
    left_out: Vec<LeftOut>,
}

/// Takes in what a folder has. What was taken in stays, however it ends; what is there is passed over, so that once more
/// goes on where it stopped.
pub(crate) async fn import(
    app: &App,
    wish: Wish,
    reporter: &Reporter,
) -> Result<ImportReport, Failure> {
    let downloads = folder::downloads(&wish.folder);
    if !downloads.is_dir() {
        let failure = Failure::new(
            Code::NotFound,
            format!("{} is no folder that can be read", downloads.display()),
        );
        return Err(failure.hint("name a GOMODCACHE: larder import \"$(go env GOMODCACHE)\""));
    }
    let looking = downloads.clone();
    let looked = tokio::task::spawn_blocking(move || folder::look(&looking)).await;
    let contents = looked.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    let mut imported = ImportReport {
        folder: downloads.display().to_string(),
        ..ImportReport::default()
    };
    contents
        .left_out
        .into_iter()
        .for_each(|it| imported.leave_out(it));
    let delivery = app.delivery().await?;
    let taker = Taker {
        delivery,
        wish: &wish,
        room: Room::left(app).await?,
        may_ask: AtomicBool::new(true),
    };
    let mut progress = Progress {
        total: contents
            .versions
            .iter()
            .map(|it| it.files.len() as u64)
            .sum(),
        ..Progress::default()
    };
    let mut taking = stream::iter(contents.versions)
        .map(|version| async {
            let files = version.files.len() as u64;
            (files, taker.take(version).await)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((files, taken)) = taking.next().await {
        if reporter.cancel().is_cancelled() {
            return Err(Failure::new(
                Code::Cancelled,
                format!(
                    "the import was cancelled after {} files; what was taken in stays, and once more goes on from there",
                    imported.files
                ),
            ));
        }
        let taken = taken?;
        progress.done += files;
        progress.bytes += taken.bytes;
        imported.add(taken);
        reporter.report(progress);
    }
    drop(taking);
    if imported.no_room > 0 {
        imported.warnings.push(
            "the cache has no room for all of it: larder cache quota SIZE sets how much it may take"
                .to_owned(),
        );
    }
    if !taker.may_ask.load(Ordering::Relaxed) {
        imported.warnings.push(
            "the checksum database could not be asked, so what it has not vouched for before was left out: do it once more when it can"
                .to_owned(),
        );
    }
    Ok(imported)
}

/// How many bytes may still come.
struct Room(std::sync::atomic::AtomicU64);

impl Room {
    async fn left(app: &App) -> Result<Self, Failure> {
        Ok(Self(room::left_now(app).await?.into()))
    }

    fn take(&self, bytes: u64) -> bool {
        let take = |left: u64| left.checked_sub(bytes);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

struct Taker<'a> {
    delivery: &'a Delivery,
    wish: &'a Wish,
    room: Room,
    /// Until the database proves out of reach: else each version would wait for its deadline.
    may_ask: AtomicBool,
}

impl Taker<'_> {
    async fn take(&self, version: Version) -> Result<One, Failure> {
        let mut one = One::default();
        if !self.room.take(version.bytes) {
            one.has_no_room = true;
            return Ok(one);
        }
        let mut unused = version.bytes;
        for (kind, path) in version.files {
            let what = format!("{} ({})", version.module, kind.extension());
            let found = Found {
                module: version.module.clone(),
                kind,
                path,
                filling: self.wish.filling,
                origin: self.wish.origin.clone(),
            };
            let records = Records {
                folder: self.wish.records.clone(),
                ask: self.may_ask.load(Ordering::Relaxed),
            };
            match self.delivery.take_in(found, &records).await {
                Ok(TakenIn::Kept(bytes)) => {
                    one.files += 1;
                    one.bytes += bytes;
                    unused = unused.saturating_sub(bytes);
                }
                Ok(TakenIn::There) => one.already += 1,
                Ok(TakenIn::LeftOut(reason)) => one.left_out.push(LeftOut { what, reason }),
                Err(error) => {
                    self.judge(&error)?;
                    let reason = error.to_string();
                    one.left_out.push(LeftOut { what, reason });
                }
            }
        }
        // What was there, or left out, took no room.
        self.room.0.fetch_add(unused, Ordering::Relaxed);
        Ok(one)
    }

    /// Whether it goes on after this: what is wrong with one file is no reason to stop, a disk that fails is.
    fn judge(&self, error: &DeliveryError) -> Result<(), Failure> {
        match error {
            DeliveryError::Unverified { cause, .. } => {
                if let DatabaseError::Unreachable { .. } = cause {
                    self.may_ask.store(false, Ordering::Relaxed);
                }
                Ok(())
            }
            DeliveryError::Store(cause) => match &**cause {
                store::StoreError::Io { .. }
                | store::StoreError::NameTooLong { .. }
                | store::StoreError::NotAFile { .. }
                | store::StoreError::NotAFolder { .. } => Ok(()),
                cause => Err(Failure::new(Code::Disk, cause.to_string())),
            },
            DeliveryError::Stopping => Err(Failure::new(Code::Cancelled, error.to_string())),
            _ => Ok(()),
        }
    }
}

/// What is said of a folder whose files are shared.
pub(crate) fn shared_with(folder: &Path) -> String {
    format!(
        "files are shared with {} from now on: who writes to one there changes it here. Larder finds that out when it reads it, and fetches it again",
        folder.display()
    )
}

/// What a folder of modules is called where an upstream's name would stand.
pub(crate) fn origin_of(folder: &Path) -> String {
    format!("import of {}", folder.display())
}
