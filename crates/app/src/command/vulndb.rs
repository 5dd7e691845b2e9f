//! `vulndb`: the kept copy of the Go vulnerability database, taken in, brought up to date, shown.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vulnerability_db::take_in;

use super::{Call, Job};
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};
use crate::vulndb::{VulndbAbout, VulndbCopy, blocking, open_vulndb, refresh};

/// Asks what is kept of the vulnerability database.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct VulndbShow {}

/// What is kept, and where it is refreshed from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VulndbView {
    /// The copy; none where there is none.
    pub kept: Option<KeptVulndb>,
    /// The source of the settings, without its secrets; without one it is never refreshed.
    pub source: Option<String>,
}

/// A kept copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptVulndb {
    /// What is known of it.
    #[serde(flatten)]
    pub about: VulndbAbout,
    /// The file it is in: a zip that can be taken in elsewhere.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

impl KeptVulndb {
    fn of(app: &App, copy: &VulndbCopy) -> Self {
        Self {
            about: copy.about().clone(),
            path: app.places().vulndb(),
            bytes: copy.bytes(),
        }
    }
}

impl Call for VulndbShow {
    const NAME: &'static str = "vulndb-show";
    type Answer = VulndbView;

    async fn run(self, app: &App) -> Result<VulndbView, Failure> {
        let kept = open_vulndb(app.places()).await?;
        let source = app.settings().vulnerability_database.clone();
        Ok(VulndbView {
            kept: kept.map(|copy| KeptVulndb::of(app, &copy)),
            source: source.map(|url| url.to_string()),
        })
    }
}

/// Takes a database in from a folder or a zip, in the place of what is kept.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct VulndbImport {
    /// An absolute path.
    pub from: PathBuf,
}

/// What was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VulndbImported {
    /// The copy that is now kept.
    pub kept: KeptVulndb,
    /// How many files were no part of a database, and were passed over.
    pub passed_over: u64,
}

impl Job for VulndbImport {
    const NAME: &'static str = "vulndb-import";
    type Answer = VulndbImported;

    async fn run(self, app: App, reporter: Reporter) -> Result<VulndbImported, Failure> {
        if !self.from.is_absolute() {
            let message = format!("{} is not an absolute path", self.from.display());
            return Err(Failure::new(Code::BadInput, message));
        }
        let (turn, path) = (app.vulndb_turn().take()?, app.places().vulndb());
        let taken = blocking(move || {
            // As long as it is being written, also where nobody waits any more.
            let _turn = turn;
            let mut progress = Progress::default();
            take_in(&self.from, &path, Timestamp::now(), &mut |all, bytes| {
                progress.done += 1;
                progress.total = all.max(progress.done);
                progress.bytes += bytes;
                reporter.report(progress);
                !reporter.cancel().is_cancelled()
            })
        });
        let taken = taken.await?.ok_or_else(|| {
            let message = "cancelled; nothing was taken in";
            Failure::new(Code::Cancelled, message)
        })?;
        Ok(VulndbImported {
            kept: KeptVulndb::of(&app, &taken.copy),
            passed_over: taken.passed_over,
        })
    }
}

/// Brings the copy up to date from the source that the settings name.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct VulndbRefresh {}

/// What it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VulndbRefreshed {
    /// The copy that is now kept.
    pub kept: KeptVulndb,
    /// How many entries were fetched.
    pub fetched: u64,
}

impl Job for VulndbRefresh {
    const NAME: &'static str = "vulndb-refresh";
    type Answer = VulndbRefreshed;

    async fn run(self, app: App, reporter: Reporter) -> Result<VulndbRefreshed, Failure> {
        let refreshed = refresh(&app, &reporter).await?;
        Ok(VulndbRefreshed {
            kept: KeptVulndb::of(&app, &refreshed.copy),
            fetched: refreshed.fetched,
        })
    }
}
